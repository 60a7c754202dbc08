import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Rng } from '../../src/common/rng.ts';
import { generateHistory, type History } from './history.ts';
import { BASE, QueryGenerator, type Readable } from './random-query.ts';
import { replay, type ReplayReport } from './replay.ts';
import { historyAsSlt, shrink } from './shrink.ts';

/** A history over random views, later ones often over earlier ones. */
export function propertyHistory(seed: number, steps: number, viewCount: number): History {
  const generator = new QueryGenerator(new Rng(seed ^ 0x5bd1e995));
  const relations: Readable[] = [...BASE];
  const views: [string, string][] = [];
  for (let i = 0; i < viewCount; i++) {
    const { sql, columns } = generator.query(relations);
    views.push([`p${i}`, sql]);
    relations.push({ name: `p${i}`, columns });
  }
  return generateHistory(seed, steps, views);
}

export interface Counterexample {
  readonly history: History;
  readonly report: ReplayReport;
  /** Where the shrunk history was written. */
  readonly file: string;
}

/** Shrinks a failing history and writes it to `sql-tests/regressions`, to be completed (`npm run slt -- --complete`) once it is fixed. */
export async function keepCounterexample(history: History): Promise<Counterexample> {
  const small = await shrink(history);
  const report = await replay(small);
  const views = small.actions.filter((a) => a.kind === 'view');
  const failing = views.find((v) => v.name === report.failure?.view) ?? views.at(-1);
  const dir = join(import.meta.dirname, '../regressions');
  mkdirSync(dir, { recursive: true });
  const file = join(dir, `seed-${history.seed}.slt`);
  writeFileSync(file, historyAsSlt(small, `Found by the property test, seed ${history.seed}.`, failing?.sql ?? 'SELECT 1', '?', []));
  return { history: small, report, file };
}

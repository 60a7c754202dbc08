import { Rng } from '../../src/common/rng.ts';
import { generateHistory, type History } from './history.ts';
import { BASE, QueryGenerator, type Readable } from './random-query.ts';

/** A history over random views, later ones often over earlier ones. */
export function randomViewsHistory(seed: number, steps: number, viewCount: number): History {
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

import { SqlError } from '../../common/errors.ts';
import { explainPlan } from '../../planner/explain.ts';
import { explainChangelogMode, explainPhysical } from '../../planner/physical/explain.ts';
import { RULES } from '../stages.ts';
import { PlanDatabase } from './database.ts';

/**
 * Plan tests as text. A file starts with DDL; then, per case:
 * ```
 * == what it shows
 * SELECT …
 * -- show: logical | physical | snapshot | changelog     (logical when left out)
 * -- fires: rule, …                                      (rules that must fire)
 * -- not: rule, …                                        (rules that must not)
 * ----
 * the plan
 * ```
 */
export interface PlanCase {
  readonly name: string;
  readonly sql: string;
  readonly show: string;
  readonly fires: readonly string[];
  readonly not: readonly string[];
  readonly expected: string;
  /** The case's lines up to the plan. */
  readonly head: string;
}

export interface PlanFile {
  readonly ddl: string;
  readonly cases: readonly PlanCase[];
}

const directive = (lines: readonly string[], name: string): readonly string[] => {
  const line = lines.find((l) => l.startsWith(`-- ${name}:`));
  return line === undefined ? [] : line.slice(name.length + 4).split(',').map((w) => w.trim());
};

export function parsePlanFile(text: string): PlanFile {
  const [ddl = '', ...blocks] = text.split(/^== /m);
  const cases = blocks.map((block): PlanCase => {
    const [head = '', plan = ''] = block.split(/^----\n/m);
    const [name = '', ...lines] = head.split('\n');
    for (const rule of [...directive(lines, 'fires'), ...directive(lines, 'not')]) {
      if (!RULES.some((r) => r.name === rule)) throw new Error(`no rule "${rule}" in case "${name}"`);
    }
    return {
      name: name.trim(),
      sql: lines.filter((l) => !l.startsWith('--')).join('\n').trim(),
      show: directive(lines, 'show')[0] ?? 'logical',
      fires: directive(lines, 'fires'),
      not: directive(lines, 'not'),
      expected: plan.trim(),
      head: head.trimEnd(),
    };
  });
  return { ddl, cases };
}

export interface PlanOutcome {
  readonly text: string;
  readonly fired: ReadonlySet<string>;
}

export function runCase(ddl: string, test: PlanCase): PlanOutcome {
  const db = new PlanDatabase(ddl);
  const { plan, fired } = db.optimized(test.sql);
  return { text: shown(db, test, () => explainPlan(plan)).replaceAll(/ +$/gm, ''), fired: new Set(fired.keys()) };
}

function shown(db: PlanDatabase, test: PlanCase, logical: () => string): string {
  try {
    switch (test.show) {
      case 'logical':
        return logical();
      case 'physical':
        return explainPhysical(db.physical(test.sql).plan, { state: false });
      case 'snapshot':
        return explainPhysical(db.physical(test.sql, { kind: 'result', snapshotOnly: true }).plan, { state: false });
      case 'changelog':
        return explainChangelogMode(db.physical(test.sql).plan);
      default:
        throw new Error(`nothing called "${test.show}" can be shown`);
    }
  } catch (error) {
    if (!(error instanceof SqlError)) throw error;
    return [`ERROR ${error.sqlstate}: ${error.message}`, ...(error.hint === undefined ? [] : [`HINT: ${error.hint}`])].join('\n');
  }
}

/** The file with the plans of today. */
export function accepted(file: PlanFile): string {
  const cases = file.cases.map((c) => `== ${c.head}\n----\n${runCase(file.ddl, c).text}\n`);
  return [file.ddl.trimEnd(), '', ...cases].join('\n');
}

import type { LogicalPlan } from '../logical.ts';
import type { BoundQuery } from '../statement.ts';
import type { QueryEnv } from './env.ts';
import { readsOf } from './reads.ts';

/** Rows that are known now. */
export function constants(env: QueryEnv, columns: readonly string[], rows: readonly (readonly (string | null)[])[]): BoundQuery {
  const plan: LogicalPlan = {
    kind: 'values',
    rows: rows.map((row) => row.map((value) => ({ kind: 'literal', value, type: { kind: 'varchar' } }))),
    schema: columns.map((name) => ({ name, type: { kind: 'varchar' }, nullable: true })),
  };
  return { kind: 'query', plan, emit: null, reads: readsOf(plan, env.notes) };
}

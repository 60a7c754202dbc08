import { Rng } from '../../src/common/rng.ts';
import type { Value } from '../../src/common/types/value.ts';

/** A history as data: it can be replayed, cut down and written as SQL. */
export type Action =
  | { readonly kind: 'change'; readonly table: 't' | 'u'; readonly steps: readonly Step[] }
  /** Every view must equal the oracle. */
  | { readonly kind: 'check' }
  | { readonly kind: 'crash'; readonly parallelism: number }
  | { readonly kind: 'checkpoint' }
  | { readonly kind: 'view'; readonly name: string; readonly sql: string };

/** `pick` chooses among the rows that are there, so that a history stays valid when actions are left out. */
export interface Step {
  readonly act: 'insert' | 'delete' | 'update';
  readonly pick: number;
  readonly row: readonly Value[];
}

export interface History {
  readonly seed: number;
  readonly parallelism: number;
  readonly actions: readonly Action[];
}

export const TABLES = 'CREATE TABLE t (id INT PRIMARY KEY, k INT, v INT, s TEXT); CREATE TABLE u (k INT, w BIGINT);';

/** @param views made in this order, spread over the history. */
export function generateHistory(seed: number, steps: number, views: readonly (readonly [string, string])[]): History {
  const rng = new Rng(seed);
  const below = (n: number): number => rng.uint32() % n;
  const small = (): Value => (below(8) === 0 ? null : below(6));
  const waiting = [...views];
  const actions: Action[] = [];
  const change = (): Action => {
    const table = below(3) === 0 ? 'u' : 't';
    const steps = Array.from({ length: 1 + below(6) }, (): Step => {
      const roll = below(5);
      const row: Value[] = table === 't' ? [below(40), small(), below(12), below(5) === 0 ? null : `s${below(3)}`] : [small(), BigInt(below(10))];
      return { act: roll < 3 ? 'insert' : roll === 3 ? 'delete' : 'update', pick: below(1 << 20), row };
    });
    return { kind: 'change', table, steps };
  };
  for (let i = 0; i < steps; i++) {
    const roll = below(20);
    const next = waiting[0];
    if (next !== undefined && (roll < 5 || steps - i <= waiting.length)) {
      waiting.shift();
      actions.push({ kind: 'view', name: next[0], sql: next[1] });
    } else if (roll < 13) actions.push(change());
    else if (roll < 17) actions.push({ kind: 'check' });
    else actions.push(roll === 17 ? { kind: 'checkpoint' } : roll === 18 ? { kind: 'crash', parallelism: 1 + below(3) } : change());
  }
  actions.push({ kind: 'check' });
  return { seed, parallelism: 1 + below(3), actions };
}

import { InternalError } from '../../common/errors.ts';
import { comparatorOf } from '../../common/types/compare.ts';
import { BOOLEAN } from '../../common/types/sql-type.ts';
import type { Row, Value } from '../../common/types/value.ts';
import type { Expr } from '../expr.ts';
import { typeOf } from '../interpret.ts';
import type { LogicalAsOfJoin } from '../logical.ts';
import { rowKeyOf } from '../row-key.ts';
import { versioned } from '../versioned.ts';
import { all, columnsOf, conjuncts } from './conditions.ts';
import type { Compiler, Rows } from './host.ts';
import { joinRows } from './join.ts';
import { gathered, PAUSE } from './slices.ts';

/** As-of joins the plain way: each left row looks at every right row. */
export function asOfRows(c: Compiler, plan: LogicalAsOfJoin): Rows {
  if (plan.form === 'current') return joinRows(c, { kind: 'join', type: plan.type, left: plan.left, right: plan.right, condition: plan.condition, lateral: false, schema: plan.schema });
  const { time } = plan;
  if (time?.kind !== 'call' || time.args[0] === undefined || time.args[1] === undefined) throw new InternalError('an as-of join without a comparison');
  const width = plan.left.schema.length;
  const left = c.plan(plan.left);
  const right = c.plan(plan.right, true);
  // A version is in force by its key and time alone; what else is asked for is asked of it.
  const key = plan.form === 'version' ? (versioned(plan.right)?.key ?? null) : null;
  const keyAt = key ?? [];
  const keyOf = rowKeyOf(keyAt.map((k) => plan.right.schema[k]?.type ?? BOOLEAN));
  const picks = (e: Expr): boolean => key === null || (e.kind === 'call' && e.name === '=' && e.args.some((a) => a.kind === 'column' && key.includes(a.index - width)));
  const parts = plan.condition === null ? [] : conjuncts(plan.condition);
  const test = c.expr(every(parts.filter(picks)));
  const also = c.expr(every(parts.filter((e) => !picks(e))));
  const inTime = c.expr(time);
  const theirs = columnsOf(time.args[1]).some((i) => i >= width) ? time.args[1] : time.args[0];
  // The right value is bounded from above where it stands on the lesser side: then the greatest is nearest.
  const greatest = (theirs === time.args[1]) === time.name.startsWith('>');
  const valueOf = c.expr(theirs);
  const compare = comparatorOf(typeOf(theirs));
  const orders = plan.right.schema.map((f) => comparatorOf(f.type));
  const byColumns = (a: Row, b: Row): number => {
    for (const [i, order] of orders.entries()) {
      const d = nullsLast(order, a[width + i] ?? null, b[width + i] ?? null);
      if (d !== 0) return d;
    }
    return 0;
  };
  return function* (outer) {
    const others = yield* gathered(right(outer));
    for (const row of left(outer)) {
      if (row === PAUSE) {
        yield PAUSE;
        continue;
      }
      // Of a key that the condition leaves open every value has its version in force.
      const bests = new Map<string, { readonly row: Row; readonly value: Value }>();
      for (const other of others) {
        if (c.slice.spend(1)) yield PAUSE;
        const both = [...row, ...other];
        if (test(both, outer) !== true || inTime(both, outer) !== true) continue;
        const value = valueOf(both, outer);
        const of = keyOf(keyAt.map((k) => other[k] ?? null));
        const best = bests.get(of);
        const d = best === undefined ? -1 : compare(best.value, value) * (greatest ? 1 : -1);
        if (d > 0 || (d === 0 && best !== undefined && byColumns(both, best.row) >= 0)) continue;
        bests.set(of, { row: both, value });
      }
      const found = [...bests.values()].filter((best) => also(best.row, outer) === true);
      for (const { row: best } of found) yield best;
      if (found.length === 0 && plan.type === 'left') yield [...row, ...plan.right.schema.map(() => null)];
    }
  };
}

const every = (parts: readonly Expr[]): Expr => (parts.length === 0 ? { kind: 'literal', value: true, type: BOOLEAN } : all(parts));

function nullsLast(compare: (a: Value, b: Value) => number, a: Value, b: Value): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
  return compare(a, b);
}

import type { Batch } from '../../common/batch/batch.ts';
import { columnFromValues } from '../../common/batch/builder.ts';
import type { Column } from '../../common/batch/column.ts';
import { InternalError } from '../../common/errors.ts';
import type { SqlType } from '../../common/types/sql-type.ts';
import type { EvalContext } from '../../functions/define.ts';
import { callBatch, routineInstance } from '../../functions/user/javascript.ts';
import { routineOf } from '../../functions/user/routine.ts';
import type { Expr } from '../../planner/expr.ts';
import { mapExprChildren, someExpr } from '../../planner/walk.ts';
import { typeOf } from './interpret.ts';

/**
 * Calls of users' functions in a calc, taken out of its loop: the crossing into their sandbox costs more than what most of them
 * compute, so that a whole batch crosses at once. Only calls that every row makes are taken out; those in a branch of a CASE or
 * behind an AND stay in the loop.
 */

/** As in `compile.ts`, which hands its own in. */
interface CompiledCalc {
  run(batch: Batch, cx: EvalContext): Batch;
}
type StructuralKey = (value: unknown) => string;
type Compile = (types: readonly SqlType[], filter: Expr | null, exprs: readonly Expr[], upsert: boolean) => CompiledCalc;

export const callsUsers = (filter: Expr | null, exprs: readonly Expr[]): boolean => [...(filter === null ? [] : [filter]), ...exprs].some((e) => someExpr(e, isUserCall));

const isUserCall = (e: Expr): e is Expr & { kind: 'call' } => e.kind === 'call' && routineOf(e.name)?.kind === 'scalar';

/** One round of calls whose arguments are at hand: those within their arguments were made in an earlier one. */
interface Round {
  readonly args: CompiledCalc;
  readonly calls: readonly { readonly name: string; readonly args: readonly number[] }[];
}

/** The rounds of calls before expressions, and the expressions over the input's columns and the calls' results. */
class Hoisting {
  readonly types: SqlType[];
  readonly rounds: Round[] = [];
  readonly #compile: Compile;
  readonly #key: StructuralKey;

  constructor(types: readonly SqlType[], compile: Compile, key: StructuralKey) {
    this.types = [...types];
    this.#compile = compile;
    this.#key = key;
  }

  /** Takes the calls out of the expressions, the innermost first. */
  over(exprs: readonly Expr[]): readonly Expr[] {
    let left = exprs;
    for (;;) {
      const found: (Expr & { kind: 'call' })[] = [];
      const places = new Map<string, number>();
      const width = this.types.length;
      left = left.map((e) => reached(e, (call) => {
        const key = `${routineOf(call.name)?.volatility === 'volatile' ? `${found.length} ` : ''}${this.#key(call)}`;
        let at = places.get(key);
        if (at === undefined) {
          at = found.push(call) - 1;
          places.set(key, at);
        }
        return { kind: 'column', index: width + at, type: call.type, nullable: true };
      }));
      if (found.length === 0) return left;
      const args: Expr[] = [];
      const calls = found.map((c) => ({ name: c.name, args: c.args.map((a) => args.push(a) - 1) }));
      this.rounds.push({ args: this.#compile([...this.types], null, args, false), calls });
      this.types.push(...found.map((c) => c.type));
    }
  }

  run(batch: Batch, cx: EvalContext): Batch {
    let { columns } = batch;
    const n = batch.rowCount;
    for (const { args, calls } of this.rounds) {
      const given = args.run({ rowCount: n, ops: null, columns }, cx).columns;
      columns = [...columns, ...calls.map((c) => {
        const instance = routineInstance(c.name);
        if (instance === undefined) throw new InternalError(`no function ${c.name}`);
        return callBatch(instance, c.args.map((a) => given[a] as Column), n, cx);
      })];
    }
    return { ...batch, columns };
  }
}

/** Replaces the calls that are evaluated for every row and hold no such call in their arguments. */
function reached(e: Expr, replace: (call: Expr & { kind: 'call' }) => Expr): Expr {
  const go = (x: Expr): Expr => reached(x, replace);
  const first = (list: readonly Expr[]): readonly Expr[] => list.map((x, i) => (i === 0 ? go(x) : x));
  switch (e.kind) {
    case 'call':
      return isUserCall(e) && !e.args.some((a) => someExpr(a, isUserCall)) ? replace(e) : mapExprChildren(e, go);
    case 'cast':
    case 'field':
    case 'isNull':
    case 'not':
    case 'array':
    case 'row':
    case 'lambda':
      return mapExprChildren(e, go);
    case 'and':
    case 'or':
    case 'coalesce':
      return { ...e, args: first(e.args) };
    case 'in':
      return { ...e, arg: go(e.arg) };
    case 'case':
      return { ...e, branches: e.branches.map((b, i) => (i === 0 ? { ...b, when: go(b.when) } : b)) };
    default:
      return e;
  }
}

/** As `compileCalc`. */
export function compileUserCalc(types: readonly SqlType[], filter: Expr | null, exprs: readonly Expr[], upsert: boolean, compile: Compile, key: StructuralKey): CompiledCalc {
  const before = new Hoisting(types, compile, key);
  const [condition] = filter === null ? [] : before.over([filter]);
  // Rows that don't pass are not to be computed: the filter comes first, with all columns.
  const passing = condition === undefined || !exprs.some((e) => someExpr(e, isUserCall)) ? null : compile(before.types, condition, before.types.map((type, index): Expr => ({ kind: 'column', index, type, nullable: true })), upsert);
  const after = new Hoisting(before.types, compile, key);
  const left = after.over(exprs);
  const last = compile(after.types, passing === null ? (condition ?? null) : null, left, passing === null && upsert);
  const empty = (ops: Batch['ops']): Batch => ({ rowCount: 0, ops, columns: exprs.map((e) => columnFromValues(typeOf(e), [], 0)) });
  return {
    run(batch, cx) {
      if (batch.rowCount === 0) return empty(batch.ops);
      const ready = before.run(batch, cx);
      const passed = passing === null ? ready : passing.run(ready, cx);
      return passed.rowCount === 0 ? empty(passed.ops) : last.run(after.run(passed, cx), cx);
    },
  };
}

import { InternalError, SqlError, unreachable } from '../common/errors.ts';
import type { Row, Value } from '../common/types/value.ts';
import type { Expr } from './expr.ts';
import { compileExpr, typeOf, type Evaluator, type InterpretContext, type OuterRows } from './interpret.ts';
import type { LogicalDistinct, LogicalLimit, LogicalPlan, LogicalProject, LogicalSetOp, LogicalTableFunction, LogicalTopN, Once } from './logical.ts';
import { eachNode } from './bind/reads.ts';
import { aggregateRows } from './naive/aggregate.ts';
import { all, columnsOf, conjuncts, hasSubquery } from './naive/conditions.ts';
import type { Compiler, PlanHost, Rows } from './naive/host.ts';
import { asOfRows } from './naive/as-of.ts';
import { joinRows } from './naive/join.ts';
import { overRows } from './naive/over.ts';
import { pushConditions } from './naive/push.ts';
import { recursiveRows } from './naive/recursive.ts';
import { gathered, Kept, PAUSE, Slice, type Pausing, type Sliced } from './naive/slices.ts';
import { orderOf, sortRows } from './naive/sort.ts';
import { windowRows } from './naive/window.ts';
import { rowKeyOf } from './row-key.ts';
import { isVolatile } from './volatility.ts';
import { isCorrelated, someExpr } from './walk.ts';

export type { PlanHost } from './naive/host.ts';
export { PAUSE, type Sliced } from './naive/slices.ts';

/**
 * The rows of a logical plan, by the plainest means: the oracle that everything faster is tested against, and what answers
 * questions to the catalog and computes constants. Order is that of a sort at the top, else unspecified.
 * Errors: what expressions raise; cardinality_violation; invalid_row_count_in_limit_clause.
 */
export function evaluatePlan(plan: LogicalPlan, host: PlanHost): Iterable<Row> {
  const slice = new Slice(false);
  return slice.rows(new Naive(host, slice).whole(plan)(null));
}

/**
 * The same, with a PAUSE between rows wherever some work has been done: who reads them leaves the evaluator there for a turn of
 * the event loop, or for good. A subquery in an expression has none inside, unless it is a recursion that is the same for every
 * row: that is run first.
 */
export function evaluateSlices(plan: LogicalPlan, host: PlanHost): Sliced {
  return new Naive(host, new Slice(true)).whole(plan)(null);
}

class Naive implements Compiler {
  readonly host: PlanHost;
  readonly interpret: InterpretContext;
  readonly slice: Slice;
  readonly #scans = new Map<string, readonly Row[]>();
  readonly #working: ReadonlyMap<string, readonly Row[]>;
  readonly #subqueries = new Map<LogicalPlan, (outer: OuterRows | null) => Iterable<Row>>();
  /** Subqueries of expressions that are run before the plan. */
  readonly #ahead: Kept[] = [];

  readonly #once: Map<Once, Kept>;

  /** @param working rows found last by the recursions around the plan. */
  constructor(host: PlanHost, slice: Slice, working: ReadonlyMap<string, readonly Row[]> = new Map(), once = new Map<Once, Kept>()) {
    this.#once = once;
    this.host = host;
    this.slice = slice;
    this.#working = working;
    const subquery = (plan: LogicalPlan): ((outer: OuterRows | null) => Iterable<Row>) => {
      let rows = this.#subqueries.get(plan);
      if (rows === undefined) {
        const made = this.#subquery(pushConditions(plan));
        this.#subqueries.set(plan, (rows = (outer) => slice.rows(made(outer))));
      }
      return rows;
    };
    this.interpret = {
      functions: host.functions,
      get eval() {
        return host.eval;
      },
      params: host.params,
      subquery,
    };
  }

  expr(e: Expr): Evaluator {
    return compileExpr(e, this.interpret);
  }

  plan(plan: LogicalPlan, reused = false): Rows {
    const rows = this.#node(plan);
    if (!reused || plan.kind === 'values' || isCorrelated(plan)) return rows;
    const kept = new Kept(() => rows(null));
    return () => kept;
  }

  /** A plan that is no part of another. */
  whole(plan: LogicalPlan): Rows {
    const rows = this.plan(pushConditions(plan));
    const ahead = this.#ahead;
    return function* (outer) {
      for (const kept of ahead) yield* kept.ahead();
      yield* rows(outer);
    };
  }

  #subquery(plan: LogicalPlan): Rows {
    if (!this.slice.pauses || isCorrelated(plan) || !recurs(plan)) return this.plan(plan, true);
    const rows = this.plan(plan);
    const kept = new Kept(() => rows(null));
    this.#ahead.push(kept);
    return () => kept;
  }

  #node(plan: LogicalPlan): Rows {
    switch (plan.kind) {
      case 'scan': {
        const { projection, relation } = plan;
        const project = (rows: Iterable<Row>): Sliced => this.slice.pausing(projection === null ? rows : pick(rows, projection));
        if (relation.kind !== 'system') return () => project(this.host.scan(plan));
        return () => {
          let all = this.#scans.get(relation.name);
          if (all === undefined) this.#scans.set(relation.name, (all = [...this.host.scan(plan)]));
          return project(all);
        };
      }
      case 'values': {
        const rows = plan.rows.map((row) => row.map((e) => this.expr(e)));
        return (outer) => rows.map((row) => row.map((f) => f([], outer)));
      }
      case 'filter':
        return this.#filter(plan.input, plan.condition);
      case 'project': {
        if (plan.once !== undefined) return this.#drawnOnce(plan, plan.once);
        const input = this.plan(plan.input);
        const exprs = plan.exprs.map((e) => this.expr(e));
        return function* (outer) {
          for (const row of input(outer)) yield row === PAUSE ? PAUSE : exprs.map((f) => f(row, outer));
        };
      }
      case 'aggregate':
        return aggregateRows(this, plan);
      case 'join':
        return joinRows(this, plan);
      case 'asOfJoin':
        return asOfRows(this, plan);
      case 'setOp':
        return this.#setOp(plan);
      case 'distinct':
        return this.#distinct(plan);
      case 'sort': {
        const input = this.plan(plan.input);
        const sort = sortRows(this, plan.keys);
        return function* (outer) {
          for (const { row } of yield* sort(input(outer), outer)) yield row;
        };
      }
      case 'limit':
        return this.#limit(plan);
      case 'topN':
        return this.#topN(plan);
      case 'over':
        return overRows(this, plan);
      case 'window':
        return windowRows(this, plan);
      case 'watermark':
        return this.plan(plan.input);
      case 'tableFunction':
        return this.#tableFunction(plan);
      case 'recursive':
        return recursiveRows(plan, this.plan(plan.base), (rows) => new Naive(this.host, this.slice, new Map([...this.#working, [plan.id, rows]]), this.#once).whole(plan.step), this.slice);
      case 'workingTable': {
        const rows = this.#working.get(plan.id);
        if (rows === undefined) throw new InternalError(`no rows of the recursion ${plan.name}`);
        return () => this.slice.pausing(rows);
      }
      default:
        return unreachable(plan);
    }
  }

  /** Rows that are drawn once for all who read them, the steps of a recursion included. */
  #drawnOnce(plan: LogicalProject, once: Once): Rows {
    if (isCorrelated(plan) || readsWorking(plan)) return this.plan(plan.input);
    let kept = this.#once.get(once);
    if (kept === undefined) {
      const rows = this.plan(plan.input);
      this.#once.set(once, (kept = new Kept(() => rows(null))));
    }
    const found = kept;
    return () => found;
  }

  #filter(input: LogicalPlan, condition: Expr): Rows {
    const indexed = this.#indexed(input, condition);
    if (indexed !== undefined) return indexed;
    const rows = this.plan(input);
    const test = this.expr(condition);
    const ahead = conjuncts(condition).filter((e) => columnsOf(e).length === 0 && !hasSubquery(e) && !isVolatile(e, this.host.functions)).map((e) => this.expr(e));
    return function* (outer) {
      if (ahead.some((f) => failsAhead(f, outer))) return;
      for (const row of rows(outer)) if (row === PAUSE || test(row, outer) === true) yield row;
    };
  }

  /** `WHERE column = <enclosing row's value>` inside a correlated subquery: looked up, not searched for each row. */
  #indexed(input: LogicalPlan, condition: Expr): Rows | undefined {
    const own: Expr[] = [];
    const theirs: Expr[] = [];
    const rest: Expr[] = [];
    const outside = (e: Expr): boolean => columnsOf(e).length === 0 && someExpr(e, (x) => x.kind === 'outer') && !hasSubquery(e);
    const inside = (e: Expr): boolean => columnsOf(e).length > 0 && !someExpr(e, (x) => x.kind === 'outer') && !hasSubquery(e);
    for (const part of conjuncts(condition)) {
      const [a, b] = part.kind === 'call' && part.name === '=' ? part.args : [];
      if (a !== undefined && b !== undefined && inside(a) && outside(b)) {
        own.push(a);
        theirs.push(b);
      } else if (a !== undefined && b !== undefined && inside(b) && outside(a)) {
        own.push(b);
        theirs.push(a);
      } else rest.push(part);
    }
    if (own.length === 0 || isCorrelated(input)) return undefined;
    const rows = this.plan(input, true);
    const ownAt = own.map((e) => this.expr(e));
    const theirsAt = theirs.map((e) => this.expr(e));
    const keyOf = rowKeyOf(own.map((e) => typeOf(e)));
    const test = rest.length === 0 ? null : this.expr(all(rest));
    let table: Map<string, Row[]> | undefined;
    return function* (outer) {
      table ??= Map.groupBy(yield* gathered(rows(null)), (row) => {
        const values = ownAt.map((f) => f(row, null));
        return values.includes(null) ? '' : keyOf(values);
      });
      const values = theirsAt.map((f) => f([], outer));
      if (values.includes(null)) return;
      for (const row of table.get(keyOf(values)) ?? []) if (test === null || test(row, outer) === true) yield row;
    };
  }

  #setOp(plan: LogicalSetOp): Rows {
    const inputs = plan.inputs.map((p) => this.plan(p));
    const keyOf = rowKeyOf(plan.schema.map((f) => f.type));
    const count = function* (rows: Sliced): Pausing<Map<string, number>> {
      const counts = new Map<string, number>();
      for (const row of rows) {
        if (row === PAUSE) yield PAUSE;
        else counts.set(keyOf(row), (counts.get(keyOf(row)) ?? 0) + 1);
      }
      return counts;
    };
    return function* (outer) {
      const [first, ...others] = inputs;
      if (first === undefined) return;
      if (plan.op === 'union') {
        const seen = new Set<string>();
        for (const input of inputs) {
          for (const row of input(outer)) {
            if (row === PAUSE) {
              yield PAUSE;
              continue;
            }
            const key = plan.all ? '' : keyOf(row);
            if (!plan.all && seen.has(key)) continue;
            seen.add(key);
            yield row;
          }
        }
        return;
      }
      let left: Sliced = first(outer);
      for (const input of others) left = yield* gathered(combine(left, yield* count(input(outer)), plan.op === 'intersect', plan.all, keyOf));
      yield* left;
    };
  }

  #distinct(plan: LogicalDistinct): Rows {
    const input = this.plan(plan.input);
    const on = plan.on?.map((e) => this.expr(e)) ?? null;
    const keyOf = rowKeyOf(plan.on?.map((e) => typeOf(e)) ?? plan.schema.map((f) => f.type));
    const sort = sortRows(this, plan.order);
    return function* (outer) {
      const seen = new Set<string>();
      for (const { row } of yield* sort(input(outer), outer)) {
        const key = keyOf(on === null ? row : on.map((f) => f(row, outer)));
        if (seen.has(key)) continue;
        seen.add(key);
        yield row;
      }
    };
  }

  #limit(plan: LogicalLimit): Rows {
    const input = this.plan(plan.input);
    const bound = (e: Expr | null, what: 'LIMIT' | 'OFFSET'): ((outer: OuterRows | null) => bigint | null) => {
      const f = e === null ? null : this.expr(e);
      return (outer) => rowCount(f?.([], outer) ?? null, what);
    };
    const limit = bound(plan.limit, 'LIMIT');
    const offset = bound(plan.offset, 'OFFSET');
    const keys = plan.withTies && plan.input.kind === 'sort' ? plan.input.keys : [];
    const order = orderOf(keys);
    const at = keys.map((k) => this.expr(k.expr));
    return function* (outer) {
      const max = limit(outer);
      const skip = offset(outer) ?? 0n;
      let n = 0n;
      let last: readonly Value[] | null = null;
      if (max === 0n) return;
      for (const row of input(outer)) {
        if (row === PAUSE) {
          yield PAUSE;
          continue;
        }
        if (n++ < skip) continue;
        if (max !== null && n - skip > max) {
          if (!plan.withTies || last === null || order(last, at.map((f) => f(row, outer))) !== 0) return;
          yield row;
          continue;
        }
        if (max !== null && n - skip === max) {
          yield row;
          if (!plan.withTies) return;
          last = at.map((f) => f(row, outer));
          continue;
        }
        yield row;
      }
    };
  }

  #topN(plan: LogicalTopN): Rows {
    const input = this.plan(plan.input);
    const partition = plan.partition.map((e) => this.expr(e));
    const keyOf = rowKeyOf(plan.partition.map((e) => typeOf(e)));
    const sort = sortRows(this, plan.order);
    const order = orderOf(plan.order);
    const { offset, limit, number } = plan;
    return function* (outer) {
      const partitions = new Map<string, { rows: number; rank: number; denseRank: number; last: readonly Value[] }>();
      for (const { row, key } of yield* sort(input(outer), outer)) {
        const name = keyOf(partition.map((f) => f(row, outer)));
        const before = partitions.get(name) ?? { rows: 0, rank: 0, denseRank: 0, last: [] };
        const isPeer = before.rows > 0 && order(before.last, key) === 0;
        const rows = before.rows + 1;
        const now = { rows, rank: isPeer ? before.rank : rows, denseRank: before.denseRank + (isPeer ? 0 : 1), last: key };
        partitions.set(name, now);
        const n = now[number === 'withTies' ? 'rows' : number];
        if (n > offset && (number === 'withTies' ? now.rank : n) <= offset + limit) yield plan.rank ? [...row, BigInt(n)] : row;
      }
    };
  }

  #tableFunction(plan: LogicalTableFunction): Rows {
    const def = this.host.functions.find(plan.name);
    const overload = def?.kind === 'table' ? def.overloads[plan.overload] : undefined;
    if (overload === undefined) throw new InternalError(`no table function ${plan.name}/${plan.overload}`);
    const args = plan.args.map((e) => this.expr(e));
    const types = plan.args.map((e) => typeOf(e));
    const { host, slice } = this;
    return function* (outer) {
      let n = 0n;
      for (const row of overload.eval(args.map((f) => f([], outer)), host.eval, types)) {
        n++;
        if (slice.spend(1)) yield PAUSE;
        yield plan.ordinality ? [...row, n] : row;
      }
    };
  }
}

/** Whether a condition that reads no row lets none through. What it fails with belongs to the rows, if there are any. */
function failsAhead(condition: (row: Row, outer: OuterRows | null) => Value, outer: OuterRows | null): boolean {
  try {
    return condition([], outer) !== true;
  } catch (error) {
    if (error instanceof SqlError) return false;
    throw error;
  }
}

/** It reads what the recursion around it found last. */
function readsWorking(plan: LogicalPlan): boolean {
  const own = new Set<string>();
  let found = false;
  eachNode(plan, (p) => {
    if (p.kind === 'recursive') own.add(p.id);
    if (p.kind === 'workingTable' && !own.has(p.id)) found = true;
  });
  return found;
}

/** A recursion is somewhere in it. */
function recurs(plan: LogicalPlan): boolean {
  let found = false;
  eachNode(plan, (p) => {
    if (p.kind === 'recursive') found = true;
  });
  return found;
}

function* pick(rows: Iterable<Row>, columns: readonly number[]): Iterable<Row> {
  for (const row of rows) yield columns.map((i) => row[i] ?? null);
}

function rowCount(value: Value, what: 'LIMIT' | 'OFFSET'): bigint | null {
  if (value === null) return null;
  const n = BigInt(value as bigint | number);
  if (n < 0n) {
    throw new SqlError(what === 'LIMIT' ? 'invalid_row_count_in_limit_clause' : 'invalid_row_count_in_result_offset_clause', `${what} must not be negative`);
  }
  return n;
}

/** INTERSECT and EXCEPT of multisets: with ALL the smaller count, or the difference. */
function* combine(left: Sliced, right: Map<string, number>, intersect: boolean, everyOne: boolean, keyOf: (row: Row) => string): Sliced {
  const seen = new Set<string>();
  for (const row of left) {
    if (row === PAUSE) {
      yield PAUSE;
      continue;
    }
    const key = keyOf(row);
    const n = right.get(key) ?? 0;
    if (everyOne) {
      if (n > 0) right.set(key, n - 1);
      if (n > 0 === intersect) yield row;
      continue;
    }
    if (seen.has(key)) continue;
    seen.add(key);
    if (n > 0 === intersect) yield row;
  }
}

import { SqlError } from '../../common/errors.ts';
import { hasSubquery, remapColumns, shiftColumns, splitConjunction, TRUE } from '../../planner/columns.ts';
import { column, type Expr, type SortKey } from '../../planner/expr.ts';
import { typeOf } from '../../planner/interpret.ts';
import type { LogicalAggregate, LogicalJoin, LogicalPlan, LogicalTableFunction } from '../../planner/logical.ts';
import { isNullable } from '../../planner/bind/coerce.ts';
import { isVolatile } from '../../planner/volatility.ts';
import { isCorrelated, mapAggregateCall, mapOuter, mapOuterInPlan, mapOverCall, planExprs, planInputs } from '../../planner/walk.ts';
import { aggregate, call, caseOf, columnOf, filter, identityOf, isNull, join, joinSchema, project } from '../build.ts';
import type { RuleContext } from '../rule.ts';
import { groupingSetsToUnion } from './grouping-sets.ts';
import { valueOnEmpty, type Pulled } from './pull-correlation.ts';

/**
 * A correlated plan for all the values of the outer row that it reads at once: each operator works per combination of
 * them (the domain), which is carried along in front of its columns. Joined with the outer row on these it gives what the
 * correlated plan gives for it. (Neumann, Kemper: Unnesting Arbitrary Queries.)
 *
 * @param left the plan of the outer rows.
 * Undefined where a part can't be run so: subqueries left in expressions, LIMIT by an expression, values that vary.
 */
export function overDomain(plan: LogicalPlan, left: LogicalPlan, cx: RuleContext): Pulled | undefined {
  if (varies(left)) return undefined;
  const columns = new Set<number>();
  mapOuterInPlan(plan, 1, (ref, level) => {
    if (ref.depth === level) columns.add(ref.index);
    return ref;
  });
  const at = [...columns].sort((a, b) => a - b);
  // Seen from inside the plan, what lies around the outer rows is one scope further.
  const outside = mapOuterInPlan(left, 1, (ref) => ({ ...ref, depth: ref.depth + 1 }));
  const domain = aggregate(outside, at.map((c) => columnOf(left, c)), [], at.map((_, i) => `outer${i + 1}`));
  const made = pushed(new Domain(domain, at, cx), plan);
  if (made === undefined) return undefined;
  return {
    plan: made,
    outputs: identityOf(made).slice(at.length),
    conditions: at.map((c, i) => {
      const f = left.schema[c] as (typeof left.schema)[number];
      return same(cx, columnOf(made, i), { kind: 'outer', depth: 1, index: c, type: f.type, nullable: f.nullable }, f.nullable);
    }),
    onEmpty: null,
  };
}

/** Undefined too for types without equality, which can't be grouped by. */
function pushed(domain: Domain, plan: LogicalPlan): LogicalPlan | undefined {
  try {
    return domain.push(plan);
  } catch (error) {
    if (error instanceof SqlError) return undefined;
    throw error;
  }
}

const same = (cx: RuleContext, a: Expr, b: Expr, nullable: boolean): Expr => call(cx.functions, nullable ? 'is_not_distinct' : '=', [a, b]);

const varies = (p: LogicalPlan): boolean => planExprs(p).some((e) => isVolatile(e)) || planInputs(p).some(varies);

/** Rows of constants that are put beside the domain by a projection each, not by a join. */
const WRITTEN_OUT_MAX = 8;

class Domain {
  readonly #rows: LogicalPlan;
  /** Columns of the outer row, in the order of the domain's. */
  readonly #at: readonly number[];
  readonly #cx: RuleContext;

  constructor(rows: LogicalPlan, at: readonly number[], cx: RuleContext) {
    this.#rows = rows;
    this.#at = at;
    this.#cx = cx;
  }

  get #width(): number {
    return this.#at.length;
  }
  #columns(plan: LogicalPlan = this.#rows): Expr[] {
    return this.#at.map((_, i) => columnOf(plan, i));
  }
  /** An expression over a node's input, over the domain in front of it. */
  #over(e: Expr): Expr {
    return mapOuter(shiftColumns(e, this.#width), 1, (ref, level) => (ref.depth === level ? column(this.#at.indexOf(ref.index), ref.type, ref.nullable) : ref));
  }
  #keys(keys: readonly SortKey[]): SortKey[] {
    return keys.map((k) => ({ ...k, expr: this.#over(k.expr) }));
  }
  /** The domain's columns of two plans agree; those of the second begin at `from`. */
  #agree(a: LogicalPlan, b: LogicalPlan, from: number): Expr[] {
    return this.#at.map((_, i) => {
      const x = columnOf(a, i);
      const y = shiftColumns(columnOf(b, i), from);
      return same(this.#cx, x, y, isNullable(x) || isNullable(y));
    });
  }

  /** Output: the domain's columns, then the plan's. */
  push(plan: LogicalPlan): LogicalPlan | undefined {
    if (planExprs(plan).some((e) => hasSubquery(e) || isVolatile(e))) return undefined;
    const few = plan.kind === 'values' && plan.rows.length > 0 && plan.rows.length <= WRITTEN_OUT_MAX;
    if (!few && !refersOutside(plan)) return join('inner', this.#rows, plan, []);
    const names = [...this.#rows.schema, ...plan.schema].map((f) => f.name);
    switch (plan.kind) {
      case 'values': {
        const inputs = plan.rows.map((row) => project(this.#rows, [...this.#columns(), ...row.map((e) => this.#over(e))], names));
        const [first] = inputs;
        if (first === undefined || inputs.length === 1) return first;
        const schema = first.schema.map((f, i) => ({ ...f, nullable: inputs.some((p) => p.schema[i]?.nullable ?? true) }));
        return { kind: 'setOp', op: 'union', all: true, inputs, schema };
      }
      case 'filter': {
        const input = this.push(plan.input);
        return input === undefined ? undefined : filter(input, splitConjunction(plan.condition).map((e) => this.#over(e)));
      }
      case 'project': {
        const input = this.push(plan.input);
        return input === undefined ? undefined : project(input, [...this.#columns(input), ...plan.exprs.map((e) => this.#over(e))], names);
      }
      case 'aggregate':
        return this.#aggregate(plan);
      case 'join':
        return this.#join(plan);
      case 'setOp': {
        const inputs = plan.inputs.map((p) => this.push(p));
        const all = inputs.flatMap((p) => p ?? []);
        if (all.length < inputs.length) return undefined;
        const schema = names.map((name, i) => ({ ...(all[0]?.schema[i] as LogicalPlan['schema'][number]), name, nullable: all.some((p) => p.schema[i]?.nullable ?? true) }));
        return { ...plan, inputs: all, schema };
      }
      case 'distinct': {
        const input = this.push(plan.input);
        return input === undefined ? undefined : { ...plan, input, on: plan.on === null ? null : [...this.#columns(input), ...plan.on.map((e) => this.#over(e))], order: this.#keys(plan.order), schema: input.schema };
      }
      case 'sort':
        return this.push(plan.input);
      case 'limit': {
        const sorted = plan.input.kind === 'sort' ? plan.input : null;
        const input = this.push(sorted?.input ?? plan.input);
        const [limit, offset] = [rows(plan.limit, Infinity), rows(plan.offset, 0)];
        if (input === undefined || limit === undefined || offset === undefined) return undefined;
        const number = plan.withTies && limit > 0 && Number.isFinite(limit) ? 'withTies' : 'rows';
        return { kind: 'topN', input, partition: this.#columns(input), order: this.#keys(sorted?.keys ?? []), offset, limit, number, rank: false, schema: input.schema };
      }
      case 'topN': {
        const input = this.push(plan.input);
        if (input === undefined) return undefined;
        return { ...plan, input, partition: [...this.#columns(input), ...plan.partition.map((e) => this.#over(e))], order: this.#keys(plan.order), schema: [...input.schema, ...(plan.rank ? plan.schema.slice(-1) : [])] };
      }
      case 'over': {
        const input = this.push(plan.input);
        if (input === undefined) return undefined;
        const calls = plan.calls.map((c) => {
          const moved = mapOverCall(c, (e) => this.#over(e));
          return { ...moved, partition: [...this.#columns(input), ...moved.partition] };
        });
        return { ...plan, input, calls, schema: [...input.schema, ...plan.schema.slice(plan.input.schema.length)] };
      }
      case 'tableFunction':
        return this.#function(plan);
      default:
        return undefined;
    }
  }

  /** The function is called once for each combination of values. */
  #function(plan: LogicalTableFunction): LogicalPlan {
    const inside = (e: Expr): Expr => mapOuter(e, 1, (ref, level) => (ref.depth === level ? { ...ref, index: this.#at.indexOf(ref.index) } : { ...ref, depth: ref.depth + 1 }));
    return join('inner', this.#rows, { ...plan, args: plan.args.map(inside) }, [], { lateral: true });
  }

  #aggregate(plan: LogicalAggregate): LogicalPlan | undefined {
    if (plan.sets !== null) {
      const union = groupingSetsToUnion.apply(plan, this.#cx);
      return union === undefined ? undefined : this.push(union);
    }
    const input = this.push(plan.input);
    if (input === undefined) return undefined;
    const names = [...this.#rows.schema, ...plan.schema].map((f) => f.name);
    const calls = plan.calls.map((c) => mapAggregateCall(c, (e) => this.#over(e)));
    const grouped = aggregate(input, [...this.#columns(input), ...plan.keys.map((k) => this.#over(k))], calls, names);
    if (plan.keys.length > 0) return grouped;
    // One row even of nothing, with the calls' values of nothing.
    const n = this.#width;
    const marked = project(grouped, [...identityOf(grouped), TRUE], [...names, 'matched']);
    const joined = join('left', this.#rows, marked, this.#agree(this.#rows, marked, n));
    const mark = columnOf(joined, n + names.length);
    const values = plan.calls.map((c, i) => {
      const value = columnOf(joined, n + n + i);
      const none = valueOnEmpty(c, this.#cx);
      return none.kind === 'literal' && none.value === null ? value : caseOf([{ when: isNull(mark, true), then: value }], none, c.type);
    });
    return project(joined, [...this.#columns(joined), ...values], names);
  }

  #join(plan: LogicalJoin): LogicalPlan | undefined {
    if (plan.lateral) return this.#lateral(plan);
    if (plan.type === 'right') {
      // As a LEFT JOIN of the sides changed over.
      const [l, r] = [plan.left.schema.length, plan.right.schema.length];
      const swap = (e: Expr): Expr => remapColumns(e, (c) => (c < l ? c + r : c - l));
      const flipped = join('left', plan.right, plan.left, splitConjunction(plan.condition).map(swap), { span: plan.span });
      const made = this.push(flipped);
      if (made === undefined) return undefined;
      const order = [...plan.left.schema.map((_, i) => this.#width + r + i), ...plan.right.schema.map((_, i) => this.#width + i)];
      return project(made, [...this.#columns(made), ...order.map((c) => columnOf(made, c))], [...this.#rows.schema, ...plan.schema].map((f) => f.name));
    }
    const both = plan.type === 'full' || refersOutside(plan.right);
    const left = this.push(plan.left);
    const right = both ? this.push(plan.right) : plan.right;
    if (left === undefined || right === undefined) return undefined;
    const n = this.#width;
    const width = left.schema.length;
    // The condition's columns: the left side's stand behind the domain, the right side's behind its own copy of it.
    const parts = splitConjunction(plan.condition).map((e) => this.#placed(e, plan.left.schema.length, both ? n : 0));
    const joined = join(plan.type, left, right, [...(both ? this.#agree(left, right, width) : []), ...parts], { span: plan.span });
    if (plan.type === 'semi' || plan.type === 'anti' || !both) return joined;
    const kept = [...left.schema.map((_, i) => i).slice(n), ...plan.right.schema.map((_, i) => width + n + i)];
    const domain = this.#at.map((_, i): Expr => {
      const own = columnOf(joined, i);
      return plan.type === 'full' ? { kind: 'coalesce', args: [own, columnOf(joined, width + i)], type: typeOf(own) } : own;
    });
    return project(joined, [...domain, ...kept.map((c) => columnOf(joined, c))], [...this.#rows.schema, ...plan.schema].map((f) => f.name));
  }

  #placed(e: Expr, leftWidth: number, gap: number): Expr {
    const moved = remapColumns(e, (c) => c + this.#width + (c < leftWidth ? 0 : gap));
    return mapOuter(moved, 1, (ref, level) => (ref.depth === level ? column(this.#at.indexOf(ref.index), ref.type, ref.nullable) : ref));
  }

  /** The right side's outer row is the left one's, now behind the domain, which takes the place of the row beyond it. */
  #lateral(plan: LogicalJoin): LogicalPlan | undefined {
    const left = this.push(plan.left);
    if (left === undefined) return undefined;
    const right = mapOuterInPlan(plan.right, 1, (ref, level) => {
      if (ref.depth === level) return { ...ref, index: ref.index + this.#width };
      return ref.depth === level + 1 ? { ...ref, depth: level, index: this.#at.indexOf(ref.index) } : ref;
    });
    const parts = splitConjunction(plan.condition).map((e) => this.#placed(e, plan.left.schema.length, 0));
    return { ...join(plan.type, left, right, parts, { lateral: true, span: plan.span }), schema: joinSchema(plan.type, left.schema, right.schema) };
  }
}

/** A LIMIT or OFFSET that is a number; undefined where it is not known. */
const rows = (e: Expr | null, none: number): number | undefined => (e === null ? none : e.kind === 'literal' && e.value !== null ? Number(e.value as bigint | number) : undefined);

function refersOutside(p: LogicalPlan): boolean {
  if (!isCorrelated(p)) return false;
  let found = false;
  mapOuterInPlan(p, 1, (ref, level) => {
    if (ref.depth === level) found = true;
    return ref;
  });
  return found;
}

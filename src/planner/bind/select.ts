import { SqlError, notSupported } from '../../common/errors.ts';
import type { Schema } from '../../common/batch/batch.ts';
import type { Span } from '../../common/span.ts';
import { sameName } from '../../catalog/names.ts';
import type { Expr as Ast, WindowSpec } from '../../parser/ast.ts';
import type { OrderItem, Select } from '../../parser/ast-queries.ts';
import { column, type Expr, type SortKey } from '../expr.ts';
import { INT } from '../../common/types/sql-type.ts';
import { typeOf } from '../interpret.ts';
import type { LogicalPlan } from '../logical.ts';
import { coerce, isNullable, settle, toBoolean } from './coerce.ts';
import { Collector, partOf, type Allowed } from './collect.ts';
import { someExpr } from '../walk.ts';
import type { ExprEnv, QueryEnv } from './env.ts';
import { exprEquals } from './equal.ts';
import { bindExpr } from './expr.ts';
import type { GroupWindow } from './group-window-calls.ts';
import { bindGroupWindow } from './group-windows.ts';
import { bindFrom } from './from.ts';
import { noticeUnknown, StateTtl } from './hints.ts';
import { LookupHints } from './lookup-hints.ts';
import { sortKey } from './aggregate-calls.ts';
import { groupingSets } from './grouping-sets.ts';
import { aboveAggregate, aboveParts, groupedConstant, type Grouped } from './parts.ts';
import { expandItems, type Item } from './select-items.ts';
import { exprEnv, type Source } from './sources.ts';

/** A bound SELECT with the sort keys that its ORDER BY needs; keys may be columns behind the visible ones. */
export interface BoundSelect {
  readonly plan: LogicalPlan;
  /** The visible columns come first. */
  readonly visible: number;
  readonly order: readonly SortKey[];
}

/**
 * One SELECT; `orderBy` is the whole query's, since it may name what the select list doesn't show.
 * @param typed false leaves untyped literals of the select list untyped, for the other side of a UNION or an INSERT to decide.
 */
export function bindSelect(env: QueryEnv, select: Select, orderBy: readonly OrderItem[], typed: boolean): BoundSelect {
  return new SelectBinder(env, select).bind(orderBy, typed);
}

class SelectBinder {
  readonly #env: QueryEnv;
  readonly #select: Select;
  readonly #collector = new Collector();
  readonly #windows = new Map<string, WindowSpec>();
  #groupWindow: GroupWindow | undefined;
  /** Constants of the select list that GROUP BY names. */
  readonly #constantKeys = new Set<Expr>();

  constructor(env: QueryEnv, select: Select) {
    this.#env = env;
    this.#select = select;
    for (const w of select.windows) {
      if (this.#windows.has(w.name.name)) throw new SqlError('windowing_error', `window "${w.name.name}" is already defined`, { span: w.name.span });
      this.#windows.set(w.name.name, w.spec);
    }
  }

  bind(orderBy: readonly OrderItem[], typed: boolean): BoundSelect {
    const select = this.#select;
    noticeUnknown(this.#env, select.hints);
    const ttl = new StateTtl(select.hints);
    const lookups = new LookupHints(select.hints);
    const source = bindFrom({ ...this.#env, ttl, lookups }, select.from);
    ttl.requireUsed();
    lookups.requireUsed();
    const where = select.where === null ? null : this.#condition(exprEnv(this.#env, source.scope, 'WHERE'), select.where, 'WHERE');
    const kept: LogicalPlan = where === null ? source.plan : { kind: 'filter', input: source.plan, condition: where, schema: source.plan.schema };
    const windowed = bindGroupWindow(this.#env, select, source, kept);
    this.#groupWindow = windowed?.window;
    const input = windowed?.plan ?? kept;

    const listEnv = this.#exprEnv(source, 'SELECT', { aggregates: true, windows: true, sets: true });
    const items = expandItems(listEnv, select.items, typed || select.distinct);
    if (items.length === 0 && select.items.length > 0) throw new SqlError('syntax_error', 'SELECT * with no tables specified is not valid', { span: select.items[0]?.span });
    const keys = this.#groupKeys(source, items);
    const having = select.having === null ? null : this.#condition(this.#exprEnv(source, 'HAVING', { aggregates: true }), select.having, 'HAVING');
    const qualify = select.qualify === null ? null : this.#bindQualify(source, items, select.qualify);
    const distinctOn = select.distinctOn.map((e) => this.#orderExpr(source, items, e, 'DISTINCT ON'));
    const order = orderBy.map((o) => sortKey(this.#orderExpr(source, items, o.expr, 'ORDER BY'), o));

    const grouped = keys !== null || having !== null || this.#collector.aggregates.length > 0 || this.#collector.groupings.length > 0;
    const placed = grouped ? this.#aggregate(input, keys ?? { keys: [], sets: null }) : { plan: input, map: (e: Expr): Expr => e };
    let { plan } = placed;
    if (having !== null) plan = { kind: 'filter', input: plan, condition: placed.map(having), schema: plan.schema };
    const parts = aboveParts(this.#env.cx.functions, this.#collector, plan, placed.map);
    plan = parts.overPlan;
    if (qualify !== null) plan = { kind: 'filter', input: plan, condition: parts.map(placed.map(qualify)), schema: plan.schema };
    const finish = (e: Expr): Expr => parts.map(placed.map(e));
    if (distinctOn.length > 0 && ![...distinctOn, ...order.map((k) => k.expr)].some((e) => someExpr(e, isSet))) {
      // PostgreSQL's order: rows are chosen first, then set-returning calls that don't take part in the choice expand them.
      const on = distinctOn.map(finish);
      const by = order.map((k) => ({ ...k, expr: finish(k.expr) }));
      if (parts.hasSets) {
        checkDistinctOn(on, by, select.span);
        plan = parts.withSets({ kind: 'distinct', input: plan, on, order: by, schema: plan.schema });
        return this.#project(plan, items, items.map((i) => finish(i.expr)), [], by, false);
      }
    }
    plan = parts.withSets(plan);
    return this.#project(plan, items, items.map((i) => finish(i.expr)), distinctOn.map(finish), order.map((k) => ({ ...k, expr: finish(k.expr) })));
  }

  #exprEnv(source: Source, clause: string, may: { aggregates?: boolean; windows?: boolean; sets?: boolean }): ExprEnv {
    const { aggregates = false, windows = false, sets = false } = may;
    const allowed: Allowed = { clause, collector: this.#collector, aggregates, windows, sets };
    return { ...exprEnv(this.#env, source.scope, clause), allowed, windows: this.#windows, groupWindow: this.#groupWindow };
  }

  #condition(env: ExprEnv, e: Ast, clause: string): Expr {
    return toBoolean(env, bindExpr(env, e), clause, e.span);
  }

  #groupKeys(source: Source, items: readonly Item[]): Pick<Grouped, 'keys' | 'sets'> | null {
    if (this.#select.groupBy === null) return null;
    const env = { ...exprEnv(this.#env, source.scope, 'GROUP BY'), groupWindow: this.#groupWindow };
    const all = (): Expr[] => items.flatMap((i) => (someExpr(i.expr, isCollected) ? [] : [i.expr]));
    const made = groupingSets(this.#select.groupBy, (e) => settle(env, this.#groupKey(env, source, items, e)), all, this.#select.groupByDistinct);
    return this.#groupWindow === undefined ? made : withWindow(made, this.#groupWindow);
  }

  #groupKey(env: ExprEnv, source: Source, items: readonly Item[], e: Ast): Expr {
    const item = ordinal(items, e, 'GROUP BY') ?? aliasItem(e, source, items);
    if (item === undefined) return bindExpr(env, e);
    if (item.expr.kind === 'literal') this.#constantKeys.add(item.expr);
    if (!someExpr(item.expr, isCollected)) return item.expr;
    // Binding it again where such calls are refused gives the message.
    return item.ast === null ? item.expr : bindExpr(env, item.ast);
  }

  #bindQualify(source: Source, items: readonly Item[], e: Ast): Expr {
    const env = this.#exprEnv(source, 'QUALIFY', { aggregates: true, windows: true });
    const replaced = withAliases(e, source, items);
    return this.#condition(env, replaced, 'QUALIFY');
  }

  /** ORDER BY and DISTINCT ON: an ordinal, an output name, or an expression over the input. */
  #orderExpr(source: Source, items: readonly Item[], e: Ast, clause: string): Expr {
    const named = ordinal(items, e, clause) ?? outputName(items, e, clause);
    if (named !== undefined) return named.expr;
    const env = this.#exprEnv(source, clause, { aggregates: true, windows: true });
    return settle(env, bindExpr(env, e));
  }

  #aggregate(input: LogicalPlan, { keys, sets }: Pick<Grouped, 'keys' | 'sets'>): { readonly plan: LogicalPlan; readonly map: (e: Expr) => Expr } {
    const calls = this.#collector.aggregates;
    const schema: Schema = [
      ...keys.map((k, i) => ({ name: keyName(this.#env, k, i), type: typeOf(k), nullable: isNullable(k) || (sets?.some((s) => !s.includes(i)) ?? false) })),
      ...calls.map((c) => ({ name: c.name, type: c.type, nullable: c.nullable })),
      ...(sets === null ? [] : [{ name: 'grouping_set', type: INT, nullable: false }]),
    ];
    const plan: LogicalPlan = { kind: 'aggregate', input, keys, sets, calls: [...calls], schema };
    const grouped: Grouped = { keys, sets, calls: calls.length, groupings: this.#collector.groupings };
    for (const { expr, name, span } of this.#collector.directs) {
      const above = aboveAggregate(this.#env.notes, grouped, expr);
      if (sets !== null && someExpr(above, (e) => e.kind === 'column')) throw notSupported(`${name}() WITHIN GROUP of a column that GROUPING SETS group by`, span, 'Group by each set on its own and use UNION ALL.');
    }
    return { plan, map: (e) => (this.#constantKeys.has(e) ? groupedConstant(grouped, e) : undefined) ?? aboveAggregate(this.#env.notes, grouped, e) };
  }

  #project(plan: LogicalPlan, items: readonly Item[], exprs: readonly Expr[], distinctOn: readonly Expr[], order: readonly SortKey[], distinct = this.#select.distinct): BoundSelect {
    const select = this.#select;
    const visible = exprs.length;
    const all: Expr[] = [...exprs];
    const schema: Schema[number][] = items.map((i, n) => field(i.name, exprs[n] ?? i.expr));
    const place = (e: Expr): Expr => {
      let at = all.findIndex((x) => exprEquals(x, e));
      if (at < 0) {
        at = all.push(e) - 1;
        schema.push(field(`sort${at}`, e));
      }
      const f = schema[at];
      return column(at, typeOf(e), f?.nullable ?? true);
    };
    const on = distinctOn.map(place);
    const keys = order.map((k) => ({ ...k, expr: place(k.expr) }));
    let out: LogicalPlan = { kind: 'project', input: plan, exprs: all, schema };
    if (on.length > 0) {
      checkDistinctOn(on, keys, select.span);
      out = { kind: 'distinct', input: out, on, order: keys, schema };
    } else if (distinct) {
      if (all.length > visible) {
        const bad = order.findIndex((k) => !exprs.some((x) => exprEquals(x, k.expr)));
        throw new SqlError('invalid_column_reference', 'for SELECT DISTINCT, ORDER BY expressions must appear in select list', { span: this.#env.notes.placeOf(order[bad]?.expr ?? all[0] as Expr)?.span ?? select.span });
      }
      out = { kind: 'distinct', input: out, on: null, order: [], schema };
    }
    return { plan: out, visible, order: keys };
  }
}

/** A group window's other columns are determined by its start, and grouped with it. */
function withWindow({ keys, sets }: Pick<Grouped, 'keys' | 'sets'>, window: GroupWindow): Pick<Grouped, 'keys' | 'sets'> {
  const start = keys.findIndex((k) => exprEquals(k, window.start));
  const more = [window.end, window.rowtime].filter((e) => !keys.some((k) => exprEquals(k, e)));
  return { keys: [...keys, ...more], sets: sets?.map((s) => (s.includes(start) ? [...s, ...more.map((_, i) => keys.length + i)] : s)) ?? null };
}

const field = (name: string, e: Expr): Schema[number] => ({ name, type: typeOf(e), nullable: isNullable(e) });

function keyName(env: QueryEnv, key: Expr, i: number): string {
  return env.notes.placeOf(key)?.text?.split('.').at(-1) ?? `key${i + 1}`;
}

/** A call that the collector keeps: an aggregate, a window function. */
const isCollected = (x: Expr): boolean => x.kind === 'column' && partOf(x.index).part !== 'column';

const isSet = (x: Expr): boolean => x.kind === 'column' && partOf(x.index).part === 'set';

/** Errors: invalid_column_reference. */
export function ordinal(items: readonly Item[], e: Ast, clause: string): Item | undefined {
  if (e.kind !== 'number') {
    if (e.kind === 'string' || e.kind === 'null' || e.kind === 'boolean') throw new SqlError('syntax_error', `non-integer constant in ${clause}`, { span: e.span });
    return undefined;
  }
  if (!/^\d+$/.test(e.text)) throw new SqlError('syntax_error', `non-integer constant in ${clause}`, { span: e.span });
  const found = items[Number(e.text) - 1];
  if (found === undefined) throw new SqlError('invalid_column_reference', `${clause} position ${e.text} is not in select list`, { span: e.span });
  return found;
}

/** An output column by its bare name. Errors: ambiguous_column, when two of that name differ. */
function outputName(items: readonly Item[], e: Ast, clause: string): Item | undefined {
  if (e.kind !== 'name' || e.parts.length !== 1) return undefined;
  const [id] = e.parts;
  if (id === undefined) return undefined;
  const exact = items.filter((i) => i.name === id.name);
  const found = exact.length > 0 || id.quoted ? exact : items.filter((i) => sameName(id, i.name));
  const [first] = found;
  if (first !== undefined && found.some((i) => !exprEquals(i.expr, first.expr))) {
    throw new SqlError('ambiguous_column', `${clause} "${id.name}" is ambiguous`, { span: e.span });
  }
  return first;
}

/** GROUP BY takes an input column before an output name of the same spelling. */
function aliasItem(e: Ast, source: Source, items: readonly Item[]): Item | undefined {
  if (e.kind !== 'name' || e.parts.length !== 1) return undefined;
  const [id] = e.parts;
  if (id === undefined || source.scope.columns.some((c) => sameName(id, c.name))) return undefined;
  return outputName(items, e, 'GROUP BY');
}

/** QUALIFY may use output names where the input has no such column. */
function withAliases(e: Ast, source: Source, items: readonly Item[]): Ast {
  const swap = (x: Ast): Ast => {
    const item = aliasItem(x, source, items);
    return item?.ast ?? x;
  };
  switch (e.kind) {
    case 'name':
      return swap(e);
    case 'and':
    case 'or':
      return { ...e, args: e.args.map((a) => withAliases(a, source, items)) };
    case 'not':
      return { ...e, arg: withAliases(e.arg, source, items) };
    case 'binary':
      return { ...e, left: withAliases(e.left, source, items), right: withAliases(e.right, source, items) };
    case 'between':
      return { ...e, arg: swap(e.arg), low: swap(e.low), high: swap(e.high) };
    case 'inList':
      return { ...e, arg: swap(e.arg) };
    case 'is':
      return { ...e, arg: withAliases(e.arg, source, items) };
    default:
      return e;
  }
}

function checkDistinctOn(on: readonly Expr[], order: readonly SortKey[], span: Span): void {
  const leading = order.slice(0, on.length);
  if (leading.some((k) => !on.some((e) => exprEquals(e, k.expr)))) {
    throw new SqlError('invalid_column_reference', 'SELECT DISTINCT ON expressions must match initial ORDER BY expressions', { span });
  }
}

/** The plan without the columns that only served for sorting. */
export function dropHidden(plan: LogicalPlan, visible: number): LogicalPlan {
  if (plan.schema.length === visible) return plan;
  const schema = plan.schema.slice(0, visible);
  return { kind: 'project', input: plan, exprs: schema.map((f, i) => column(i, f.type, f.nullable)), schema };
}

export const limitValue = (env: QueryEnv, e: Ast | null, what: 'LIMIT' | 'OFFSET', scope: Source['scope']): Expr | null => {
  if (e === null) return null;
  const inner = exprEnv(env, scope, what);
  const bound = bindExpr(inner, e);
  return coerce(inner, bound, { kind: 'bigint' }, 'assignment', e.span);
};


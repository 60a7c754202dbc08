import { notSupported } from '../../common/errors.ts';
import type { CallExpr, Expr as Ast } from '../../parser/ast.ts';
import type { GroupingElement, Select } from '../../parser/ast-queries.ts';
import { identity } from '../columns.ts';
import { column, type Expr } from '../expr.ts';
import { typeOf } from '../interpret.ts';
import type { LogicalPlan, WindowSpec } from '../logical.ts';
import { isNullable, settle } from './coerce.ts';
import { exprEquals } from './equal.ts';
import type { QueryEnv } from './env.ts';
import { bindExpr } from './expr.ts';
import { callName, KINDS, parseGroupWindow, specText, type GroupWindow, type WindowKind } from './group-window-calls.ts';
import { exprEnv, type Source } from './sources.ts';

/**
 * Flink's older group windows: `GROUP BY TUMBLE(ts, size)`, HOP and SESSION, with TUMBLE_START(ts, size) and the like in the
 * select list. They become the windowing table function over what is grouped; a session's keys are the other groups.
 */

function windowCall(e: Ast): CallExpr | undefined {
  return e.kind === 'call' && e.over === null && KINDS.has(callName(e)) ? e : undefined;
}

function expressionsOf(element: GroupingElement): readonly Ast[] {
  switch (element.kind) {
    case 'expr':
      return [element.expr];
    case 'set':
      return element.exprs;
    case 'rollup':
    case 'cube':
      return element.sets.flat();
    case 'groupingSets':
      return element.elements.flatMap(expressionsOf);
    default:
      return [];
  }
}

/** What a GROUP BY entry stands for, if it names an item of the select list. */
function behind(select: Select, source: Source, e: Ast): Ast {
  if (e.kind === 'number') return select.items[Number(e.text) - 1]?.expr ?? e;
  if (e.kind !== 'name' || e.parts.length !== 1) return e;
  const name = e.parts[0]?.name ?? '';
  const matches = (n: string | undefined): boolean => n?.toLowerCase() === name.toLowerCase();
  if (source.scope.columns.some((c) => matches(c.name))) return e;
  return select.items.find((i) => matches(i.alias?.name))?.expr ?? e;
}

/** The input of a SELECT's aggregate under the group window of its GROUP BY, if it has one. Errors: those of windows; two group windows. */
export function bindGroupWindow(env: QueryEnv, select: Select, source: Source, input: LogicalPlan): { readonly plan: LogicalPlan; readonly window: GroupWindow } | undefined {
  const groups = (select.groupBy ?? []).flatMap(expressionsOf);
  const calls = groups.flatMap((e) => windowCall(e) ?? []);
  const [call] = calls;
  if (call === undefined) return undefined;
  const kind = callName(call) as WindowKind;
  const scope = exprEnv(env, source.scope, 'GROUP BY');
  const parsed = parseGroupWindow(scope, call, kind, bindExpr);
  const other = calls.find((c) => callName(c) !== kind || specText(parseGroupWindow(scope, c, kind, bindExpr).spec) !== specText(parsed.spec));
  if (other !== undefined) throw notSupported('grouping by two windows', other.span, 'Group by one window, and by another above it.');
  if (kind === 'session' && (select.groupBy ?? []).some((g) => g.kind !== 'expr')) throw notSupported('SESSION in grouping sets', call.span, 'Group by each set on its own and use UNION ALL.');

  const exprs: Expr[] = [...identity(input.schema)];
  const fields = [...input.schema];
  const place = (e: Expr, name: string): number => {
    if (e.kind === 'column') return e.index;
    const known = exprs.findIndex((x) => exprEquals(x, e));
    if (known >= 0) return known;
    fields.push({ name, type: typeOf(e), nullable: isNullable(e) });
    return exprs.push(e) - 1;
  };
  const timeColumn = place(parsed.time, 'window_time_of');
  const others = kind === 'session' ? groups.filter((e) => windowCall(e) === undefined) : [];
  const keys = others.map((e, i) => place(settle(scope, bindExpr(scope, behind(select, source, e))), `session_key${i + 1}`));
  const spec: WindowSpec = parsed.spec.kind === 'session' ? { ...parsed.spec, keys: [...new Set(keys)] } : parsed.spec;
  const below: LogicalPlan = fields.length === input.schema.length ? input : { kind: 'project', input, exprs, schema: fields };
  const type = typeOf(parsed.time);
  const width = fields.length;
  const schema = [...fields, ...['window_start', 'window_end', 'window_time'].map((name) => ({ name, type, nullable: false }))];
  const at = (i: number): Expr => env.notes.place(column(width + i, type, false), call.span);
  const plan: LogicalPlan = { kind: 'window', input: below, timeColumn, window: spec, schema, span: call.span };
  return { plan, window: { kind, time: parsed.time, spec, start: at(0), end: at(1), rowtime: at(2) } };
}


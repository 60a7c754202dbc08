import { unreachable } from '../common/errors.ts';
import type { Schema } from '../common/batch/batch.ts';
import { textOut } from '../common/types/text-codec.ts';
import { typeName, type SqlType } from '../common/types/sql-type.ts';
import type { Value } from '../common/types/value.ts';
import { functionTitle } from '../functions/user/routine.ts';
import { bodyRow } from './lambda.ts';
import type { AggregateCall, Expr, SortKey } from './expr.ts';
import type { FrameBound, OverCall, TopNNumber } from './logical.ts';
import { typeOf } from './interpret.ts';

/** Names in reach of an expression: its row's columns, then those of enclosing rows, the nearest first. */
export interface ExprNames {
  readonly row: Schema;
  readonly outer: readonly Schema[];
  /** Given the plan of a subquery; returns what stands for it. */
  readonly subquery: (plan: (Expr & { kind: 'subquery' })['plan']) => string;
}

const OPERATOR = /^[^a-z_]/;

const column = (schema: Schema | undefined, index: number): string => {
  const name = schema?.[index]?.name ?? `#${index}`;
  // A name that stands twice in the row is told apart by its position.
  const repeated = (schema ?? []).filter((f) => f.name === name).length > 1;
  return repeated ? `${name}#${index}` : name;
};

export function literalText(value: Value, type: SqlType): string {
  if (value === null) return 'NULL';
  const text = textOut(value, type);
  switch (type.kind) {
    case 'boolean':
      return value === true ? 'TRUE' : 'FALSE';
    case 'tinyint':
    case 'smallint':
    case 'int':
    case 'bigint':
    case 'double':
    case 'real':
    case 'decimal':
    case 'numeric':
      return text;
    case 'varchar':
    case 'unknown':
      return `'${text.replaceAll("'", "''")}'`;
    default:
      return `'${text.replaceAll("'", "''")}'::${typeName(type)}`;
  }
}

/** A bound expression as SQL-like text; casts that the binder added are shown. */
export function exprText(e: Expr, names: ExprNames): string {
  const show = (x: Expr): string => exprText(x, names);
  const inner = (x: Expr): string => (isCompound(x) ? `(${show(x)})` : show(x));
  switch (e.kind) {
    case 'column':
      return column(names.row, e.index);
    case 'outer':
      return `outer${e.depth > 1 ? e.depth : ''}.${column(names.outer[e.depth - 1], e.index)}`;
    case 'literal':
      return literalText(e.value, e.type);
    case 'param':
      return `$${e.index + 1}`;
    case 'call': {
      const [a, b] = e.args;
      if (OPERATOR.test(e.name) && a !== undefined) {
        if (e.args.length === 1) return `${e.name}${inner(a)}`;
        if (b !== undefined && e.args.length === 2) return `${inner(a)} ${e.name} ${inner(b)}`;
      }
      return `${functionTitle(e.name)}(${e.args.map(show).join(', ')})`;
    }
    case 'cast':
      return `${e.try ? 'TRY_CAST' : 'CAST'}(${show(e.arg)} AS ${typeName(e.type)})`;
    case 'case':
      return `CASE ${e.branches.map((b) => `WHEN ${show(b.when)} THEN ${show(b.then)}`).join(' ')}${e.otherwise === null ? '' : ` ELSE ${show(e.otherwise)}`} END`;
    case 'and':
    case 'or':
      return e.args.map(inner).join(e.kind === 'and' ? ' AND ' : ' OR ');
    case 'not':
      return `NOT ${inner(e.arg)}`;
    case 'isNull':
      return `${inner(e.arg)} IS ${e.negated ? 'NOT ' : ''}NULL`;
    case 'coalesce':
      return `COALESCE(${e.args.map(show).join(', ')})`;
    case 'in':
      return `${inner(e.arg)} ${e.negated ? 'NOT ' : ''}IN (${e.list.map(show).join(', ')})`;
    case 'array':
      return `ARRAY[${e.items.map(show).join(', ')}]`;
    case 'row':
      return `ROW(${e.items.map(show).join(', ')})`;
    case 'field': {
      const type = typeOf(e.arg);
      return `${inner(e.arg)}.${type.kind === 'row' ? (type.fields[e.index]?.name ?? `#${e.index}`) : `#${e.index}`}`;
    }
    case 'lambda': {
      const bodies = e.bodies.map((body) => {
        const text = exprText(body.expr, { ...names, row: bodyRow(e, body, show) });
        return `${body.params.length === 1 ? body.params[0] : `(${body.params.join(', ')})`} -> ${text}`;
      });
      return `${e.name}(${[...e.args.map(show), ...bodies].join(', ')})`;
    }
    case 'subquery':
      return subqueryText(e, names);
    default:
      return unreachable(e);
  }
}

const isCompound = (e: Expr): boolean => e.kind === 'and' || e.kind === 'or' || e.kind === 'not' || e.kind === 'in' || e.kind === 'isNull' || (e.kind === 'call' && OPERATOR.test(e.name));

function subqueryText(e: Expr & { kind: 'subquery' }, names: ExprNames): string {
  const plan = names.subquery(e.plan);
  switch (e.form) {
    case 'scalar':
      return plan;
    case 'exists':
      return `EXISTS ${plan}`;
    case 'array':
      return `ARRAY ${plan}`;
    case 'any':
    case 'all': {
      const operator = e.compare?.kind === 'call' ? e.compare.name : '=';
      return `${e.arg === null ? '' : exprText(e.arg, names)} ${operator} ${e.form.toUpperCase()} ${plan}`;
    }
  }
}

/** What a Top-N bounds, where it isn't rows alone. */
export const TOP_N_NUMBERS: Readonly<Record<Exclude<TopNNumber, 'rows'>, string>> = { rank: 'by rank', denseRank: 'by dense rank', withTies: 'with ties' };

export function sortText(keys: readonly SortKey[], names: ExprNames): string {
  return keys.map((k) => `${exprText(k.expr, names)}${k.descending ? ' DESC' : ''}${k.nullsFirst === k.descending ? '' : k.nullsFirst ? ' NULLS FIRST' : ' NULLS LAST'}`).join(', ');
}

export function aggregateText(call: AggregateCall, names: ExprNames): string {
  const args = call.args.length === 0 ? '*' : call.args.map((a) => exprText(a, names)).join(', ');
  const order = call.orderBy.length === 0 ? '' : ` ORDER BY ${sortText(call.orderBy, names)}`;
  return `${functionTitle(call.name)}(${call.distinct ? 'DISTINCT ' : ''}${args}${order})${call.filter === null ? '' : ` FILTER (${exprText(call.filter, names)})`}`;
}

const BOUNDS: Readonly<Record<string, string>> = { unboundedPreceding: 'UNBOUNDED PRECEDING', unboundedFollowing: 'UNBOUNDED FOLLOWING', currentRow: 'CURRENT ROW' };

export function overText(call: OverCall, names: ExprNames): string {
  const bound = (b: FrameBound): string => ('offset' in b ? `${exprText(b.offset, names)} ${b.kind.toUpperCase()}` : (BOUNDS[b.kind] ?? b.kind));
  const parts = [
    ...(call.partition.length === 0 ? [] : [`PARTITION BY ${call.partition.map((e) => exprText(e, names)).join(', ')}`]),
    ...(call.order.length === 0 ? [] : [`ORDER BY ${sortText(call.order, names)}`]),
    ...(call.frame === null ? [] : [`${call.frame.unit.toUpperCase()} BETWEEN ${bound(call.frame.start)} AND ${bound(call.frame.end)}${call.frame.exclude === 'no others' ? '' : ` EXCLUDE ${call.frame.exclude.toUpperCase()}`}`]),
  ];
  return `${functionTitle(call.name)}(${call.distinct === true ? 'DISTINCT ' : ''}${call.args.map((a) => exprText(a, names)).join(', ')})${call.filter === null ? '' : ` FILTER (WHERE ${exprText(call.filter, names)})`}${call.ignoreNulls ? ' IGNORE NULLS' : ''} OVER (${parts.join(' ')})`;
}

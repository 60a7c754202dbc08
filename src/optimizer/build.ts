import type { Schema } from '../common/batch/batch.ts';
import { InternalError } from '../common/errors.ts';
import { BIGINT, BOOLEAN, type SqlType } from '../common/types/sql-type.ts';
import type { Value } from '../common/types/value.ts';
import type { FunctionLookup } from '../functions/resolve.ts';
import { resolveFunction, resolveScalar } from '../functions/resolve.ts';
import { isNullable } from '../planner/bind/coerce.ts';
import { column, type AggregateCall, type Expr, type SortKey } from '../planner/expr.ts';
import { typeOf } from '../planner/interpret.ts';
import { conjunction, identity, isIdentity } from '../planner/columns.ts';
import type { JoinType, LogicalAggregate, LogicalJoin, LogicalPlan, LogicalProject } from '../planner/logical.ts';

/** Makers of plan nodes and expressions whose schemas follow from their parts. */

export const literal = (value: Value, type: SqlType): Expr => ({ kind: 'literal', value, type });
export const bigint = (n: number): Expr => literal(BigInt(n), BIGINT);

/** A scalar function or operator applied to arguments that fit one of its overloads as they are. */
export function call(functions: FunctionLookup, name: string, args: readonly Expr[]): Expr {
  const { def, overload, returns } = resolveScalar(functions, name, args.map(typeOf));
  return { kind: 'call', name: def.name, overload, args, type: returns, nullable: args.some(isNullable) };
}

/** An aggregate of an argument that fits as it is. */
export function aggregateCall(functions: FunctionLookup, name: string, args: readonly Expr[], more: { filter?: Expr; orderBy?: readonly SortKey[] } = {}): AggregateCall {
  const found = resolveFunction(functions, name, args.map(typeOf));
  if ('columns' in found || found.def.kind !== 'aggregate') throw new InternalError(`${name} is not an aggregate`);
  return { name: found.def.name, overload: found.overload, args, distinct: false, filter: more.filter ?? null, orderBy: more.orderBy ?? [], type: found.returns, nullable: name !== 'count' };
}

const field = (name: string, e: Expr): Schema[number] => ({ name, type: typeOf(e), nullable: isNullable(e) });

export function project(input: LogicalPlan, exprs: readonly Expr[], names: readonly string[]): LogicalProject {
  return { kind: 'project', input, exprs, schema: exprs.map((e, i) => field(names[i] ?? `expr${i + 1}`, e)) };
}

/** The first columns of a plan, under a schema of the same types. */
export function firstColumns(input: LogicalPlan, schema: Schema): LogicalPlan {
  const exprs = schema.map((f, i) => column(i, f.type, input.schema[i]?.nullable ?? f.nullable));
  if (isIdentity(exprs, input.schema.length) && schema.every((f, i) => f.name === input.schema[i]?.name)) return input;
  return { kind: 'project', input, exprs, schema };
}

/** The plan under a condition; as it is where there is none. */
export function filter(input: LogicalPlan, conditions: readonly Expr[]): LogicalPlan {
  const condition = conjunction(conditions);
  return condition === null ? input : { kind: 'filter', input, condition, schema: input.schema };
}

export function join(type: JoinType, left: LogicalPlan, right: LogicalPlan, conditions: readonly Expr[], more: Partial<Pick<LogicalJoin, 'lateral' | 'span'>> = {}): LogicalJoin {
  return { kind: 'join', type, left, right, condition: conjunction(conditions), lateral: more.lateral ?? false, schema: joinSchema(type, left.schema, right.schema), span: more.span };
}

export function joinSchema(type: JoinType, left: Schema, right: Schema): Schema {
  if (type === 'semi' || type === 'anti') return left;
  const padLeft = type === 'right' || type === 'full';
  const padRight = type === 'left' || type === 'full';
  return [...left.map((f) => ({ ...f, nullable: f.nullable || padLeft })), ...right.map((f) => ({ ...f, nullable: f.nullable || padRight }))];
}

export function aggregate(input: LogicalPlan, keys: readonly Expr[], calls: readonly AggregateCall[], names: readonly string[]): LogicalAggregate {
  const schema = [
    ...keys.map((k, i) => field(names[i] ?? `key${i + 1}`, k)),
    ...calls.map((c, i) => ({ name: names[keys.length + i] ?? c.name, type: c.type, nullable: c.nullable })),
  ];
  return { kind: 'aggregate', input, keys, sets: null, calls, schema };
}

/** Column i of a plan. */
export function columnOf(plan: LogicalPlan, i: number): Expr {
  const f = plan.schema[i];
  if (f === undefined) throw new InternalError(`column ${i} of ${plan.schema.length}`);
  return column(i, f.type, f.nullable);
}

export const isNull = (arg: Expr, negated = false): Expr => ({ kind: 'isNull', arg, negated });
export const not = (arg: Expr): Expr => ({ kind: 'not', arg });
export const and = (...args: readonly Expr[]): Expr => conjunction(args) ?? literal(true, BOOLEAN);
export const or = (...args: readonly Expr[]): Expr => (args.length === 1 && args[0] !== undefined ? args[0] : { kind: 'or', args });
export const caseOf = (branches: readonly { readonly when: Expr; readonly then: Expr }[], otherwise: Expr, type: SqlType): Expr => ({ kind: 'case', branches, otherwise, type });
export const identityOf = (plan: LogicalPlan): Expr[] => identity(plan.schema);

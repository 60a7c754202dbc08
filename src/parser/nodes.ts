import type { Span } from '../common/span.ts';
import type { CallExpr, Identifier, ObjectName, TypeName } from './ast.ts';

/** A call with everything that `parts` leaves out absent. */
export function callNode(parts: Partial<CallExpr> & { readonly name: ObjectName; readonly span: Span }): CallExpr {
  return {
    kind: 'call',
    args: [],
    star: false,
    niladic: false,
    distinct: false,
    variadic: false,
    orderBy: [],
    withinGroup: [],
    filter: null,
    nulls: null,
    over: null,
    ...parts,
  };
}

/** A type by its name alone. */
export function plainTypeName(name: Identifier | null): TypeName {
  return {
    kind: 'type',
    schema: null,
    name: name === null ? '' : name.quoted ? name.name : (name.name ?? '').toLowerCase(),
    quoted: name?.quoted ?? false,
    args: [],
    fields: null,
    key: null,
    element: null,
    interval: null,
    arrayDims: 0,
    nullable: null,
    span: name?.span ?? { start: 0, end: 0 },
  };
}

import { SqlError } from '../../common/errors.ts';
import { didYouMean } from '../../common/did-you-mean.ts';
import { OID, typeName } from '../../common/types/sql-type.ts';
import { matchName } from '../../catalog/names.ts';
import type { CallExpr, Identifier, NameExpr } from '../../parser/ast.ts';
import type { Expr } from '../expr.ts';
import { typeOf } from '../interpret.ts';
import type { ExprEnv } from './env.ts';
import { columnAt, findName, resolveName, type Scope, type ScopeRelation } from './scope.ts';

/** A column, a field path below one, or a whole row. Errors: undefined_column, ambiguous_column, undefined_table. */
export function bindName(env: ExprEnv, name: NameExpr): Expr {
  const { found, depth } = resolveName(env.scope, name);
  switch (found.kind) {
    case 'tableoid':
      return { kind: 'literal', value: found.oid, type: OID };
    case 'relation':
      return wholeRow(found.relation, depth);
    case 'column': {
      let expr = env.notes.place(columnAt(found.column, depth), name.span, found.text);
      for (const part of found.rest) expr = env.notes.place(fieldOf(expr, part), name.span, found.text);
      return expr;
    }
  }
}

/** `user` without quotes is the column of that name where there is one, as in Flink, and the session's user elsewhere, as in PostgreSQL. */
export function columnUser(env: ExprEnv, call: CallExpr): Expr | undefined {
  const [name] = call.name.parts;
  if (!call.niladic || name?.name.toLowerCase() !== 'user') return undefined;
  const column: NameExpr = { kind: 'name', parts: [name], span: call.span };
  for (let at: Scope | null = env.scope; at !== null; at = at.parent) {
    if (findName(at, column)?.kind === 'column') return bindName(env, column);
  }
  return undefined;
}

function wholeRow(relation: ScopeRelation, depth: number): Expr {
  return {
    kind: 'row',
    items: relation.columns.map((c) => columnAt(c, depth)),
    type: { kind: 'row', fields: relation.columns.map((c) => ({ name: c.name, type: c.type })) },
  };
}

/** `(expr).field`. Errors: undefined_column, wrong_object_type. */
export function fieldOf(base: Expr, field: Identifier): Expr {
  const type = typeOf(base);
  if (type.kind !== 'row') {
    throw new SqlError('wrong_object_type', `column notation .${field.name} applied to type ${typeName(type)}, which is not a composite type`, { span: field.span });
  }
  const names = type.fields.map((f) => f.name);
  const match = matchName(field, names);
  if (match.kind === 'several') throw new SqlError('ambiguous_column', `field name "${field.name}" is ambiguous`, { span: field.span });
  const index = match.kind === 'one' ? names.indexOf(match.name) : -1;
  const found = type.fields[index];
  if (found === undefined) {
    const near = didYouMean(field.name, names);
    throw new SqlError('undefined_column', `column "${field.name}" not found in data type ${typeName(type)}`, { span: field.span, hint: near === undefined ? undefined : `Perhaps you meant "${near}".` });
  }
  if (base.kind === 'row') return base.items[index] ?? base;
  return { kind: 'field', arg: base, index, type: found.type };
}

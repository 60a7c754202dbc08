import type { SqlType } from '../common/types/sql-type.ts';
import type { FunctionObject } from './objects.ts';

/** What tells functions of one name apart: the types of their parameters, without lengths and digits, as in PostgreSQL. */
export const signatureKey = (types: readonly SqlType[]): string => types.map(typeKey).join(', ');

export const signatureOf = (f: Pick<FunctionObject, 'params'>): string => signatureKey(f.params.map((p) => p.type));

function typeKey(type: SqlType): string {
  switch (type.kind) {
    case 'array':
      return `${typeKey(type.element)}[]`;
    case 'map':
      return `map<${typeKey(type.key)}, ${typeKey(type.value)}>`;
    case 'row':
      return `row<${type.fields.map((f) => `${f.name} ${typeKey(f.type)}`).join(', ')}>`;
    case 'decimal':
      return 'numeric';
    default:
      return type.kind;
  }
}

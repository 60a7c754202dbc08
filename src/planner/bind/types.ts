import { SqlError } from '../../common/errors.ts';
import { typeFromName } from '../../common/types/literal-type.ts';
import { INT, arrayOf, type SqlType } from '../../common/types/sql-type.ts';
import type { TypeName } from '../../parser/ast.ts';

/** The type a written type name means. Errors: undefined_object, invalid_parameter_value, feature_not_supported. */
export function bindType(type: TypeName): SqlType {
  let bound = baseType(type);
  for (let i = 0; i < type.arrayDims; i++) bound = arrayOf(bound);
  return bound;
}

function baseType(type: TypeName): SqlType {
  const { span } = type;
  if (type.fields !== null) {
    const seen = new Set<string>();
    const fields = type.fields.map((f) => {
      if (seen.has(f.name.name)) throw new SqlError('duplicate_column', `field name "${f.name.name}" specified more than once`, { span: f.name.span });
      seen.add(f.name.name);
      return { name: f.name.name, type: bindType(f.type) };
    });
    return { kind: 'row', fields };
  }
  if (type.element !== null) {
    if (type.key !== null) return { kind: 'map', key: bindType(type.key), value: bindType(type.element) };
    // As COLLECT gives it: each value and how often it occurs.
    if (type.name === 'multiset') return { kind: 'map', key: bindType(type.element), value: INT };
    return arrayOf(bindType(type.element));
  }
  if (type.schema !== null && type.schema.name.toLowerCase() !== 'pg_catalog') {
    throw new SqlError('undefined_object', `type "${type.schema.name}.${type.name}" does not exist`, { span });
  }
  if (type.interval !== null || type.name === 'interval') return { kind: 'interval' };
  // PostgreSQL's one-byte type is spelled with quotes.
  if (type.quoted && type.name === 'char') return { kind: 'internalchar' };
  return typeFromName(type.name, type.args, span);
}

import { SqlError } from '../../common/errors.ts';
import { binaryIn } from '../../common/types/binary-codec.ts';
import { typeOfOid } from '../../common/types/oids.ts';
import type { SqlType } from '../../common/types/sql-type.ts';
import { textIn, type TextInput } from '../../common/types/text-codec.ts';
import type { Value } from '../../common/types/value.ts';
import { utf8, type FieldReader } from './frames.ts';

/** Declared parameter types of a Parse message; 0 leaves a type to be inferred. */
export function readParameterTypes(reader: FieldReader): (SqlType | undefined)[] {
  return Array.from({ length: reader.uint16() }, () => {
    const oid = reader.uint32();
    if (oid === 0) return undefined;
    const type = typeOfOid(oid);
    if (type === undefined) throw new SqlError('undefined_object', `type with OID ${oid} does not exist`);
    return type.kind === 'unknown' ? undefined : type;
  });
}

/** Format codes: none means all text, one stands for all. True is binary. */
export function readFormats(reader: FieldReader, count: number | null): (n: number) => readonly boolean[] {
  const codes = Array.from({ length: reader.uint16() }, () => {
    const format = reader.int16();
    if (format !== 0 && format !== 1) throw new SqlError('invalid_parameter_value', `unsupported format code: ${format}`);
    return format === 1;
  });
  if (count !== null && codes.length > 1 && codes.length !== count) {
    throw new SqlError('protocol_violation', `bind message has ${codes.length} parameter formats but ${count} parameters`);
  }
  return (n) => {
    if (codes.length > 1 && codes.length !== n) throw new SqlError('protocol_violation', `bind message has ${codes.length} result formats but query has ${n} columns`);
    return codes.length === 1 ? Array.from({ length: n }, () => codes[0] as boolean) : codes.length === 0 ? Array.from({ length: n }, () => false) : codes;
  };
}

/** Parameter values of a Bind message, for these types. */
export function readParameterValues(reader: FieldReader, binary: (n: number) => readonly boolean[], types: readonly SqlType[], statement: string, cx: TextInput): Value[] {
  const count = reader.uint16();
  if (count !== types.length) {
    throw new SqlError('protocol_violation', `bind message supplies ${count} parameters, but prepared statement "${statement}" requires ${types.length}`);
  }
  const formats = binary(count);
  return types.map((type, i) => {
    const length = reader.int32();
    if (length === -1) return null;
    if (length < -1) throw new SqlError('protocol_violation', `invalid length ${length} of parameter $${i + 1}`);
    const bytes = reader.bytes(length);
    return formats[i] === true ? binaryIn(new Uint8Array(bytes), type) : textIn(utf8(bytes), type, cx);
  });
}

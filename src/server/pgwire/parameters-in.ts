import { SqlError } from '../../common/errors.ts';
import { binaryIn } from '../../common/types/binary-codec.ts';
import type { SqlType } from '../../common/types/sql-type.ts';
import { textIn, type TextInput } from '../../common/types/text-codec.ts';
import type { Value } from '../../common/types/value.ts';
import { utf8, type FieldReader } from './frames.ts';

/** A list of format codes: none (all text), one for all, or one each. Errors: protocol_violation. */
export function readFormats(fields: FieldReader): readonly boolean[] {
  const count = fields.uint16();
  const formats: boolean[] = [];
  for (let i = 0; i < count; i++) {
    const code = fields.int16();
    if (code !== 0 && code !== 1) throw new SqlError('invalid_parameter_value', `unsupported format code: ${code}`);
    formats.push(code === 1);
  }
  return formats;
}

/** The format of each of `count` fields. Errors: protocol_violation when the numbers do not fit. */
export function spreadFormats(formats: readonly boolean[], count: number, what: string): readonly boolean[] {
  if (formats.length > 1 && formats.length !== count) {
    throw new SqlError('protocol_violation', `bind message has ${formats.length} ${what} formats but ${count} ${what}s`);
  }
  return Array.from({ length: count }, (_, i) => (formats.length === 1 ? formats[0] : formats[i]) === true);
}

/** Raw parameters of a Bind; null is NULL. */
export function readParameters(fields: FieldReader): readonly (Buffer | null)[] {
  const count = fields.uint16();
  const values: (Buffer | null)[] = [];
  for (let i = 0; i < count; i++) {
    const length = fields.int32();
    if (length < -1) throw new SqlError('protocol_violation', `invalid parameter length ${length}`);
    values.push(length === -1 ? null : fields.bytes(length));
  }
  return values;
}

/** Values of a Bind's parameters by the statement's types. Errors: those of the types' input functions. */
export function decodeParameters(raw: readonly (Buffer | null)[], formats: readonly boolean[], types: readonly SqlType[], cx: TextInput): Value[] {
  const binary = spreadFormats(formats, raw.length, 'parameter');
  return raw.map((bytes, i) => {
    const type = types[i];
    if (bytes === null || type === undefined) return null;
    if (binary[i] === true && type.kind !== 'unknown') return binaryIn(bytes, type);
    const text = utf8(bytes);
    if (text.includes('\0')) throw new SqlError('character_not_in_repertoire', 'invalid byte sequence for encoding "UTF8": 0x00');
    return textIn(text, type, cx);
  });
}

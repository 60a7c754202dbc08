import type { Schema } from '../../common/batch/batch.ts';
import type { Decoder, Encoder, FormatDescriptor, Options, OptionSpec } from '../api.ts';
import { read } from '../options.ts';
import { JsonDecoder } from './json-decode.ts';
import { JsonEncoder } from './json-encode.ts';

/** The options of JSON payloads, under the name of the format that has them. */
export function jsonOptions(format: string): OptionSpec[] {
  return [
    { name: `${format}.ignore-parse-errors`, type: 'boolean', default: 'false', doc: 'A field that cannot be read is NULL, a message that cannot be read is left out.' },
    { name: `${format}.timestamp-format.standard`, type: 'enum', values: ['SQL', 'ISO-8601'], default: 'SQL', doc: '`2020-12-30 12:13:14.123` or `2020-12-30T12:13:14.123`; TIMESTAMP_LTZ with a final Z.' },
    { name: `${format}.map-null-key.mode`, type: 'enum', values: ['FAIL', 'DROP', 'LITERAL'], default: 'FAIL', doc: 'Writing a map with a NULL key.' },
    { name: `${format}.map-null-key.literal`, type: 'string', default: 'null', doc: 'The key for LITERAL.' },
    { name: `${format}.encode.decimal-as-plain-number`, type: 'boolean', default: 'false', doc: 'Never scientific notation.' },
    { name: `${format}.encode.ignore-null-fields`, type: 'boolean', default: 'false', doc: 'NULLs are left out.' },
  ];
}
const standard = (o: Options, format: string): 'SQL' | 'ISO-8601' => (o[`${format}.timestamp-format.standard`] === 'ISO-8601' ? 'ISO-8601' : 'SQL');

export function jsonDecoder(format: string, physical: Schema, projection: readonly number[], o: Options): Decoder {
  return new JsonDecoder(physical, projection, { standard: standard(o, format), failOnMissing: read.boolean(o, `${format}.fail-on-missing-field`), ignoreErrors: read.boolean(o, `${format}.ignore-parse-errors`) });
}
export function jsonEncoder(format: string, schema: Schema, columns: readonly number[], o: Options): Encoder {
  const mode = o[`${format}.map-null-key.mode`];
  return new JsonEncoder(schema, columns, {
    standard: standard(o, format),
    nullKey: mode === 'DROP' ? 'DROP' : mode === 'LITERAL' ? 'LITERAL' : 'FAIL',
    nullKeyLiteral: o[`${format}.map-null-key.literal`] ?? 'null',
    plainDecimals: read.boolean(o, `${format}.encode.decimal-as-plain-number`),
    ignoreNulls: read.boolean(o, `${format}.encode.ignore-null-fields`),
  });
}

export const json: FormatDescriptor = {
  name: 'json',
  doc: 'One JSON object a message. Names are case-sensitive; of equal names the last wins.',
  framing: 'lines',
  options: [
    { name: 'json.fail-on-missing-field', type: 'boolean', default: 'false', doc: 'A missing member is an error, not NULL.' },
    ...jsonOptions('json'),
    { name: 'decode.json-parser.enabled', type: 'boolean', default: 'true', doc: 'Accepted as in Flink; without effect.' },
  ],
  decoder: (physical, projection, o) => jsonDecoder('json', physical, projection, o),
  encoder: (schema, columns, o) => jsonEncoder('json', schema, columns, o),
};

import type { FormatDescriptor, Options } from '../api.ts';
import { read } from '../options.ts';
import { JsonDecoder } from './json-decode.ts';
import { JsonEncoder } from './json-encode.ts';

const standard = (o: Options): 'SQL' | 'ISO-8601' => (o['json.timestamp-format.standard'] === 'ISO-8601' ? 'ISO-8601' : 'SQL');

export const json: FormatDescriptor = {
  name: 'json',
  doc: 'One JSON object a message. Names are case-sensitive; of equal names the last wins.',
  framing: 'lines',
  options: [
    { name: 'json.fail-on-missing-field', type: 'boolean', default: 'false', doc: 'A missing member is an error, not NULL.' },
    { name: 'json.ignore-parse-errors', type: 'boolean', default: 'false', doc: 'A field that cannot be read is NULL, a message that cannot be read is left out.' },
    { name: 'json.timestamp-format.standard', type: 'enum', values: ['SQL', 'ISO-8601'], default: 'SQL', doc: '`2020-12-30 12:13:14.123` or `2020-12-30T12:13:14.123`; TIMESTAMP_LTZ with a final Z.' },
    { name: 'json.map-null-key.mode', type: 'enum', values: ['FAIL', 'DROP', 'LITERAL'], default: 'FAIL', doc: 'Writing a map with a NULL key.' },
    { name: 'json.map-null-key.literal', type: 'string', default: 'null', doc: 'The key for LITERAL.' },
    { name: 'json.encode.decimal-as-plain-number', type: 'boolean', default: 'false', doc: 'Never scientific notation.' },
    { name: 'json.encode.ignore-null-fields', type: 'boolean', default: 'false', doc: 'NULLs are left out.' },
    { name: 'decode.json-parser.enabled', type: 'boolean', default: 'true', doc: 'Accepted as in Flink; without effect.' },
  ],
  decoder: (physical, projection, o) =>
    new JsonDecoder(physical, projection, {
      standard: standard(o),
      failOnMissing: read.boolean(o, 'json.fail-on-missing-field'),
      ignoreErrors: read.boolean(o, 'json.ignore-parse-errors'),
    }),
  encoder: (schema, columns, o) =>
    new JsonEncoder(schema, columns, {
      standard: standard(o),
      nullKey: o['json.map-null-key.mode'] === 'DROP' ? 'DROP' : o['json.map-null-key.mode'] === 'LITERAL' ? 'LITERAL' : 'FAIL',
      nullKeyLiteral: o['json.map-null-key.literal'] ?? 'null',
      plainDecimals: read.boolean(o, 'json.encode.decimal-as-plain-number'),
      ignoreNulls: read.boolean(o, 'json.encode.ignore-null-fields'),
    }),
};

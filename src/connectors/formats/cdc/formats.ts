import type { FormatDescriptor, MetadataField, OptionSpec } from '../../api.ts';
import { jsonEncoder, jsonOptions } from '../json.ts';
import { CdcDecoder, type Envelope } from './cdc-decoder.ts';
import { CdcEncoder, type Around } from './cdc-encoder.ts';
import { canal, CANAL_METADATA, DEBEZIUM_METADATA, debezium, maxwell, MAXWELL_METADATA, ogg, OGG_METADATA } from './envelopes.ts';

/** Formats of change capture in JSON: they differ in what stands around the rows. */

function format(envelope: Envelope, doc: string, around: Around, metadata: readonly MetadataField[], options: readonly OptionSpec[] = []): FormatDescriptor {
  const { format: name } = envelope;
  return {
    name, doc, metadata, framing: 'lines', changelog: 'retract',
    options: [...options, ...jsonOptions(name)],
    decoder: (physical, projection, o, wanted = []) => new CdcDecoder(envelope, physical, projection, o, wanted),
    encoder: (schema, columns, o) => new CdcEncoder(jsonEncoder(name, schema, columns, o), around),
  };
}

export const debeziumJson: FormatDescriptor = format(
  debezium,
  'Debezium\'s messages about changes: `c` and `r` insert, `u` updates, `d` deletes; a message without payload is passed over. Updates and deletions need the row as it was: a PostgreSQL table needs REPLICA IDENTITY FULL. Written, an update is a `d` and a `c`.',
  { insert: ['{"before":null,"after":', ',"op":"c"}'], delete: ['{"before":', ',"after":null,"op":"d"}'] },
  DEBEZIUM_METADATA,
  [{ name: 'debezium-json.schema-include', type: 'boolean', default: 'false', doc: 'Messages hold their schema, and the change under `payload`. Such messages are read, not written.' }],
);
const filters = (name: string): OptionSpec[] => [
  { name: `${name}.database.include`, type: 'string', doc: 'A regular expression of the databases whose changes are read.' },
  { name: `${name}.table.include`, type: 'string', doc: 'A regular expression of the tables whose changes are read.' },
];
export const canalJson: FormatDescriptor = format(
  canal, 'Canal\'s messages about changes: rows under `data`, of an update what was otherwise under `old`. Messages about tables themselves are passed over.',
  { insert: ['{"data":[', '],"type":"INSERT"}'], delete: ['{"data":[', '],"type":"DELETE"}'] }, CANAL_METADATA, filters('canal-json'),
);
export const maxwellJson: FormatDescriptor = format(
  maxwell, 'Maxwell\'s messages about changes: a row under `data`, of an update what was otherwise under `old`.',
  { insert: ['{"data":', ',"type":"insert"}'], delete: ['{"data":', ',"type":"delete"}'] }, MAXWELL_METADATA,
);
export const oggJson: FormatDescriptor = format(
  ogg, 'Oracle GoldenGate\'s messages about changes: `op_type` I, U or D with `before` and `after`.',
  { insert: ['{"before":null,"after":', ',"op_type":"I"}'], delete: ['{"before":', ',"after":null,"op_type":"D"}'] }, OGG_METADATA,
);

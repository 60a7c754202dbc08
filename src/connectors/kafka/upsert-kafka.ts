import { SqlError } from '../../common/errors.ts';
import type { ConnectorDescriptor, Options } from '../api.ts';
import { formatNamed } from '../formats/formats.ts';
import { read } from '../options.ts';
import { KafkaEnumerator, isBounded } from './enumerator.ts';
import { kafka, RECORD_METADATA } from './kafka.ts';
import { KafkaReader } from './reader.ts';
import { KafkaWriter, type UpsertWriting } from './sink.ts';
import { UpsertDecoder } from './upsert-payload.ts';

/** Taken over from the connector "kafka" as they are. */
const SHARED = new Set([
  'topic', 'topic-pattern', 'properties.bootstrap.servers', 'properties.sasl.jaas.config', 'properties.*', 'key.fields-prefix', 'value.fields-include',
  'scan.bounded.mode', 'scan.bounded.specific-offsets', 'scan.bounded.timestamp-millis', 'scan.topic-partition-discovery.interval', 'sink.partitioner', 'sink.delivery-guarantee', 'sink.transactional-id-prefix',
]);

function writing(o: Options): UpsertWriting {
  const rowsMax = read.int(o, 'sink.buffer-flush.max-rows') ?? 0;
  const intervalMs = read.durationMs(o, 'sink.buffer-flush.interval') ?? 0;
  return { buffer: rowsMax > 0 && intervalMs > 0 ? { rowsMax, intervalMs } : null };
}

/** Topics in which the last record of a key is its row: a compacted topic as a table that changes. */
export const upsertKafka: ConnectorDescriptor = {
  name: 'upsert-kafka',
  doc: 'Apache Kafka topics as tables by key: the last value of a key is its row, a record without a value deletes it. The primary key makes the record key. Always read from the beginning.',
  options: [
    ...kafka.options.filter((s) => SHARED.has(s.name)),
    { name: 'key.format', type: 'string', required: true, doc: 'The format of the key.' },
    { name: 'value.format', type: 'string', required: true, doc: 'The format of the value.' },
    { name: 'sink.buffer-flush.max-rows', type: 'int', default: '0', doc: 'Holds back so many keys and writes the last change of each; 0, or no interval, writes each change.' },
    { name: 'sink.buffer-flush.interval', type: 'duration', default: '0', doc: 'Holds a change back for so long at most. A checkpoint writes what is held.' },
  ],
  metadata: RECORD_METADATA,
  format: 'required',
  source: {
    changelog: 'upsert',
    bounded: isBounded,
    enumerator: (spec, context) => new KafkaEnumerator(spec.options, context),
    reader: (spec, splits, context) => new KafkaReader(spec, new UpsertDecoder(spec), splits, context),
  },
  sink: {
    accepts: () => ['upsert'],
    writer: (spec, task, context) => new KafkaWriter(spec, task, context, writing(spec.options)),
  },
  withKey(options, key) {
    if (key.length === 0) {
      throw new SqlError('invalid_table_definition', 'connector "upsert-kafka" needs a primary key', { hint: 'Declare PRIMARY KEY (…) NOT ENFORCED: its columns make the key of the records.' });
    }
    const odd = key.find((name) => name.includes(';') || name.trim() !== name);
    if (odd !== undefined) throw new SqlError('invalid_table_definition', `key column "${odd}" cannot be named in option "key.fields"`);
    return { ...options, 'key.fields': key.join(';'), 'scan.startup.mode': 'earliest-offset' };
  },
  validate(o, schema, use) {
    if ((o['topic'] === undefined) === (o['topic-pattern'] === undefined)) {
      throw new SqlError('invalid_parameter_value', 'connector "upsert-kafka" needs exactly one of the options "topic" and "topic-pattern"');
    }
    const odd = [o['key.format'], o['value.format']].find((name) => name !== undefined && formatNamed(name).changelog === 'retract');
    if (odd !== undefined) throw new SqlError('invalid_parameter_value', `connector "upsert-kafka" takes no format of changes, such as "${odd}"`, { hint: 'Its records are changes by themselves. Read messages about changes with the connector "kafka".' });
    kafka.validate?.(o, schema, use);
    const rows = read.int(o, 'sink.buffer-flush.max-rows') ?? 0;
    const interval = read.durationMs(o, 'sink.buffer-flush.interval') ?? 0;
    if (rows > 0 !== interval > 0) {
      throw new SqlError('invalid_parameter_value', 'options "sink.buffer-flush.max-rows" and "sink.buffer-flush.interval" must both be set, or neither');
    }
  },
};

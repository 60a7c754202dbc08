import { notSupported, SqlError } from '../../common/errors.ts';
import { BIGINT, BYTEA, INT, TEXT, type SqlType } from '../../common/types/sql-type.ts';
import type { ConnectorDescriptor, MetadataField } from '../api.ts';
import { formatNamed } from '../formats/formats.ts';
import { read } from '../options.ts';
import { Cluster } from './client.ts';
import { KafkaEnumerator, isBounded, parseSpecificOffsets } from './enumerator.ts';
import { layoutOf, PayloadDecoder } from './payload.ts';
import { KafkaReader } from './reader.ts';
import { KafkaWriter } from './sink.ts';

const HEADERS: SqlType = { kind: 'map', key: TEXT, value: BYTEA };
const HEADER_LIST: SqlType = { kind: 'array', element: { kind: 'row', fields: [{ name: 'key', type: TEXT }, { name: 'value', type: BYTEA }] } };

/** What a record has beside key and value. */
export const RECORD_METADATA: readonly MetadataField[] = [
  { key: 'topic', type: TEXT, writable: true, doc: 'Topic.' },
  { key: 'partition', type: INT, writable: false, doc: 'Partition.' },
  { key: 'headers', type: HEADERS, writable: true, doc: 'Headers; of equal names the last.' },
  { key: 'header-list', type: HEADER_LIST, writable: true, doc: 'Headers in order.' },
  { key: 'leader-epoch', type: INT, writable: false, doc: 'Leader epoch.' },
  { key: 'offset', type: BIGINT, writable: false, doc: 'Offset in the partition.' },
  { key: 'timestamp', type: { kind: 'timestamptz', precision: 3 }, writable: true, doc: 'Time of the record.' },
  { key: 'timestamp-type', type: TEXT, writable: false, doc: 'CreateTime or LogAppendTime.' },
];

export const kafka: ConnectorDescriptor = {
  name: 'kafka',
  doc: 'Apache Kafka topics. Offsets live in the checkpoint; a sink delivers at least once.',
  options: [
    { name: 'topic', type: 'list', doc: 'Topics, separated by semicolons; excludes topic-pattern.' },
    { name: 'topic-pattern', type: 'string', doc: 'Topics whose whole name matches; excludes topic.' },
    { name: 'properties.bootstrap.servers', type: 'string', required: true, doc: 'Comma list of host:port.' },
    { name: 'properties.sasl.jaas.config', type: 'string', secret: true, doc: 'Login module with username and password.' },
    { name: 'properties.*', type: 'string', doc: 'Kafka client properties: security.protocol, sasl.*, ssl.* (PEM), fetch.*, isolation.level, group.id, auto.offset.reset, max.request.size.' },
    { name: 'key.format', type: 'string', doc: 'The format of the key.' },
    { name: 'value.format', type: 'string', doc: 'The format of the value, in place of format.' },
    { name: 'key.fields', type: 'list', doc: 'Columns that make the key.' },
    { name: 'key.fields-prefix', type: 'string', doc: 'Begins the names of key columns, but not inside the key.' },
    { name: 'value.fields-include', type: 'enum', values: ['ALL', 'EXCEPT_KEY'], default: 'ALL', doc: 'Whether key columns are in the value too.' },
    { name: 'scan.startup.mode', type: 'enum', values: ['group-offsets', 'earliest-offset', 'latest-offset', 'timestamp', 'specific-offsets'], default: 'group-offsets', doc: 'Where reading begins.' },
    { name: 'scan.startup.specific-offsets', type: 'string', doc: 'partition:0,offset:42;partition:1,offset:300' },
    { name: 'scan.startup.timestamp-millis', type: 'bigint', doc: 'For mode timestamp.' },
    { name: 'scan.bounded.mode', type: 'enum', values: ['unbounded', 'latest-offset', 'group-offsets', 'timestamp', 'specific-offsets'], default: 'unbounded', doc: 'Where reading ends.' },
    { name: 'scan.bounded.specific-offsets', type: 'string', doc: 'As for the start; exclusive.' },
    { name: 'scan.bounded.timestamp-millis', type: 'bigint', doc: 'For mode timestamp.' },
    { name: 'scan.topic-partition-discovery.interval', type: 'duration', default: '5 min', doc: 'Looks for new partitions so often; 0 is never. Those found are read from their beginning.' },
    { name: 'sink.partitioner', type: 'enum', values: ['default', 'fixed', 'round-robin'], default: 'default', doc: 'By key (murmur2), or sticky without one; by task; in turn.' },
    { name: 'sink.delivery-guarantee', type: 'enum', values: ['at-least-once', 'exactly-once', 'none'], default: 'at-least-once', doc: 'exactly-once is not supported yet.' },
    { name: 'sink.transactional-id-prefix', type: 'string', doc: 'For exactly-once.' },
  ],
  metadata: RECORD_METADATA,
  format: 'required',
  source: {
    bounded: isBounded,
    enumerator: (spec, context) => new KafkaEnumerator(spec.options, context),
    reader: (spec, splits, context) => new KafkaReader(spec, new PayloadDecoder(spec), splits, context),
  },
  sink: {
    accepts: (spec) => (formatNamed(spec.options['value.format'] ?? spec.options['format'] ?? '').changelog === 'retract' ? ['append-only', 'retract'] : ['append-only']),
    writer: (spec, task, context) => new KafkaWriter(spec, task, context),
  },
  validate(o, schema, use) {
    const fail = (message: string, hint?: string): never => {
      throw new SqlError('invalid_parameter_value', message, { hint });
    };
    if ((o['topic'] === undefined) === (o['topic-pattern'] === undefined)) fail('connector "kafka" needs exactly one of the options "topic" and "topic-pattern"');
    if (o['format'] !== undefined && o['value.format'] !== undefined) fail('options "format" and "value.format" exclude each other');
    layoutOf(o, schema);
    const clock = { nowMicros: () => 0n, monotonicMs: () => 0, setTimer: () => () => undefined };
    // Reads the addresses and the security properties; opens nothing.
    void new Cluster(o, clock).close();
    if (use === 'source') {
      if (o['topic-pattern'] !== undefined) {
        try {
          new RegExp(o['topic-pattern']);
        } catch {
          fail('option "topic-pattern" is not a regular expression');
        }
      }
      for (const side of ['startup', 'bounded'] as const) {
        const mode = o[`scan.${side}.mode`];
        if (mode === 'timestamp' && read.bigint(o, `scan.${side}.timestamp-millis`) === undefined) fail(`mode timestamp needs option "scan.${side}.timestamp-millis"`);
        if (mode === 'specific-offsets') {
          const name = `scan.${side}.specific-offsets`;
          if (parseSpecificOffsets(o[name] ?? '', name).size === 0) fail(`mode specific-offsets needs option "${name}"`);
          if (read.list(o, 'topic').length !== 1) fail('mode specific-offsets needs exactly one topic');
        }
        if (mode === 'group-offsets' && side === 'bounded' && o['properties.group.id'] === undefined) fail('mode group-offsets needs option "properties.group.id"');
      }
    } else {
      if (o['topic'] === undefined) fail('a Kafka sink needs option "topic"');
      if (o['sink.delivery-guarantee'] === 'exactly-once') throw notSupported('exactly-once delivery to Kafka', undefined, "Use 'sink.delivery-guarantee' = 'at-least-once'.");
    }
  },
};

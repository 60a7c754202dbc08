import type { Schema } from '../../common/batch/batch.ts';
import { notSupported, SqlError } from '../../common/errors.ts';
import { BIGINT, TEXT } from '../../common/types/sql-type.ts';
import { isTimeZone } from '../../common/types/time-zone.ts';
import type { ConnectorDescriptor, FormatDescriptor, Options } from '../api.ts';
import { formatNamed } from '../formats/formats.ts';
import { formatOptions, read } from '../options.ts';
import { listPartitions } from './list-partitions.ts';
import { commitOptions } from './partitions.ts';
import { FileReader } from './reader.ts';
import { FileCommitter, FileWriter } from './sink.ts';
import { FileEnumerator } from './splits.ts';

const formatOf = (o: Options): FormatDescriptor => formatNamed(read.required(o, 'format'));
const optionsOf = (o: Options): Options => formatOptions(o, read.required(o, 'format'), '');

export const filesystem: ConnectorDescriptor = {
  name: 'filesystem',
  doc: 'Local files and folders. As a source bounded, unless it watches; as a sink, part files that appear at checkpoints.',
  options: [
    { name: 'path', type: 'string', required: true, doc: 'A file or folder; folders are read with all below them, names that start with . or _ left out.' },
    { name: 'source.monitor-interval', type: 'duration', doc: 'Looks for new files and appended lines so often, without end. A last line counts once its newline is there; compressed files are read once.' },
    { name: 'source.path.regex-pattern', type: 'string', doc: 'Only files whose whole path matches.' },
    { name: 'source.report-statistics', type: 'enum', values: ['all', 'none'], default: 'all', doc: 'Accepted as in Flink; without effect.' },
    { name: 'partition.default-name', type: 'string', default: '__DEFAULT_PARTITION__', doc: 'The folder name of a partition column that is NULL or empty.' },
    { name: 'sink.rolling-policy.file-size', type: 'memory', default: '128MB', doc: 'A part file ends at this size; every checkpoint ends it too.' },
    { name: 'sink.rolling-policy.rollover-interval', type: 'duration', default: '30 min', doc: 'Accepted as in Flink; checkpoints come sooner.' },
    { name: 'sink.rolling-policy.inactivity-interval', type: 'duration', default: '30 min', doc: 'Accepted as in Flink; checkpoints come sooner.' },
    { name: 'sink.rolling-policy.check-interval', type: 'duration', default: '1 min', doc: 'Accepted as in Flink; checkpoints come sooner.' },
    { name: 'sink.shuffle-by-partition.enable', type: 'boolean', default: 'false', doc: 'Accepted as in Flink; every worker writes files of its own into a partition.' },
    { name: 'sink.partition-commit.trigger', type: 'enum', values: ['process-time', 'partition-time'], default: 'process-time', doc: 'A partition is complete some time after it was first seen, or when the watermark has passed its time. Looked at when a checkpoint is durable.' },
    { name: 'sink.partition-commit.delay', type: 'duration', default: '0 s', doc: 'How much later than that.' },
    { name: 'sink.partition-commit.watermark-time-zone', type: 'string', default: 'UTC', doc: 'The zone of the times in partition names, where the event time is a TIMESTAMP_LTZ.' },
    { name: 'sink.partition-commit.policy.kind', type: 'string', doc: 'success-file: an empty file in the folder of a complete partition. Unset: nothing tells.' },
    { name: 'sink.partition-commit.success-file.name', type: 'string', default: '_SUCCESS', doc: 'The name of that file.' },
    { name: 'partition.time-extractor.kind', type: 'enum', values: ['default'], default: 'default', doc: 'How a partition gets its time: from its columns.' },
    { name: 'partition.time-extractor.timestamp-pattern', type: 'string', doc: 'The time with $column for a column, such as $dt $hm:00; the first column alone by default.' },
    { name: 'partition.time-extractor.timestamp-formatter', type: 'string', doc: 'The form of that text by the places of yyyy, MM, dd, HH, mm and ss; yyyy-MM-dd HH:mm:ss, or less of it, by default.' },
    { name: 'auto-compaction', type: 'boolean', default: 'false', doc: 'Not supported yet.' },
  ],
  metadata: [
    { key: 'file.path', type: TEXT, writable: false, doc: 'Full path.' },
    { key: 'file.name', type: TEXT, writable: false, doc: 'Name without the folder.' },
    { key: 'file.size', type: BIGINT, writable: false, doc: 'Bytes.' },
    { key: 'file.modification-time', type: { kind: 'timestamptz', precision: 3 }, writable: false, doc: 'Last modification.' },
  ],
  format: 'required',
  partitioned: true,
  partitions: listPartitions,
  source: {
    bounded: (o) => o['source.monitor-interval'] === undefined,
    enumerator: (spec, context) => new FileEnumerator(spec.options, formatOf(spec.options).framing === 'whole', context),
    reader(spec, splits, context) {
      const format = formatOf(spec.options);
      const inFolders = (p: number): boolean => spec.partitionedBy?.includes(spec.physical[p]?.name ?? '') ?? false;
      const payload = spec.physical.map((_, i) => i).filter((i) => !inFolders(i));
      const projection = spec.projection.filter((p) => !inFolders(p)).map((p) => payload.indexOf(p));
      const decoder = format.decoder(payload.map((i) => spec.physical[i] as Schema[number]), projection, optionsOf(spec.options), spec.metadata.filter((m) => m.key.startsWith('value.')).map((m) => ({ ...m, key: m.key.slice('value.'.length) })));
      return new FileReader(spec, decoder, format.framing === 'whole', spec.options['source.monitor-interval'] !== undefined, splits, context);
    },
  },
  sink: {
    accepts: (spec) => (formatOf(spec.options).changelog === 'retract' ? ['append-only', 'retract'] : ['append-only']),
    overwrites: true,
    eventTime: (spec) => spec.partitionedBy !== undefined && commitOptions(spec.options)?.byEventTime === true,
    writer(spec, task, context) {
      const format = formatOf(spec.options);
      const encoder = format.encoder(spec.schema, spec.schema.map((_, i) => i).filter((i) => !(spec.partitionedBy?.includes(i) ?? false)), optionsOf(spec.options));
      return new FileWriter(spec, task, encoder, format.framing === 'lines', context);
    },
    committer: (spec, context) => new FileCommitter(spec, context),
  },
  validate(o) {
    const policy = o['sink.partition-commit.policy.kind'];
    if (policy !== undefined && policy !== 'success-file') throw notSupported(`partition commit policy "${policy}" of connector "filesystem"`, undefined, 'Use success-file.');
    const zone = o['sink.partition-commit.watermark-time-zone'];
    if (zone !== undefined && !isTimeZone(zone)) throw new SqlError('invalid_parameter_value', `time zone "${zone}" not recognized`);
    if (read.boolean(o, 'auto-compaction')) throw notSupported('option "auto-compaction" of connector "filesystem"');
    const pattern = o['source.path.regex-pattern'];
    if (pattern === undefined) return;
    try {
      new RegExp(pattern);
    } catch (e) {
      throw new SqlError('invalid_parameter_value', 'option "source.path.regex-pattern" is not a regular expression', { detail: e instanceof Error ? `${e.message}.` : undefined });
    }
  },
};

import { notSupported, SqlError } from '../../common/errors.ts';
import { BIGINT, TEXT } from '../../common/types/sql-type.ts';
import type { ConnectorDescriptor, FormatDescriptor, Options } from '../api.ts';
import { formatNamed } from '../formats/formats.ts';
import { formatOptions, read } from '../options.ts';
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
    { name: 'partition.default-name', type: 'string', default: '__DEFAULT_PARTITION__', doc: 'Accepted as in Flink; partitions are not supported yet.' },
    { name: 'sink.rolling-policy.file-size', type: 'memory', default: '128MB', doc: 'A part file ends at this size; every checkpoint ends it too.' },
    { name: 'sink.rolling-policy.rollover-interval', type: 'duration', default: '30 min', doc: 'Accepted as in Flink; checkpoints come sooner.' },
    { name: 'sink.rolling-policy.inactivity-interval', type: 'duration', default: '30 min', doc: 'Accepted as in Flink; checkpoints come sooner.' },
    { name: 'sink.rolling-policy.check-interval', type: 'duration', default: '1 min', doc: 'Accepted as in Flink; checkpoints come sooner.' },
    { name: 'sink.shuffle-by-partition.enable', type: 'boolean', default: 'false', doc: 'Accepted as in Flink; partitions are not supported yet.' },
    { name: 'auto-compaction', type: 'boolean', default: 'false', doc: 'Not supported yet.' },
  ],
  metadata: [
    { key: 'file.path', type: TEXT, writable: false, doc: 'Full path.' },
    { key: 'file.name', type: TEXT, writable: false, doc: 'Name without the folder.' },
    { key: 'file.size', type: BIGINT, writable: false, doc: 'Bytes.' },
    { key: 'file.modification-time', type: { kind: 'timestamptz', precision: 3 }, writable: false, doc: 'Last modification.' },
  ],
  format: 'required',
  source: {
    bounded: (o) => o['source.monitor-interval'] === undefined,
    enumerator: (spec, context) => new FileEnumerator(spec.options, formatOf(spec.options).framing === 'whole', context),
    reader(spec, splits, context) {
      const format = formatOf(spec.options);
      const decoder = format.decoder(spec.physical, spec.projection, optionsOf(spec.options));
      return new FileReader(spec, decoder, format.framing === 'whole', spec.options['source.monitor-interval'] !== undefined, splits, context);
    },
  },
  sink: {
    accepts: () => ['append-only'],
    writer(spec, task, context) {
      const format = formatOf(spec.options);
      const encoder = format.encoder(spec.schema, spec.schema.map((_, i) => i), optionsOf(spec.options));
      return new FileWriter(spec, task, encoder, format.framing === 'lines', context);
    },
    committer: (spec, context) => new FileCommitter(spec, context),
  },
  validate(o) {
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

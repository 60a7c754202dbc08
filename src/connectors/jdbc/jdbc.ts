import { SqlError } from '../../common/errors.ts';
import type { ConnectorDescriptor, Options } from '../api.ts';
import { LOOKUP_OPTIONS, lookupCache } from '../lookup-options.ts';
import { read } from '../options.ts';
import { JdbcLookup } from './lookup.ts';
import { JdbcEnumerator, JdbcReader, KEY_OPTION, partsOf } from './scan.ts';
import { JdbcWriter } from './sink.ts';
import { placeOf, tableName } from './url.ts';

/** Names that the cache's options had before. */
const OLD_CACHE: Readonly<Record<string, string>> = {
  'lookup.cache.max-rows': 'lookup.partial-cache.max-rows', 'lookup.cache.ttl': 'lookup.partial-cache.expire-after-write', 'lookup.cache.caching-missing-key': 'lookup.partial-cache.cache-missing-key',
};

/** The options under their names of today; old names turn the partial cache on, as they did. */
function renewed(options: Options): Options {
  if (!Object.keys(OLD_CACHE).some((n) => options[n] !== undefined)) return options;
  const out: Record<string, string> = { ...options, 'lookup.cache': 'PARTIAL' };
  for (const [old, now] of Object.entries(OLD_CACHE)) {
    const value = options[old];
    if (value !== undefined) out[now] = value;
  }
  return out;
}

export const jdbc: ConnectorDescriptor = {
  name: 'jdbc',
  doc: 'A table of a PostgreSQL database: read once from end to end, looked up by key in joins FOR SYSTEM_TIME AS OF processing time, written by key (or appended to, without one). Writing is at least once; by key, writing again changes nothing.',
  options: [
    { name: 'url', type: 'string', required: true, doc: 'Where the database is: `jdbc:postgresql://host:5432/database`, with the parameters user, password, sslmode, currentSchema, ApplicationName and connectTimeout of its driver.' },
    { name: 'table-name', type: 'string', required: true, doc: 'The table there, maybe with its schema.' },
    { name: 'username', type: 'string', doc: 'The user.' },
    { name: 'password', type: 'string', secret: true, doc: 'The password.' },
    { name: 'driver', type: 'string', doc: 'Accepted as in Flink; without effect.' },
    { name: 'compatible-mode', type: 'string', doc: 'Accepted as in Flink; without effect.' },
    { name: 'connection.max-retry-timeout', type: 'duration', default: '60 s', doc: 'How long readings and writings try to connect before the job starts again.' },
    { name: 'scan.partition.column', type: 'string', doc: 'A column of integers by whose ranges parts of the table are read beside one another.' },
    { name: 'scan.partition.num', type: 'int', doc: 'The number of parts.' },
    { name: 'scan.partition.lower-bound', type: 'bigint', doc: 'The least value of the first part; rows below it belong to it as well.' },
    { name: 'scan.partition.upper-bound', type: 'bigint', doc: 'The greatest value of the last part; rows above it belong to it as well.' },
    { name: 'scan.fetch-size', type: 'int', default: '0', doc: 'Rows fetched at a time; 0 leaves it to the connector (4096).' },
    { name: 'scan.auto-commit', type: 'boolean', default: 'true', doc: 'Accepted as in Flink; without effect.' },
    { name: 'filter.handling.policy', type: 'enum', values: ['always', 'never'], default: 'always', doc: 'Accepted as in Flink; without effect: filters are applied to the rows read.' },
    ...LOOKUP_OPTIONS,
    { name: 'lookup.cache.max-rows', type: 'bigint', doc: 'Old name of `lookup.partial-cache.max-rows`.' },
    { name: 'lookup.cache.ttl', type: 'duration', doc: 'Old name of `lookup.partial-cache.expire-after-write`.' },
    { name: 'lookup.cache.caching-missing-key', type: 'boolean', doc: 'Old name of `lookup.partial-cache.cache-missing-key`.' },
    { name: 'sink.buffer-flush.max-rows', type: 'int', default: '100', doc: 'Changes written in one transaction; 0: no limit.' },
    { name: 'sink.buffer-flush.interval', type: 'duration', default: '1 s', doc: 'How long a change is held back at most; 0: until the checkpoint. A checkpoint writes what is held.' },
    { name: 'sink.max-retries', type: 'int', default: '3', doc: 'How often a transaction whose connection failed is tried again.' },
  ],
  metadata: [],
  format: 'none',
  source: {
    changelog: 'append-only',
    bounded: () => true,
    enumerator: (spec) => new JdbcEnumerator(spec),
    reader: (spec, splits, context) => new JdbcReader(spec, splits, context),
  },
  lookup: { reader: (spec, context) => new JdbcLookup(spec, context) },
  sink: {
    accepts: (spec) => (spec.primaryKey.length > 0 ? ['upsert'] : ['append-only']),
    writer: (spec, _task, context) => new JdbcWriter(spec, context),
  },
  withKey(options, key) {
    return { ...renewed(options), ...(key.length === 0 || key.some((k) => k.includes(';') || k.trim() !== k) ? {} : { [KEY_OPTION]: key.join(';') }) };
  },
  validate(options, schema) {
    if (!options['url']?.startsWith('secret:')) placeOf(options);
    tableName(options);
    lookupCache(options);
    const parts = partsOf(options);
    const column = schema.find((f) => f.name === parts?.column);
    if (parts !== null && column !== undefined && !['tinyint', 'smallint', 'int', 'bigint'].includes(column.type.kind)) {
      throw new SqlError('invalid_parameter_value', `option "scan.partition.column" names "${parts.column}", which is no column of integers`);
    }
    for (const name of ['scan.fetch-size', 'sink.buffer-flush.max-rows', 'sink.max-retries', 'lookup.max-retries']) {
      if ((read.int(options, name) ?? 0) < 0) throw new SqlError('invalid_parameter_value', `option "${name}" must not be negative`);
    }
  },
};

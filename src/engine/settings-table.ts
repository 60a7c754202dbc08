import { SERVER_VERSION } from '../functions/catalog.ts';

/** Every setting the server knows: one entry each. SHOW, pg_settings, SET's checks and ParameterStatus derive from it. */
export interface SettingSpec {
  readonly name: string;
  /**
   * `bool` prints on and off, `flag` true and false; `ms` takes units and counts milliseconds; `names` is a list of
   * identifiers; `zone` an IANA name or an offset.
   */
  readonly type: 'text' | 'bool' | 'flag' | 'int' | 'ms' | 'enum' | 'names' | 'zone' | 'encoding' | 'dateStyle';
  readonly default: string;
  readonly doc: string;
  readonly category: string;
  readonly values?: readonly string[];
  readonly min?: number;
  readonly max?: number;
  /** Sent to the client as ParameterStatus. */
  readonly reported?: true;
  /** Can't be set. */
  readonly fixed?: true;
  /** Other spellings. */
  readonly aliases?: readonly string[];
}

const CLIENT = 'Client';
const QUERY = 'Queries';
const SERVER = 'Server';
const FLINK = 'Flink';
const LEVELS = ['serializable', 'repeatable read', 'read committed', 'read uncommitted'];

export const SETTINGS: readonly SettingSpec[] = [
  { name: 'application_name', type: 'text', default: '', doc: 'What the client calls itself.', category: CLIENT, reported: true },
  { name: 'client_encoding', type: 'encoding', default: 'UTF8', doc: 'Encoding of texts; UTF8 only.', category: CLIENT, reported: true },
  { name: 'DateStyle', type: 'dateStyle', default: 'ISO, MDY', doc: 'How dates are written; ISO only.', category: CLIENT, reported: true },
  { name: 'default_transaction_read_only', type: 'bool', default: 'off', doc: 'Whether transactions begin read only.', category: CLIENT, reported: true },
  { name: 'in_hot_standby', type: 'bool', default: 'off', doc: 'Whether the server is a standby.', category: SERVER, reported: true, fixed: true },
  { name: 'integer_datetimes', type: 'bool', default: 'on', doc: 'Times are integers.', category: SERVER, reported: true, fixed: true },
  { name: 'IntervalStyle', type: 'enum', values: ['postgres'], default: 'postgres', doc: 'How intervals are written.', category: CLIENT, reported: true },
  { name: 'is_superuser', type: 'bool', default: 'on', doc: 'Whether the user may do everything.', category: SERVER, reported: true, fixed: true },
  { name: 'server_encoding', type: 'text', default: 'UTF8', doc: 'Encoding of stored texts.', category: SERVER, reported: true, fixed: true },
  { name: 'server_version', type: 'text', default: SERVER_VERSION, doc: 'The PostgreSQL version clients shape their queries by.', category: SERVER, reported: true, fixed: true },
  { name: 'server_version_num', type: 'int', default: '150000', doc: 'The same as a number.', category: SERVER, fixed: true },
  { name: 'session_authorization', type: 'text', default: '', doc: 'The user of the session.', category: CLIENT, reported: true, fixed: true },
  { name: 'standard_conforming_strings', type: 'enum', values: ['on'], default: 'on', doc: 'Backslashes in plain literals are ordinary.', category: CLIENT, reported: true },
  { name: 'TimeZone', type: 'zone', default: 'UTC', doc: 'Zone of TIMESTAMP WITH TIME ZONE in text, and of a job started now.', category: CLIENT, reported: true, aliases: ['table.local-time-zone', 'sql-client.local-time-zone'] },

  { name: 'backslash_quote', type: 'enum', values: ['safe_encoding', 'on', 'off'], default: 'safe_encoding', doc: 'Accepted; without effect.', category: CLIENT },
  { name: 'bytea_output', type: 'enum', values: ['hex'], default: 'hex', doc: 'How bytea is written as text.', category: CLIENT },
  { name: 'check_function_bodies', type: 'bool', default: 'on', doc: 'Accepted; without effect.', category: CLIENT },
  { name: 'client_min_messages', type: 'enum', values: ['debug5', 'debug4', 'debug3', 'debug2', 'debug1', 'debug', 'log', 'notice', 'info', 'warning', 'error'], default: 'notice', doc: 'The least severe message that is sent.', category: CLIENT },
  { name: 'default_tablespace', type: 'text', default: '', doc: 'Accepted; without effect.', category: CLIENT },
  { name: 'default_table_access_method', type: 'text', default: 'heap', doc: 'Accepted; without effect.', category: CLIENT },
  { name: 'default_transaction_deferrable', type: 'bool', default: 'off', doc: 'Accepted; without effect.', category: CLIENT },
  { name: 'default_transaction_isolation', type: 'enum', values: LEVELS, default: 'read committed', doc: 'Accepted; every statement reads one consistent epoch.', category: CLIENT },
  { name: 'escape_string_warning', type: 'bool', default: 'on', doc: 'Accepted; without effect.', category: CLIENT },
  { name: 'extra_float_digits', type: 'int', min: -15, max: 3, default: '1', doc: 'Floating-point numbers are always written exactly.', category: CLIENT },
  { name: 'function.max-memory', type: 'int', min: 2, max: 2048, default: '32', doc: 'Megabytes that a function in JavaScript may hold on each worker; taken over by CREATE FUNCTION.', category: QUERY },
  { name: 'function.max-steps', type: 'int', min: 10_000, max: 2_000_000_000, default: '10000000', doc: 'Jumps and calls that one evaluation of a function in JavaScript may take; taken over by CREATE FUNCTION.', category: QUERY },
  { name: 'idle_in_transaction_session_timeout', type: 'ms', default: '0', doc: 'Accepted; without effect.', category: CLIENT },
  { name: 'idle_session_timeout', type: 'ms', default: '0', doc: 'Accepted; without effect.', category: CLIENT },
  { name: 'lc_collate', type: 'text', default: 'C', doc: 'Texts are compared by code points.', category: SERVER, fixed: true },
  { name: 'lc_ctype', type: 'text', default: 'C.UTF-8', doc: 'Character classes.', category: SERVER, fixed: true },
  { name: 'lc_messages', type: 'text', default: 'C', doc: 'Language of messages.', category: CLIENT },
  { name: 'lc_monetary', type: 'text', default: 'C', doc: 'Accepted; without effect.', category: CLIENT },
  { name: 'lc_numeric', type: 'text', default: 'C', doc: 'Accepted; without effect.', category: CLIENT },
  { name: 'lc_time', type: 'text', default: 'C', doc: 'Accepted; without effect.', category: CLIENT },
  { name: 'lock_timeout', type: 'ms', default: '0', doc: 'How long a statement waits for a table; 0 is for ever.', category: QUERY },
  { name: 'max_identifier_length', type: 'int', default: '63', doc: 'What clients are told; names may be longer.', category: SERVER, fixed: true },
  { name: 'max_index_keys', type: 'int', default: '32', doc: 'Columns of a key.', category: SERVER, fixed: true },
  { name: 'quote_all_identifiers', type: 'bool', default: 'off', doc: 'Accepted; without effect.', category: CLIENT },
  { name: 'row_security', type: 'bool', default: 'on', doc: 'Accepted; without effect.', category: CLIENT },
  { name: 'search_path', type: 'names', default: '"$user", public', doc: 'Schemas in which names without one are looked up.', category: CLIENT },
  { name: 'statement_timeout', type: 'ms', default: '0', doc: 'How long a statement may run; 0 is for ever.', category: QUERY },
  { name: 'synchronize_seqscans', type: 'bool', default: 'on', doc: 'Accepted; without effect.', category: CLIENT },
  { name: 'synchronous_commit', type: 'enum', values: ['on', 'off', 'local', 'remote_write', 'remote_apply'], default: 'on', doc: 'Accepted; a commit is always durable.', category: CLIENT },
  { name: 'transaction_deferrable', type: 'bool', default: 'off', doc: 'Accepted; without effect.', category: CLIENT },
  { name: 'transaction_isolation', type: 'enum', values: LEVELS, default: 'read committed', doc: 'Accepted; every statement reads one consistent epoch.', category: CLIENT },
  { name: 'transaction_read_only', type: 'bool', default: 'off', doc: 'Whether the transaction may not write.', category: CLIENT },
  { name: 'vacuum_freeze_min_age', type: 'int', default: '50000000', doc: 'Accepted; without effect.', category: CLIENT },
  { name: 'work_mem', type: 'text', default: '4MB', doc: 'Accepted; without effect.', category: CLIENT },
  { name: 'xmloption', type: 'enum', values: ['content', 'document'], default: 'content', doc: 'Accepted; without effect.', category: CLIENT },

  { name: 'execution.checkpointing.interval', type: 'ms', default: '1000', doc: 'Accepted; how often checkpoints are made is said when the server starts (--checkpoint-interval).', category: FLINK },
  { name: 'execution.checkpointing.mode', type: 'enum', values: ['exactly_once', 'at_least_once'], default: 'exactly_once', doc: 'Accepted; a job is exactly once in either mode.', category: FLINK },
  { name: 'execution.runtime-mode', type: 'enum', values: ['batch', 'streaming', 'automatic'], default: 'batch', doc: 'streaming: a plain SELECT goes on with the changes, as in Flink.', category: FLINK },
  { name: 'parallelism.default', type: 'int', min: -1, default: '-1', doc: 'Workers of the server; set when it starts.', category: FLINK },
  { name: 'pipeline.auto-watermark-interval', type: 'ms', default: '200', doc: 'Accepted; a watermark is made of every batch that is read.', category: FLINK },
  { name: 'pipeline.name', type: 'text', default: '', doc: 'The name of the next INSERT job.', category: FLINK },
  { name: 'background_ddl', type: 'bool', default: 'off', doc: 'Whether CREATE MATERIALIZED VIEW returns before the view is filled; WAIT waits for it.', category: QUERY },
  { name: 'table.dml-sync', type: 'flag', default: 'false', doc: 'Whether INSERT INTO a connector waits until the job has finished.', category: FLINK },
  { name: 'table.exec.emit.allow-lateness', type: 'ms', default: '0', doc: 'How long after its end a window still takes late rows and corrects its result.', category: FLINK },
  { name: 'table.exec.emit.early-fire.delay', type: 'ms', default: '0', doc: 'How long after a change the early result of a window is sent.', category: FLINK },
  { name: 'table.exec.emit.early-fire.enabled', type: 'flag', default: 'false', doc: 'Whether jobs started now send results of windows before they are over.', category: FLINK },
  { name: 'table.exec.emit.late-fire.delay', type: 'ms', default: '0', doc: 'How long after a late row the corrected result of a window is sent.', category: FLINK },
  { name: 'table.exec.emit.late-fire.enabled', type: 'flag', default: 'false', doc: 'Whether corrections by late rows wait for table.exec.emit.late-fire.delay.', category: FLINK },
  { name: 'table.exec.mini-batch.allow-latency', type: 'ms', default: '0', doc: 'Accepted; changes are folded from epoch to epoch (--epoch-interval), and only what is left of them is sent.', category: FLINK },
  { name: 'table.exec.mini-batch.enabled', type: 'flag', default: 'false', doc: 'Accepted; jobs always work in such batches.', category: FLINK },
  { name: 'table.exec.mini-batch.size', type: 'int', min: -1, default: '-1', doc: 'Accepted; an epoch ends by time.', category: FLINK },
  { name: 'table.exec.sink.keyed-shuffle', type: 'enum', values: ['auto', 'none', 'force'], default: 'auto', doc: 'Accepted; rows of one key always take one way to a sink.', category: FLINK },
  { name: 'table.exec.sink.not-null-enforcer', type: 'enum', values: ['error', 'drop'], default: 'error', doc: 'A NULL in a NOT NULL column of a sink: the row is refused as millrace.on-error says, or left out silently.', category: FLINK },
  { name: 'table.exec.sink.require-on-conflict', type: 'flag', default: 'false', doc: 'Whether an INSERT whose rows may meet in the sink\'s key has to say ON CONFLICT.', category: FLINK },
  { name: 'table.exec.sink.type-length-enforcer', type: 'enum', values: ['error', 'trim_pad', 'ignore'], default: 'error', doc: 'A text, or bytes, too long for a sink\'s column: the row is refused as millrace.on-error says, or the value is cut; trim_pad also fills up CHAR and BINARY. ignore, the default of Flink, writes values as they are.', category: FLINK },
  { name: 'table.exec.sink.upsert-materialize', type: 'enum', values: ['auto', 'none', 'force'], default: 'auto', doc: 'Whether all rows that meet in a sink\'s key are kept, so that another one is shown when one is taken back: where the query does not keep them apart, never, or of every result with updates.', category: FLINK },
  { name: 'table.exec.source.cdc-events-duplicate', type: 'flag', default: 'false', doc: 'Whether sources of changes with a primary key may send the same change twice: they are then taken by their key.', category: FLINK },
  { name: 'table.exec.source.idle-timeout', type: 'ms', default: '30000', doc: 'A silent split leaves the watermark after this long; 0 is never.', category: FLINK },
  { name: 'table.exec.state.ttl', type: 'ms', default: '0', doc: 'Jobs started now forget what they keep of a key that has not changed for so long; 0 is never. What is forgotten begins anew; how many entries that were is in millrace_catalog.operators.', category: FLINK },
  { name: 'table.optimizer.agg-phase-strategy', type: 'enum', values: ['auto', 'one_phase', 'two_phase'], default: 'auto', doc: 'one_phase: jobs started now aggregate behind the exchange alone, instead of before it too where that is possible.', category: FLINK },
  { name: 'table.optimizer.distinct-agg.split.bucket-num', type: 'int', min: 1, default: '1024', doc: 'Accepted; DISTINCT aggregates are not split.', category: FLINK },
  { name: 'table.optimizer.distinct-agg.split.enabled', type: 'flag', default: 'false', doc: 'Accepted; DISTINCT aggregates are not split.', category: FLINK },
  { name: 'table.optimizer.incremental-agg-enabled', type: 'flag', default: 'true', doc: 'Accepted; DISTINCT aggregates are not split.', category: FLINK },
  { name: 'table.optimizer.non-deterministic-update.strategy', type: 'enum', values: ['try_resolve', 'ignore'], default: 'try_resolve', doc: 'Accepted; random numbers and clocks over rows that may be taken back are always remembered with their row, or refused.', category: FLINK },
  { name: 'millrace.on-error', type: 'enum', values: ['log', 'ignore', 'fail'], default: 'log', doc: 'What a row that cannot be computed does in a job: it is listed in millrace_catalog.error_log, left out silently, or fails the job.', category: QUERY },
  { name: 'millrace.subscription-buffer-bytes', type: 'int', min: 65536, default: '67108864', doc: 'What a continuous result holds for a slow reader before it fails.', category: QUERY },
];

export const SETTING_BY_NAME: ReadonlyMap<string, SettingSpec> = new Map(SETTINGS.flatMap((s) => [s.name, ...(s.aliases ?? [])].map((n) => [n.toLowerCase(), s] as const)));

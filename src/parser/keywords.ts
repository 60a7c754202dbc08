/**
 * The words the grammar knows, in upper case. Classes are PostgreSQL's (appendix C of its manual); a word that only
 * Flink reserves stays usable as a name, since Postgres clients use it so.
 */

/** Never a name of a column, table or function unless quoted. */
export const RESERVED = [
  'ALL', 'ANALYZE', 'AND', 'ANY', 'ARRAY', 'AS', 'ASC', 'ASYMMETRIC', 'BOTH', 'CASE', 'CAST', 'CHECK', 'COLLATE',
  'COLUMN', 'CONSTRAINT', 'CREATE', 'CURRENT_DATE', 'CURRENT_TIME', 'CURRENT_TIMESTAMP', 'CURRENT_USER',
  'CURRENT_ROLE', 'CURRENT_CATALOG', 'DEFAULT', 'DEFERRABLE', 'DESC', 'DISTINCT', 'DO', 'ELSE', 'END', 'EXCEPT', 'FALSE', 'FETCH', 'FOR',
  'FOREIGN', 'FROM', 'GRANT', 'GROUP', 'HAVING', 'IN', 'INITIALLY', 'INTERSECT', 'INTO', 'LATERAL', 'LEADING',
  'LIMIT', 'LOCALTIME', 'LOCALTIMESTAMP', 'NOT', 'NULL', 'OFFSET', 'ON', 'ONLY', 'OR', 'ORDER', 'PLACING', 'PRIMARY',
  'REFERENCES', 'RETURNING', 'SELECT', 'SESSION_USER', 'SOME', 'SYMMETRIC', 'TABLE', 'THEN', 'TO', 'TRAILING', 'TRUE',
  'UNION', 'UNIQUE', 'USER', 'USING', 'VARIADIC', 'WHEN', 'WHERE', 'WINDOW', 'WITH',
] as const;

/** Names of functions and types, but not of columns and tables. */
export const FUNCTION_WORDS = [
  'AUTHORIZATION', 'BINARY', 'CONCURRENTLY', 'CROSS', 'CURRENT_SCHEMA', 'FREEZE', 'FULL', 'ILIKE', 'INNER', 'IS', 'ISNULL', 'JOIN', 'LEFT', 'LIKE',
  'NATURAL', 'NOTNULL', 'OUTER', 'OVERLAPS', 'RIGHT', 'SIMILAR', 'TABLESAMPLE', 'VERBOSE',
] as const;

/** Usable as any name. */
export const UNRESERVED = [
  'ABSENT', 'ABSOLUTE', 'ACCESS', 'ADD', 'ADVICE', 'AFTER', 'AGGREGATE', 'ALTER', 'ALWAYS', 'APPEND', 'APPLY', 'ASOF', 'AT', 'BACKWARD', 'BEGIN', 'BERNOULLI', 'BETWEEN', 'BIT',
  'BUCKETS', 'BY', 'CALL', 'CALLED', 'CANCEL', 'CASCADE', 'CATALOG', 'CATALOGS', 'CEIL', 'CEILING', 'CHAIN', 'CHANGES',
  'CHARACTER', 'CHARACTERISTICS', 'CHECKPOINT', 'CLOSE', 'COLUMNS', 'COMMENT', 'COMMIT', 'COMMITTED', 'COMPILE', 'CONDITIONAL', 'CONFLICT',
  'CONNECTION', 'CONTINUE', 'COPY', 'CORRESPONDING', 'CUBE', 'CUMULATE', 'CURRENT', 'CURSOR', 'DATA', 'DATABASE', 'DAY', 'DEALLOCATE', 'DECLARE',
  'DEDUPLICATE', 'DEFERRED', 'DEFINE', 'DELETE', 'DESCRIBE', 'DESCRIPTOR', 'DISCARD', 'DISTRIBUTED', 'DISTRIBUTION', 'DOUBLE', 'DRAIN', 'DROP',
  'EMIT', 'EMPTY', 'ENCODE', 'ENFORCED', 'ERROR', 'ESCAPE', 'EXCLUDE', 'EXCLUDING', 'EXECUTE', 'EXISTS', 'EXPLAIN', 'EXTENDED',
  'EXTRACT', 'FILTER', 'FINAL', 'FIRST', 'FLOOR', 'FLUSH', 'FOLLOWING', 'FORMAT', 'FORWARD', 'FRESHNESS', 'FUNCTION', 'GENERATED', 'GRAPH',
  'GROUPING', 'GROUPS', 'HASH', 'HOLD', 'HOP', 'HOUR', 'IF', 'IGNORE', 'IMMUTABLE', 'INCLUDE', 'INCLUDING', 'INDEX', 'INPUT', 'INSENSITIVE',
  'INSERT', 'INTERVAL', 'ISOLATION', 'JAR', 'JOB', 'JOBS', 'JSON', 'JSON_ARRAY', 'JSON_ARRAYAGG', 'JSON_EXISTS', 'JSON_OBJECT',
  'JSON_OBJECTAGG', 'JSON_QUERY', 'JSON_VALUE', 'KEY', 'KILL', 'LANGUAGE', 'LAST', 'LEVEL', 'LISTEN', 'LOAD', 'LOCAL', 'LOCK', 'LOCKED',
  'MAP', 'MATCH', 'MATCH_CONDITION', 'MATCH_RECOGNIZE', 'MATERIALIZED', 'MEASURES', 'METADATA', 'MINUS', 'MINUTE', 'MODE', 'MODIFY', 'MODULE', 'MODULES', 'MONTH',
  'MOVE', 'MULTISET', 'NEXT', 'NO', 'NONE', 'NOTHING', 'NOTIFY', 'NOWAIT', 'NULLS', 'OBJECT', 'OF', 'OFF', 'OMIT', 'ONE', 'OPERATOR', 'OPTION', 'ORDINALITY',
  'OTHERS', 'OUTPUT', 'OVER', 'OVERLAY', 'OVERWRITE', 'OVERWRITING', 'OWNER', 'PARTITION', 'PARTITIONED', 'PARTITIONS', 'PAST', 'PATTERN', 'PAUSE', 'PER', 'PLAN', 'PLANS',
  'POSITION', 'PRECEDING', 'PRECISION', 'PREPARE', 'PRIOR', 'QUALIFY', 'QUERY', 'RANGE', 'READ', 'RECURSIVE', 'REFRESH', 'REFRESH_MODE', 'RELATIVE',
  'RELEASE', 'REMOVE', 'RENAME', 'REPEATABLE', 'REPLACE', 'RESET', 'RESPECT', 'RESTRICT', 'RESUME', 'RETURN', 'RETURNS', 'REVOKE', 'ROLE', 'ROLLBACK',
  'ROLLUP', 'ROW', 'ROWS', 'SAVEPOINT', 'SCALAR', 'SCHEMA', 'SCROLL', 'SECOND', 'SECRET', 'SERIALIZABLE', 'SESSION', 'SET', 'SETS', 'SHARE', 'SHOW', 'SINCE', 'SINK',
  'SKIP', 'SNAPSHOT', 'SOURCE', 'STABLE', 'START', 'STATEMENT', 'STDIN', 'STDOUT', 'STOP', 'STORED', 'STRICT', 'STRUCT', 'SUBSCRIBE', 'SUBSCRIPTION',
  'SUBSET', 'SUBSTRING', 'SUSPEND', 'SWAP', 'SYSTEM', 'SYSTEM_TIME', 'TEMP', 'TEMPORARY', 'TIES', 'TIME', 'TIMESTAMP', 'TRANSACTION', 'TRIM', 'TRUNCATE',
  'TRY_CAST', 'TUMBLE', 'TYPE', 'UNCOMMITTED', 'UNBOUNDED', 'UNCONDITIONAL', 'UNKNOWN', 'UNLISTEN', 'UNLOAD', 'UNNEST', 'UP', 'UPDATE', 'USE', 'VACUUM', 'VALUE', 'VALUES',
  'VARYING', 'VIEW', 'VIEWS', 'VIRTUAL', 'VOLATILE', 'WAIT', 'WATERMARK', 'WITHIN', 'WITHOUT', 'WORK', 'WRAPPER', 'WRITE', 'YEAR', 'ZONE',
  'ABORT', 'CONSTRAINTS', 'CONTINUOUS', 'PRIVILEGES', 'NAMES', 'TABLES',
] as const;

export type Keyword = (typeof RESERVED)[number] | (typeof FUNCTION_WORDS)[number] | (typeof UNRESERVED)[number];

/** Unreserved words that cannot be a column's label without AS (PostgreSQL's AS_LABEL words, and our clauses'). */
export const NOT_BARE_LABEL: ReadonlySet<string> = new Set([
  'DAY', 'FILTER', 'HOUR', 'MINUTE', 'MONTH', 'OVER', 'PRECISION', 'SECOND', 'VARYING', 'WITHIN', 'WITHOUT', 'YEAR', 'CHARACTER', 'QUALIFY', 'MINUS',
]);

/** Unreserved words that cannot be a table's alias without AS, because a clause may start with them. */
export const NOT_BARE_ALIAS: ReadonlySet<string> = new Set(['QUALIFY', 'MATCH_CONDITION', 'MATCH_RECOGNIZE', 'SET', 'MINUS', 'PARTITION']);

/** INTERVAL, because `interval + ''` reads as a literal with a sign. */
const NEVER_BARE: ReadonlySet<string> = new Set<string>([...RESERVED, ...FUNCTION_WORDS, 'INTERVAL']);

/** True when `name` must be quoted to be read as a column, table or alias where the grammar expects a name. */
export function mustQuote(name: string): boolean {
  return !isPlainWord(name) || NEVER_BARE.has(name.toUpperCase());
}

/** True when `name` is one word to the lexer. */
export function isPlainWord(name: string): boolean {
  return /^[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*$/.test(name);
}

/** What SHOW can list, in upper case; anything else after SHOW is a setting. */
export const SHOW_OBJECTS = [
  'CURRENT CATALOG', 'CURRENT DATABASE',
  'CREATE TABLE', 'CREATE VIEW', 'CREATE MATERIALIZED VIEW', 'CREATE MATERIALIZED TABLE', 'CREATE CATALOG', 'CREATE DATABASE', 'CREATE FUNCTION', 'CREATE SOURCE', 'CREATE SINK',
  'CREATE INDEX', 'CREATE CONNECTION', 'CREATE SUBSCRIPTION', 'CREATE MODEL',
  'MATERIALIZED VIEWS', 'MATERIALIZED TABLES', 'INTERNAL TABLES',
  'CATALOGS', 'DATABASES', 'SCHEMAS', 'TABLES', 'VIEWS', 'COLUMNS', 'PARTITIONS', 'FUNCTIONS', 'PROCEDURES', 'MODULES', 'JARS', 'JOBS', 'MODELS', 'CONNECTIONS', 'SECRETS',
  'SOURCES', 'SINKS', 'SUBSCRIPTIONS', 'CURSORS', 'INDEXES', 'OBJECTS', 'PROCESSLIST', 'CLUSTER', 'QUERIES', 'CHECKPOINTS',
] as const;

/** The same as lists of words, longest first, so that the longest phrase is found. */
export const SHOW_PHRASES: readonly (readonly string[])[] = SHOW_OBJECTS.map((phrase) => phrase.split(' ')).sort((a, b) => b.length - a.length);

/** EXPLAIN options that stand without parentheses. */
export const EXPLAIN_WORDS: ReadonlySet<string> = new Set([
  'ESTIMATED_COST', 'CHANGELOG_MODE', 'PLAN_ADVICE', 'JSON_EXECUTION_PLAN', 'ANALYZE', 'VERBOSE', 'AST', 'LOGICAL', 'TRACE', 'OPTIMIZED', 'PHYSICAL', 'GRAPH', 'EMPTY', 'RAW', 'DECORRELATED',
]);

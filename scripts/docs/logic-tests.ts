import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { parseCorpus } from '../../sql-tests/oracle/corpus-file.ts';
import { parseSlt } from '../../sql-tests/runner/parse-slt.ts';

const folder = join(import.meta.dirname, '..', '..', 'sql-tests');

/** What is tested where: features of the dialect and the files, or folders of files, that hold their records. */
const FEATURES: readonly (readonly [feature: string, at: readonly string[]])[] = [
  ['Expressions, casts, NULL logic', ['slt/expressions.slt', 'oracle/corpus/numbers.txt', 'oracle/corpus/made-casts.txt', 'oracle/corpus/made-operators.txt', 'oracle/corpus/made-common-types.txt']],
  ['Types: casts, arithmetic, zones, arrays, maps, rows, JSON, aggregates of each', ['slt/types']],
  ['Functions', ['slt/functions', 'oracle/corpus/made-calls.txt', 'oracle/corpus/text.txt', 'oracle/corpus/times.txt', 'oracle/corpus/json-and-arrays.txt']],
  ['User functions', ['slt/functions/user-functions.slt']],
  ['INSERT, UPDATE, DELETE, ON CONFLICT, RETURNING', ['slt/dml.slt']],
  ['Filters, projections, USING, NATURAL, DISTINCT ON, QUALIFY, VALUES', ['slt/relational/queries.slt', 'oracle/corpus/queries.txt']],
  ['Inner, outer and cross joins', ['slt/joins.slt', 'oracle/corpus/made-queries.txt']],
  ['Joins without an equality', ['slt/theta-joins']],
  ['Subqueries, LATERAL', ['slt/subqueries']],
  ['WITH', ['slt/cte']],
  ['UNION, INTERSECT, EXCEPT, ORDER BY, LIMIT', ['slt/sets-and-order.slt']],
  ['Aggregates, DISTINCT, FILTER, HAVING', ['slt/aggregates.slt', 'oracle/corpus/queries.txt']],
  ['GROUPING SETS, ROLLUP, CUBE', ['slt/grouping-sets']],
  ['Ordered-set aggregates, SQL/JSON', ['slt/functions/ordered-sets.slt', 'slt/functions/sql-json.slt']],
  ['OVER', ['slt/over']],
  ['Top-N, deduplication', ['slt/top-n', 'slt/dedup']],
  ['UNNEST', ['slt/unnest']],
  ['Windows over event time, watermarks', ['slt/windows.slt', 'slt/event-time', 'property/event-time.test.ts']],
  ['Interval joins', ['slt/interval-joins', 'property/event-time.test.ts']],
  ['Temporal joins', ['slt/temporal-joins']],
  ['ASOF joins', ['slt/asof-joins']],
  ['Lookup joins', ['slt/lookup-joins']],
  ['Temporal filters', ['slt/temporal-filters', 'slt/clock']],
  ['Pausing, stopping, draining and changing jobs; statement sets, compiled plans, background_ddl', ['slt/jobs']],
  ['Sinks: REPLACE SINK, CREATE TABLE AS, partitions, INSERT OVERWRITE, NOT NULL columns; jobs that write stored tables', ['slt/sinks', 'slt/ddl/overwrite.slt']],
  ['Definitions, LIKE, computed columns, indexes', ['slt/ddl']],
  ['Catalogs, databases, schemas, connections, secrets', ['slt/catalog']],
  ['COPY', ['slt/sessions/copy.slt', 'slt/sessions/copy-lengths.slt']],
  ['Temporary objects', ['slt/sessions/temporary.slt']],
  ['Transactions, with definitions in them', ['slt/sessions/transactions.slt']],
  ['Cursors, prepared statements, EXECUTE IMMEDIATE', ['slt/sessions/cursors.slt']],
  ['Subscriptions', ['slt/sessions/subscriptions.slt']],
  ['Formats of files and of change capture, metadata columns, OPTIONS hints', ['slt/formats']],
  ['Look-ups in PostgreSQL with each cache, sinks into it', ['slt/lookup-joins/postgres.slt']],
  ['error-handling.mode, its log, millrace.on-error', ['slt/errors']],
  ['Functions in JavaScript: scalar, table, aggregate', ['slt/functions/user-javascript.slt']],
  ['Changelogs: random numbers and clocks over rows that change', ['slt/changelog']],
  ['Event time of stored tables, EMIT, early and late firing', ['slt/windows']],
  ['Consistency at every epoch', ['consistency/traps.test.ts', 'bank/bank.test.ts']],
  ['Keys, changelog kinds, placements and event times that planning derives, on random plans', ['property/derived.test.ts']],
  ['Crashes, restarts onto other parallelisms', ['property/property.test.ts', 'property/event-time.test.ts', 'simulation/simulation.test.ts', 'crash/kill.test.ts']],
];

/** Where the feature's records are; throws when there is no such file. */
function places(at: readonly string[]): string {
  return at.map((path) => {
    if (globSync([join(folder, path), join(folder, path, '*.slt')]).length === 0) throw new Error(`sql-tests/${path} is not there`);
    return `[${path}](${path})`;
  }).join(', ');
}

interface Counts {
  files: number;
  statements: number;
  queries: number;
}
interface Counted {
  /** Logic tests by folder. */
  readonly folders: ReadonlyMap<string, Counts>;
  readonly all: Counts;
  readonly corpus: readonly (readonly [file: string, cases: ReturnType<typeof parseCorpus>])[];
}

function counted(): Counted {
  const folders = new Map<string, Counts>();
  for (const file of globSync(join(folder, '{slt,regressions}/**/*.slt')).sort()) {
    const group = relative(folder, dirname(file)).replaceAll('\\', '/');
    const row = folders.get(group) ?? { files: 0, statements: 0, queries: 0 };
    folders.set(group, row);
    row.files++;
    for (const { kind } of parseSlt(file)) {
      if (kind === 'statement') row.statements++;
      else if (kind === 'query') row.queries++;
    }
  }
  const sum = (pick: (r: Counts) => number): number => [...folders.values()].reduce((n, r) => n + pick(r), 0);
  const corpus = globSync(join(folder, 'oracle/corpus/*.txt')).sort().map((file) => [relative(folder, file).replaceAll('\\', '/'), parseCorpus(readFileSync(file, 'utf8'))] as const);
  return { folders, all: { files: sum((r) => r.files), statements: sum((r) => r.statements), queries: sum((r) => r.queries) }, corpus };
}

/** README.md with its status table's counts as they are now. */
export function readmePage(): string {
  const { all, corpus } = counted();
  const cases = corpus.reduce((n, [, c]) => n + c.length, 0);
  return readFileSync(join(folder, '..', 'README.md'), 'utf8')
    .replace(/\d+ files of logic tests with \d+ statements and \d+ queries/, `${all.files} files of logic tests with ${all.statements} statements and ${all.queries} queries`)
    .replace(/a corpus of \d+ statements/, `a corpus of ${cases} statements`);
}

/** Logic tests that no feature names. */
function unlisted(): readonly string[] {
  const listed = new Set(FEATURES.flatMap(([, at]) => at.flatMap((path) => globSync([join(folder, path), join(folder, path, '*.slt')]))));
  return globSync(join(folder, 'slt/**/*.slt')).filter((file) => !listed.has(file)).map((file) => relative(folder, file).replaceAll('\\', '/')).sort();
}

/** sql-tests/README.md: what is there, counted, and which feature is tested where. */
export function logicTestsPage(): string {
  const others = unlisted();
  const { folders, all, corpus } = counted();
  const cases = corpus.flatMap(([, c]) => c);
  return [
    '# Tests in SQL',
    '',
    'Made by `npm run docs`. What the runner understands is in [runner/parse-slt.ts](runner/parse-slt.ts); each .slt file runs as one-shot queries, as views',
    'made before and after the rows, and with restarts in between, at parallelism 1 and 3, by the naive evaluator, and by PostgreSQL where it is installed.',
    'The corpus of statements with PostgreSQL\'s answers is described in [oracle/README.md](oracle/README.md).',
    '',
    '## Logic tests',
    '',
    '| folder | files | statements | queries |',
    '|---|--:|--:|--:|',
    ...[...folders].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, r]) => `| ${name} | ${r.files} | ${r.statements} | ${r.queries} |`),
    `| all | ${all.files} | ${all.statements} | ${all.queries} |`,
    '',
    '## Corpus of PostgreSQL\'s answers',
    '',
    '| file | cases | differing by a stated rule |',
    '|---|--:|--:|',
    ...corpus.map(([name, c]) => `| ${name} | ${c.length} | ${c.filter((x) => x.differs !== null).length} |`),
    `| all | ${cases.length} | ${cases.filter((x) => x.differs !== null).length} |`,
    '',
    '## Where a feature is tested',
    '',
    '| feature | records |',
    '|---|---|',
    ...FEATURES.map(([feature, at]) => `| ${feature} | ${places(at)} |`),
    ...(others.length === 0 ? [] : [`| Others | ${places(others)} |`]),
    '',
  ].join('\n');
}

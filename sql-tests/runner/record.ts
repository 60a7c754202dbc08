/** What an .slt file is made of: statements and queries with their expectations, and a few directives. */

/** How rows are compared: as they come, sorted as rows, or as a sorted list of all values. */
export type SortMode = 'nosort' | 'rowsort' | 'valuesort';

export interface RecordBase {
  readonly file: string;
  /** Of the record's first line, from 1. */
  readonly line: number;
  /** Line numbers from 0 of the record's first line and of the one after its last, for rewriting. */
  readonly from: number;
  readonly to: number;
  /** `onlyif x`: run by x alone; `skipif x`: by all but x. */
  readonly onlyIf: readonly string[];
  readonly skipIf: readonly string[];
  /** Words after `# no-view`: why no view is made of this query; null when one is. */
  readonly noView: string | null;
}

export interface StatementRecord extends RecordBase {
  readonly kind: 'statement';
  readonly sql: string;
  /** Lines for COPY … FROM STDIN. */
  readonly input: readonly string[];
  readonly expect: { readonly kind: 'ok' } | { readonly kind: 'error'; readonly pattern: string } | { readonly kind: 'count'; readonly count: number };
}

export interface QueryRecord extends RecordBase {
  readonly kind: 'query';
  readonly sql: string;
  /** One letter a column: I integer, R other numbers, T text, B boolean, D date and time, ? anything else. */
  readonly types: string;
  readonly sort: SortMode;
  readonly label: string | null;
  /** Lines of the result: values between bars. */
  readonly rows: readonly string[];
}

/** The process dies and starts again on the same data. Ignored by databases that have nothing of the kind. */
export interface RestartRecord extends RecordBase {
  readonly kind: 'restart';
  /** Workers it comes back on; null: as many as before. */
  readonly parallelism: number | null;
}

/** Lines for a source that watches a folder: they are added to its only file. */
export interface FeedRecord extends RecordBase {
  readonly kind: 'feed';
  /** Below `$SCRATCH`. */
  readonly folder: string;
  readonly lines: readonly string[];
}

/** A file below `$SCRATCH` with these lines, or without any. */
export interface FileRecord extends RecordBase {
  readonly kind: 'file';
  readonly path: string;
  readonly lines: readonly string[];
}

/** SQL for the PostgreSQL that look-ups and sinks of the file use. */
export interface OutsideRecord extends RecordBase {
  readonly kind: 'outside';
  readonly sql: string;
}

/** Until its end one session goes on: no restarts, and queries are asked as they stand. */
export interface SessionRecord extends RecordBase {
  readonly kind: 'session';
  /** Null: the end. */
  readonly why: string | null;
}

/** The naive evaluator is left out: it has no such thing. */
export interface NoNaiveRecord extends RecordBase {
  readonly kind: 'no-naive';
  readonly why: string;
}

/** What is asked from here on is waited for: jobs that nothing else waits for write what it reads. */
export interface EventuallyRecord extends RecordBase {
  readonly kind: 'eventually';
  readonly why: string;
}

/** The database's clock goes on from another time, or jumps ahead. */
export interface ClockRecord extends RecordBase {
  readonly kind: 'clock';
  readonly set: { readonly toMicros: bigint } | { readonly byMicros: bigint };
}

/** Nothing after it is run. */
export interface HaltRecord extends RecordBase {
  readonly kind: 'halt';
}

export type SltRecord = StatementRecord | QueryRecord | RestartRecord | FeedRecord | FileRecord | OutsideRecord | SessionRecord | EventuallyRecord | NoNaiveRecord | ClockRecord | HaltRecord;

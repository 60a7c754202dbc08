/** What the runner asks of anything it tests: our engine, the oracle, PostgreSQL. */
export interface Database {
  /** For `onlyif` and `skipif`: `millrace` or `postgres`. */
  readonly dialect: 'millrace' | 'postgres';
  /** One statement, with lines for COPY … FROM STDIN. Whatever goes wrong is an outcome, except a bug of the adapter. */
  run(sql: string, input?: readonly string[]): Promise<Outcome>;
  /** Dies without a goodbye and comes back on the same data, on `parallelism` workers where that means something. */
  restart(parallelism?: number): Promise<void>;
  /** Sets the clock that NOW() reads; absent where the clock is the machine's. */
  setClock?(set: { readonly toMicros: bigint } | { readonly byMicros: bigint }): void;
  close(): Promise<void>;
}

/** A PostgreSQL beside the database under test, for `outside` and `$POSTGRES`. */
export interface Outside {
  /** `host:port/database` */
  readonly address: string;
  readonly user: string;
  run(sql: string): Promise<void>;
}

export type Cell = string | null;

export type Outcome =
  /** `types` has a letter a column, `oids` PostgreSQL's numbers of the types. */
  | { readonly kind: 'rows'; readonly types: string; readonly oids: readonly number[]; readonly rows: readonly (readonly Cell[])[] }
  /** `tag` is CommandComplete's, e.g. `INSERT 0 3`. */
  | { readonly kind: 'done'; readonly tag: string }
  | { readonly kind: 'error'; readonly sqlstate: string; readonly message: string };

/** A row as a line of an .slt file. */
export function rowLine(row: readonly Cell[]): string {
  return row.map((v) => (v === null ? 'NULL' : v === '' ? '(empty)' : v.replaceAll('\\', '\\\\').replaceAll('\n', '\\n'))).join('|');
}

/** The number at the end of a tag: `UPDATE 3`. */
export const countOf = (tag: string): number => Number(/(\d+)$/.exec(tag)?.[1] ?? Number.NaN);

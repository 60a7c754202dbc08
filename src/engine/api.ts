import type { Batch, Schema } from '../common/batch/batch.ts';
import type { SqlType } from '../common/types/sql-type.ts';
import type { Value } from '../common/types/value.ts';
import type { SessionText } from '../functions/session-text.ts';

/**
 * What a client-facing layer (pgwire, the CLI, an embedding program) sees of the engine. One `Session` per connection;
 * its calls are made one after another. Nothing here knows messages or sockets.
 */
export interface Engine {
  createSession(options: SessionOptions): Session;
  /** Stops cleanly; open sessions get admin_shutdown. */
  close(options?: {
    /** As a crash would end it: no last checkpoint. */
    readonly abrupt?: boolean;
  }): Promise<void>;
}

export interface SessionOptions {
  readonly user: string;
  readonly database: string;
  /** Start-up parameters: client_encoding, DateStyle, TimeZone, application_name, search_path, options… */
  readonly parameters: ReadonlyMap<string, string>;
  /** Shown in pg_stat_activity and pg_backend_pid(). */
  readonly backendPid: number;
  /** A NOTICE or WARNING for the client, at any time. */
  readonly onNotice: (notice: Notice) => void;
  /** A setting the protocol reports (ParameterStatus) has changed. */
  readonly onParameter: (name: string, value: string) => void;
}

export interface Notice {
  readonly severity: 'NOTICE' | 'WARNING' | 'INFO' | 'LOG' | 'DEBUG';
  readonly message: string;
  readonly sqlstate: string;
  readonly detail?: string | undefined;
  readonly hint?: string | undefined;
}

export interface Session {
  /** Splits a simple-query text; a syntax error anywhere refuses the whole text, as PostgreSQL does. */
  parse(sql: string): readonly ParsedStatement[];
  /** Binds without running. `parameterTypes`: what the client declared (undefined: infer). */
  prepare(statement: ParsedStatement, parameterTypes: readonly (SqlType | undefined)[]): Promise<PreparedStatement>;
  /** Runs it. Parameters are decoded by the caller to `prepared.parameters`' types. */
  execute(prepared: PreparedStatement, parameters: readonly Value[], options: ExecuteOptions): Promise<StatementResult>;
  /** 'I' idle, 'T' in a transaction block, 'E' in a failed one. */
  readonly transactionStatus: 'I' | 'T' | 'E';
  /** A simple query of several statements, or the messages up to a Sync, form an implicit transaction block. */
  beginImplicit(): void;
  endImplicit(failed: boolean): Promise<void>;
  setting(name: string): string | undefined;
  /** Columns of an open SQL cursor: clients describe it like a portal. Undefined when there is none of that name. */
  cursorSchema?(name: string): Schema | undefined;
  /** How values are read from and written as text here: time zone, names of reg* values. */
  readonly text: SessionText;
  /** Named settings the protocol reports at start, with their values. */
  reportedParameters(): ReadonlyMap<string, string>;
  close(): Promise<void>;
}

export interface ParsedStatement {
  /** The whole text it came from and where it lies in it: error positions count from the text's start. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
  readonly ast: unknown;
}

export interface PreparedStatement {
  readonly statement: ParsedStatement;
  readonly parameters: readonly SqlType[];
  /** Result columns; null when it returns no rows (or is a COPY). */
  readonly columns: Schema | null;
  readonly bound: unknown;
}

export interface ExecuteOptions {
  readonly signal: AbortSignal;
}

export type StatementResult =
  | { readonly kind: 'empty' }
  /** No rows. `tag` is the CommandComplete tag. */
  | { readonly kind: 'command'; readonly tag: string }
  /** Rows, pulled. `tag` is asked at the end with the number of rows delivered. `live`: endless, flush whenever idle. */
  | { readonly kind: 'rows'; readonly schema: Schema; readonly rows: RowSource; readonly live: boolean; readonly tag: (rowCount: number) => string }
  | { readonly kind: 'copyOut'; readonly schema: Schema; readonly format: CopyFormat; readonly rows: RowSource; readonly live: boolean }
  | { readonly kind: 'copyIn'; readonly schema: Schema; readonly format: CopyFormat; readonly receive: CopyReceiver };

export interface CopyFormat {
  readonly format: 'text' | 'csv' | 'binary';
  readonly delimiter: string;
  readonly nullText: string;
  readonly header: boolean;
  readonly quote: string;
  readonly escape: string;
}

export interface CopyReceiver {
  write(batch: Batch): Promise<void>;
  /** Commits; the tag, e.g. `COPY 3`. */
  finish(): Promise<string>;
  abort(reason: string): Promise<void>;
}

/** Pull-based rows. A batch is all inserts: operations of a changelog come as an `op` column. */
export interface RowSource {
  /** Null at the end. A rejected promise is the statement's error. */
  next(): Promise<Batch | null>;
  close(): Promise<void>;
}

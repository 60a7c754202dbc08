/** Where the server writes what happens to connections. Statements, parameters and keys are never written. */
export interface PgLog {
  error(message: string): void;
  info(message: string): void;
  debug(message: string): void;
}

export const SILENT: PgLog = { error: () => undefined, info: () => undefined, debug: () => undefined };

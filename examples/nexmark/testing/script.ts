import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export const FOLDER: string = join(import.meta.dirname, '..');

const read = (name: string): string => readFileSync(join(FOLDER, name), 'utf8');

/** A text with `${NAME}` replaced. Errors: when a name is not given. */
export const filled = (text: string, values: Readonly<Record<string, string>>): string =>
  text.replaceAll(/\$\{(\w+)\}/g, (all, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`${all} is not given`);
    return value;
  });

/** A query's text, without the tables that it reads. */
export const queryText = (query: string, values: Readonly<Record<string, string>> = {}): string => filled(read(`${query}.sql`), values);

export const tablesText = (values: Readonly<Record<string, string>>): string => filled(read('tables.sql'), values);

/** The same question in DuckDB's SQL. */
export const answerText = (query: string, values: Readonly<Record<string, string>> = {}): string => filled(read(`answers/${query}.sql`), values);

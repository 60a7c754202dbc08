import { notSupported, SqlError } from '../../common/errors.ts';
import type { Options } from '../api.ts';
import { read } from '../options.ts';

/** Where a database is and who asks: what the client library takes. */
export interface Place {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly ssl: boolean | { readonly rejectUnauthorized: boolean };
  readonly applicationName: string;
  readonly connectTimeoutMs: number;
  /** Where unqualified names are looked for. */
  readonly searchPath: string | undefined;
}

const bad = (message: string): SqlError => new SqlError('invalid_parameter_value', message, { hint: 'Write jdbc:postgresql://host:5432/database.' });

/** Reads `url`, `username` and `password`. Errors: invalid_parameter_value, and feature_not_supported for another database; neither shows the URL's parameters. */
export function placeOf(options: Options): Place {
  const url = read.required(options, 'url');
  const driver = /^jdbc:([a-z0-9]+):/i.exec(url)?.[1]?.toLowerCase();
  if (driver === undefined) throw bad('option "url" is not a JDBC URL');
  if (driver !== 'postgresql') throw notSupported(`a JDBC URL of ${driver}`, undefined, 'The connector speaks to PostgreSQL: jdbc:postgresql://host:5432/database.');
  let parsed: URL;
  try {
    parsed = new URL(url.slice('jdbc:'.length));
  } catch {
    throw bad('option "url" cannot be read');
  }
  const { searchParams: given } = parsed;
  const database = decodeURIComponent(parsed.pathname.slice(1));
  const user = read.text(options, 'username') ?? given.get('user') ?? undefined;
  if (database === '' && user === undefined) throw bad('option "url" names no database');
  const host = parsed.hostname.replace(/^\[(.*)\]$/, '$1');
  const sslMode = given.get('sslmode') ?? (given.get('ssl') === 'true' ? 'require' : 'disable');
  if (!['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'].includes(sslMode)) throw bad(`sslmode "${sslMode}" of option "url" is not known`);
  return {
    host: host === '' ? 'localhost' : host,
    port: parsed.port === '' ? 5432 : Number(parsed.port),
    database: database === '' ? (user as string) : database,
    user, password: read.text(options, 'password') ?? given.get('password') ?? undefined,
    ssl: ['disable', 'allow', 'prefer'].includes(sslMode) ? false : { rejectUnauthorized: sslMode.startsWith('verify') },
    applicationName: given.get('ApplicationName') ?? 'millrace',
    connectTimeoutMs: Number(given.get('connectTimeout') ?? '10') * 1000,
    searchPath: given.get('currentSchema') ?? undefined,
  };
}

/** `schema.table` or `table`, quoted part by part; parts that are quoted already stay as they are. */
export function tableName(options: Options): string {
  const name = read.required(options, 'table-name');
  const parts = name.match(/"(?:[^"]|"")*"|[^."]+/g) ?? [];
  if (parts.length === 0 || parts.join('.') !== name) throw new SqlError('invalid_parameter_value', `invalid value for option "table-name": "${name}"`, { hint: 'It is the name of a table, maybe with its schema: public.orders.' });
  return parts.map((p) => (p.startsWith('"') ? p : quoted(p))).join('.');
}
export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

import { SqlError } from '../common/errors.ts';
import type { Options, OptionSpec } from './api.ts';
import { read } from './options.ts';

/** Options of every connector that finds rows by key, as in Flink. */
export const LOOKUP_OPTIONS: readonly OptionSpec[] = [
  { name: 'lookup.cache', type: 'enum', values: ['NONE', 'PARTIAL', 'FULL'], default: 'NONE', doc: 'NONE asks for every row (once for rows that wait at the same time), PARTIAL keeps what was found, FULL reads the whole table beforehand.' },
  { name: 'lookup.partial-cache.max-rows', type: 'bigint', doc: 'Keys that the cache keeps; the least recently used go first. Where nothing bounds the cache, 100000.' },
  { name: 'lookup.partial-cache.expire-after-write', type: 'duration', doc: 'How long a key is kept after it was looked up.' },
  { name: 'lookup.partial-cache.expire-after-access', type: 'duration', doc: 'How long a key is kept after it was last used.' },
  { name: 'lookup.partial-cache.cache-missing-key', type: 'boolean', default: 'true', doc: 'Whether it is kept that a key has no rows.' },
  { name: 'lookup.full-cache.reload-strategy', type: 'enum', values: ['PERIODIC', 'TIMED'], default: 'PERIODIC', doc: 'When the table is read again: after an interval, or at a time of day.' },
  { name: 'lookup.full-cache.periodic-reload.interval', type: 'duration', doc: 'PERIODIC: the interval, required.' },
  { name: 'lookup.full-cache.periodic-reload.schedule-mode', type: 'enum', values: ['FIXED_DELAY', 'FIXED_RATE'], default: 'FIXED_DELAY', doc: 'Whether the interval counts from the end of a reading or from its start.' },
  { name: 'lookup.full-cache.timed-reload.iso-time', type: 'string', doc: "TIMED: the time of day, such as '04:30' (UTC) or '04:30+02:00', required." },
  { name: 'lookup.full-cache.timed-reload.interval-in-days', type: 'int', default: '1', doc: 'TIMED: every so many days.' },
  { name: 'lookup.max-retries', type: 'int', default: '3', doc: 'How often a request that failed is sent again before the job fails.' },
];

export type LookupCache =
  | { readonly kind: 'none' }
  /** Keys and milliseconds; Infinity where nothing bounds them. `missing`: keys without rows are kept too. */
  | { readonly kind: 'partial'; readonly maxKeys: number; readonly afterWriteMs: number; readonly afterAccessMs: number; readonly missing: boolean }
  /** The whole table, read again after `everyMs` (`rate`: counted from the start of the reading before), or daily at `atMicros` past midnight UTC. */
  | { readonly kind: 'full'; readonly reload: FullReload };
export type FullReload =
  | { readonly kind: 'periodic'; readonly everyMs: number; readonly rate: boolean }
  | { readonly kind: 'timed'; readonly atMicros: number; readonly days: number };

const bad = (name: string, value: string, hint: string): SqlError => new SqlError('invalid_parameter_value', `invalid value for option "${name}": "${value}"`, { hint });

/** What `lookup.cache` and the options about it say. Errors: invalid_parameter_value. */
export function lookupCache(options: Options): LookupCache {
  switch (options['lookup.cache']) {
    case 'PARTIAL': {
      const max = read.bigint(options, 'lookup.partial-cache.max-rows');
      if (max !== undefined && max <= 0n) throw bad('lookup.partial-cache.max-rows', String(max), 'It is a positive number.');
      return {
        kind: 'partial', maxKeys: max === undefined ? Infinity : Number(max),
        afterWriteMs: read.durationMs(options, 'lookup.partial-cache.expire-after-write') ?? Infinity,
        afterAccessMs: read.durationMs(options, 'lookup.partial-cache.expire-after-access') ?? Infinity,
        missing: options['lookup.partial-cache.cache-missing-key'] === undefined || read.boolean(options, 'lookup.partial-cache.cache-missing-key'),
      };
    }
    case 'FULL':
      return { kind: 'full', reload: options['lookup.full-cache.reload-strategy'] === 'TIMED' ? timed(options) : periodic(options) };
    default:
      return { kind: 'none' };
  }
}

function periodic(options: Options): FullReload {
  const everyMs = read.durationMs(options, 'lookup.full-cache.periodic-reload.interval');
  if (everyMs === undefined) throw new SqlError('invalid_parameter_value', 'option "lookup.full-cache.periodic-reload.interval" is required with \'lookup.cache\' = \'FULL\'', { hint: "Set it, or read at a time of day with 'lookup.full-cache.reload-strategy' = 'TIMED'." });
  if (everyMs <= 0) throw bad('lookup.full-cache.periodic-reload.interval', String(options['lookup.full-cache.periodic-reload.interval']), 'It is longer than nothing.');
  return { kind: 'periodic', everyMs, rate: options['lookup.full-cache.periodic-reload.schedule-mode'] === 'FIXED_RATE' };
}

function timed(options: Options): FullReload {
  const name = 'lookup.full-cache.timed-reload.iso-time';
  const text = options[name];
  if (text === undefined) throw new SqlError('invalid_parameter_value', `option "${name}" is required with 'lookup.full-cache.reload-strategy' = 'TIMED'`);
  const m = /^(\d\d):(\d\d)(?::(\d\d))?(?:Z|([+-])(\d\d):(\d\d))?$/.exec(text.trim());
  const days = read.int(options, 'lookup.full-cache.timed-reload.interval-in-days') ?? 1;
  if (m === null || Number(m[1]) > 23 || Number(m[2]) > 59 || Number(m[3] ?? 0) > 59) throw bad(name, text, "It is a time of day such as '04:30' or '04:30+02:00'.");
  if (days < 1) throw bad('lookup.full-cache.timed-reload.interval-in-days', String(days), 'It is at least 1.');
  const minutes = Number(m[1]) * 60 + Number(m[2]) - (m[4] === undefined ? 0 : (m[4] === '-' ? -1 : 1) * (Number(m[5]) * 60 + Number(m[6])));
  return { kind: 'timed', atMicros: ((((minutes % 1440) + 1440) % 1440) * 60 + Number(m[3] ?? 0)) * 1_000_000, days };
}

/** `lookup.max-retries`. */
export const lookupRetries = (options: Options): number => Math.max(0, read.int(options, 'lookup.max-retries') ?? 3);

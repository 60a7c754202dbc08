import { SqlError } from '../common/errors.ts';
import type { Options, OptionSpec } from './api.ts';

/** Reading and checking of WITH options: every value is text, typed by the tables of the descriptors. */

const DURATION_MS: Readonly<Record<string, number>> = {
  '': 1, ms: 1, milli: 1, millis: 1, millisecond: 1, milliseconds: 1,
  s: 1000, sec: 1000, secs: 1000, second: 1000, seconds: 1000,
  m: 60_000, min: 60_000, minute: 60_000, minutes: 60_000,
  h: 3_600_000, hour: 3_600_000, hours: 3_600_000,
  d: 86_400_000, day: 86_400_000, days: 86_400_000,
  µs: 1e-3, micro: 1e-3, micros: 1e-3, microsecond: 1e-3, microseconds: 1e-3,
  ns: 1e-6, nano: 1e-6, nanos: 1e-6, nanosecond: 1e-6, nanoseconds: 1e-6,
};

const MEMORY_BYTES: Readonly<Record<string, number>> = {
  '': 1, b: 1, bytes: 1,
  k: 2 ** 10, kb: 2 ** 10, kibibytes: 2 ** 10,
  m: 2 ** 20, mb: 2 ** 20, mebibytes: 2 ** 20,
  g: 2 ** 30, gb: 2 ** 30, gibibytes: 2 ** 30,
  t: 2 ** 40, tb: 2 ** 40, tebibytes: 2 ** 40,
};

/** A Flink duration ("5 s", "1 min", "100 ms", a bare number is milliseconds) in milliseconds, or null. */
export function parseDurationMs(text: string): number | null {
  const m = /^\s*(\d+)\s*([a-zµ]*)\s*$/.exec(text.toLowerCase());
  const unit = m === null ? undefined : DURATION_MS[m[2] ?? ''];
  return m === null || unit === undefined ? null : Number(m[1]) * unit;
}

/** A Flink memory size ("128MB", "64 kb", a bare number is bytes) in bytes, or null. */
export function parseMemoryBytes(text: string): number | null {
  const m = /^\s*(\d+)\s*([a-z]*)\s*$/.exec(text.toLowerCase());
  const unit = m === null ? undefined : MEMORY_BYTES[m[2] ?? ''];
  return m === null || unit === undefined ? null : Number(m[1]) * unit;
}

/** A `;` list; empty entries are dropped. */
export function parseList(text: string): string[] {
  return text.split(';').map((s) => s.trim()).filter((s) => s !== '');
}

const bad = (name: string, value: string, want: string): SqlError =>
  new SqlError('invalid_parameter_value', `invalid value for option "${name}": "${value}"`, { hint: `The option takes ${want}.` });

/** Typed access to validated options. All throw `invalid_parameter_value` naming the option. */
export const read = {
  text: (o: Options, name: string): string | undefined => o[name],
  required(o: Options, name: string): string {
    const v = o[name];
    if (v === undefined) throw new SqlError('invalid_parameter_value', `option "${name}" is required`);
    return v;
  },
  int(o: Options, name: string): number | undefined {
    const v = o[name];
    if (v === undefined) return undefined;
    const n = /^[+-]?\d+$/.test(v.trim()) ? Number(v) : Number.NaN;
    if (!Number.isSafeInteger(n)) throw bad(name, v, 'an integer');
    return n;
  },
  bigint(o: Options, name: string): bigint | undefined {
    const v = o[name];
    if (v === undefined) return undefined;
    if (!/^-?\d+$/.test(v.trim())) throw bad(name, v, 'an integer');
    return BigInt(v.trim());
  },
  double(o: Options, name: string): number | undefined {
    const v = o[name];
    if (v === undefined) return undefined;
    const n = v.trim() === '' ? Number.NaN : Number(v);
    if (!Number.isFinite(n)) throw bad(name, v, 'a number');
    return n;
  },
  boolean(o: Options, name: string): boolean {
    return o[name]?.trim().toLowerCase() === 'true';
  },
  durationMs(o: Options, name: string): number | undefined {
    const v = o[name];
    if (v === undefined) return undefined;
    const n = parseDurationMs(v);
    if (n === null) throw bad(name, v, 'a duration such as "5 s", "1 min" or "100 ms"');
    return n;
  },
  memoryBytes(o: Options, name: string): number | undefined {
    const v = o[name];
    if (v === undefined) return undefined;
    const n = parseMemoryBytes(v);
    if (n === null) throw bad(name, v, 'a size such as "64 kb" or "128 mb"');
    return n;
  },
  list: (o: Options, name: string): string[] => (o[name] === undefined ? [] : parseList(o[name])),
};

/** Edit distance, for suggestions. */
function distance(a: string, b: string): number {
  let prev = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      row.push(Math.min((prev[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (prev[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
    prev = row;
  }
  return prev[b.length] ?? 0;
}

/** The candidate most like `name`, or undefined when none is near. */
export function nearest(name: string, candidates: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestAt = Infinity;
  for (const c of candidates) {
    const d = distance(name.toLowerCase(), c.toLowerCase());
    if (d < bestAt) [best, bestAt] = [c, d];
  }
  return bestAt <= Math.max(3, name.length / 2) ? best : undefined;
}

/** The spec that an option name falls under: exact, then families (`properties.*`) and column patterns (`fields.#.kind`). */
export function specFor(specs: readonly OptionSpec[], name: string): OptionSpec | undefined {
  return specs.find((s) => s.name === name) ?? specs.find((s) => matchesPattern(s.name, name));
}

function matchesPattern(pattern: string, name: string): boolean {
  if (pattern.endsWith('.*')) return name.length > pattern.length - 1 && name.startsWith(pattern.slice(0, -1));
  const hash = pattern.indexOf('#');
  if (hash < 0) return false;
  const head = pattern.slice(0, hash);
  const tail = pattern.slice(hash + 1);
  return name.length > head.length + tail.length && name.startsWith(head) && name.endsWith(tail);
}

/** Checks one value against its spec. */
export function checkOption(spec: OptionSpec, name: string, value: string): void {
  const o: Options = { [name]: value };
  switch (spec.type) {
    case 'int':
      read.int(o, name);
      return;
    case 'bigint':
      read.bigint(o, name);
      return;
    case 'double':
      read.double(o, name);
      return;
    case 'boolean':
      if (!/^\s*(true|false)\s*$/i.test(value)) throw bad(name, value, 'true or false');
      return;
    case 'duration':
      read.durationMs(o, name);
      return;
    case 'memory':
      read.memoryBytes(o, name);
      return;
    case 'enum':
      if (spec.values !== undefined && !spec.values.includes(value)) throw bad(name, value, `one of ${spec.values.join(', ')}`);
      return;
    case 'string':
    case 'list':
      return;
  }
}

/**
 * Checks `given` against a table and fills in defaults. Families and `#` patterns have no defaults.
 * Errors: invalid_parameter_value for an unknown option (naming the nearest), a bad value, a missing required one.
 */
export function checkOptions(given: Options, specs: readonly OptionSpec[], owner: string): Options {
  const out: Record<string, string> = {};
  for (const [name, value] of Object.entries(given)) {
    const spec = specFor(specs, name);
    if (spec === undefined) {
      const near = nearest(name, specs.map((s) => s.name));
      throw new SqlError('invalid_parameter_value', `unknown option "${name}" for ${owner}`, {
        hint: near === undefined ? `The options are ${specs.map((s) => s.name).join(', ')}.` : `Perhaps you meant "${near}".`,
      });
    }
    checkOption(spec, name, value);
    out[name] = value;
  }
  const missing = specs.filter((s) => s.required === true && out[s.name] === undefined).map((s) => `"${s.name}"`);
  if (missing.length > 0) {
    throw new SqlError('invalid_parameter_value', `${owner} needs option${missing.length > 1 ? 's' : ''} ${missing.join(', ')}`);
  }
  for (const s of specs) if (s.default !== undefined) out[s.name] ??= s.default;
  return out;
}

const SECRET_NAME = /passw|secret|token|credential|jaas|private|api[-_.]?key|ssl\.(key|keystore\.key)/i;
/** What stands in place of a secret wherever options are printed. */
export const MASK = '******';

/** URLs may hold passwords. */
const withoutPasswords = (value: string): string =>
  value.includes('://') ? value.replace(/([?&;](?:[a-z]*password|[a-z]*secret|[a-z]*token)=)[^&;]*/gi, `$1${MASK}`).replace(/(:\/\/[^/?#\s:@]*:)[^/?#\s@]*@/g, `$1${MASK}@`) : value;

/** The options fit to print: secrets replaced, by spec or by a telling name. */
export function maskSecrets(options: Options, specs: readonly OptionSpec[]): Options {
  return Object.fromEntries(
    Object.entries(options).map(([k, v]) => [k, specFor(specs, k)?.secret === true || SECRET_NAME.test(k) ? MASK : withoutPasswords(v)]),
  );
}

/** The options of a format given under `prefix` ("", "key." or "value."): `key.json.x` becomes `json.x`. */
export function formatOptions(options: Options, format: string, prefix: '' | 'key.' | 'value.'): Options {
  const head = `${prefix}${format}.`;
  return Object.fromEntries(
    Object.entries(options).filter(([k]) => k.startsWith(head)).map(([k, v]) => [k.slice(prefix.length), v]),
  );
}

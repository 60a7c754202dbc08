import { nearestHint } from '../common/did-you-mean.ts';
import { SqlError } from '../common/errors.ts';
import type { Span } from '../common/span.ts';
import { isTimeZone } from '../common/types/time-zone.ts';
import type { SettingInfo } from '../catalog/system/context.ts';
import { parseDurationMs } from '../connectors/options.ts';
import { quoteName } from '../catalog/names.ts';
import { SETTING_BY_NAME, SETTINGS, type SettingSpec } from './settings-table.ts';

/** A session's settings. SET is undone by ROLLBACK; SET LOCAL ends with the transaction. */
export class Settings {
  readonly #defaults: Map<string, string>;
  #values = new Map<string, string>();
  #local = new Map<string, string>();
  #saved: Map<string, string> | null = null;
  readonly #onReported: (name: string, value: string) => void;
  /** Grows with every change: what was bound before may mean something else now. */
  version = 0;

  constructor(defaults: ReadonlyMap<string, string>, onReported: (name: string, value: string) => void) {
    this.#defaults = new Map(Array.from(defaults, ([k, v]) => [canonical(k), v]));
    this.#onReported = onReported;
  }

  get(name: string): string | undefined {
    const key = canonical(name);
    return this.#local.get(key) ?? this.#values.get(key) ?? this.#default(key);
  }

  /** As `get`, of a setting that is always there. */
  text(name: string): string {
    return this.get(name) ?? '';
  }

  #default(key: string): string | undefined {
    return this.#defaults.get(key) ?? SETTING_BY_NAME.get(key)?.default;
  }

  /** Errors: undefined_object, invalid_parameter_value. */
  set(name: string, values: readonly string[], local: boolean, span?: Span): void {
    const key = canonical(name);
    const text = checkedSetting(name, values, span);
    this.#change(key, () => {
      if (local) this.#local.set(key, text);
      else {
        this.#local.delete(key);
        this.#values.set(key, text);
      }
    });
  }

  reset(name: string, span?: Span): void {
    const key = canonical(name);
    if (!SETTING_BY_NAME.has(key) && !key.includes('.')) throw unknown(name, span);
    this.#change(key, () => {
      this.#local.delete(key);
      this.#values.delete(key);
    });
  }

  resetAll(): void {
    for (const key of new Set([...this.#values.keys(), ...this.#local.keys()])) this.reset(key);
  }

  /** What is set now is what RESET goes back to: the end of the start-up. */
  settle(): void {
    for (const [key, value] of this.#values) this.#defaults.set(key, value);
    this.#values.clear();
  }

  begin(): void {
    this.#saved = new Map(this.#values);
  }

  commit(): void {
    this.#saved = null;
    for (const key of [...this.#local.keys()]) this.#change(key, () => this.#local.delete(key));
  }

  rollback(): void {
    if (this.#saved !== null) this.restore({ values: this.#saved, local: new Map() });
    this.#saved = null;
  }

  /** For savepoints. */
  save(): SavedSettings {
    return { values: new Map(this.#values), local: new Map(this.#local) };
  }

  restore(saved: SavedSettings): void {
    const before = this.reported();
    this.#values = new Map(saved.values);
    this.#local = new Map(saved.local);
    this.version++;
    for (const [name, value] of this.reported()) if (before.get(name) !== value) this.#onReported(name, value);
  }

  reported(): ReadonlyMap<string, string> {
    return new Map(SETTINGS.filter((s) => s.reported === true).map((s) => [s.name, this.text(s.name)]));
  }

  /** As SHOW prints it. Errors: undefined_object. */
  shown(name: string, span?: Span): string {
    const value = this.get(name);
    if (value === undefined) throw unknown(name, span);
    return display(SETTING_BY_NAME.get(canonical(name)), value);
  }

  *list(): Iterable<SettingInfo> {
    for (const s of SETTINGS) {
      const value = display(s, this.text(s.name));
      yield { name: s.name, value, unit: s.type === 'ms' ? 'ms' : null, category: s.category, doc: s.doc, default: s.default };
    }
    for (const key of new Set([...this.#values.keys(), ...this.#local.keys()])) {
      if (!SETTING_BY_NAME.has(key)) yield { name: key, value: this.text(key), unit: null, category: 'Custom', doc: '', default: '' };
    }
  }

  #change(key: string, act: () => void): void {
    const spec = SETTING_BY_NAME.get(key);
    const before = this.get(key);
    act();
    this.version++;
    const after = this.get(key);
    if (spec?.reported === true && after !== undefined && after !== before) this.#onReported(spec.name, after);
  }
}

export interface SavedSettings {
  readonly values: ReadonlyMap<string, string>;
  readonly local: ReadonlyMap<string, string>;
}

function canonical(name: string): string {
  const lower = name.toLowerCase();
  return SETTING_BY_NAME.get(lower)?.name.toLowerCase() ?? lower;
}

function unknown(name: string, span: Span | undefined): SqlError {
  return new SqlError('undefined_object', `unrecognized configuration parameter "${name}"`, { span, hint: nearestHint(name, SETTINGS.map((s) => s.name)) });
}

const TRUE = ['on', 'true', 'yes', '1', 't', 'y'];
const FALSE = ['off', 'false', 'no', '0', 'f', 'n'];
const UNITS: Readonly<Record<string, number>> = { '': 1, us: 0.001, ms: 1, s: 1000, sec: 1000, min: 60_000, h: 3_600_000, d: 86_400_000 };

/** The value as it is kept. Errors: undefined_object, invalid_parameter_value. */
export function checkedSetting(name: string, values: readonly string[], span?: Span): string {
  const spec = SETTING_BY_NAME.get(name.toLowerCase());
  if (spec === undefined) {
    // Names with a dot are anybody's; Flink's among them are accepted without effect.
    if (!name.includes('.')) throw unknown(name, span);
    return values.join(', ');
  }
  if (spec.fixed === true) throw new SqlError('object_not_in_prerequisite_state', `parameter "${spec.name}" cannot be changed`, { span });
  if (spec.type === 'names') return values.map((v) => (values.length > 1 ? quoteName(v) : v)).join(', ');
  if (spec.type === 'dateStyle') return dateStyle(spec, values, span);
  const [value] = values;
  if (value === undefined || values.length !== 1) throw new SqlError('invalid_parameter_value', `SET ${spec.name} takes only one argument`, { span });
  return converted(spec, value, span);
}

function invalid(spec: SettingSpec, value: string, span: Span | undefined, hint?: string): SqlError {
  return new SqlError('invalid_parameter_value', `invalid value for parameter "${spec.name}": "${value}"`, { span, hint });
}

function converted(spec: SettingSpec, value: string, span: Span | undefined): string {
  const lower = value.trim().toLowerCase();
  switch (spec.type) {
    case 'bool':
    case 'flag': {
      const [on, off] = spec.type === 'bool' ? ['on', 'off'] : ['true', 'false'];
      if (TRUE.includes(lower)) return on ?? '';
      if (FALSE.includes(lower)) return off ?? '';
      throw new SqlError('invalid_parameter_value', `parameter "${spec.name}" requires a Boolean value`, { span });
    }
    case 'int': {
      const n = Number(value);
      if (!Number.isInteger(n) || lower === '') throw invalid(spec, value, span);
      if (n < (spec.min ?? -Infinity) || n > (spec.max ?? Infinity)) {
        throw new SqlError('invalid_parameter_value', `${n} is outside the valid range for parameter "${spec.name}" (${spec.min ?? '-∞'} .. ${spec.max ?? '∞'})`, { span });
      }
      return String(n);
    }
    case 'ms': {
      const match = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/.exec(lower);
      const unit = UNITS[match?.[2] ?? ''];
      // Flink's settings, whose names are dotted, take its words for units too: '1 day', '5 minutes'.
      const inWords = unit === undefined && spec.name.includes('.') ? parseDurationMs(lower) : null;
      if (inWords !== null) return String(Math.round(inWords));
      if (match === null || unit === undefined) throw invalid(spec, value, span, 'Valid units for this parameter are "us", "ms", "s", "min", "h", and "d".');
      return String(Math.round(Number(match[1]) * unit));
    }
    case 'enum': {
      if (spec.values?.includes(lower) !== true) throw invalid(spec, value, span, `Available values: ${spec.values?.join(', ') ?? ''}.`);
      return lower;
    }
    case 'zone': {
      const zone = lower === 'local' || lower === 'default' ? 'UTC' : value;
      if (!isTimeZone(zone)) throw invalid(spec, value, span);
      return /^(utc|gmt|z)$/i.test(zone) ? zone.toUpperCase().replace('Z', 'UTC') : zone;
    }
    case 'encoding': {
      if (!['utf8', 'unicode'].includes(lower.replaceAll(/['"\s_-]/g, ''))) throw invalid(spec, value, span, 'Texts are UTF8 here.');
      return 'UTF8';
    }
    default:
      return value;
  }
}

function dateStyle(spec: SettingSpec, values: readonly string[], span: Span | undefined): string {
  let order = 'MDY';
  for (const word of values.flatMap((v) => v.split(',')).map((w) => w.trim().toLowerCase())) {
    if (word === 'iso' || word === 'default') continue;
    const named = { mdy: 'MDY', dmy: 'DMY', ymd: 'YMD', us: 'MDY', noneuro: 'MDY', noneuropean: 'MDY', euro: 'DMY', european: 'DMY' }[word];
    if (named === undefined) throw invalid(spec, word, span, 'Dates are written as ISO here.');
    order = named;
  }
  return `ISO, ${order}`;
}

function display(spec: SettingSpec | undefined, value: string): string {
  if (spec?.type !== 'ms' || value === '0') return value;
  const ms = Number(value);
  for (const [unit, size] of [['d', 86_400_000], ['h', 3_600_000], ['min', 60_000], ['s', 1000]] as const) if (ms % size === 0) return `${ms / size}${unit}`;
  return `${ms}ms`;
}

/** The schemas of a search path's text, in order. */
export function parseSearchPath(text: string, user: string): string[] {
  const out: string[] = [];
  for (const match of text.matchAll(/"((?:[^"]|"")*)"|'((?:[^']|'')*)'|([^,\s"']+)/g)) {
    const name = match[1]?.replaceAll('""', '"') ?? match[2]?.replaceAll("''", "'") ?? match[3] ?? '';
    if (name !== '') out.push(name === '$user' ? user : name);
  }
  return out;
}

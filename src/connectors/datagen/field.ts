import { SqlError, notSupported } from '../../common/errors.ts';
import type { SqlType } from '../../common/types/sql-type.ts';
import type { Numeric, Value } from '../../common/types/value.ts';
import type { Options } from '../api.ts';
import { read } from '../options.ts';
import { parseNumeric, parseScalar, ValueError } from '../parse-value.ts';
import type { CellRandom } from '../random.ts';
import { MICROS_PER_DAY } from '../text.ts';
import { compileExpression } from './expression.ts';

/** One field of the generator: a value for a row number. `random` has been reset for the cell. */
export type FieldValue = (row: number, random: CellRandom, nowMicros: bigint) => Value;

export interface GeneratedField {
  readonly value: FieldValue;
  readonly nullRate: number;
  /** The rows a sequence has, or Infinity. */
  readonly rows: number;
  /** Fast paths that the column writer knows. */
  readonly shape: { readonly kind: 'sequence'; readonly start: number } | { readonly kind: 'range'; readonly min: number; readonly max: number } | { readonly kind: 'value' };
}

const INTEGER_RANGE: Readonly<Record<string, readonly [bigint, bigint]>> = {
  tinyint: [-128n, 127n],
  smallint: [-32768n, 32767n],
  int: [-(2n ** 31n), 2n ** 31n - 1n],
  bigint: [-(2n ** 63n), 2n ** 63n - 1n],
};
const FLOAT_MAX = 3.4028234663852886e38;
const HEX = '0123456789abcdef';

const wrong = (name: string, why: string): SqlError => new SqlError('invalid_parameter_value', `invalid option "${name}": ${why}`);

/** Reads `fields.<path>.*` for one column. */
export function generatedField(type: SqlType, path: string, o: Options): GeneratedField {
  const at = `fields.${path}`;
  const nullRate = read.double(o, `${at}.null-rate`) ?? 0;
  if (nullRate < 0 || nullRate > 1) throw wrong(`${at}.null-rate`, 'it must be between 0 and 1');
  const expression = o[`${at}.expression`];
  if (expression !== undefined) return { value: expressionValue(type, path, expression), nullRate, rows: Infinity, shape: { kind: 'value' } };
  if ((o[`${at}.kind`] ?? 'random') === 'sequence') return { ...sequence(type, at, o), nullRate };
  return { ...randomField(type, path, o), nullRate, rows: Infinity };
}

function expressionValue(type: SqlType, path: string, source: string): FieldValue {
  const make = compileExpression(source);
  if (type.kind === 'varchar') return (_row, r, now) => make(r, Number(now / 1000n));
  return (_row, r, now) => {
    const text = make(r, Number(now / 1000n));
    if (text === '') return null;
    try {
      return parseScalar(type, text);
    } catch (e) {
      if (!(e instanceof ValueError)) throw e;
      throw new SqlError('invalid_text_representation', `expression of field "${path}" gives "${text}"`, { detail: `${e.message}.` });
    }
  };
}

function sequence(type: SqlType, at: string, o: Options): Pick<GeneratedField, 'value' | 'rows' | 'shape'> {
  const start = read.bigint(o, `${at}.start`);
  const end = read.bigint(o, `${at}.end`);
  if (start === undefined) throw wrong(`${at}.start`, 'a sequence needs it');
  if (end === undefined) throw wrong(`${at}.end`, 'a sequence needs it');
  if (end < start) throw wrong(`${at}.end`, 'it must not be below the start');
  const rows = Number(end - start + 1n);
  const range = INTEGER_RANGE[type.kind];
  if (range !== undefined) {
    if (start < range[0] || end > range[1]) throw wrong(`${at}.end`, `the sequence leaves the range of ${type.kind}`);
    const safe = Number.isSafeInteger(Number(start)) && Number.isSafeInteger(Number(end));
    const value: FieldValue = type.kind === 'bigint' ? (row) => start + BigInt(row) : (row) => Number(start) + row;
    return { value, rows, shape: safe ? { kind: 'sequence', start: Number(start) } : { kind: 'value' } };
  }
  const shape = { kind: 'value' } as const;
  switch (type.kind) {
    case 'real':
    case 'double':
      return { value: (row) => Number(start + BigInt(row)), rows, shape };
    case 'decimal':
      return { value: (row): Numeric => ({ unscaled: (start + BigInt(row)) * 10n ** BigInt(type.scale), scale: type.scale }), rows, shape };
    case 'numeric':
      return { value: (row): Numeric => ({ unscaled: start + BigInt(row), scale: 0 }), rows, shape };
    case 'varchar':
    case 'char':
      return { value: (row) => String(start + BigInt(row)), rows, shape };
    default:
      throw notSupported(`a sequence of type ${type.kind}`);
  }
}

function randomField(type: SqlType, path: string, o: Options): Pick<GeneratedField, 'value' | 'shape'> {
  const at = `fields.${path}`;
  const shape = { kind: 'value' } as const;
  const range = INTEGER_RANGE[type.kind];
  if (range !== undefined) {
    const min = read.bigint(o, `${at}.min`) ?? range[0];
    const max = read.bigint(o, `${at}.max`) ?? range[1];
    if (min < range[0] || max > range[1]) throw wrong(`${at}.max`, `it leaves the range of ${type.kind}`);
    if (max < min) throw wrong(`${at}.max`, 'it must not be below the minimum');
    const narrow = max - min < 2n ** 32n && Number.isSafeInteger(Number(min)) && Number.isSafeInteger(Number(max));
    return {
      value: type.kind === 'bigint' ? (_row, r) => r.bigint(min, max) : (_row, r) => Number(r.bigint(min, max)),
      shape: narrow ? { kind: 'range', min: Number(min), max: Number(max) } : shape,
    };
  }
  switch (type.kind) {
    case 'boolean':
      return { value: (_row, r) => (r.uint32() & 1) === 1, shape };
    case 'real':
    case 'double': {
      const limit = type.kind === 'real' ? FLOAT_MAX : Number.MAX_VALUE;
      const min = read.double(o, `${at}.min`) ?? -limit;
      const max = read.double(o, `${at}.max`) ?? limit;
      const single = type.kind === 'real';
      return {
        value: (_row, r) => {
          const u = r.double();
          const v = min * (1 - u) + max * u;
          return single ? Math.fround(v) : v;
        },
        shape,
      };
    }
    case 'decimal': {
      const scale = BigInt(10) ** BigInt(type.scale);
      const limit = 10n ** BigInt(type.precision) - 1n;
      const bound = (name: string, fallback: bigint): bigint => {
        const text = o[name];
        const n = text === undefined ? null : parseNumeric(text.trim());
        if (text === undefined) return fallback;
        if (n === null) throw wrong(name, 'it must be a number');
        return n.scale <= type.scale ? n.unscaled * 10n ** BigInt(type.scale - n.scale) : (n.unscaled * scale) / 10n ** BigInt(n.scale);
      };
      const min = bound(`${at}.min`, -limit);
      const max = bound(`${at}.max`, limit);
      // 96 random bits do not cover 38 digits evenly; draw twice above 64 bits.
      return {
        value: (_row, r): Numeric => ({ unscaled: max - min < 1n << 64n ? r.bigint(min, max) : min + (((max - min) * r.bigint(0n, (1n << 62n) - 1n)) >> 62n), scale: type.scale }),
        shape,
      };
    }
    case 'char':
    case 'varchar':
    case 'bytea': {
      const length = read.int(o, `${at}.length`) ?? type.length ?? 100;
      const variable = read.boolean(o, `${at}.var-len`);
      if (length < 1) throw wrong(`${at}.length`, 'it must be at least 1');
      if (type.kind === 'bytea') {
        return {
          value: (_row, r) => {
            const bytes = new Uint8Array(variable ? 1 + r.int(length) : length);
            for (let i = 0; i < bytes.length; i++) bytes[i] = r.uint32();
            return bytes;
          },
          shape,
        };
      }
      return {
        value: (_row, r) => {
          let s = '';
          const n = variable ? 1 + r.int(length) : length;
          for (let word = 0, i = 0; i < n; i++) {
            if ((i & 7) === 0) word = r.uint32();
            s += HEX[word & 15] as string;
            word >>>= 4;
          }
          return s;
        },
        shape,
      };
    }
    case 'date':
      return { value: (_row, _r, now) => Number(now / MICROS_PER_DAY), shape };
    case 'time':
      return { value: (_row, _r, now) => floorTo(now % MICROS_PER_DAY, type.precision), shape };
    case 'timestamp':
    case 'timestamptz': {
      const maxPast = BigInt(Math.round((read.durationMs(o, `${at}.max-past`) ?? 0) * 1000));
      return { value: (_row, r, now) => floorTo(maxPast === 0n ? now : now - r.bigint(0n, maxPast), type.precision), shape };
    }
    case 'interval':
      return { value: (_row, r) => ({ months: r.int(120), days: 0, micros: 0n }), shape };
    case 'uuid':
      return {
        value: (_row, r) => {
          const b = new Uint8Array(16);
          for (let i = 0; i < 16; i++) b[i] = r.uint32();
          b[6] = ((b[6] as number) & 0x0f) | 0x40;
          b[8] = ((b[8] as number) & 0x3f) | 0x80;
          return b;
        },
        shape,
      };
    case 'array': {
      const element = generatedField(type.element, `${path}.element`, o);
      const length = read.int(o, `${at}.length`) ?? 3;
      return { value: (row, r, now) => Array.from({ length }, () => element.value(row, r, now)), shape };
    }
    case 'map': {
      const key = generatedField(type.key, `${path}.key`, o);
      const value = generatedField(type.value, `${path}.value`, o);
      const length = read.int(o, `${at}.length`) ?? 3;
      return { value: (row, r, now) => Array.from({ length }, (): [Value, Value] => [key.value(row, r, now), value.value(row, r, now)]), shape };
    }
    case 'row': {
      const fields = type.fields.map((f) => generatedField(f.type, `${path}.${f.name}`, o));
      return { value: (row, r, now) => fields.map((f) => (f.nullRate > 0 && r.double() < f.nullRate ? null : f.value(row, r, now))), shape };
    }
    default:
      throw notSupported(`datagen of type ${type.kind}`);
  }
}

const floorTo = (micros: bigint, precision: number): bigint => {
  const unit = 10n ** BigInt(6 - Math.min(6, precision));
  return micros - (micros % unit);
};

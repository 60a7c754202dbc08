import type { SqlType } from '../../common/types/sql-type.ts';
import type { TimestampStandard } from '../parse-value.ts';
import type { ColumnWriter } from './column-writer.ts';
import { dateAt, type FieldReader } from './json-field.ts';
import { skipValue } from './json-scan.ts';
import type { Layout } from './json-layout.ts';

/** Where a run of the generated loop has come to. */
export interface RunState {
  /** The next message, or the one that it leaves to the general decoder. */
  message: number;
  /** The next row. */
  row: number;
}

/**
 * Decodes messages from `s.message` on into the columns until `to`, or up to one that is not written as the layout says:
 * `s.message` is then that one. False means that it stopped so. Rows go to `s.row` and on, their messages to `message`.
 * `limit`: messages that end behind it are left to the general decoder, as the loop reads some bytes too far.
 */
export type Run = (s: RunState, d: Buffer, v: DataView, offsets: Int32Array, lengths: Int32Array, to: number, limit: number, w: readonly ColumnWriter[], message: Int32Array) => boolean;

export interface GeneratedField {
  readonly type: SqlType;
  readonly read: FieldReader;
}

/** How far behind a message's end the loop may read. */
export const slackBytes = (layout: Layout): number => 64 + layout.open.length + layout.members.reduce((n, m) => n + m.bytes.length + layout.comma.length, 0);

const POWERS = Float64Array.from({ length: 23 }, (_, i) => 10 ** i);
const word = (b: Uint8Array, at: number): number => ((b[at] as number) | ((b[at + 1] as number) << 8) | ((b[at + 2] as number) << 16) | ((b[at + 3] as number) << 24)) | 0;

/** A condition that holds when `bytes` lie at `at`: words, then single bytes. */
function matches(bytes: Uint8Array, at: string): string {
  const parts: string[] = [];
  let i = 0;
  for (; i + 4 <= bytes.length; i += 4) parts.push(`v.getInt32(${at} + ${i}, true) === ${word(bytes, i)}`);
  if (i < bytes.length && bytes.length >= 4) parts.push(`v.getInt32(${at} + ${bytes.length - 4}, true) === ${word(bytes, bytes.length - 4)}`);
  else for (; i < bytes.length; i++) parts.push(`d[${at} + ${i}] === ${bytes[i] as number}`);
  return parts.join(' && ');
}

/**
 * `p` runs from behind the opening quote to the first quote, backslash or control character: four bytes at a time, the
 * lowest marked byte of a word being exact. Leaves the row when the message's end is passed.
 */
const SCAN = `for (;;) {
  const x = v.getInt32(p, true), q = x ^ 0x22222222, b = x ^ 0x5c5c5c5c;
  hi |= x;
  const m = (((q - 0x01010101) & ~q) | ((b - 0x01010101) & ~b) | ((x - 0x20202020) & ~x)) & -2139062144;
  if (m !== 0) { p += (31 - Math.clz32(m & -m)) >> 3; break; }
  p += 4;
  if (p > end) break row;
}`;

const INT_LIMIT: Readonly<Record<string, number>> = { tinyint: 127, smallint: 32767 };

/** Digits into `x` (int32, up to nine) and on into `y`; `n` counts them. Begins behind a sign, `g` being 1 after one. */
const DIGITS = `let p = at, g = 0, x = 0, c = d[p];
if (c === 45) { g = 1; c = d[++p]; }
const p0 = p;
c -= 48;
while (c >= 0 && c <= 9 && p - p0 < 9) { x = (x * 10 + c) | 0; c = d[++p] - 48; }`;
/** A number has a digit, and no zero before others. */
const SOUND = `p > p0 && (d[p0] !== 48 || p === p0 + 1)`;

/** Statements that read the value at `at` into row `row` of field `f` and move `at` behind it; odd values go to its general reader. */
function readField(f: number, type: SqlType, standard: TimestampStandard): string {
  const general = `{ flags.flags = 0; at = r${f}(d, at, end, w${f}, row, flags); if (at < 0) break row; hi |= flags.flags << 6; }`;
  switch (type.kind) {
    case 'varchar':
    case 'name':
    case 'unknown':
      return `if (d[at] === 34) {
  let p = at + 1;
  ${SCAN}
  if (d[p] === 34) { o${f}[row] = at + 1; l${f}[row] = p - at - 1; at = p + 1; } else ${general}
} else ${general}`;
    case 'boolean':
      return `if (v.getInt32(at, true) === ${word(Buffer.from('true'), 0)}) { a${f}[row] = 1; at += 4; }
else if (v.getInt32(at, true) === ${word(Buffer.from('fals'), 0)} && d[at + 4] === 101) { a${f}[row] = 0; at += 5; }
else ${general}`;
    case 'tinyint':
    case 'smallint':
    case 'int': {
      const limit = INT_LIMIT[type.kind];
      return `{ ${DIGITS}
if (${SOUND} && !(c >= 0 && c <= 9)${limit === undefined ? '' : ` && x <= ${limit}`}) { a${f}[row] = g === 1 ? -x : x; at = p; } else ${general} }`;
    }
    case 'bigint':
      return `{ ${DIGITS}
let y = x;
while (c >= 0 && c <= 9 && p - p0 < 15) { y = y * 10 + c; c = d[++p] - 48; }
if (${SOUND} && !(c >= 0 && c <= 9)) {
  if (g === 1) y = -y;
  const h = Math.floor(y / 4294967296);
  a${f}[2 * row] = y - h * 4294967296; a${f}[2 * row + 1] = h; at = p;
} else ${general} }`;
    case 'real':
    case 'double':
      return `{ ${DIGITS}
let y = x, z = 0;
while (c >= 0 && c <= 9 && p - p0 < 15) { y = y * 10 + c; c = d[++p] - 48; }
let ok = ${SOUND};
if (c === -2) {
  const p1 = p;
  c = d[++p] - 48;
  while (c >= 0 && c <= 9 && p - p0 <= 15) { y = y * 10 + c; c = d[++p] - 48; }
  z = p - p1 - 1;
  ok = ok && z > 0;
}
if (ok && !(c >= 0 && c <= 9) && (g === 0 || y !== 0)) {
  y /= powers[z];
  a${f}[row] = ${type.kind === 'real' ? 'Math.fround(g === 1 ? -y : y)' : 'g === 1 ? -y : y'}; at = p;
} else ${general} }`;
    case 'timestamp':
    case 'timestamptz': {
      const local = type.kind === 'timestamptz';
      const unit = 10 ** (6 - Math.min(6, type.precision));
      // The date's ten bytes are compared with the last ones: neighbours mostly share them.
      return `{ let ok = d[at] === 34 && d[at + 11] === ${standard === 'SQL' ? 32 : 84} && d[at + 14] === 58 && d[at + 17] === 58;
if (ok) {
  const d0 = v.getInt32(at + 1, true), d1 = v.getInt32(at + 5, true), d2 = v.getInt16(at + 9, true);
  if (d0 !== day0 || d1 !== day1 || d2 !== day2) {
    const days = dateAt(d, at + 1);
    if (days === days) { day0 = d0; day1 = d1; day2 = d2; dayUs = days * 86400000000; } else ok = false;
  }
}
if (ok) {
  const h1 = d[at + 12] - 48, h0 = d[at + 13] - 48, m1 = d[at + 15] - 48, m0 = d[at + 16] - 48, s1 = d[at + 18] - 48, s0 = d[at + 19] - 48;
  const h = h1 * 10 + h0;
  ok = (((h1 + 6) | (h0 + 6) | (m1 + 6) | (m0 + 6) | (s1 + 6) | (s0 + 6)) & -16) === 0 && h < 24 && m1 < 6 && s1 < 6;
  let p = at + 20, us = 0;
  if (d[p] === 46) {
    let n = 0, c = d[++p] - 48;
    while (c >= 0 && c <= 9 && n < 6) { us = us * 10 + c; n++; c = d[++p] - 48; }
    if (n === 0 || (c >= 0 && c <= 9)) ok = false;
    for (; n < 6; n++) us *= 10;
    ${unit > 1 ? `us -= us % ${unit};` : ''}
  }
  ${local ? 'if (d[p] === 90) p++; else ok = false;' : ''}
  if (d[p] !== 34) ok = false;
  if (ok) {
    const y = dayUs + ((h * 60 + m1 * 10 + m0) * 60 + s1 * 10 + s0) * 1000000 + us;
    ok = y >= -9007199254740991 && y <= 9007199254740991;
    if (ok) {
      const t = Math.floor(y / 4294967296);
      a${f}[2 * row] = y - t * 4294967296; a${f}[2 * row + 1] = t; at = p + 1;
    }
  }
}
if (!ok) ${general} }`;
    }
    default:
      return general;
  }
}

/** Checks a value that nobody reads: strings here, the rest by the scanner. */
const SKIP = `if (d[at] === 34) {
  let p = at + 1;
  ${SCAN}
  if (d[p] === 34) at = p + 1;
  else { flags.flags = 0; at = skipValue(d, at, end, flags, 0); if (at < 0) break row; hi |= flags.flags << 6; }
} else { flags.flags = 0; at = skipValue(d, at, end, flags, 0); if (at < 0) break row; hi |= flags.flags << 6; }`;

function locals(f: number, type: SqlType): string {
  switch (type.kind) {
    case 'varchar':
    case 'name':
    case 'unknown':
      return `, o${f} = w${f}.offsets, l${f} = w${f}.lengths`;
    case 'boolean':
      return `, a${f} = w${f}.bools`;
    case 'real':
    case 'double':
      return `, a${f} = w${f}.doubles`;
    default:
      return `, a${f} = w${f}.ints`;
  }
}

/**
 * Makes the loop for a layout. Members may be missing but must keep their order. The source holds numbers and our own
 * names only: names of members are compared as words of bytes.
 * @param strict a projected member that is missing sends the row to the general decoder
 */
export function generateRun(layout: Layout, fields: readonly GeneratedField[], standard: TimestampStandard, strict: boolean, isUtf8: (part: Uint8Array) => boolean): Run {
  const present = new Set(layout.members.map((m) => m.field));
  const missing = (f: number): string => (strict ? 'break row;' : `w${f}.setNull(row);`);
  const never = fields.map((_, f) => f).filter((f) => !present.has(f));
  const steps = layout.members.map((m, i) => {
    const value = m.field < 0 ? SKIP : readField(m.field, (fields[m.field] as GeneratedField).type, standard);
    // After a value comes a comma, or the end: which members were left out is then known by the place.
    return `if (${matches(m.bytes, 'at')}) {
at += ${m.bytes.length};
${value}
if (${matches(layout.comma, 'at')}) at += ${layout.comma.length};
else if (${matches(layout.close, 'at')}) { at += ${layout.close.length}; last = ${i + 1}; break body; }
else break row;
}${m.field < 0 ? '' : ` else { ${missing(m.field)} }`}`;
  });
  const rest = layout.members.map((m, i) => (m.field < 0 ? '' : `if (last <= ${i}) { ${missing(m.field)} }`)).filter((t) => t !== '');
  const source = `'use strict';
const { readers, skipValue, dateAt, powers, isUtf8 } = constants;
const flags = { flags: 0 };
let day0 = 0, day1 = 0, day2 = 0, dayUs = 0;
${fields.map((_, f) => `const r${f} = readers[${f}];`).join('\n')}
return (s, d, v, offsets, lengths, to, limit, w, message) => {
${fields.map((x, f) => `const w${f} = w[${f}]${locals(f, x.type)};`).join('\n')}
let row = s.row, i = s.message;
for (; i < to; i++) {
  const length = lengths[i];
  if (length < 0) continue;
  const from = offsets[i], end = from + length;
  let at = from, hi = 0, last = 0;
  row: {
    if (end > limit || !(${matches(layout.open, 'at')})) break row;
    at += ${layout.open.length};
    body: {
${steps.join('\n')}
      break row;
    }
    if (at !== end) break row;
    if ((hi & -2139062144) !== 0 && !isUtf8(d.subarray(from, end))) break row;
    ${rest.length === 0 ? '' : `if (last < ${layout.members.length}) { ${rest.join(' ')} }`}
    ${never.map(missing).join(' ')}
    message[row++] = i;
    continue;
  }
  s.row = row; s.message = i;
  return false;
}
s.row = row; s.message = i;
return true;
};`;
  const make = new Function('constants', source) as (constants: object) => Run;
  return make({ readers: fields.map((f) => f.read), skipValue, dateAt, powers: POWERS, isUtf8 });
}

import { physicalOf, type SqlType } from '../../common/types/sql-type.ts';
import type { UserRoutine } from './routine.ts';
import { shapeOf, type Shape } from './shape.ts';

/** What joins the prelude and the user's code: scripts of the guest, made for one signature. They hold no text of the user's. */

const json = (value: unknown): string => JSON.stringify(value);

/** The function a module exports: of the routine's name, the default, or the only one. */
const CHOSEN = (name: string): string => `
const pick = (code) => {
  if (typeof code === 'function') return code;
  const wanted = ${json(name)}, low = wanted.toLowerCase(), names = Object.keys(code).filter((k) => typeof code[k] === 'function');
  const found = names.find((k) => k === wanted) || names.find((k) => k.toLowerCase() === low) || (names.includes('default') ? 'default' : names.length === 1 ? names[0] : undefined);
  if (found === undefined) throw new p.TypeErr('the module exports no function ' + wanted);
  return code[found];
};`;

const revived = (shape: Shape, value: string): string => (typeof shape === 'string' && 'ondsvD'.includes(shape) ? value : `p.revive(${json(shape)}, ${value})`);

/** Text of a list of arguments, then the seed, to the text of the result. */
export function rowGlue(args: readonly Shape[], results: readonly (readonly [string, Shape])[], strict: boolean, name: string): string {
  const [result] = results;
  const list = args.map((shape, i) => revived(shape, `a[${i}]`)).join(', ');
  return `(p, code) => {${CHOSEN(name)}
const f = pick(code), shape = ${json(result?.[1] ?? 's')};
return (text, seed) => {
  if (seed !== '') p.seed(+seed);
  const a = p.parse(text);
  ${strict ? 'if (a.includes(null)) return "null";' : ''}
  return p.stringify(p.reduce(shape, f(${list})));
};}`;
}

/** As `rowGlue`, to the text of all rows. A single column's rows are its values; others are lists, or objects by name. */
export function tableGlue(args: readonly Shape[], results: readonly (readonly [string, Shape])[], name: string): string {
  const list = args.map((shape, i) => revived(shape, `a[${i}]`)).join(', ');
  const [only] = results;
  const single = results.length === 1 && only !== undefined;
  return `(p, code) => {${CHOSEN(name)}
const f = pick(code), shape = ${json(single ? only[1] : { r: results })}, single = ${single}, column = ${json(only?.[0] ?? '')}, isRow = ${single && typeof only[1] === 'object' && 'r' in only[1]};
return (text, seed) => {
  if (seed !== '') p.seed(+seed);
  const a = p.parse(text), out = [];
  const rows = f(${list});
  if (rows === null || rows === undefined) return '[]';
  if (typeof rows !== 'object' || typeof rows[p.iterator] !== 'function') p.bad(rows, 'an array or an iterator of rows');
  for (let row of rows) {
    if (single) {
      if (!isRow && typeof row === 'object' && row !== null && !(row instanceof p.MapOf) && Object.keys(row).length === 1 && column in row) row = row[column];
      out.push([p.reduce(shape, row)]);
    } else {
      if (row === null || typeof row !== 'object') p.bad(row, 'a row: an array or an object');
      out.push(p.reduce(shape, row));
    }
  }
  return p.stringify(out);
};}`;
}

/** How a column crosses: by a typed array, or as JSON. */
export type Lane = 'Int32' | 'Float64' | 'BigInt64' | 'Uint8' | 'json';

export function laneOf(type: SqlType): Lane {
  switch (shapeOf(type)) {
    case 'n':
      return physicalOf(type) === 'i32' && type.kind !== 'oid' ? 'Int32' : 'json';
    case 'f':
      return 'Float64';
    case 'i':
      return 'BigInt64';
    case 'o':
      return 'Uint8';
    default:
      return 'json';
  }
}
/** Whole numbers come back as doubles, so that the host can say which one is out of range. */
export const resultLane = (type: SqlType): Lane => (laneOf(type) === 'Int32' ? 'Float64' : laneOf(type));

export const LANE_BYTES: Readonly<Record<Exclude<Lane, 'json'>, number>> = { Int32: 4, Float64: 8, BigInt64: 8, Uint8: 1 };

/**
 * A batch: `room(bytes)` gives the buffer that the host then fills; `many(n, text)` computes. The text holds, by argument, where
 * its values and its NULLs (or -1) lie in the buffer, or its values; then where the result and its NULLs go.
 */
export function batchGlue(routine: UserRoutine): string {
  const lanes = routine.params.map((a) => laneOf(a.type));
  const shapes = routine.params.map((a) => shapeOf(a.type));
  const result = routine.returns[0]?.type ?? { kind: 'varchar' };
  const lane = resultLane(result);
  const shape = shapeOf(result);
  const opened = lanes.map((l, i) => (l === 'json' ? `const c${i} = m[${i}];` : `const c${i} = new ${l}Array(B, m[${i}][0], n), z${i} = m[${i}][1] < 0 ? null : new Uint8Array(B, m[${i}][1], n);`));
  const read = lanes.map((l, i) => {
    if (l === 'json') return `const a${i} = ${revived(shapes[i] as Shape, `c${i}[i]`)};`;
    return `const a${i} = z${i} !== null && z${i}[i] === 1 ? null : c${i}[i]${l === 'Uint8' ? ' === 1' : ''};`;
  });
  const names = lanes.map((_, i) => `a${i}`);
  const skip = routine.strict && names.length > 0 ? `if (${names.map((a) => `${a} === null`).join(' || ')}) { nul[i] = 1; continue; }` : '';
  const stores: Readonly<Record<Lane, string>> = {
    Int32: '',
    Float64: shape === 'n' ? "o[i] = typeof r === 'number' && p.isInt(r) ? r : p.reduce('n', r);" : "o[i] = typeof r === 'number' ? r : p.bad(r, 'a number');",
    BigInt64: 'o[i] = p.int64(r);',
    Uint8: "o[i] = typeof r === 'boolean' ? (r ? 1 : 0) : p.bad(r, 'a boolean');",
    json: `o[i] = ${shape === 's' ? "typeof r === 'string' ? r : p.bad(r, 'a string')" : 'p.reduce(shape, r)'};`,
  };
  const at = lanes.length;
  return `(p, code) => {${CHOSEN(routine.name)}
const f = pick(code), shape = ${json(shape)}, P = new Int32Array(1);
let B = new ArrayBuffer(0);
return {
  progress: P.buffer,
  room(bytes) { if (B.byteLength < bytes) B = new ArrayBuffer(bytes); return B; },
  many(n, text, seed) {
    if (seed !== '') p.seed(+seed);
    const m = p.parse(text);
    ${opened.join('\n    ')}
    const o = ${lane === 'json' ? 'new Array(n).fill(null)' : `new ${lane}Array(B, m[${at}], n)`}, nul = new Uint8Array(B, m[${at + 1}], n);
    for (let i = 0; i < n; i++) {
      P[0] = i;
      ${read.join('\n      ')}
      ${skip}
      const r = f(${names.join(', ')});
      if (r === null || r === undefined) { nul[i] = 1; continue; }
      nul[i] = 0;
      ${stores[lane]}
    }
    return ${lane === 'json' ? 'p.stringify(o)' : "''"};
  },
};}`;
}

/**
 * An aggregate over states as text (`null`: the initial one).
 * `update(states, slots, weights, rows)`: row i goes into state slots[i], or out of it where weights[i] is negative.
 */
export function aggregateGlue(args: readonly Shape[], results: readonly (readonly [string, Shape])[]): string {
  const list = args.map((shape, i) => `, ${revived(shape, `a[${i}]`)}`).join('');
  return `(p, code) => {
const { create_state, accumulate, retract, merge, finish } = code, shape = ${json(results[0]?.[1] ?? 's')}, P = new Int32Array(1);
const opened = (text) => text === null ? create_state() : p.unpack(p.parse(text));
const closed = (state) => p.stringify(p.pack(state));
const kept = (before, after) => { if (after !== undefined) return after; if (typeof before !== 'object' || before === null) throw new p.TypeErr('no state was returned'); return before; };
return {
  progress: P.buffer,
  has: (name) => typeof code[name] === 'function',
  update(text, seed) {
    if (seed !== '') p.seed(+seed);
    const [states, slots, weights, rows] = p.parse(text);
    for (let i = 0; i < states.length; i++) states[i] = opened(states[i]);
    for (let i = 0; i < slots.length; i++) {
      P[0] = i;
      const a = rows[i], s = slots[i];
      states[s] = kept(states[s], weights[i] > 0 ? accumulate(states[s]${list}) : retract(states[s]${list}));
    }
    return p.stringify(states.map(closed));
  },
  merge(text) {
    const pairs = p.parse(text);
    return p.stringify(pairs.map(([a, b], i) => { P[0] = i; const into = opened(a); return closed(kept(into, merge(into, opened(b)))); }));
  },
  finish(text) {
    return p.stringify(p.parse(text).map((state, i) => { P[0] = i; const s = opened(state); return p.reduce(shape, finish === undefined ? s : finish(s)); }));
  },
};}`;
}

import type { UserRoutine } from './routine.ts';

/**
 * The side of the crossing that runs in the sandbox: JavaScript text. Values cross as JSON whose form the type decides
 * (`shape.ts`): `revive` makes of it what the function gets, `reduce` checks what it gave.
 */

/** Names that the body may use for its arguments. */
const IDENTIFIER = /^[A-Za-z_$][\w$]*$/;
const RESERVED: ReadonlySet<string> = new Set(
  ('arguments await break case catch class const continue debugger default delete do else enum eval export extends false finally for function if implements import in ' +
    'instanceof interface let new null package private protected public return static super switch this throw true try typeof var void while with yield').split(' '),
);

export function parameterNames(params: UserRoutine['params']): string[] {
  return params.map((p, i) => (p.name !== null && IDENTIFIER.test(p.name) && !RESERVED.has(p.name) ? p.name : `$${i + 1}`));
}

/** A body that exports its functions, rather than being the statements of one. */
export const isModule = (source: string): boolean => /^\s*export\b/m.test(source);

/** What stands before statements on their first line. Newlines in it would shift the lines that errors tell. */
export function head(kind: UserRoutine['kind'], params: UserRoutine['params'], source: string): string {
  if (kind === 'aggregate') return '(function(){"use strict";';
  const star = kind === 'table' && /\byield\b/.test(source) ? '*' : '';
  return `(function${star}(${parameterNames(params).join(', ')}){"use strict";`;
}

export const AGGREGATE_PARTS = ['create_state', 'accumulate', 'retract', 'merge', 'finish'] as const;

/** The script whose value is the function, or an aggregate's functions by name. */
export function wrapped(kind: UserRoutine['kind'], params: UserRoutine['params'], source: string): string {
  const tail = kind === 'aggregate' ? `\nreturn {${AGGREGATE_PARTS.map((n) => `${n}: typeof ${n} === 'function' ? ${n} : undefined`).join(', ')}}})()` : '\n})';
  return `${head(kind, params, source)}${source}${tail}`;
}

/** Functions for the glue below. Run before the user's code, which cannot reach it. */
export const PRELUDE = `(function () {
'use strict';
const parse = JSON.parse, stringify = JSON.stringify, isArray = Array.isArray, list = Array.from, Big = BigInt, Txt = String, Num = Number;
const asInt64 = BigInt.asIntN, isInt = Number.isInteger, isSafe = Number.isSafeInteger, DateOf = Date, TypeErr = TypeError, RangeErr = RangeError, MapOf = Map, SetOf = Set, Bytes = Uint8Array;
const entries = Object.entries, fromEntries = Object.fromEntries, protoOf = Object.getPrototypeOf, define = Object.defineProperty, iterator = Symbol.iterator, PromiseOf = Promise;
let seed = 0x9e3779b9;
const noClock = () => { throw new TypeErr('a function has no clock: pass the time as an argument'); };
const SafeDate = new Proxy(DateOf, {
  construct(target, args, to) { if (args.length === 0) noClock(); return Reflect.construct(target, args, to); },
  apply: noClock,
});
define(DateOf, 'now', { value: noClock });
define(DateOf.prototype, 'constructor', { value: SafeDate, configurable: true, writable: true });
globalThis.Date = SafeDate;
delete globalThis.WeakRef;
delete globalThis.FinalizationRegistry;
delete globalThis.SharedArrayBuffer;
const described = (v) => v === null ? 'null' : isArray(v) ? 'an array' : typeof v === 'object' ? (v instanceof PromiseOf ? 'a promise' : 'an object') : typeof v === 'undefined' ? 'undefined' : 'a ' + typeof v;
const bad = (v, wanted) => { throw new TypeErr('returned ' + described(v) + ' where ' + wanted + ' is expected'); };
const HEX = '0123456789abcdef';
const hexOf = (b) => { let s = ''; for (let i = 0; i < b.length; i++) s += HEX[b[i] >> 4] + HEX[b[i] & 15]; return s; };
const timeOf = (micros) => { const d = new DateOf(Num((micros - ((micros % 1000n) + 1000n) % 1000n) / 1000n)); define(d, 'micros', { value: micros }); return d; };
const plain = (shape) => shape === 'o' || shape === 'n' || shape === 'd' || shape === 's' || shape === 'v' || shape === 'D';
function revive(shape, v) {
  if (v === null) return null;
  switch (shape) {
    case 'o': case 'n': case 'd': case 's': case 'v': case 'D': return v;
    case 'f': return typeof v === 'string' ? Num(v) : v;
    case 'i': return Big(v);
    case 't': return timeOf(Big(v));
    case 'j': return parse(v);
    case 'b': { const out = new Bytes(v.length / 2); for (let i = 0; i < out.length; i++) out[i] = parseInt(v.slice(2 * i, 2 * i + 2), 16); return out; }
  }
  if (shape.a !== undefined) return plain(shape.a) ? v : v.map((x) => revive(shape.a, x));
  if (shape.m !== undefined) {
    const pairs = v.map((p) => [revive(shape.m[0], p[0]), revive(shape.m[1], p[1])]);
    return shape.m[0] === 's' ? fromEntries(pairs) : new MapOf(pairs);
  }
  return fromEntries(shape.r.map(([name, s], i) => [name, revive(s, v[i] === undefined ? null : v[i])]));
}
function reduce(shape, v) {
  if (v === null || v === undefined) return null;
  switch (shape) {
    case 'o': return typeof v === 'boolean' ? v : bad(v, 'a boolean');
    case 'n': if (typeof v === 'bigint' && isSafe(Num(v))) return Num(v); return typeof v === 'number' && isInt(v) ? v : typeof v === 'number' ? badNumber(v) : bad(v, 'a whole number');
    case 'f': return typeof v === 'number' ? (v - v === 0 ? v : Txt(v)) : bad(v, 'a number');
    case 'i': return Txt(int64(v));
    case 'd': if (typeof v === 'string' || typeof v === 'bigint') return Txt(v); return typeof v === 'number' ? Txt(v) : bad(v, 'a number, a bigint or the text of a decimal');
    case 's': return typeof v === 'string' ? v : bad(v, 'a string');
    case 'v': return typeof v === 'string' ? v : bad(v, 'the text of a value');
    case 'D': return typeof v === 'string' ? v : v instanceof DateOf ? v.toISOString().slice(0, 10) : bad(v, 'a Date or the text of a date');
    case 't': return v instanceof DateOf ? microsOf(v) : typeof v === 'bigint' ? Txt(v) : typeof v === 'string' ? '=' + v : bad(v, 'a Date, microseconds as a bigint or the text of a time');
    case 'b': return v instanceof Bytes ? hexOf(v) : bad(v, 'a Uint8Array');
    case 'j': { const text = stringify(v); return text === undefined ? bad(v, 'a JSON value') : text; }
  }
  if (shape.a !== undefined) return isArray(v) ? v.map((x) => reduce(shape.a, x)) : ArrayBuffer.isView(v) ? list(v, (x) => reduce(shape.a, x)) : bad(v, 'an array');
  if (shape.m !== undefined) {
    if (typeof v !== 'object' || isArray(v)) bad(v, 'a Map or an object');
    return (v instanceof MapOf ? list(v) : entries(v)).map(([k, x]) => [reduce(shape.m[0], k), reduce(shape.m[1], x)]);
  }
  if (isArray(v)) {
    if (v.length !== shape.r.length) throw new TypeErr('returned ' + v.length + ' values where ' + shape.r.length + ' are expected');
    return shape.r.map(([, s], i) => reduce(s, v[i]));
  }
  if (typeof v !== 'object') bad(v, 'an object with the fields ' + shape.r.map(([name]) => name).join(', '));
  for (const key of Object.keys(v)) if (!shape.r.some(([name]) => name === key)) throw new TypeErr('returned a field "' + key + '" that is none of ' + shape.r.map(([name]) => name).join(', '));
  return shape.r.map(([name, s]) => reduce(s, v[name]));
}
const badNumber = (v) => { throw new RangeErr('returned ' + v + ' where a whole number is expected'); };
function int64(v) {
  if (typeof v === 'number') { if (!isInt(v)) badNumber(v); if (!isSafe(v)) throw new RangeErr('returned the number ' + v + ', which has lost digits: a bigint is expected'); v = Big(v); }
  if (typeof v !== 'bigint') bad(v, 'a bigint');
  if (asInt64(64, v) !== v) throw new RangeErr('returned ' + v + ', which is out of range for bigint');
  return v;
}
function microsOf(d) {
  const ms = d.getTime();
  if (ms !== ms) throw new RangeErr('returned an invalid Date');
  const kept = d.micros;
  return Txt(typeof kept === 'bigint' && timeOf(kept).getTime() === ms ? kept : Big(ms) * 1000n);
}
/* States: JSON, with the other values tagged. */
function pack(v) {
  switch (typeof v) {
    case 'string': case 'boolean': return v;
    case 'number': return v - v === 0 && !Object.is(v, -0) ? v : { $: 'f', v: Object.is(v, -0) ? '-0' : Txt(v) };
    case 'bigint': return { $: 'i', v: Txt(v) };
    case 'undefined': return { $: 'u' };
    case 'object': break;
    default: throw new TypeErr('a state holds ' + described(v) + ': it must be plain data');
  }
  if (v === null) return null;
  if (isArray(v)) return v.map(pack);
  if (v instanceof DateOf) return { $: 't', v: microsOf(v) };
  if (v instanceof MapOf) return { $: 'm', v: list(v, (p) => [pack(p[0]), pack(p[1])]) };
  if (v instanceof SetOf) return { $: 's', v: list(v, pack) };
  if (v instanceof Bytes) return { $: 'b', v: hexOf(v) };
  const proto = protoOf(v);
  if (proto !== Object.prototype && proto !== null) throw new TypeErr('a state holds an object of a class: it must be plain data');
  const out = fromEntries(entries(v).map(([k, x]) => [k, pack(x)]));
  return '$' in out ? { $: 'o', v: out } : out;
}
function unpack(v) {
  if (typeof v !== 'object' || v === null) return v;
  if (isArray(v)) { for (let i = 0; i < v.length; i++) v[i] = unpack(v[i]); return v; }
  switch (v.$) {
    case undefined: break;
    case 'f': return Num(v.v);
    case 'i': return Big(v.v);
    case 'u': return undefined;
    case 't': return timeOf(Big(v.v));
    case 'm': return new MapOf(v.v.map((p) => [unpack(p[0]), unpack(p[1])]));
    case 's': return new SetOf(v.v.map(unpack));
    case 'b': return revive('b', v.v);
    case 'o': v = v.v;
  }
  for (const k of Object.keys(v)) v[k] = unpack(v[k]);
  return v;
}
const random = Math.random;
define(Math, 'random', { configurable: true, value: () => { throw new TypeErr('Math.random() gives another number each time: declare the function VOLATILE'); } });
return {
  revive, reduce, pack, unpack, parse, stringify, int64, bad, badNumber, isInt, iterator, isArray, TypeErr, MapOf,
  seeded() {
    define(Math, 'random', { value: () => { seed ^= seed << 13; seed ^= seed >>> 17; seed ^= seed << 5; return (seed >>> 0) / 4294967296; } });
  },
  seed(n) { seed = (n | 0) || 1; },
};
})()`;

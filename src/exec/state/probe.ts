import type { Column } from '../../common/batch/column.ts';
import type { SqlType } from '../../common/types/sql-type.ts';
import { physicalOf } from '../../common/types/sql-type.ts';
import { comparatorOf } from '../../common/types/compare.ts';
import { identical } from '../canonical.ts';
import { HASH_HIGH, HASH_SEED, MIX_A, MIX_B, NULL_HASH } from '../hash.ts';
import type { KeyedStore } from './keyed-store.ts';

/**
 * `sql`: grouping's equality (NULL equals NULL, numbers by value). `exact`: the very same values (1.0 is not 1.00), for
 * whole rows.
 */
export type Equality = 'sql' | 'exact';

/**
 * Looks every row up and, in an upserting probe, adds the missing; slots go to `out`, -1 for absent. `hashes` may be null for
 * a probe that `hashesInline`.
 */
export type Probe = (store: KeyedStore, columns: readonly Column[], hashes: Int32Array | null, n: number, out: Int32Array, groups: Int32Array | null) => void;

export interface Probes {
  readonly find: Probe;
  readonly upsert: Probe;
  /** An upsert that also calls `firstTouch` for slots without the TOUCHED flag. */
  readonly track: Probe;
  /** `track` computes the hashes itself. */
  readonly hashesInline: boolean;
}

const cache = new Map<string, Probes>();

function bytesEqual(a: DataView, x: number, b: DataView, y: number, length: number): boolean {
  let i = 0;
  for (; i + 4 <= length; i += 4) if (a.getInt32(x + i, true) !== b.getInt32(y + i, true)) return false;
  for (; i < length; i++) if (a.getUint8(x + i) !== b.getUint8(y + i)) return false;
  return true;
}

/** Set for entries that a tracking probe has met, until `clearTouched`. */
export const TOUCHED = 16;

const boxedSignature = (type: SqlType, equality: Equality): string => (equality === 'exact' ? 'boxed' : `boxed:${JSON.stringify(type)}`);

/**
 * The probing loops for keys of these types, generated once per signature so that each sees one kind of array.
 * Only column numbers get into the source.
 * @param groupPrefix a new entry lies in the key group of the hash of so many leading columns.
 */
export function probesFor(types: readonly SqlType[], equality: Equality, groupPrefix: number = types.length): Probes {
  const hashesInline = types.length > 0 && types.every(hasInlineHash);
  const signature = `${equality}|${groupPrefix}|${types.map((t) => (physicalOf(t) === 'boxed' ? boxedSignature(t, equality) : `${physicalOf(t)}${hasInlineHash(t) ? '#' : ''}`)).join(',')}`;
  let probes = cache.get(signature);
  if (probes === undefined) {
    probes = {
      find: generate(types, equality, 'find', null),
      upsert: generate(types, equality, 'upsert', null),
      track: generate(types, equality, 'track', hashesInline ? groupPrefix : null),
      hashesInline,
    };
    cache.set(signature, probes);
  }
  return probes;
}

/** Integers: `mix` of hash.ts written out. */
const hasInlineHash = (type: SqlType): boolean => physicalOf(type) === 'i32' || (physicalOf(type) === 'i64' && type.kind !== 'decimal');

/** Code that computes `h`, and `g` for the key group, as `hashColumns` does. */
function hashCode(types: readonly SqlType[], groupPrefix: number): string {
  const lines = [`let h = ${HASH_SEED}, g = 0, t;`];
  types.forEach((type, c) => {
    const value = physicalOf(type) === 'i32' ? `v${c}[i]` : `v${c}[2 * i] ^ Math.imul(v${c}[2 * i + 1] ^ (v${c}[2 * i] >> 31), ${HASH_HIGH})`;
    lines.push(
      `if (n${c} !== null && n${c}[i] === 1) t = ${NULL_HASH};`,
      `else { t = ${value}; t = Math.imul(t ^ (t >>> 16), ${MIX_A}); t = Math.imul(t ^ (t >>> 13), ${MIX_B}); t ^= t >>> 16; }`,
      `t = (Math.imul(h, 31) + t) | 0; t = Math.imul(t ^ (t >>> 16), ${MIX_A}); t = Math.imul(t ^ (t >>> 13), ${MIX_B}); h = t ^ (t >>> 16);`,
    );
    if (c + 1 === groupPrefix) lines.push('g = h & 127;');
  });
  return lines.join('\n    ');
}

function generate(types: readonly SqlType[], equality: Equality, mode: 'find' | 'upsert' | 'track', inlinePrefix: number | null): Probe {
  const insert = mode !== 'find';
  const inputs: string[] = [];
  const state: string[] = [];
  const tests: string[] = [];
  const constants: unknown[] = [bytesEqual];
  types.forEach((type, c) => {
    inputs.push(`const c${c} = columns[${c}], n${c} = c${c}.nulls;`);
    state.push(`k = store.columns[${c}]; m${c} = k.nulls;`);
    let test: string;
    switch (physicalOf(type)) {
      case 'bool':
        inputs.push(`const v${c} = c${c}.values; let m${c}, s${c};`);
        state.push(`s${c} = k.bool;`);
        test = `v${c}[i] === s${c}[slot]`;
        break;
      case 'i32':
        inputs.push(`const v${c} = c${c}.values; let m${c}, s${c};`);
        state.push(`s${c} = k.i32;`);
        test = `v${c}[i] === s${c}[slot]`;
        break;
      case 'i64':
        inputs.push(`const v${c} = c${c}.words; let m${c}, s${c};`);
        state.push(`s${c} = k.words;`);
        test = `(v${c}[2 * i] === s${c}[2 * slot] && v${c}[2 * i + 1] === s${c}[2 * slot + 1])`;
        break;
      case 'f64':
        inputs.push(`const v${c} = c${c}.values; let m${c}, s${c};`);
        state.push(`s${c} = k.f64;`);
        test = equality === 'exact' ? `Object.is(v${c}[i], s${c}[slot])` : `(v${c}[i] === s${c}[slot] || (v${c}[i] !== v${c}[i] && s${c}[slot] !== s${c}[slot]))`;
        break;
      case 'bytes':
        inputs.push(`const d${c} = new DataView(c${c}.data.buffer, c${c}.data.byteOffset, c${c}.data.byteLength), o${c} = c${c}.offsets, l${c} = c${c}.lengths; let m${c}, sd${c}, so${c}, sl${c};`);
        state.push(`sd${c} = k.dataView; so${c} = k.offsets; sl${c} = k.lengths;`);
        test = `(l${c}[i] === sl${c}[slot] && constants[0](d${c}, o${c}[i], sd${c}, so${c}[slot], l${c}[i]))`;
        break;
      case 'boxed': {
        const compare = comparatorOf(type);
        constants.push(equality === 'exact' ? identical : (a: never, b: never) => compare(a, b) === 0);
        inputs.push(`const v${c} = c${c}.values, e${c} = constants[${constants.length - 1}]; let m${c}, s${c};`);
        state.push(`s${c} = k.boxed;`);
        test = `e${c}(v${c}[i], s${c}[slot])`;
        break;
      }
    }
    tests.push(`(n${c} !== null && n${c}[i] === 1 ? m${c} !== null && m${c}[slot] === 1 : (m${c} === null || m${c}[slot] !== 1) && ${test})`);
  });
  const body = `
'use strict';
return function probe(store, columns, hashes, n, out, groups) {
  ${insert ? 'store.reserve(n);' : ''}
  ${inputs.join('\n  ')}
  let k;
  ${state.join('\n  ')}
  const subs = store.subs;
  ${mode === 'track' ? 'const flags = store.flags;' : ''}
  for (let i = 0; i < n; i++) {
    ${inlinePrefix === null ? 'const h = hashes[i], g = h & 127;' : hashCode(types, inlinePrefix)}
    let index = subs[h & 127];
    let mask = index.length - 1;
    let p = ((h >>> 7) << 1) & mask;
    let slot = -1;
    for (;;) {
      const e = index[p];
      if (e === 0) break;
      if (index[p + 1] === h) {
        slot = e - 1;
        if (${tests.length === 0 ? 'true' : tests.join('\n          && ')}) break;
        slot = -1;
      }
      p = (p + 2) & mask;
    }
    ${
      insert
        ? `if (slot < 0) {
      slot = store.add(columns, i, h, groups === null ? g : groups[i], p);
      ${state.join('\n      ')}
    }`
        : ''
    }
    out[i] = slot;
    ${mode === 'track' ? `if ((flags[slot] & ${TOUCHED}) === 0) store.firstTouch(slot);` : ''}
  }
};`;
  const make = new Function('constants', body) as (constants: readonly unknown[]) => Probe;
  return make(constants);
}

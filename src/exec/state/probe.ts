import type { Column } from '../../common/batch/column.ts';
import type { SqlType } from '../../common/types/sql-type.ts';
import { physicalOf } from '../../common/types/sql-type.ts';
import { comparatorOf } from '../../common/types/compare.ts';
import { identical } from '../canonical.ts';
import type { KeyedStore } from './keyed-store.ts';

/**
 * `sql`: grouping's equality (NULL equals NULL, numbers by value). `exact`: the very same values (1.0 is not 1.00), for
 * whole rows.
 */
export type Equality = 'sql' | 'exact';

/** Looks every row up and, in an upserting probe, adds the missing; slots go to `out`, -1 for absent. */
export type Probe = (store: KeyedStore, columns: readonly Column[], hashes: Int32Array, n: number, out: Int32Array, groups: Int32Array | null) => void;

const cache = new Map<string, { readonly find: Probe; readonly upsert: Probe }>();

function bytesEqual(a: Uint8Array, x: number, b: Uint8Array, y: number, length: number): boolean {
  for (let i = 0; i < length; i++) if (a[x + i] !== b[y + i]) return false;
  return true;
}

const boxedSignature = (type: SqlType, equality: Equality): string => (equality === 'exact' ? 'boxed' : `boxed:${JSON.stringify(type)}`);

/**
 * The probing loops for keys of these types, generated once per signature so that each sees one kind of array.
 * Only column numbers get into the source.
 */
export function probesFor(types: readonly SqlType[], equality: Equality): { readonly find: Probe; readonly upsert: Probe } {
  const signature = `${equality}|${types.map((t) => (physicalOf(t) === 'boxed' ? boxedSignature(t, equality) : physicalOf(t))).join(',')}`;
  let probes = cache.get(signature);
  if (probes === undefined) cache.set(signature, (probes = { find: generate(types, equality, false), upsert: generate(types, equality, true) }));
  return probes;
}

function generate(types: readonly SqlType[], equality: Equality, insert: boolean): Probe {
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
        inputs.push(`const d${c} = c${c}.data, o${c} = c${c}.offsets, l${c} = c${c}.lengths; let m${c}, sd${c}, so${c}, sl${c};`);
        state.push(`sd${c} = k.data; so${c} = k.offsets; sl${c} = k.lengths;`);
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
  for (let i = 0; i < n; i++) {
    const h = hashes[i];
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
      slot = store.add(columns, i, h, groups === null ? h & 127 : groups[i], p);
      ${state.join('\n      ')}
    }`
        : ''
    }
    out[i] = slot;
  }
};`;
  const make = new Function('constants', body) as (constants: readonly unknown[]) => Probe;
  return make(constants);
}

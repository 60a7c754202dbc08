import { describe, expect, it } from 'vitest';
import { batchFromRows } from '../../common/batch/builder.ts';
import { Rng } from '../../common/rng.ts';
import { BIGINT, BOOLEAN, DOUBLE, INT, INTERVAL, NUMERIC, TEXT, decimalOf, type SqlType } from '../../common/types/sql-type.ts';
import type { Row, Value } from '../../common/types/value.ts';
import { canonicalText } from '../canonical.ts';
import { hashColumns, hashKey, keyGroup } from '../hash.ts';
import { KEY_GROUPS } from '../state-api.ts';
import { KeyedStore } from './keyed-store.ts';

const TYPES: readonly SqlType[] = [BIGINT, TEXT, DOUBLE, NUMERIC, BOOLEAN];

const key = (rng: Rng): Row => [
  rng.int(9) === 0 ? null : BigInt(rng.int(40)) * 0x1_0000_0001n,
  rng.pick(['', 'a', 'ü', null, `text ${rng.int(3)}`]),
  rng.pick([0, -0, NaN, 1.5, null]),
  rng.pick([{ unscaled: 1n, scale: 0 }, { unscaled: 100n, scale: 2 }, { unscaled: 10n ** 30n, scale: 5 }, null]),
  rng.pick([true, false, null]),
];
const modelKey = (row: Row): string => row.map((v, i) => canonicalText(v, TYPES[i] as SqlType)).join('|');

function upsert(store: KeyedStore, rows: readonly Row[]): Int32Array {
  const { columns } = batchFromRows(TYPES, rows);
  const slots = new Int32Array(rows.length);
  store.upsert(columns, hashColumns(columns, TYPES, rows.length), rows.length, slots, null);
  return slots;
}
const make = (groupByKey = true): KeyedStore => new KeyedStore({ id: 's', types: [...TYPES, DOUBLE, TEXT], keyCount: TYPES.length, equality: 'sql', groupByKey });
const content = (store: KeyedStore): string[] => [...store.slots()].map((s) => `${modelKey(store.readRow(s, 0, TYPES.length))} = ${store.columns[5]?.value(s)} ${store.columns[6]?.value(s)}`).sort();

describe('KeyedStore', () => {
  it('is a map, also through deltas, bases and another split of key groups', () => {
    for (let seed = 1; seed <= 15; seed++) {
      const rng = new Rng(seed);
      let store = make(seed % 2 === 0);
      const model = new Map<string, string>();
      const saved: { keyGroup: number; bytes: Uint8Array }[] = [];
      for (let step = 0; step < 25; step++) {
        const rows = Array.from({ length: rng.int(60) }, () => key(rng));
        const slots = upsert(store, rows);
        rows.forEach((row, i) => {
          const slot = slots[i] as number;
          const text: Value = rng.pick([null, 'x', 'a long text that fills the arena'.repeat(rng.int(4))]);
          store.columns[5]?.write(slot, batchFromRows([DOUBLE], [[step]]).columns[0] as never, 0);
          store.columns[6]?.write(slot, batchFromRows([TEXT], [[text]]).columns[0] as never, 0);
          store.touch(slot);
          model.set(modelKey(row), `${step} ${text}`);
        });
        for (const slot of [...store.slots()]) {
          if (rng.int(4) !== 0) continue;
          model.delete(modelKey(store.readRow(slot, 0, TYPES.length)));
          store.remove(slot);
        }
        expect(store.entryCount).toBe(model.size);
        expect(content(store)).toEqual([...model].map(([k, v]) => `${k} = ${v}`).sort());
        if (rng.int(3) !== 0) continue;
        saved.push(...store.takeDelta());
        if (rng.int(3) === 0) {
          saved.length = 0;
          for (let g = 0; g < KEY_GROUPS; g++) {
            const bytes = store.takeBase(g);
            if (bytes !== null) saved.push({ keyGroup: g, bytes });
          }
        }
        // Two workers, then one again.
        const halves = [make(), make()];
        for (const { keyGroup: g, bytes } of saved) halves[g < 50 ? 0 : 1]?.load(g, bytes);
        expect(halves.flatMap(content).sort()).toEqual(content(store));
        if (rng.int(2) === 0) {
          const next = make(seed % 2 === 0);
          for (const { keyGroup: g, bytes } of saved) next.load(g, bytes);
          store = next;
        }
      }
    }
  });

  it('refuses a damaged block', () => {
    const store = make();
    upsert(store, [key(new Rng(1))]);
    const [block] = store.takeDelta();
    const bytes = block?.bytes ?? new Uint8Array(0);
    expect(() => make().load(0, bytes.subarray(0, bytes.length - 3))).toThrow(/damaged/);
    expect(() => make().load(0, Uint8Array.of(9, ...bytes.subarray(1)))).toThrow(/version 9/);
  });
});

describe('hash', () => {
  const values: readonly [SqlType, Value, SqlType, Value][] = [
    [decimalOf(10, 2), { unscaled: 150n, scale: 2 }, NUMERIC, { unscaled: 15n, scale: 1 }],
    [decimalOf(18, 4), { unscaled: 1234567890123450000n / 10n, scale: 4 }, NUMERIC, { unscaled: 12345678901234500n, scale: 3 }],
    [decimalOf(38, 20), { unscaled: 10n ** 22n, scale: 20 }, decimalOf(5, 0), { unscaled: 100n, scale: 0 }],
    [INT, -7, BIGINT, -7n],
    [DOUBLE, -0, DOUBLE, 0],
    [{ kind: 'char', length: 3 }, 'a  ', { kind: 'char', length: 5 }, 'a    '],
    [INTERVAL, { months: 1, days: 0, micros: 0n }, INTERVAL, { months: 0, days: 30, micros: 0n }],
  ];
  it('is the same for equal values of any layout', () => {
    for (const [t, v, u, w] of values) {
      expect(hashKey([v], [t])).toBe(hashKey([w], [u]));
      for (const [type, value] of [[t, v], [u, w]] as const) {
        const { columns } = batchFromRows([type], [[null], [value]]);
        expect([...hashColumns(columns, [type], 2)]).toEqual([hashKey([null], [type]), hashKey([value], [type])]);
      }
    }
  });
  it('agrees over columns and values, and is 0 without columns', () => {
    const rng = new Rng(3);
    const rows = Array.from({ length: 500 }, () => key(rng));
    const { columns } = batchFromRows(TYPES, rows);
    expect([...hashColumns(columns, TYPES, 500)]).toEqual(rows.map((r) => hashKey(r, TYPES)));
    expect([...hashColumns([], [], 2)]).toEqual([0, 0]);
  });
  it('spreads over the key groups', () => {
    const counts = new Int32Array(KEY_GROUPS);
    for (let i = 0; i < 12800; i++) {
      const g = keyGroup(hashKey([BigInt(i)], [BIGINT]));
      counts[g] = (counts[g] as number) + 1;
    }
    expect(Math.min(...counts)).toBeGreaterThan(50);
    expect(Math.max(...counts)).toBeLessThan(160);
  });
});

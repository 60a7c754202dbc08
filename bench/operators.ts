import { DELETE, type Batch, type Schema } from '../src/common/batch/batch.ts';
import { i64Column, type Column } from '../src/common/batch/column.ts';
import { epoch } from '../src/common/ids.ts';
import { Rng } from '../src/common/rng.ts';
import { BIGINT, BOOLEAN, DOUBLE, INT, TEXT, type SqlType } from '../src/common/types/sql-type.ts';
import { builtins } from '../src/functions/registry.ts';
import { buildOperator } from '../src/exec/build.ts';
import type { Operator, OperatorContext } from '../src/exec/operator.ts';
import { KeyedStore } from '../src/exec/state/keyed-store.ts';
import type { Expr } from '../src/planner/expr.ts';
import type { PhysicalAggregateCall, PhysicalPlan, PhysicalProps } from '../src/planner/physical.ts';

/**
 * Operators beside hand-written loops over the same columns, in one run: the ratios are what to look at.
 * `node bench/operators.ts [rows]`
 */

const ROWS = Number(process.argv[2] ?? 2_000_000);
const BATCH = 4096;
const ROUNDS = 5;

const field = (name: string, type: SqlType): Schema[number] => ({ name, type, nullable: true });
const props = (schema: Schema, keys: readonly number[] = []): PhysicalProps => ({
  schema, streamKey: null, changelog: 'retract', watermarkColumns: [], bounded: false, stateId: 'bench',
  distribution: keys.length === 0 ? { kind: 'any' } : { kind: 'hash', keys },
});
const input = (schema: Schema, keys: readonly number[] = []): PhysicalPlan => ({ kind: 'values', props: { ...props(schema, keys), changelog: 'append-only' }, rows: [] });

let sink = 0;
const context: OperatorContext = {
  output: { emit: (batch) => void (sink += batch.rowCount), watermark: () => {} },
  eval: { nowMicros: 0n, procMicros: 0n, timeZone: 'UTC', watermark: null, random: () => 0.5 },
  state: { register: () => {} },
  rowError: ({ error }) => {
    throw error;
  },
  late: () => {},
  worker: 0,
  parallelism: 1,
};

/** Median nanoseconds a row, of the operator and of the loop, interleaved. */
function compare(name: string, rows: number, operator: () => () => void, loop: () => () => void, names: readonly [string, string] = ['operator', 'loop']): void {
  const times: [number[], number[]] = [[], []];
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [k, make] of [operator, loop].entries()) {
      const run = make();
      const start = process.hrtime.bigint();
      run();
      if (round > 0) times[k]?.push(Number(process.hrtime.bigint() - start) / rows);
    }
  }
  const median = (a: number[]): number => a.sort((x, y) => x - y)[a.length >> 1] ?? 0;
  const [a, b] = times.map(median) as [number, number];
  console.log(`${name.padEnd(34)} ${names[0]} ${a.toFixed(1).padStart(7)} ns/row   ${names[1]} ${b.toFixed(1).padStart(7)} ns/row   ratio ${(a / b).toFixed(2)}`);
}

const find = (name: string, kinds: readonly string[]): number => {
  const def = builtins.find(name);
  return def === undefined || def.kind === 'table' ? -1 : def.overloads.findIndex((o) => o.args.length === kinds.length && o.args.every((a, i) => a === kinds[i]));
};
const column = (index: number, type: SqlType): Expr => ({ kind: 'column', index, type, nullable: true });
const literal = (value: number | bigint, type: SqlType): Expr => ({ kind: 'literal', value, type });
const call = (name: string, type: SqlType, ...args: Expr[]): Expr => ({
  kind: 'call', name, type, args, nullable: true, overload: find(name, args.map((a) => ('type' in a ? a.type.kind : 'boolean'))),
});

/** (id bigint, price bigint, key int, name text) */
const SCHEMA: Schema = [field('id', BIGINT), field('price', BIGINT), field('key', INT), field('name', TEXT)];
function batches(rows: number, keys: number): Batch[] {
  const rng = new Rng(1);
  const data = new TextEncoder().encode('some bytes that every row refers to');
  return Array.from({ length: Math.ceil(rows / BATCH) }, (_, b) => {
    const n = Math.min(BATCH, rows - b * BATCH);
    const ids = new BigInt64Array(n);
    const prices = new BigInt64Array(n);
    const key = new Int32Array(n);
    for (let i = 0; i < n; i++) {
      ids[i] = BigInt(b * BATCH + i);
      prices[i] = BigInt(rng.int(1_000_000));
      key[i] = rng.int(keys);
    }
    return {
      rowCount: n, ops: null,
      columns: [i64Column(ids, null), i64Column(prices, null), { physical: 'i32', values: key, nulls: null }, { physical: 'bytes', data, offsets: new Int32Array(n).fill(5), lengths: new Int32Array(n).fill(16), nulls: null }],
    };
  });
}

const feed = (operator: Operator, all: readonly Batch[], port = 0): void => {
  for (const batch of all) operator.onBatch(port, batch);
};
const barrier = (operator: Operator, n = 1): void => operator.onBarrier({ epoch: epoch(n), checkpoint: false, nowMicros: 0n });

const events = batches(ROWS, 1000);

const q1: PhysicalPlan = {
  kind: 'calc', props: props(SCHEMA), input: input(SCHEMA), filter: null,
  exprs: [column(0, BIGINT), call('/', BIGINT, call('*', BIGINT, column(1, BIGINT), literal(908n, BIGINT)), literal(1000n, BIGINT)), column(2, INT), column(3, TEXT)],
};
compare('q1: price * 908 / 1000', ROWS, () => {
  const operator = buildOperator(q1, context);
  return () => feed(operator, events);
}, () => () => {
  for (const batch of events) {
    const price = batch.columns[1];
    if (price?.physical !== 'i64') continue;
    const out = new BigInt64Array(batch.rowCount);
    for (let i = 0; i < batch.rowCount; i++) out[i] = BigInt.asIntN(64, BigInt.asIntN(64, (price.values[i] as bigint) * 908n) / 1000n);
    sink += out.length;
  }
});

const q2: PhysicalPlan = {
  kind: 'calc', props: props([field('id', BIGINT), field('price', BIGINT)]), input: input(SCHEMA),
  filter: call('=', BOOLEAN, call('%', BIGINT, column(0, BIGINT), literal(123n, BIGINT)), literal(0n, BIGINT)),
  exprs: [column(0, BIGINT), column(1, BIGINT)],
};
compare('q2: id % 123 = 0', ROWS, () => {
  const operator = buildOperator(q2, context);
  return () => feed(operator, events);
}, () => () => {
  for (const batch of events) {
    const id = batch.columns[0];
    const price = batch.columns[1];
    if (id?.physical !== 'i64' || price?.physical !== 'i64') continue;
    const a = new BigInt64Array(batch.rowCount);
    const b = new BigInt64Array(batch.rowCount);
    let o = 0;
    for (let i = 0; i < batch.rowCount; i++) {
      if ((id.values[i] as bigint) % 123n !== 0n) continue;
      a[o] = id.values[i] as bigint;
      b[o++] = price.values[i] as bigint;
    }
    sink += o;
  }
});

const count: PhysicalAggregateCall = { name: 'count', overload: find('count', []), args: [], argTypes: [], distinct: false, filter: null, orderBy: [], type: BIGINT };
for (const keys of [1000, 100_000]) {
  const all = batches(ROWS, keys);
  const node: PhysicalPlan = {
    kind: 'groupAggregate', props: props([field('key', INT), field('n', BIGINT)]), input: input(SCHEMA, [2]), keys: [2], calls: [count],
    phase: 'single', appendOnlyInput: true, emitUpdateBefore: true,
  };
  compare(`count by int key, ${keys} keys`, ROWS, () => {
    const operator = buildOperator(node, context);
    return () => {
      all.forEach((batch, i) => {
        operator.onBatch(0, batch);
        if (i % 64 === 63) barrier(operator, i);
      });
      barrier(operator, all.length);
    };
  }, () => () => {
    const mask = (1 << 18) - 1;
    const table = new Int32Array(2 << 18);
    const counts = new Float64Array(keys);
    let slots = 0;
    for (const batch of all) {
      const key = batch.columns[2];
      if (key?.physical !== 'i32') continue;
      for (let i = 0; i < batch.rowCount; i++) {
        const k = key.values[i] as number;
        let p = (Math.imul(k, 0x9e3779b1) >>> 8) & mask;
        while (table[2 * p] !== 0 && table[2 * p + 1] !== k) p = (p + 1) & mask;
        if (table[2 * p] === 0) {
          table[2 * p] = ++slots;
          table[2 * p + 1] = k;
        }
        const s = (table[2 * p] as number) - 1;
        counts[s] = (counts[s] as number) + 1;
      }
    }
    sink += slots;
  });
}

{
  const people = batches(100_000, 1_000_000_000);
  const auctions = batches(ROWS / 4, 1000).map((batch): Batch => {
    const seller = new BigInt64Array(batch.rowCount);
    const rng = new Rng(batch.rowCount + 7);
    for (let i = 0; i < seller.length; i++) seller[i] = BigInt(rng.int(100_000));
    return { ...batch, columns: [batch.columns[0] as Batch['columns'][number], i64Column(seller, null), ...batch.columns.slice(2)] };
  });
  const rows = 100_000 + ROWS / 4;
  const node: PhysicalPlan = {
    kind: 'hashJoin', props: props([...SCHEMA, ...SCHEMA]), left: input(SCHEMA, [0]), right: input(SCHEMA, [1]), type: 'inner',
    leftKeys: [0], rightKeys: [1], residual: null, windowKeys: [],
  };
  compare('join by bigint, 100000 on the left', rows, () => {
    const operator = buildOperator(node, context);
    return () => {
      feed(operator, people, 0);
      feed(operator, auctions, 1);
      barrier(operator);
    };
  }, () => () => {
    const byKey = new Map<number, number[]>();
    people.forEach((batch, b) => {
      const id = batch.columns[0];
      if (id?.physical !== 'i64') return;
      for (let i = 0; i < batch.rowCount; i++) byKey.set(Number(id.values[i]), [b * BATCH + i]);
    });
    const stored = new Map<number, number[]>();
    auctions.forEach((batch, b) => {
      const seller = batch.columns[1];
      if (seller?.physical !== 'i64') return;
      for (let i = 0; i < batch.rowCount; i++) {
        const k = Number(seller.values[i]);
        sink += byKey.get(k)?.length ?? 0;
        const list = stored.get(k);
        if (list === undefined) stored.set(k, [b * BATCH + i]);
        else list.push(b * BATCH + i);
      }
    });
  });
}

/** Rows that come and go on the left: a side whose rows a key tells apart beside one of which only whole rows are known. */
{
  const rows = Math.min(ROWS, 200_000);
  const left = batches(rows, 1000);
  const gone = left.map((batch): Batch => ({ ...batch, ops: new Uint8Array(batch.rowCount).fill(DELETE) }));
  const joined = (streamKey: readonly number[] | null) => (): (() => void) => {
    const given = input(SCHEMA, [0]);
    const updated: PhysicalPlan = { ...given, props: { ...given.props, changelog: 'retract', streamKey } };
    const operator = buildOperator({
      kind: 'hashJoin', props: props([...SCHEMA, ...SCHEMA]), left: updated, right: input(SCHEMA, [0]), type: 'inner', leftKeys: [0], rightKeys: [0], residual: null, windowKeys: [],
    }, context);
    return () => {
      for (let round = 0; round < 2; round++) {
        feed(operator, left);
        barrier(operator);
        feed(operator, gone);
        barrier(operator);
      }
    };
  };
  compare('join side of updated rows', 4 * rows, joined([0]), joined(null), ['by key', 'by row']);
}

/** What a group costs in memory, and a checkpoint in time. */
for (const [name, types] of [['BIGINT', [BIGINT]], ['BIGINT, text of 10 bytes', [BIGINT, TEXT]]] as const) {
  const store = new KeyedStore({ id: 's', types: [...types, DOUBLE, DOUBLE], keyCount: types.length, equality: 'sql', groupByKey: true });
  const data = new TextEncoder().encode('0123456789abcdefghijklmnopqrstuvwxyz');
  const touch = (from: number, to: number): void => {
    for (let at = from; at < to; at += BATCH) {
      const n = Math.min(BATCH, to - at);
      const ids = BigInt64Array.from({ length: n }, (_, i) => BigInt(at + i));
      const columns: Column[] = [i64Column(ids, null)];
      if (types.length > 1) columns.push({ physical: 'bytes', data, offsets: Int32Array.from({ length: n }, (_, i) => i % 26), lengths: new Int32Array(n).fill(10), nulls: null });
      store.track(columns, null, n, new Int32Array(n), null);
    }
    store.clearTouched();
  };
  touch(0, 1_000_000);
  store.takeDelta();
  const bytes = store.byteCount / 1e6;
  const times: number[] = [];
  for (let round = 0; round < 7; round++) {
    touch(round * 100_000, (round + 1) * 100_000);
    const start = performance.now();
    store.takeDelta();
    times.push(performance.now() - start);
  }
  console.log(`state by (${name}): ${bytes.toFixed(0)} bytes a key at 1 M keys; delta of 100 K entries ${(times.sort((a, b) => a - b)[3] ?? 0).toFixed(1)} ms`);
}
console.log(`(${sink} rows out)`);

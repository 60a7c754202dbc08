import { describe, expect, it } from 'vitest';
import type { Schema } from '../../common/batch/batch.ts';
import { objectId } from '../../common/ids.ts';
import { Rng } from '../../common/rng.ts';
import { compareValues } from '../../common/types/compare.ts';
import { BIGINT, BOOLEAN, DOUBLE, INT, NUMERIC, TEXT, TIMESTAMP, decimalOf, type SqlType } from '../../common/types/sql-type.ts';
import type { Row, Value } from '../../common/types/value.ts';
import { builtins } from '../../functions/registry.ts';
import type { Expr } from '../../planner/expr.ts';
import type { TopNNumber } from '../../planner/logical.ts';
import type { PhysicalAggregateCall, PhysicalGroupAggregate, PhysicalHashJoin, PhysicalPlan, PhysicalTopN } from '../../planner/physical.ts';
import { partialFields } from '../../planner/physical/partial.ts';
import { accumulatorFor } from '../aggregate/choose.ts';
import { structuralKey } from '../expr/compile.ts';
import { Bag, Harness, field, input, props, type Change } from '../testing/harness.ts';
import { checkProperty } from '../testing/property.ts';

const KINDS: readonly SqlType[] = [INT, BIGINT, TEXT, DOUBLE, decimalOf(10, 2), NUMERIC, BOOLEAN];
const SCHEMA: Schema = [field('k', INT), field('s', TEXT), ...KINDS.map((t, i) => field(`v${i}`, t))];

function value(rng: Rng, type: SqlType): Value {
  if (rng.int(6) === 0) return null;
  const n = rng.int(5) - 2;
  switch (type.kind) {
    case 'int':
      return rng.int(9) === 0 ? 2147483647 : n;
    case 'bigint':
      return rng.int(9) === 0 ? rng.pick([(1n << 63n) - 1n, -(1n << 63n)]) : BigInt(n);
    case 'double':
      return rng.int(9) === 0 ? rng.pick([NaN, Infinity, 1e300]) : n / 4;
    case 'decimal':
      return { unscaled: BigInt(n * 50), scale: type.scale };
    case 'numeric':
      return { unscaled: BigInt(n * 10 ** rng.int(3)), scale: rng.int(3) };
    case 'boolean':
      return n > 0;
    default:
      return rng.pick(['', 'a', 'b', 'ü', 'a longer text, of more than thirty-two bytes']);
  }
}
const row = (rng: Rng): Row => SCHEMA.map((f, i) => (i === 0 ? (rng.int(8) === 0 ? null : rng.int(4)) : value(rng, f.type)));

/** A call of the first overload that takes these types. */
function call(name: string, args: readonly number[], more: Partial<PhysicalAggregateCall> = {}, schema: Schema = SCHEMA): PhysicalAggregateCall {
  const def = builtins.find(name);
  if (def?.kind !== 'aggregate') throw new Error(name);
  const types = args.map((a) => (schema[a] as Schema[number]).type);
  const overload = def.overloads.findIndex((o) => o.args.length === types.length && o.args.every((a, i) => a === types[i]?.kind || a === 'any' || a === 'anyelement' || a === 'anynonarray'));
  const found = def.overloads[overload];
  if (found === undefined) throw new Error(`${name}(${types.map((t) => t.kind).join()})`);
  return { name, overload, args, argTypes: types, distinct: false, filter: null, orderBy: [], type: typeof found.returns === 'function' ? found.returns(types) : found.returns, ...more };
}

function naiveAggregate(rows: readonly Row[], keys: readonly number[], calls: readonly PhysicalAggregateCall[], schema: Schema = SCHEMA): Row[] {
  const groups = new Map<string, Row[]>();
  if (keys.length === 0) groups.set('[]', []);
  for (const r of rows) {
    const key = structuralKey(keys.map((k) => r[k]));
    groups.set(key, [...(groups.get(key) ?? []), r]);
  }
  return [...groups.values()].map((members) => [
    ...keys.map((k) => members[0]?.[k] ?? null),
    ...calls.map((c) => {
      const def = builtins.find(c.name);
      const overload = def?.kind === 'aggregate' ? def.overloads[c.overload] : undefined;
      if (overload === undefined) throw new Error(c.name);
      let taken = members.filter((r) => (c.filter === null || r[c.filter] === true) && !(overload.skipsNulls && c.args.some((a) => r[a] === null)));
      if (c.distinct) {
        const seen: Row[] = [];
        taken = taken.filter((r) => {
          if (seen.some((o) => c.args.every((a, i) => (r[a] === null || o[a] === null ? r[a] === o[a] : compareValues(r[a] ?? null, o[a] ?? null, c.argTypes[i] as SqlType) === 0)))) return false;
          seen.push(r);
          return true;
        });
      }
      const byValue = (a: Value, b: Value, type: SqlType): number => (a === null || b === null ? Number(a === null) - Number(b === null) : compareValues(a, b, type));
      if (c.orderBy.length > 0) {
        taken.sort((a, b) => {
          for (const o of c.orderBy) {
            const d = byValue(a[o.column] ?? null, b[o.column] ?? null, (schema[o.column] as Schema[number]).type);
            if (d !== 0) return o.descending ? -d : d;
          }
          for (const [i, at] of c.args.entries()) {
            const d = byValue(a[at] ?? null, b[at] ?? null, c.argTypes[i] as SqlType);
            if (d !== 0) return d;
          }
          return 0;
        });
      }
      let state = overload.init();
      for (const r of taken) state = overload.insert(state, c.args.map((a) => r[a] ?? null), c.argTypes);
      return overload.result(state, c.type, c.argTypes);
    }),
  ]);
}

function aggregate(keys: readonly number[], calls: readonly PhysicalAggregateCall[], appendOnly: boolean, more: Partial<PhysicalGroupAggregate> = {}): PhysicalGroupAggregate {
  return {
    kind: 'groupAggregate',
    props: props([...keys.map((k) => SCHEMA[k] as Schema[number]), ...calls.map((c, i) => field(`c${i}`, c.type))]),
    input: input(SCHEMA, { changelog: appendOnly ? 'append-only' : 'retract', distribution: keys.length === 0 ? { kind: 'single' } : { kind: 'hash', keys } }),
    keys,
    calls,
    phase: 'single',
    appendOnlyInput: appendOnly,
    emitUpdateBefore: true,
    ...more,
  };
}

const CALLS = [
  call('count', []),
  call('count', [3]),
  ...[2, 3, 5, 6, 7].flatMap((c) => [call('sum', [c]), call('avg', [c])]),
  // Not of NUMERIC: which of 0 and 0.00 is the smallest depends on the order of arrival.
  ...[2, 3, 4, 5, 6].flatMap((c) => [call('min', [c]), call('max', [c])]),
  call('bool_and', [8]),
  call('bool_or', [8]),
  call('sum', [2], { filter: 8 }),
];

describe('groupAggregate', () => {
  it('is the naive aggregate with retractions', () => {
    checkProperty('aggregate', aggregate([0], CALLS, false), [{ schema: SCHEMA, make: row }], ([rows = []]) => naiveAggregate(rows, [0], CALLS));
  });
  it('is the naive aggregate of inserts', () => {
    checkProperty('append', aggregate([0, 1], CALLS, true), [{ schema: SCHEMA, make: row, appendOnly: true }], ([rows = []]) => naiveAggregate(rows, [0, 1], CALLS));
  });
  it('always has a row without keys', () => {
    checkProperty('global', aggregate([], CALLS.slice(0, 6), false), [{ schema: SCHEMA, make: row }], ([rows = []]) => naiveAggregate(rows, [], CALLS.slice(0, 6)));
  });
  it('takes distinct values, orders and filters', () => {
    const ordered = { orderBy: [{ column: 2, descending: true, nullsFirst: true }] };
    const calls = [call('count', [2], { distinct: true }), call('sum', [2], { distinct: true }), call('sum', [3], { distinct: true, filter: 8 }), call('array_agg', [4], ordered), call('min', [3], { distinct: true })];
    checkProperty('distinct', aggregate([0], calls, false), [{ schema: SCHEMA, make: row }], ([rows = []]) => naiveAggregate(rows, [0], calls));
  });
  it('is DISTINCT without calls', () => {
    checkProperty('distinct rows', aggregate([0, 1], [], false), [{ schema: SCHEMA, make: row }], ([rows = []]) => naiveAggregate(rows, [0, 1], []));
  });
  it('sends nothing for a change that cancels out', () => {
    const harness = new Harness(aggregate([0], [call('sum', [2])], false));
    const one = SCHEMA.map((_, i) => (i === 0 ? 1 : i === 2 ? 5 : null));
    harness.send(0, SCHEMA, [{ op: 0, row: one }]);
    harness.barrier();
    expect(harness.take()).toEqual([{ op: 0, row: [1, 5n] }]);
    harness.send(0, SCHEMA, [{ op: 0, row: one }, { op: 3, row: one }]);
    harness.barrier();
    expect(harness.take()).toEqual([]);
    harness.send(0, SCHEMA, [{ op: 0, row: one }]);
    harness.barrier();
    expect(harness.take()).toEqual([{ op: 1, row: [1, 5n] }, { op: 2, row: [1, 10n] }]);
  });
  it('gives the same in two phases', () => {
    const calls = CALLS;
    for (const c of calls) expect(partialFields(c)?.map((f) => f.type)).toEqual(accumulatorFor(c).partialTypes);
    const partialSchema: Schema = [SCHEMA[0] as Schema[number], ...calls.flatMap((c) => partialFields(c) ?? [])];
    const partial: PhysicalPlan = { ...aggregate([0], calls, true, { phase: 'partial' }), props: props(partialSchema) };
    const final: PhysicalPlan = {
      ...aggregate([0], calls, true, { phase: 'final' }),
      input: input(partialSchema, { changelog: 'append-only', distribution: { kind: 'hash', keys: [0] } }),
    };
    const parts = [new Harness(partial), new Harness(partial)];
    const last = new Harness(final);
    const all: Row[] = [];
    const output = new Bag();
    const random = new Rng(7);
    for (let epoch = 0; epoch < 20; epoch++) {
      for (const part of parts) {
        const rows = Array.from({ length: random.int(20) }, () => row(random));
        all.push(...rows);
        part.send(0, SCHEMA, rows.map((r) => ({ op: 0, row: r })));
        part.barrier();
        for (const batch of part.batches.splice(0)) last.operator.onBatch(0, batch);
      }
      last.barrier();
      output.apply(last.take());
      expect(output.text()).toEqual(Bag.of(naiveAggregate(all, [0], calls)).text());
    }
  });
  it('sends rows on as they are where grouping does not make them fewer', () => {
    const calls = CALLS;
    const partialSchema: Schema = [SCHEMA[0] as Schema[number], ...calls.flatMap((c) => partialFields(c) ?? [])];
    const part = new Harness({ ...aggregate([0], calls, true, { phase: 'partial' }), props: props(partialSchema) });
    const last = new Harness({ ...aggregate([0], calls, true, { phase: 'final' }), input: input(partialSchema, { changelog: 'append-only', distribution: { kind: 'hash', keys: [0] } }) });
    const all: Row[] = [];
    const random = new Rng(8);
    const early: number[] = [];
    // Keys that hardly repeat; then many rows of few keys, which are grouped again when it is tried once more.
    for (let epoch = 0; epoch < 60; epoch++) {
      const rows = Array.from({ length: epoch === 0 ? 9000 : 20 }, () => row(random).map((v, i) => (i === 0 ? random.int(epoch < 2 ? 100_000 : 5) : v)));
      all.push(...rows);
      for (let at = 0; at < rows.length; at += 1000) part.send(0, SCHEMA, rows.slice(at, at + 1000).map((r) => ({ op: 0, row: r })));
      early.push(part.batches.length);
      part.barrier();
      for (const batch of part.batches.splice(0)) last.operator.onBatch(0, batch);
      last.barrier();
    }
    expect(early[0]).toBeGreaterThan(0);
    expect([early[1], early[40], early[55]]).toEqual([1, 1, 0]);
    const output = new Bag();
    output.apply(last.take());
    expect(output.text()).toEqual(Bag.of(naiveAggregate(all, [0], calls)).text());
  });
});

describe('hashJoin', () => {
  const left: Schema = [field('k', INT), field('t', TEXT), field('a', BIGINT)];
  const right: Schema = [field('k', INT), field('t', TEXT), field('b', BIGINT)];
  const make = (rng: Rng): Row => [rng.int(6) === 0 ? null : rng.int(3), rng.pick(['x', 'y', null]), BigInt(rng.int(4))];
  const less = builtins.find('<');
  const overload = less?.kind === 'scalar' ? less.overloads.findIndex((o) => o.args[0] === 'bigint') : -1;
  const residual: Expr = {
    kind: 'call', name: '<', overload, type: BOOLEAN, nullable: true,
    args: [{ kind: 'column', index: 2, type: BIGINT, nullable: true }, { kind: 'column', index: 5, type: BIGINT, nullable: true }],
  };
  const cases = (['inner', 'left', 'right', 'full', 'semi', 'anti'] as const).flatMap((type) =>
    [false, true].flatMap((withResidual) => [[], [0], [0, 1]].map((insertsOnly) => ({ type, withResidual, insertsOnly }))),
  );
  for (const { type, withResidual, insertsOnly } of cases) {
    const changelog = (side: number): 'append-only' | 'retract' => (insertsOnly.includes(side) ? 'append-only' : 'retract');
    it(`${type}${withResidual ? ' with a condition' : ''}${insertsOnly.map((side) => `, inserts only on ${side}`).join('')}`, () => {
      const node: PhysicalHashJoin = {
        kind: 'hashJoin',
        props: props(type === 'semi' || type === 'anti' ? left : [...left, ...right]),
        left: input(left, { changelog: changelog(0), distribution: { kind: 'hash', keys: [0, 1] } }),
        right: input(right, { changelog: changelog(1), distribution: { kind: 'hash', keys: [0, 1] } }),
        type, leftKeys: [0, 1], rightKeys: [0, 1], residual: withResidual ? residual : null, windowKeys: [],
      };
      checkProperty(type, node, [{ schema: left, make, appendOnly: insertsOnly.includes(0) }, { schema: right, make, appendOnly: insertsOnly.includes(1) }], ([l = [], r = []]) => {
        const matches = (a: Row, b: Row): boolean => a[0] !== null && a[1] !== null && a[0] === b[0] && a[1] === b[1] && (!withResidual || (a[2] as bigint) < (b[2] as bigint));
        if (type === 'semi' || type === 'anti') return l.filter((a) => r.some((b) => matches(a, b)) === (type === 'semi'));
        const out: Row[] = l.flatMap((a) => r.filter((b) => matches(a, b)).map((b) => [...a, ...b]));
        if (type === 'left' || type === 'full') out.push(...l.filter((a) => !r.some((b) => matches(a, b))).map((a) => [...a, null, null, null]));
        if (type === 'right' || type === 'full') out.push(...r.filter((b) => !l.some((a) => matches(a, b))).map((b) => [null, null, null, ...b]));
        return out;
      }, 8);
    }, 30_000);
  }

  it('reports pairs whose condition fails and goes on', () => {
    const find = (name: string, kind: string): number => {
      const def = builtins.find(name);
      return def?.kind === 'scalar' ? def.overloads.findIndex((o) => o.args.length === 2 && o.args[0] === kind && o.args[1] === kind) : -1;
    };
    const of = (index: number): Expr => ({ kind: 'column', index, type: BIGINT, nullable: true });
    const quotient: Expr = { kind: 'call', name: '/', overload: find('/', 'bigint'), type: BIGINT, nullable: true, args: [of(2), of(5)] };
    const failing: Expr = { kind: 'call', name: '<', overload: find('<', 'bigint'), type: BOOLEAN, nullable: true, args: [quotient, of(5)] };
    const node: PhysicalHashJoin = {
      kind: 'hashJoin', props: props([...left, ...right]), left: input(left), right: input(right), type: 'left',
      leftKeys: [0], rightKeys: [0], residual: failing, windowKeys: [],
    };
    const harness = new Harness(node);
    harness.send(1, right, [{ op: 0, row: [1, 'x', 0n] }, { op: 0, row: [1, 'y', 5n] }, { op: 0, row: [2, 'z', 0n] }]);
    harness.send(0, left, [{ op: 0, row: [1, 'a', 6n] }, { op: 0, row: [2, 'b', 6n] }]);
    const bag = new Bag();
    bag.apply(harness.take());
    expect(bag.list()).toEqual([[1, 'a', 6n, 1, 'y', 5n], [2, 'b', 6n, null, null, null]]);
    expect(harness.errors.map((e) => e.error.message)).toEqual(['division by zero', 'division by zero']);
    harness.send(0, left, [{ op: 3, row: [1, 'a', 6n] }, { op: 3, row: [2, 'b', 6n] }]);
    bag.apply(harness.take());
    expect(bag.list()).toEqual([]);
  });

  it('frees the rows of windows that are over, those that came back too', () => {
    const time: Schema = [field('w', { kind: 'timestamp', precision: 3 }), field('a', BIGINT)];
    for (const changelog of ['append-only', 'retract'] as const) {
      const side = input(time, { changelog });
      const node: PhysicalHashJoin = {
        kind: 'hashJoin', props: props([...time, ...time], { changelog }), left: side, right: side, type: 'inner', leftKeys: [0], rightKeys: [0], residual: null, windowKeys: [0],
      };
      const harness = new Harness(node);
      const entries = (): number => harness.operator.states.reduce((n, s) => n + s.entryCount, 0);
      harness.send(0, time, [{ op: 0, row: [10n, 1n] }, { op: 0, row: [10n, 2n] }, { op: 0, row: [20n, 1n] }]);
      harness.send(1, time, [{ op: 0, row: [20n, 7n] }]);
      if (changelog === 'retract') {
        harness.send(0, time, [{ op: 3, row: [10n, 2n] }]);
        harness.barrier(true);
        harness.send(0, time, [{ op: 0, row: [20n, 9n] }]);
      } else harness.barrier(true);
      const bag = new Bag();
      bag.apply(harness.take());
      harness.restore(bag);
      harness.operator.onWatermark(0, 10n);
      harness.operator.onWatermark(1, 10n);
      harness.barrier(true);
      expect(entries()).toBe(2);
      harness.restore(bag);
      expect(entries()).toBe(2);
      harness.operator.onWatermark(0, 20n);
      harness.operator.onWatermark(1, 30n);
      harness.barrier();
      expect(entries()).toBe(0);
      harness.send(1, time, [{ op: 0, row: [20n, 8n] }]);
      expect(harness.lateRows).toBe(1);
      expect(harness.take()).toEqual([]);
    }
  });
});

describe('topN', () => {
  const schema: Schema = [field('p', INT), field('o', INT), field('s', TEXT)];
  const make = (rng: Rng): Row => [rng.int(2), rng.int(5) === 0 ? null : rng.int(4), rng.pick(['a', 'b', 'c'])];
  const order = [{ column: 1, descending: true, nullsFirst: true }];
  const naive = (rows: readonly Row[], partition: readonly number[], offset: number, limit: number, number: TopNNumber, rank: boolean): Row[] => {
    const parts = new Map<unknown, Row[]>();
    for (const r of rows) parts.set(structuralKey(partition.map((p) => r[p])), [...(parts.get(structuralKey(partition.map((p) => r[p]))) ?? []), r]);
    const o = (v: Value | undefined): number => (v === null || v === undefined ? 99 : Number(v));
    return [...parts.values()].flatMap((part) => {
      part.sort((a, b) => o(b[1]) - o(a[1]) || Number(a[0]) - Number(b[0]) || (String(a[2]) < String(b[2]) ? -1 : String(a[2]) > String(b[2]) ? 1 : 0));
      return part.flatMap((r, i) => {
        const before = part.filter((q) => o(q[1]) > o(r[1]));
        const numbers = { rows: i + 1, withTies: i + 1, rank: before.length + 1, denseRank: new Set(before.map((q) => o(q[1]))).size + 1 };
        const upTo = number === 'withTies' ? numbers.rank : numbers[number];
        return numbers[number] > offset && upTo <= offset + limit ? [rank ? [...r, BigInt(numbers[number])] : r] : [];
      });
    });
  };
  const cases: readonly (readonly [number[], number, number, TopNNumber, boolean, boolean])[] = [
    [[0], 0, 2, 'rows', false, false], [[], 1, 3, 'rows', true, false], [[0], 0, 3, 'rows', true, true], [[0], 2, Infinity, 'rows', false, false],
    [[0], 0, 1, 'rows', false, true], [[0], 0, 1, 'rows', true, true], [[0, 2], 0, 1, 'rows', false, true],
    [[0], 0, 2, 'rank', true, false], [[0], 1, 3, 'rank', false, true], [[], 0, 2, 'denseRank', true, true], [[0], 1, 1, 'denseRank', true, false],
    [[0], 0, 2, 'withTies', false, false], [[], 2, 2, 'withTies', false, true], [[0], 0, 0, 'rank', false, false], [[0], 0, 1, 'rank', false, true], [[0], 0, 1, 'withTies', false, true],
  ];
  for (const [partition, offset, limit, number, rank, appendOnly] of cases) {
    it(`partition ${partition.length}, offset ${offset}, limit ${limit}, ${number}${rank ? ', numbered' : ''}${appendOnly ? ', append-only' : ''}`, () => {
      const node: PhysicalTopN = {
        kind: 'topN', closes: null, props: props(rank ? [...schema, field('n', BIGINT)] : schema),
        input: input(schema, { changelog: appendOnly ? 'append-only' : 'retract', distribution: partition.length === 0 ? { kind: 'single' } : { kind: 'hash', keys: partition } }),
        partition, order, offset, limit, number, rank,
      };
      checkProperty('topN', node, [{ schema, make, appendOnly }], ([rows = []]) => naive(rows, partition, offset, limit, number, rank));
    });
  }
  it('frees the first row of a window that is over, and lets no late row take its place', () => {
    const timed: Schema = [field('w', TIMESTAMP), field('v', INT)];
    const harness = new Harness({
      kind: 'topN', closes: 0, props: props(timed), input: input(timed, { changelog: 'append-only', distribution: { kind: 'hash', keys: [0] } }),
      partition: [0], order: [{ column: 1, descending: true, nullsFirst: true }], offset: 0, limit: 1, number: 'rows', rank: false,
    });
    harness.send(0, timed, [{ op: 0, row: [10n, 1] }, { op: 0, row: [20n, 1] }]);
    harness.operator.onWatermark(0, 10n);
    harness.barrier();
    expect(harness.take().map((c) => c.row)).toEqual([[10n, 1], [20n, 1]]);
    harness.send(0, timed, [{ op: 0, row: [10n, 9] }]);
    harness.barrier();
    expect([harness.take(), harness.lateRows]).toEqual([[], 1]);
    expect(harness.operator.states.reduce((n, s) => n + s.entryCount, 0)).toBe(1);
  });
});

describe('materialize and normalize', () => {
  it('keeps a multiset', () => {
    const node: PhysicalPlan = { kind: 'materialize', props: props(SCHEMA), input: input(SCHEMA), relation: objectId(1), keys: null, conflict: 'checked' };
    checkProperty('multiset', node, [{ schema: SCHEMA, make: row }], ([rows = []]) => rows);
  });
  it('keeps the last row per key', () => {
    const schema: Schema = [field('v', TEXT), field('k', INT, false)];
    const node: PhysicalPlan = { kind: 'normalize', props: props(schema), input: input(schema, { changelog: 'upsert' }), keys: [1] };
    const harness = new Harness(node);
    const step = (changes: Change[]): Change[] => {
      harness.send(0, schema, changes);
      harness.barrier();
      return harness.take();
    };
    expect(step([{ op: 0, row: ['a', 1] }, { op: 2, row: ['b', 1] }, { op: 0, row: ['c', 2] }])).toEqual([{ op: 0, row: ['b', 1] }, { op: 0, row: ['c', 2] }]);
    expect(step([{ op: 3, row: [null, 1] }, { op: 2, row: ['d', 2] }])).toEqual([{ op: 3, row: ['b', 1] }, { op: 1, row: ['c', 2] }, { op: 2, row: ['d', 2] }]);
    expect(step([{ op: 3, row: [null, 2] }, { op: 0, row: ['d', 2] }])).toEqual([]);
  });
});

describe('windows', () => {
  const schema: Schema = [field('k', INT), field('ts', TIMESTAMP), field('v', INT)];
  const second = 1_000_000n;
  const at = (s: number): bigint => BigInt(s) * second;
  const out: Schema = [field('k', INT), field('n', BIGINT), field('s', BIGINT), field('start', TIMESTAMP), field('end', TIMESTAMP)];
  const calls = [call('count', [], {}, schema), call('sum', [2], {}, schema)];
  const node = (hop: boolean): PhysicalPlan => ({
    kind: 'windowAggregate', props: props(out, { changelog: 'append-only' }), input: input(schema, { changelog: 'append-only', distribution: { kind: 'hash', keys: [0] } }),
    timeColumn: 1, keys: [0], calls, windowColumns: ['start', 'end'], phase: 'single',
    window: hop ? { kind: 'hop', sizeMicros: at(10), slideMicros: at(4), offsetMicros: at(1), zone: null } : { kind: 'tumble', sizeMicros: at(10), offsetMicros: at(-3), zone: null },
  });
  for (const hop of [false, true]) {
    it(`${hop ? 'HOP' : 'TUMBLE'} with restores, negative times and offsets`, () => {
      for (let seed = 1; seed < 20; seed++) {
        const rng = new Rng(seed);
        const harness = new Harness(node(hop));
        const rows: Row[] = [];
        const got = new Bag();
        for (let now = -40; now < 60; now += 5) {
          const fresh = Array.from({ length: rng.int(5) }, (): Row => [rng.int(2), at(now) + BigInt(rng.int(12_000_000)), rng.int(10)]);
          rows.push(...fresh);
          harness.send(0, schema, fresh.map((r) => ({ op: 0, row: r })));
          harness.operator.onWatermark(0, at(now) - 1n);
          harness.barrier(true);
          got.apply(harness.take());
          if (rng.int(3) === 0) harness.restore(got);
        }
        harness.operator.onWatermark(0, at(1000));
        got.apply(harness.take());
        const size = 10;
        const slide = hop ? 4 : 10;
        const offset = hop ? 1 : -3;
        const expected: Row[] = [];
        for (let start = offset - 200; start < 200; start += slide) {
          if ((start - offset) % slide !== 0) continue;
          for (const k of [0, 1]) {
            const inside = rows.filter((r) => r[0] === k && (r[1] as bigint) >= at(start) && (r[1] as bigint) < at(start + size));
            if (inside.length > 0) expected.push([k, BigInt(inside.length), BigInt(inside.reduce((s, r) => s + Number(r[2]), 0)), at(start), at(start + size)]);
          }
        }
        expect(got.text()).toEqual(Bag.of(expected).text());
        expect(harness.lateRows).toBe(0);
        harness.send(0, schema, [{ op: 0, row: [1, at(0), 1] }]);
        expect(harness.lateRows).toBe(1);
      }
    });
  }
});

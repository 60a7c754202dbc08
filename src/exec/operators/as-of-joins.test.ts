import { describe, expect, it } from 'vitest';
import type { Schema } from '../../common/batch/batch.ts';
import { Rng } from '../../common/rng.ts';
import { INT, TEXT, TIMESTAMP } from '../../common/types/sql-type.ts';
import type { Row, Value } from '../../common/types/value.ts';
import { lookupJoin, nearestJoin } from '../../planner/physical/as-of-joins.ts';
import type { PhysicalNearestJoin } from '../../planner/physical.ts';
import { structuralKey } from '../expr/compile.ts';
import { Bag, cut, field, Harness, input, randomChanges, type Change } from '../testing/harness.ts';
import { checkProperty } from '../testing/property.ts';

const LEFT: Schema = [field('k', INT), field('t', TIMESTAMP), field('name', TEXT)];
const RIGHT: Schema = [field('k', INT), field('t', TIMESTAMP), field('rate', INT)];
const small = (rng: Rng, n: number): number | null => (rng.int(8) === 0 ? null : rng.int(n));
const time = (rng: Rng): bigint | null => (rng.int(8) === 0 ? null : BigInt(rng.int(12)) * 1_000_000n);
const leftRow = (rng: Rng): Row => [small(rng, 3), time(rng), rng.pick(['a', 'b'])];
const rightRow = (rng: Rng): Row => [small(rng, 3), time(rng), small(rng, 3)];

const fits = { '<': (a: bigint, b: bigint) => a < b, '<=': (a: bigint, b: bigint) => a <= b, '>': (a: bigint, b: bigint) => a > b, '>=': (a: bigint, b: bigint) => a >= b };

function naiveNearest(left: readonly Row[], right: readonly Row[], operator: PhysicalNearestJoin['operator'], padded: boolean): Row[] {
  const order = (a: Value, b: Value): number => (a === null ? (b === null ? 0 : 1) : b === null ? -1 : Number(a) - Number(b));
  return left.flatMap((l) => {
    const found = right
      .filter((r) => l[0] !== null && l[0] === r[0] && typeof l[1] === 'bigint' && typeof r[1] === 'bigint' && fits[operator](l[1], r[1]))
      .sort((a, b) => order(a[1] ?? null, b[1] ?? null) * (operator.startsWith('>') ? -1 : 1) || order(a[2] ?? null, b[2] ?? null));
    return found[0] !== undefined ? [[...l, ...found[0]]] : padded ? [[...l, null, null, null]] : [];
  });
}

describe('an ASOF join', () => {
  for (const operator of ['<', '<=', '>', '>='] as const) {
    for (const type of ['inner', 'left'] as const) {
      it(`${type}, ${operator}: gives what the plain search gives, whatever comes and goes`, () => {
        const node = nearestJoin({ left: input(LEFT), right: input(RIGHT), type, leftKeys: [0], rightKeys: [0], leftTime: 1, rightTime: 1, operator });
        checkProperty(`${type} ${operator}`, node, [{ schema: LEFT, make: leftRow }, { schema: RIGHT, make: rightRow }], ([l = [], r = []]) => naiveNearest(l, r, operator, type === 'left'), 15);
      });
    }
  }

  it('matches many changes of one key at once', () => {
    const node = nearestJoin({ left: input(LEFT), right: input(RIGHT), type: 'left', leftKeys: [0], rightKeys: [0], leftTime: 1, rightTime: 1, operator: '>=' });
    const harness = new Harness(node);
    const rng = new Rng(3);
    const left = Array.from({ length: 80 }, (): Row => [1, BigInt(rng.int(50)), 'a']);
    const right = Array.from({ length: 40 }, (): Row => [1, BigInt(rng.int(50)), rng.int(9)]);
    const out = new Bag();
    const send = (port: number, schema: Schema, rows: readonly Row[], op: number): void => {
      harness.send(port, schema, rows.map((row): Change => ({ op, row })));
      harness.barrier();
      out.apply(harness.take());
    };
    send(0, LEFT, left, 0);
    send(1, RIGHT, right, 0);
    expect(out.text()).toEqual(Bag.of(naiveNearest(left, right, '>=', true)).text());
    send(1, RIGHT, right.slice(0, 30), 3);
    expect(out.text()).toEqual(Bag.of(naiveNearest(left, right.slice(30), '>=', true)).text());
  });
});

describe('a lookup join', () => {
  /** What the left rows met when they came; comings are taken back newest first, rows of one kind in one epoch meet the same. */
  class Model {
    readonly shown: { readonly key: string; readonly out: Row[] }[] = [];
    apply(changes: readonly Change[], right: readonly Row[], padded: boolean): void {
      const net = new Map<string, { row: Row; n: number }>();
      for (const { op, row } of changes) {
        const entry = net.get(structuralKey(row)) ?? { row, n: 0 };
        entry.n += op === 0 || op === 2 ? 1 : -1;
        net.set(structuralKey(row), entry);
      }
      for (const [key, { row, n }] of net) {
        for (let i = n; i < 0; i++) this.shown.splice(this.shown.findLastIndex((s) => s.key === key), 1);
        for (let i = 0; i < n; i++) {
          const partners = right.filter((r) => row[0] !== null && r[0] === row[0]);
          this.shown.push({ key, out: partners.length > 0 ? partners.map((r) => [...row, ...r]) : padded ? [[...row, null, null, null]] : [] });
        }
      }
    }
    text(): string[] {
      return Bag.of(this.shown.flatMap((s) => s.out)).text();
    }
  }

  for (const type of ['inner', 'left'] as const) {
    for (const appendOnly of [true, false]) {
      it(`${type}, left ${appendOnly ? 'append-only' : 'with updates'}: rows keep what they met, and take it back`, () => {
        const node = lookupJoin({ left: input(LEFT, { changelog: appendOnly ? 'append-only' : 'retract' }), right: input(RIGHT), type, leftKeys: [0], rightKeys: [0], residual: null });
        expect(node.props.changelog).toBe(appendOnly ? 'append-only' : 'retract');
        for (let seed = 1; seed <= 20; seed++) {
          const rng = new Rng(seed);
          const harness = new Harness(node);
          const bags = [new Bag(), new Bag()] as const;
          const model = new Model();
          const out = new Bag();
          for (let epoch = 0; epoch < 12; epoch++) {
            const left = randomChanges(rng, bags[0], rng.int(8), leftRow, appendOnly);
            const right = randomChanges(rng, bags[1], rng.int(5), rightRow);
            // A retraction may come before its insertion.
            const backwards = rng.int(2) === 0;
            const sendAll = (port: number, schema: Schema, changes: readonly Change[]): void => {
              const parts = cut(rng, changes);
              for (const part of backwards ? parts.reverse() : parts) harness.send(port, schema, part);
            };
            sendAll(0, LEFT, left);
            sendAll(1, RIGHT, right);
            model.apply(left, bags[1].list(), type === 'left');
            const checkpoint = rng.int(2) === 0;
            harness.barrier(checkpoint);
            out.apply(harness.take());
            expect(out.text(), `seed ${seed}, epoch ${epoch}`).toEqual(model.text());
            if (checkpoint && rng.int(2) === 0) {
              if (rng.int(2) === 0) harness.save(true);
              harness.restore(out);
            }
          }
          expect(harness.errors).toEqual([]);
        }
      });
    }
  }

  it('lets left rows wait for the end of a bounded right side, over a restart too', () => {
    for (const changelog of ['append-only', 'retract'] as const) {
      const node = lookupJoin({ left: input(LEFT, { changelog }), right: input(RIGHT, { bounded: true, changelog: 'append-only' }), type: 'left', leftKeys: [0], rightKeys: [0], residual: null });
      const harness = new Harness(node);
      harness.send(0, LEFT, [{ op: 0, row: [1, 1n, 'a'] }, { op: 0, row: [2, 2n, 'b'] }]);
      harness.operator.onWatermark(0, 5n);
      harness.barrier(true);
      expect(harness.take()).toEqual([]);
      expect(harness.watermarks).toEqual([]);
      harness.restore(new Bag());
      if (changelog === 'retract') harness.send(0, LEFT, [{ op: 3, row: [2, 2n, 'b'] }]);
      harness.send(1, RIGHT, [{ op: 0, row: [1, 1n, 7] }]);
      harness.operator.onWatermark(0, 5n);
      harness.operator.onEnd(1);
      harness.barrier();
      expect(harness.take().map((c) => c.row).sort()).toEqual(changelog === 'retract' ? [[1, 1n, 'a', 1, 1n, 7]] : [[1, 1n, 'a', 1, 1n, 7], [2, 2n, 'b', null, null, null]]);
      expect(harness.watermarks).toEqual([5n]);
    }
  });
});

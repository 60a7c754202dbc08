import { describe, expect, it } from 'vitest';
import { batchFromRows, rowsFromBatch } from '../../common/batch/builder.ts';
import type { Schema } from '../../common/batch/batch.ts';
import { objectId, epoch } from '../../common/ids.ts';
import { INT, TEXT } from '../../common/types/sql-type.ts';
import type { Row } from '../../common/types/value.ts';
import type { LookupCache } from '../../connectors/lookup-options.ts';
import { ManualClock } from '../../connectors/test-support.ts';
import { HandLookup } from '../../connectors/testing/hand-lookup.ts';
import { connectorLookup } from '../../planner/physical/as-of-joins.ts';
import type { Lookups, PhysicalConnectorLookup } from '../../planner/physical.ts';
import { column } from '../../planner/expr.ts';
import { field, input } from '../testing/harness.ts';
import { ConnectorLookupOperator } from './connector-lookup.ts';

const LEFT: Schema = [field('id', INT), field('k', INT)];
const RIGHT: Schema = [field('k', INT), field('name', TEXT)];

/** One operator over a table whose answers are given by hand. */
class Bench {
  readonly table = new HandLookup();
  readonly clock = new ManualClock();
  readonly out: string[] = [];
  readonly failures: string[] = [];
  operator: ConnectorLookupOperator;
  wakes = 0;
  readonly node: PhysicalConnectorLookup;
  #epoch = 0;

  constructor(more: Partial<Lookups> = {}, parts: Partial<PhysicalConnectorLookup> = {}, changelog: 'append-only' | 'retract' = 'append-only') {
    this.table.rows = [[1, 'one'], [2, 'two'], [2, 'deux']];
    this.node = connectorLookup({
      left: input(LEFT, { changelog }), table: 'd', tableId: objectId(1), steps: [], right: RIGHT, type: 'left', leftKeys: [1], residual: null,
      spec: { connector: 'by-hand', options: {}, physical: RIGHT, projection: [0, 1], metadata: [], keys: [0] },
      lookups: { capacity: 100, ordered: true, timeoutMs: 300_000, retryMiss: null, maxRetries: 3, cache: { kind: 'none' }, ...more },
      ...parts,
    });
    this.operator = this.make();
  }
  make(): ConnectorLookupOperator {
    return new ConnectorLookupOperator(this.node, {
      output: {
        emit: (batch) => rowsFromBatch(this.node.props.schema, batch).forEach((row, i) => this.out.push(`${'+-+-'[batch.ops?.[i] ?? 0]}${row.map((v) => v ?? '').join('|')}`)),
        watermark: (w) => void this.out.push(`W${w}`),
      },
      eval: { nowMicros: 0n, procMicros: 0n, timeZone: 'UTC', watermark: null, random: () => 0.5 },
      state: { register: () => {} }, rowError: () => {}, late: () => {}, worker: 0, parallelism: 1,
      outside: {
        clock: this.clock, wake: () => void this.wakes++, fail: (e) => void this.failures.push(e.message),
        lookup: (spec) => this.table.reader(spec),
        readAll: (spec) => {
          this.table.scans++;
          return Promise.resolve([batchFromRows(RIGHT, this.table.rows.map((r) => spec.projection.map((i) => r[i] ?? null)))]);
        },
      },
    });
  }
  send(rows: readonly Row[], ops: readonly number[] | null = null): void {
    this.operator.onBatch(0, batchFromRows(LEFT, rows, ops === null ? null : Uint8Array.from(ops)));
  }
  /** Answers the waiting request for a key, and lets the operator go on. */
  async answer(key: number): Promise<void> {
    const request = this.table.requests.find((r) => r.keys.some((k) => k[0] === key));
    if (request === undefined) throw new Error(`nobody asks for ${key}`);
    request.answer();
    await this.turn();
  }
  async turn(): Promise<void> {
    for (let i = 0; i < 4; i++) await Promise.resolve();
    this.operator.resume();
  }
  /** Whether the barrier passed. */
  barrier(): boolean {
    if (!this.operator.settle()) return false;
    this.operator.onBarrier({ epoch: epoch(++this.#epoch), checkpoint: false, nowMicros: 0n });
    return true;
  }
  take(): string[] {
    return this.out.splice(0);
  }
}

const partial = (more: Partial<Extract<LookupCache, { kind: 'partial' }>> = {}): LookupCache => ({ kind: 'partial', maxKeys: Infinity, afterWriteMs: Infinity, afterAccessMs: Infinity, missing: true, ...more });

describe('a look-up in a connector', () => {
  it('keeps the order of rows and watermarks, whatever order answers come in', async () => {
    const b = new Bench();
    b.send([[10, 1]]);
    b.operator.onWatermark(0, 5n);
    b.send([[11, 2], [12, null], [13, 3]]);
    expect(b.table.requests.map((r) => r.keys)).toEqual([[[1]], [[2]], [[3]]]);
    await b.answer(3);
    await b.answer(2);
    expect(b.take()).toEqual([]);
    await b.answer(1);
    expect(b.take()).toEqual(['+10|1|1|one', 'W5', '+11|2|2|two', '+11|2|2|deux', '+12|||', '+13|3||']);
  });

  it('sends what is answered where order is not asked for, but nothing past a watermark', async () => {
    const b = new Bench({ ordered: false });
    b.send([[10, 1], [11, 2]]);
    b.operator.onWatermark(0, 5n);
    b.send([[12, 3]]);
    await b.answer(2);
    await b.answer(3);
    expect(b.take()).toEqual(['+11|2|2|two', '+11|2|2|deux']);
    await b.answer(1);
    expect(b.take()).toEqual(['+10|1|1|one', 'W5', '+12|3||']);
  });

  it('lets a barrier pass only when all is answered', async () => {
    const b = new Bench();
    b.send([[10, 1]]);
    expect(b.barrier()).toBe(false);
    await b.answer(1);
    expect(b.wakes).toBe(1);
    expect(b.barrier()).toBe(true);
    expect(b.take()).toEqual(['+10|1|1|one']);
  });

  it('asks for no more at a time than it may, wants no input meanwhile, and asks once for rows that wait together', async () => {
    const b = new Bench({ capacity: 2 });
    b.send([[10, 1], [11, 1], [12, 2], [13, 3]]);
    expect(b.table.requests.map((r) => r.keys)).toEqual([[[1]], [[2]]]);
    expect(b.operator.paused).toBe(true);
    await b.answer(2);
    expect(b.table.requests.map((r) => r.keys)).toEqual([[[1]], [[3]]]);
    expect(b.operator.paused).toBe(false);
    await b.answer(1);
    await b.answer(3);
    expect(b.take()).toEqual(['+10|1|1|one', '+11|1|1|one', '+12|2|2|two', '+12|2|2|deux', '+13|3||']);
    b.send([[14, 1]]);
    expect(b.table.requests.length).toBe(1);
  });

  it('puts several keys into a request where the connector takes them', async () => {
    const b = new Bench();
    b.operator.close();
    b.table.keysPerRequest = 3;
    b.operator = b.make();
    b.send([[10, 1], [11, 2], [12, 3], [13, 4]]);
    expect(b.table.requests.map((r) => r.keys)).toEqual([[[1], [2], [3]], [[4]]]);
    await b.answer(1);
    await b.answer(4);
    expect(b.take()).toEqual(['+10|1|1|one', '+11|2|2|two', '+11|2|2|deux', '+12|3||', '+13|4||']);
  });

  it('fails after its time, by the clock it was given', async () => {
    const b = new Bench({ timeoutMs: 5000 });
    b.send([[10, 1]]);
    b.clock.advance(4999);
    expect(b.failures).toEqual([]);
    b.clock.advance(1);
    expect(b.failures).toEqual(['looking up rows of "d" took more than 5000 ms']);
    expect(b.table.requests).toEqual([]);
  });

  it('sends a request that failed again, so many times', async () => {
    const b = new Bench({ maxRetries: 2 });
    b.send([[10, 1]]);
    for (const waitMs of [1000, 2000]) {
      b.table.requests[0]?.fail(new Error('gone'));
      await b.turn();
      expect(b.table.requests.length).toBe(0);
      b.clock.advance(waitMs);
    }
    expect(b.failures).toEqual([]);
    b.table.requests[0]?.fail(new Error('gone'));
    await b.turn();
    expect(b.failures).toEqual(['gone']);
  });

  it('asks again for what was not found, and not for the rest', async () => {
    const b = new Bench({ retryMiss: { delayMs: 10_000, maxAttempts: 3 } });
    b.operator.close();
    b.table.keysPerRequest = 2;
    b.operator = b.make();
    b.send([[10, 1], [11, 3]]);
    await b.answer(1);
    expect(b.take()).toEqual([]);
    b.clock.advance(10_000);
    expect(b.table.requests.map((r) => r.keys)).toEqual([[[3]]]);
    b.table.rows.push([3, 'three']);
    await b.answer(3);
    expect(b.take()).toEqual(['+10|1|1|one', '+11|3|3|three']);
    b.send([[12, 9]]);
    await b.answer(9);
    b.clock.advance(10_000);
    await b.answer(9);
    b.clock.advance(10_000);
    await b.answer(9);
    expect(b.take()).toEqual(['+12|9||']);
  });

  it('filters and projects what it finds, and tests the pairs', async () => {
    const notDeux = { kind: 'isNull' as const, arg: column(2, INT, true), negated: true };
    const b = new Bench({}, { residual: notDeux, type: 'inner' });
    b.send([[10, 1], [11, 7]]);
    await b.answer(1);
    await b.answer(7);
    expect(b.take()).toEqual(['+10|1|1|one']);
  });

  it('takes back what it joined, though the table has changed, also after a restore', async () => {
    const b = new Bench({}, {}, 'retract');
    // A retraction may come before its insertion.
    b.send([[12, 1], [10, 1], [11, 2], [12, 1]], [3, 0, 0, 0]);
    expect(b.table.requests.length).toBe(0);
    expect(b.barrier()).toBe(false);
    await b.answer(1);
    await b.answer(2);
    expect(b.barrier()).toBe(true);
    expect(b.take().sort()).toEqual(['+10|1|1|one', '+11|2|2|deux', '+11|2|2|two']);
    const saved = b.operator.states.map((s) => s.takeDelta());
    b.operator.close();
    b.operator = b.make();
    b.operator.states.forEach((s, i) => saved[i]?.forEach(({ keyGroup, bytes }) => s.load(keyGroup, bytes)));
    b.table.rows = [];
    b.operator.onWatermark(0, 7n);
    b.send([[11, 2], [11, 1]], [1, 2]);
    expect(b.barrier()).toBe(false);
    expect(b.take().sort()).toEqual(['-11|2|2|deux', '-11|2|2|two']);
    await b.answer(1);
    expect(b.barrier()).toBe(true);
    expect(b.take()).toEqual(['+11|1||', 'W7']);
  });
});

describe('caches', () => {
  it('PARTIAL keeps keys, those without rows too, and forgets the least recently used', async () => {
    const b = new Bench({ cache: partial({ maxKeys: 2 }) });
    b.table.automatic = true;
    for (const k of [1, 9, 1, 9, 2, 9, 1]) {
      b.send([[0, k]]);
      await b.turn();
      b.clock.advance(1);
    }
    expect(b.take().map((l) => l.split('|')[1])).toEqual(['1', '9', '1', '9', '2', '2', '9', '1']);
    // 2 put out 1, which is asked for again.
    expect(b.table.asked).toBe(4);
  });

  it('PARTIAL forgets after a time, counted from writing or from use', async () => {
    for (const [more, asked] of [[{ afterWriteMs: 100 }, 2], [{ afterAccessMs: 100 }, 1], [{ missing: false }, 1]] as const) {
      const b = new Bench({ cache: partial(more) });
      b.table.automatic = true;
      for (let i = 0; i < 3; i++) {
        b.send([[0, 1]]);
        await b.turn();
        b.clock.advance(60);
      }
      expect(b.table.asked, JSON.stringify(more)).toBe(asked);
    }
    const b = new Bench({ cache: partial({ missing: false }) });
    b.table.automatic = true;
    for (let i = 0; i < 3; i++) {
      b.send([[0, 9]]);
      await b.turn();
    }
    expect(b.table.asked).toBe(3);
  });

  it('FULL reads the table before the first look-up and again after its interval', async () => {
    const b = new Bench({ cache: { kind: 'full', reload: { kind: 'periodic', everyMs: 1000, rate: false } } });
    b.send([[10, 2], [11, 9]]);
    for (let i = 0; i < 3; i++) await b.turn();
    expect(b.take()).toEqual(['+10|2|2|two', '+10|2|2|deux', '+11|9||']);
    b.table.rows = [[9, 'nine']];
    b.send([[12, 9]]);
    for (let i = 0; i < 3; i++) await b.turn();
    expect(b.take()).toEqual(['+12|9||']);
    expect(b.table.scans).toBe(1);
    b.clock.advance(1000);
    for (let i = 0; i < 3; i++) await b.turn();
    b.send([[13, 9]]);
    for (let i = 0; i < 3; i++) await b.turn();
    expect(b.take()).toEqual(['+13|9|9|nine']);
    expect(b.table.scans).toBe(2);
  });
});

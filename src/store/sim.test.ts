import { describe, expect, it } from 'vitest';
import { SqlError } from '../common/errors.ts';
import { epoch, jobId, objectId, type JobId, type ObjectId } from '../common/ids.ts';
import { Rng } from '../common/rng.ts';
import type { CheckpointBlock, Store } from './api.ts';
import { SimMachine } from './sim.ts';
import { openStore } from './store.ts';
import { appendOne, bytesOf, progress, textOf } from './testing/contract.ts';

const JOBS: readonly JobId[] = [jobId(1), jobId(2)];
const TABLES: readonly ObjectId[] = [objectId(10), objectId(11)];

const open = (machine: SimMachine): Promise<Store> =>
  openStore({ dir: '/data', disk: machine.disk(), kv: machine.keyValue(), log: () => {}, segmentBytes: 300, logFileBytes: 400, manifestRecordsMax: 4 });

/** State by job, state and key group: the blocks' texts. */
type State = Map<string, string>;
interface CheckpointModel {
  readonly id: number;
  readonly state: State;
  readonly jobs: ReadonlyMap<JobId, number>;
}

/** What the store has been asked for, and what it has acknowledged. */
class Model {
  acknowledged: CheckpointModel = { id: 0, state: new Map(), jobs: new Map() };
  attempted: CheckpointModel | null = null;
  /** Jobs of which a drop was asked for: their state may be there or not, until a later checkpoint. */
  readonly dropped = new Set<JobId>();
  readonly logs = new Map<ObjectId, { sent: string[]; acknowledged: number; truncated: number }>(TABLES.map((t) => [t, { sent: [], acknowledged: 0, truncated: 0 }]));
  /** Log positions that the acknowledged checkpoint holds. */
  held = new Map<ObjectId, number>();
  records = 0;
  catalog: { acknowledged: number; attempted: number } = { acknowledged: 0, attempted: 0 };
}

async function work(store: Store, model: Model, rng: Rng, steps: number): Promise<void> {
  for (let i = 0; i < steps; i++) {
    switch (rng.int(6)) {
      case 0:
      case 1: {
        const state = new Map(model.acknowledged.state);
        const jobs = new Map(model.acknowledged.jobs);
        const id = Math.max(model.acknowledged.id, model.attempted?.id ?? 0) + 1;
        const blocks: CheckpointBlock[] = [];
        const covered = JOBS.filter((job) => rng.int(3) > 0 && !model.dropped.has(job));
        for (const job of covered) {
          jobs.set(job, id);
          for (let keyGroup = 0; keyGroup < 3; keyGroup++) {
            if (rng.int(3) === 0) continue;
            const base = rng.int(3) === 0;
            const text = `${id}.${keyGroup}${'x'.repeat(rng.int(80))}|`;
            const key = `${job}/${keyGroup}`;
            blocks.push({ job, stateId: 's', keyGroup, base, bytes: bytesOf(text) });
            state.set(key, base ? text : (state.get(key) ?? '') + text);
          }
        }
        const held = new Map([...model.logs].map(([table, log]) => [table, log.acknowledged]));
        model.attempted = { id, state, jobs };
        await store.commitCheckpoint({ id, epoch: epoch(id), blocks, jobs: covered.map((job) => progress(job, id)) });
        model.acknowledged = model.attempted;
        model.held = held;
        break;
      }
      case 2: {
        const table = rng.pick(TABLES);
        const log = model.logs.get(table);
        const position = model.held.get(table) ?? 0;
        if (log === undefined || position === 0) break;
        log.truncated = Math.max(log.truncated, position);
        await store.truncateLog(table, position);
        break;
      }
      case 3: {
        model.catalog.attempted++;
        await store.writeCatalog(new Map([['version', model.catalog.attempted], ['copy', model.catalog.attempted]]));
        model.catalog.acknowledged = model.catalog.attempted;
        break;
      }
      default:
        await appendSome(store, model, rng);
    }
  }
}
async function appendSome(store: Store, model: Model, rng: Rng): Promise<void> {
  const table = rng.pick(TABLES);
  const log = model.logs.get(table);
  if (log === undefined) return;
  const written = Array.from({ length: 1 + rng.int(4) }, async () => {
    const text = `${model.records++}:${'r'.repeat(rng.int(120))}`;
    log.sent.push(text);
    try {
      const position = await appendOne(store, table, text);
      expect(position).toBe(log.sent.indexOf(text) + 1);
      log.acknowledged = Math.max(log.acknowledged, position);
    } catch (error) {
      // What was refused is not in the log; what was under way at a crash may be.
      if (error instanceof SqlError && error.condition === 'disk_full') log.sent.splice(log.sent.indexOf(text), 1);
      throw error;
    }
  });
  for (const result of await Promise.allSettled(written)) if (result.status === 'rejected') throw result.reason;
}

/** The store holds what was acknowledged, and at most what was under way besides. Brings the model up to that. */
async function check(store: Store, model: Model): Promise<void> {
  const recovered = await store.recover();
  const id = recovered?.id ?? 0;
  expect([model.acknowledged.id, model.attempted?.id]).toContain(id);
  const found = id === model.acknowledged.id || model.attempted === null ? model.acknowledged : model.attempted;
  model.acknowledged = found;
  model.attempted = null;
  expect(new Map(recovered?.jobs.map((j) => [j.job, j.offsets['s/0']]))).toEqual(found.jobs);
  for (const job of JOBS) {
    for (let keyGroup = 0; keyGroup < 3; keyGroup++) {
      expect((await store.readState(job, 's', keyGroup)).map(textOf).join('')).toBe(found.state.get(`${job}/${keyGroup}`) ?? '');
    }
  }
  for (const [table, log] of model.logs) {
    const after = Math.min(log.truncated, model.held.get(table) ?? 0);
    const records: string[] = [];
    for await (const { position, record } of store.readLog(table, after)) {
      expect(position).toBe(after + records.length + 1);
      records.push(textOf(record));
    }
    expect(after + records.length).toBeGreaterThanOrEqual(log.acknowledged);
    expect(records).toEqual(log.sent.slice(after, after + records.length));
    log.sent.length = after + records.length;
    log.acknowledged = log.sent.length;
  }
  const catalog = await store.readCatalog();
  expect(catalog.get('version')).toBe(catalog.get('copy'));
  const version = Number(catalog.get('version') ?? 0);
  expect(version >= model.catalog.acknowledged && version <= model.catalog.attempted).toBe(true);
  model.catalog = { acknowledged: version, attempted: version };
}

async function untilCrash(machine: SimMachine, run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (error) {
    if (!machine.crashed) throw error;
  }
  machine.crash();
}

describe('store on a simulated machine', () => {
  it('keeps what it acknowledged, whichever operation the machine crashes at', async () => {
    let crashes = 0;
    for (let seed = 1; seed <= 6; seed++) {
      for (let at = 1; ; at += 1) {
        const machine = new SimMachine(new Rng(seed * 1000 + at));
        const model = new Model();
        machine.crashAt = at;
        await untilCrash(machine, async () => work(await open(machine), model, new Rng(seed), 45));
        if (machine.operations < at) break;
        crashes++;
        machine.restart();
        // A second crash, while it recovers or soon after.
        machine.crashAt = machine.operations + 1 + (at % 37);
        await untilCrash(machine, async () => {
          const store = await open(machine);
          await check(store, model);
          await work(store, model, new Rng(at), 8);
        });
        machine.restart();
        const store = await open(machine);
        await check(store, model);
        await work(store, model, new Rng(at + 1), 12);
        await store.close();
        await check(await open(machine), model);
      }
    }
    expect(crashes).toBeGreaterThan(600);
  });

  it('says that the disk is full, acknowledges nothing of it, and goes on when there is space again', async () => {
    let failures = 0;
    for (let at = 12; at < 160; at += 1) {
      const machine = new SimMachine(new Rng(at));
      const model = new Model();
      const rng = new Rng(at);
      const store = await open(machine);
      machine.full = { from: at, to: at + 1 + (at % 9) };
      for (let i = 0; i < 40; i++) {
        try {
          await work(store, model, rng, 1);
        } catch (error) {
          expect(error).toMatchObject({ condition: 'disk_full' });
          failures++;
        }
      }
      await check(store, model);
      machine.crash();
      machine.restart();
      const again = await open(machine);
      await check(again, model);
    }
    expect(failures).toBeGreaterThan(50);
  });

  it('steps back one checkpoint when the disk has lost what it said was synced', async () => {
    const machine = new SimMachine(new Rng(3));
    const store = await open(machine);
    const block = (text: string): CheckpointBlock => ({ job: jobId(1), stateId: 's', keyGroup: 0, base: true, bytes: bytesOf(text) });
    for (let id = 1; id <= 9; id++) await store.commitCheckpoint({ id, epoch: epoch(id), blocks: [block(`state of ${id}`)], jobs: [progress(jobId(1), id)] });
    await store.close();
    const disk = machine.disk();
    const last = (await disk.list('/data/segments')).at(-1) as string;
    await disk.openAppend(`/data/segments/${last}`, (await disk.size(`/data/segments/${last}`)) - 1);
    const again = await open(machine);
    expect(await again.recover()).toMatchObject({ id: 8 });
    expect((await again.readState(jobId(1), 's', 0)).map(textOf)).toEqual(['state of 8']);
  });
});

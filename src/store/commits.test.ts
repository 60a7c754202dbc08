import { describe, expect, it } from 'vitest';
import { epoch, objectId, type ObjectId } from '../common/ids.ts';
import { Rng } from '../common/rng.ts';
import { SqlError } from '../common/errors.ts';
import type { Store } from './api.ts';
import { SimMachine } from './sim.ts';
import { openStore } from './store.ts';
import { bytesOf, textOf } from './testing/contract.ts';

const TABLES: readonly ObjectId[] = [objectId(10), objectId(11), objectId(12)];
const open = (machine: SimMachine): Promise<Store> =>
  openStore({ dir: '/data', disk: machine.disk(), kv: machine.keyValue(), log: () => {}, segmentBytes: 300, logFileBytes: 300, manifestRecordsMax: 4 });

/** A commit: the tables it writes to; what is known of it. */
interface Commit {
  readonly tables: readonly ObjectId[];
  state: 'open' | 'acknowledged' | 'refused' | 'there' | 'gone';
}

interface Place {
  readonly position: number;
  readonly commit: number;
}

class Model {
  readonly commits: Commit[] = [];
  /** What may be gone: up to which position and commit. */
  readonly truncated: Map<ObjectId, Place> = new Map(TABLES.map((t) => [t, { position: 0, commit: -1 }]));
  checkpoint = 0;
}

async function work(store: Store, model: Model, rng: Rng, steps: number): Promise<void> {
  const last = new Map<ObjectId, Place>();
  for (let i = 0; i < steps; i++) {
    const several = Array.from({ length: 1 + rng.int(3) }, async () => {
      const tables = TABLES.filter(() => rng.int(2) === 0);
      if (tables.length === 0) return;
      const commit: Commit = { tables, state: 'open' };
      const number = model.commits.push(commit) - 1;
      const record = bytesOf(`${number}:${'r'.repeat(rng.int(60))}`);
      try {
        const positions = await store.appendLogs(tables.map((table) => ({ table, record })));
        tables.forEach((table, n) => {
          const position = positions[n] ?? 0;
          if (position > (last.get(table)?.position ?? 0)) last.set(table, { position, commit: number });
        });
        commit.state = 'acknowledged';
      } catch (error) {
        if (error instanceof SqlError && error.condition === 'disk_full') commit.state = 'refused';
        throw error;
      }
    });
    for (const result of await Promise.allSettled(several)) if (result.status === 'rejected') throw result.reason;
    if (rng.int(4) > 0) continue;
    const table = rng.pick(TABLES);
    const upTo = last.get(table);
    if (upTo !== undefined) {
      model.truncated.set(table, upTo);
      await store.truncateLog(table, upTo.position);
    }
    const id = ++model.checkpoint;
    await store.commitCheckpoint({ id, epoch: epoch(id), blocks: [], jobs: [] });
  }
}

/** Every commit is in all of its tables' logs or in none, in order; once seen it stays as it was. */
async function check(store: Store, model: Model): Promise<void> {
  const seen = new Map<ObjectId, Set<number>>();
  for (const table of TABLES) {
    const numbers: number[] = [];
    for await (const { record } of store.readLog(table, model.truncated.get(table)?.position ?? 0)) numbers.push(Number(textOf(record).split(':')[0]));
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
    seen.set(table, new Set(numbers));
  }
  model.commits.forEach((commit, n) => {
    const asked = commit.tables.filter((table) => n > (model.truncated.get(table)?.commit ?? -1));
    const found = asked.filter((table) => seen.get(table)?.has(n) === true);
    if (asked.length === 0) return;
    expect([0, asked.length]).toContain(found.length);
    const there = found.length > 0;
    if (commit.state === 'acknowledged' || commit.state === 'there') expect(there).toBe(true);
    if (commit.state === 'refused' || commit.state === 'gone') expect(there).toBe(false);
    if (commit.state === 'open') commit.state = there ? 'there' : 'gone';
  });
}

async function untilCrash(machine: SimMachine, run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (error) {
    if (!machine.crashed) throw error;
  }
  machine.crash();
  machine.restart();
}

describe('a commit over several logs', () => {
  it('is there whole or not at all, whichever operation the machine crashes at', async () => {
    let crashes = 0;
    for (let seed = 1; seed <= 5; seed++) {
      for (let at = 1; ; at++) {
        const machine = new SimMachine(new Rng(seed * 1000 + at));
        const model = new Model();
        machine.crashAt = at;
        await untilCrash(machine, async () => work(await open(machine), model, new Rng(seed), 14));
        if (machine.operations < at) break;
        crashes++;
        machine.crashAt = machine.operations + 1 + (at % 29);
        await untilCrash(machine, async () => {
          const store = await open(machine);
          await check(store, model);
          await work(store, model, new Rng(at), 6);
        });
        const store = await open(machine);
        await check(store, model);
        await work(store, model, new Rng(at + 1), 6);
        await check(store, model);
        await store.close();
        await check(await open(machine), model);
      }
    }
    expect(crashes).toBeGreaterThan(200);
  });

  it('that a full disk refuses is void, also after a restart', async () => {
    let refused = 0;
    for (let at = 8; at < 90; at++) {
      const machine = new SimMachine(new Rng(at));
      const model = new Model();
      const rng = new Rng(at);
      const store = await open(machine);
      machine.full = { from: at, to: at + 1 + (at % 7) };
      for (let i = 0; i < 25; i++) {
        try {
          await work(store, model, rng, 1);
        } catch (error) {
          expect(error).toMatchObject({ condition: 'disk_full' });
          refused++;
        }
      }
      await check(store, model);
      machine.crash();
      machine.restart();
      await check(await open(machine), model);
    }
    expect(refused).toBeGreaterThan(40);
  });
});

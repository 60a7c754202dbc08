import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Schema } from '../../common/batch/batch.ts';
import { DELETE, INSERT } from '../../common/batch/batch.ts';
import { batchFromRows } from '../../common/batch/builder.ts';
import { Rng } from '../../common/rng.ts';
import { INT, TEXT } from '../../common/types/sql-type.ts';
import type { Options, SinkSpec, SinkWriter, Split } from '../api.ts';
import { connectorNamed, registerConnector, resolveOptions } from '../registry.ts';
import { ManualClock, openSource, readAll, sourceSpec, testContext } from '../test-support.ts';
import { memoryConnector } from './memory.ts';
import { MemoryLog } from './memory-log.ts';

const schema: Schema = [{ name: 'id', type: INT, nullable: true }, { name: 's', type: TEXT, nullable: true }];
let log: MemoryLog;
let unregister: () => void;
beforeEach(() => {
  log = new MemoryLog();
  unregister = registerConnector(memoryConnector(log));
});
afterEach(() => unregister());

const options = (over: Options = {}): Options => ({ connector: 'memory', topic: 't', ...over });
const sinkSpec = (over: Options = {}): SinkSpec => ({ connector: 'memory', options: resolveOptions(options(over)).options, schema, metadata: [], primaryKey: [], table: 't' });
const writer = (over: Options = {}, task = 0): SinkWriter => connectorNamed('memory').sink?.writer(sinkSpec(over), task, testContext()) as SinkWriter;

describe('memory connector', () => {
  it('is there only while registered', () => {
    expect(() => registerConnector(memoryConnector(log))).toThrow('exists');
    unregister();
    expect(() => connectorNamed('memory')).toThrow('does not exist');
  });

  it('reads partitions, resumes by position and finds new partitions', async () => {
    log.create('t', 2);
    log.append('t', 0, [[1, 'a'], [2, 'b'], [3, 'c']]);
    log.append('t', 1, [[10, null]]);
    const spec = sourceSpec(options(), schema, { projection: [0] });
    const reader = await openSource(spec, testContext());
    const head = await readAll(spec, reader, 3, 2);
    const splits: Split[] = reader.positions().map((p) => ({ id: p.id, position: p.position, bounded: false }));
    const descriptor = connectorNamed('memory').source;
    const again = descriptor?.reader(spec, splits, testContext());
    const enumerator = descriptor?.enumerator(spec, testContext());
    await enumerator?.discover(1);
    enumerator?.watch?.((found) => again?.addSplits(found));
    log.create('t', 3);
    log.append('t', 2, [[20, 'x']]);
    log.end('t');
    const tail = await readAll(spec, again as NonNullable<typeof again>);
    expect([...head.rows, ...tail.rows].map((r) => r.row[0]).toSorted()).toEqual([1, 10, 2, 20, 3]);
    const bounded = sourceSpec(options({ bounded: 'true' }), schema);
    expect((await readAll(bounded, await openSource(bounded, testContext()))).rows.length).toBe(5);
  });

  it('shows what a durable checkpoint committed, once, whatever crashes', async () => {
    const committer = connectorNamed('memory').sink?.committer?.(sinkSpec(), testContext());
    const w = writer();
    w.write(batchFromRows(schema, [[1, 'a'], [2, 'b']], new Uint8Array([INSERT, DELETE])));
    const first = await w.prepare(1);
    w.write(batchFromRows(schema, [[3, 'c']]));
    expect(log.records('t')).toEqual([]);
    log.crash();
    await committer?.commit(1, [first]);
    await committer?.commit(1, [first]);
    const w2 = writer();
    w2.write(batchFromRows(schema, [[3, 'c']]));
    await committer?.commit(2, [await w2.prepare(2)]);
    expect(log.records('t')).toEqual([{ op: INSERT, row: [1, 'a'] }, { op: DELETE, row: [2, 'b'] }, { op: INSERT, row: [3, 'c'] }]);
  });

  it('loses and doubles under faults only what its guarantee allows', async () => {
    const rng = new Rng(5);
    const clock = new ManualClock();
    log.faults = { random: () => rng.double(), lossRate: 0.3, latencyMs: 5 };
    const context = testContext({ clock, fail: () => void failures++ });
    let failures = 0;
    log.create('t', 1);
    log.append('t', 0, Array.from({ length: 50 }, (_, i) => [i, null]));
    const spec = sourceSpec(options({ bounded: 'true' }), schema);
    const enumerator = connectorNamed('memory').source?.enumerator(spec, context);
    let splits = (await enumerator?.discover(1)) ?? [];
    const got: unknown[] = [];
    for (let ended = false; !ended; ) {
      const reader = connectorNamed('memory').source?.reader(spec, splits, context);
      const before = failures;
      for (let turn = 0; failures === before && !ended; turn++) {
        expect(turn).toBeLessThan(1000);
        const b = reader?.poll(10);
        if (b === 'ended') ended = true;
        else if (typeof b === 'object') for (let i = 0; i < b.batch.rowCount; i++) got.push((b.batch.columns[0] as { values: Int32Array }).values[i]);
      }
      splits = (reader?.positions() ?? []).map((p) => ({ id: p.id, position: p.position, bounded: true }));
    }
    expect(failures).toBeGreaterThan(0);
    expect(got).toEqual(Array.from({ length: 50 }, (_, i) => i));

    const lossy = writer({ topic: 'out', 'sink.delivery-guarantee': 'at-least-once' });
    lossy.write(batchFromRows(schema, Array.from({ length: 20 }, (_, i) => [i, null])));
    log.crash();
    const seen = log.records('out').length;
    expect(seen).toBeLessThan(20);
    expect(log.records('out').map((r) => r.row[0])).toEqual(Array.from({ length: seen }, (_, i) => i));
  });
});

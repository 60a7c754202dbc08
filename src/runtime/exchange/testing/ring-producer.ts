import { workerData } from 'node:worker_threads';
import { batchFromRows } from '../../../common/batch/builder.ts';
import type { Batch } from '../../../common/batch/batch.ts';
import { epoch } from '../../../common/ids.ts';
import { Rng } from '../../../common/rng.ts';
import { BIGINT, INT, NUMERIC, TEXT, type SqlType } from '../../../common/types/sql-type.ts';
import type { Row } from '../../../common/types/value.ts';
import type { Item } from '../channel.ts';
import { Doorbell } from '../doorbell.ts';
import { RingWriter } from '../ring.ts';

/** A thread that pushes a seeded sequence of items; the test makes the same sequence and compares. */
export const SEQUENCE_TYPES: readonly SqlType[] = [INT, BIGINT, TEXT, NUMERIC];

export function* sequence(seed: number, count: number): Generator<Item> {
  const rng = new Rng(seed);
  for (let i = 0; i < count; i++) {
    switch (rng.int(8)) {
      case 0:
        yield { kind: 'watermark', micros: BigInt(i) * -1_000_000_007n };
        break;
      case 1:
        yield { kind: 'barrier', barrier: { epoch: epoch(i + 2 ** 40), checkpoint: rng.int(2) === 0, nowMicros: BigInt(i) } };
        break;
      case 2:
        yield { kind: rng.int(2) === 0 ? 'idle' : 'end' };
        break;
      default:
        yield { kind: 'batch', batch: randomBatch(rng, rng.int(20) === 0 ? 2000 : rng.int(60)) };
    }
  }
}
function randomBatch(rng: Rng, count: number): Batch {
  const rows: Row[] = [];
  for (let i = 0; i < count; i++) {
    const n = rng.uint32() | 0;
    rows.push([n, BigInt(n) << 20n, rng.int(5) === 0 ? null : 'x'.repeat(rng.int(40)), { unscaled: BigInt(n), scale: rng.int(6) }]);
  }
  return batchFromRows(SEQUENCE_TYPES, rows, rng.int(2) === 0 ? new Uint8Array(count).fill(3) : null);
}

interface ProducerData {
  readonly ring: SharedArrayBuffer;
  readonly consumerBell: SharedArrayBuffer;
  readonly ownBell: SharedArrayBuffer;
  readonly seed: number;
  readonly count: number;
}

function produce(data: ProducerData): void {
  const writer = new RingWriter(data.ring, new Doorbell(data.consumerBell));
  const bell = new Doorbell(data.ownBell);
  const waitFor = (done: () => boolean): void => {
    while (!done()) {
      const seen = bell.arm();
      if (done()) break;
      if (!bell.waitBlocking(seen, 5000)) throw new Error('the consumer is silent');
    }
    bell.disarm();
  };
  for (const item of sequence(data.seed, data.count)) waitFor(() => writer.tryPush(item));
  waitFor(() => writer.flush());
}
if (workerData !== null && typeof workerData === 'object' && 'consumerBell' in workerData) produce(workerData as ProducerData);

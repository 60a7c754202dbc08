import type { Batch } from '../common/batch/batch.ts';
import type { Barrier } from '../exec/operator.ts';
import type { Item, Receiver } from './exchange/channel.ts';

/** Where an input's rows go: an operator's port, or straight out. */
export interface InputTarget {
  onBatch(batch: Batch): void;
  onWatermark(micros: bigint): void;
}

/** One input of a task. It stops at a barrier until the task has let it pass. */
export interface TaskInput {
  readonly target: InputTarget;
  /** The barrier it has reached, or null. */
  readonly reached: Barrier | null;
  /** Has had its last row. */
  readonly ended: boolean;
  /** Has nothing for now and doesn't hold back the others' watermark. */
  readonly idle: boolean;
  /** Microseconds, or null before the first. */
  readonly watermark: bigint | null;
  /** Handles one batch or so; false when there is nothing. */
  step(): boolean;
  /** Told by the worker, when nobody else would bring it the barrier. */
  inject(barrier: Barrier): void;
  /** The barrier is done. */
  release(): void;
  close(): void;
}

/** Rows from one or several channels: barriers are aligned, the watermark is the minimum of channels that still run. */
export class ChannelInput implements TaskInput {
  readonly target: InputTarget;
  readonly #lanes: Lane[];
  readonly #onItem: (item: Item) => void;
  #next = 0;
  reached: Barrier | null = null;
  watermark: bigint | null = null;

  /** `onInject`: how a barrier gets into an input which no task feeds. */
  constructor(target: InputTarget, receivers: readonly Receiver[], wake: () => void, onInject: (item: Item) => void = () => {}) {
    this.target = target;
    this.#lanes = receivers.map((receiver) => ({ receiver, reached: null, ended: false, idle: false, watermark: null }));
    this.#onItem = onInject;
    for (const r of receivers) r.onItem(wake);
  }
  get ended(): boolean {
    return this.#lanes.every((l) => l.ended);
  }
  get idle(): boolean {
    return this.#lanes.every((l) => l.ended || l.idle);
  }

  step(): boolean {
    const n = this.#lanes.length;
    for (let k = 0; k < n; k++) {
      const at = (this.#next + k) % n;
      const lane = this.#lanes[at] as Lane;
      if (lane.reached !== null) continue;
      const item = lane.receiver.take();
      if (item === null) continue;
      this.#next = (at + 1) % n;
      switch (item.kind) {
        case 'batch':
          lane.idle = false;
          this.target.onBatch(item.batch);
          break;
        case 'watermark':
          lane.idle = false;
          lane.watermark = item.micros;
          this.#advance();
          break;
        case 'idle':
          lane.idle = true;
          this.#advance();
          break;
        case 'end':
          lane.ended = true;
          this.#advance();
          break;
        case 'barrier':
          lane.reached = item.barrier;
          if (this.#lanes.every((l) => l.reached !== null)) this.reached = item.barrier;
          break;
      }
      return true;
    }
    return false;
  }
  #advance(): void {
    let min: bigint | null = null;
    for (const lane of this.#lanes) {
      if (lane.ended || lane.idle) continue;
      if (lane.watermark === null) return;
      if (min === null || lane.watermark < min) min = lane.watermark;
    }
    if (min === null || (this.watermark !== null && min <= this.watermark)) return;
    this.watermark = min;
    this.target.onWatermark(min);
  }
  inject(barrier: Barrier): void {
    this.#onItem({ kind: 'barrier', barrier });
  }
  release(): void {
    this.reached = null;
    for (const lane of this.#lanes) lane.reached = null;
  }
  close(): void {}
}

/** Nothing but barriers, for operators without inputs. */
export class PulseInput implements TaskInput {
  readonly target: InputTarget = { onBatch: () => {}, onWatermark: () => {} };
  reached: Barrier | null = null;
  readonly ended = true;
  readonly idle = true;
  readonly watermark = null;
  step(): boolean {
    return false;
  }
  inject(barrier: Barrier): void {
    this.reached = barrier;
  }
  release(): void {
    this.reached = null;
  }
  close(): void {}
}

interface Lane {
  readonly receiver: Receiver;
  reached: Barrier | null;
  ended: boolean;
  idle: boolean;
  watermark: bigint | null;
}

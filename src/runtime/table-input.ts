import type { Batch } from '../common/batch/batch.ts';
import type { Clock } from '../common/clock.ts';
import type { Barrier, OperatorContext } from '../exec/operator.ts';
import type { PhysicalTableInput } from '../planner/physical.ts';
import { batchWatermark } from './batch-watermark.ts';
import type { LocalChannel } from './exchange/channel.ts';
import { ChannelInput, type InputTarget, type TaskInput } from './input.ts';

export interface TableHooks {
  readonly clock: Clock;
  readonly wake: () => void;
  /** A barrier is wanted. */
  readonly active: () => void;
  readonly context: OperatorContext;
  /** The table's log comes to this worker. */
  readonly owner: boolean;
  /** Of the checkpoint. */
  readonly watermark: bigint | null;
}

/**
 * A stored table's changes, as its log brings them to one worker, and the watermark that the table declares: the log is one
 * split. Without changes for the idle timeout the table no longer holds anybody back; the other workers never do.
 */
export class TableInput implements TaskInput {
  readonly target: InputTarget;
  readonly #rows: ChannelInput;
  readonly #hooks: TableHooks;
  readonly #idleTimeoutMs: number | null;
  #restored: bigint | null;
  #lastRowMs: number;
  #idleTimer: (() => void) | null = null;
  idle: boolean;
  watermark: bigint | null = null;

  constructor(node: PhysicalTableInput, target: InputTarget, channel: LocalChannel, hooks: TableHooks) {
    const { watermark } = node;
    this.target = target;
    this.#hooks = hooks;
    const mark = watermark === null ? null : batchWatermark(node.props, watermark.expr, hooks.context);
    const onBatch = (batch: Batch): void => {
      target.onBatch(batch);
      this.#took(mark?.(batch) ?? null);
    };
    this.#rows = new ChannelInput({ onBatch, onWatermark: () => {} }, [channel], hooks.wake, (item) => channel.trySend(item));
    this.#restored = watermark !== null && hooks.owner ? hooks.watermark : null;
    this.#lastRowMs = hooks.clock.monotonicMs();
    this.#idleTimeoutMs = watermark?.idleTimeoutMs ?? null;
    this.idle = watermark !== null && !hooks.owner;
    if (hooks.owner) this.#watchIdle();
  }
  get reached(): Barrier | null {
    return this.#rows.reached;
  }
  get ended(): boolean {
    return this.#rows.ended;
  }
  step(): boolean {
    if (this.#restored === null) return this.#rows.step();
    // Ahead of the first barrier: no late row becomes timely by a crash.
    const micros = this.#restored;
    this.#restored = null;
    this.#advance(micros);
    return true;
  }
  #took(mark: bigint | null): void {
    this.#lastRowMs = this.#hooks.clock.monotonicMs();
    if (this.#hooks.owner) this.idle = false;
    if (mark !== null) this.#advance(mark);
    if (this.#hooks.owner) this.#watchIdle();
  }
  #advance(micros: bigint): void {
    if (this.watermark !== null && micros <= this.watermark) return;
    this.watermark = micros;
    this.target.onWatermark(micros);
  }
  #watchIdle(): void {
    if (this.#idleTimeoutMs === null || this.#idleTimer !== null || this.idle) return;
    const left = this.#lastRowMs + this.#idleTimeoutMs - this.#hooks.clock.monotonicMs();
    if (left > 0) {
      this.#idleTimer = this.#hooks.clock.setTimer(left, () => {
        this.#idleTimer = null;
        this.#watchIdle();
      });
      return;
    }
    this.idle = true;
    this.#hooks.active();
    this.#hooks.wake();
  }
  inject(barrier: Barrier): void {
    this.#rows.inject(barrier);
  }
  release(): void {
    this.#rows.release();
  }
  close(): void {
    this.#idleTimer?.();
    this.#rows.close();
  }
}

import type { Batch } from '../../common/batch/batch.ts';
import { followsClock } from '../../planner/physical/clock.ts';
import type { PhysicalPlan } from '../../planner/physical.ts';
import type { Barrier, OperatorContext, TimedOperator } from '../operator.ts';
import { BaseOperator } from './base.ts';
import { SavedWatermark } from './progress.ts';
import { HeldWatermark } from './watermarks.ts';
import { wakeAfter } from './windows.ts';

/** The watermark of an input that has ended: it passes every time. */
export const END_OF_TIME: bigint = (1n << 63n) - 1n;

export interface TimeFollowing {
  readonly stateId: string;
  readonly input: PhysicalPlan;
  /** Rows leave at barriers, so that the watermark waits for them; else they leave as it passes. */
  readonly holds: boolean;
  /** By how much the watermark sent on is behind the input's, microseconds. */
  readonly lagMicros?: bigint;
  /** False where no row is ever late: the watermark then starts anew with a restart. */
  readonly saves?: boolean;
}

/**
 * An operator of one input that follows its time. Subclasses take rows and say what happens as time passes; the rest is here:
 * the watermark, kept over a restart so that late stays late; its sending on, at once or behind the rows it covers; the end of
 * the input, which is a watermark behind everything that comes with the next barrier; and where the time is the clock's, when
 * to be woken. What subclasses derive from their state they make in `restored`, once, before anything else is asked of them.
 */
export abstract class EventTimeOperator extends BaseOperator implements TimedOperator {
  /** As far as `passed` was told of; null: no watermark has come yet. */
  protected watermark: bigint | null = null;
  wakeMicros: bigint | null = null;
  readonly lingers: boolean = false;
  readonly #holds: boolean;
  readonly #lagMicros: bigint;
  readonly #clocked: boolean;
  readonly #saved: SavedWatermark | null;
  readonly #held = new HeldWatermark();
  #started = false;
  #ended = false;

  constructor(context: OperatorContext, { stateId, input, holds, lagMicros = 0n, saves = true }: TimeFollowing) {
    super(context);
    this.#holds = holds;
    this.#lagMicros = lagMicros;
    this.#clocked = followsClock(input);
    this.#saved = saves ? new SavedWatermark(`${stateId}.progress`) : null;
    if (this.#saved !== null) this.register(this.#saved.store);
  }

  /** Makes what is derived from the state, after a restore; the watermark is known. */
  protected restored(): void {}
  protected abstract take(batch: Batch): void;
  /** The watermark goes on to `now`, which `watermark` is only afterwards. What is emitted is ahead of it. */
  protected passed(_now: bigint): void {}
  /** At a barrier: sends the net change of the epoch, where there is any. */
  protected atBarrier(_barrier: Barrier): void {}
  /** The watermark at which the next rows it holds back will leave it, microseconds; null where nothing waits. */
  abstract waitsFor(): bigint | null;

  #start(): void {
    if (this.#started) return;
    this.#started = true;
    this.watermark = this.#saved?.load() ?? null;
    this.restored();
  }

  #advance(micros: bigint): void {
    if (this.watermark !== null && micros <= this.watermark) return;
    this.passed(micros);
    this.watermark = micros;
  }

  override onBatch(_port: number, batch: Batch): void {
    this.#start();
    this.take(batch);
  }

  override onWatermark(_port: number, micros: bigint): void {
    this.#start();
    this.#advance(micros);
    if (this.#holds) this.#held.hold(micros - this.#lagMicros);
    else this.context.output.watermark(micros - this.#lagMicros);
  }

  override onEnd(_port: number): void {
    this.#ended = true;
  }

  override onBarrier(barrier: Barrier): void {
    this.#start();
    if (this.#ended) this.#advance(END_OF_TIME);
    this.atBarrier(barrier);
    if (barrier.checkpoint && this.watermark !== null) this.#saved?.save(this.watermark, this.context.worker, this.context.parallelism);
    this.#held.release(this.context.output);
    this.wakeMicros = this.nextWake();
  }

  protected nextWake(): bigint | null {
    return this.#clocked ? wakeAfter(this.waitsFor()) : null;
  }
}

import type { Batch } from '../common/batch/batch.ts';
import type { Epoch } from '../common/ids.ts';
import type { SqlError } from '../common/errors.ts';
import type { EvalContext } from '../functions/define.ts';
import type { Row } from '../common/types/value.ts';
import type { Clock } from '../common/clock.ts';
import type { LookupReader, LookupSpec } from '../connectors/api.ts';
import type { CheckpointedState, StateBackend } from './state-api.ts';

/**
 * One physical operator's runtime. Synchronous: it never awaits, reads no clock, and keeps state only in its state
 * tables. Batches handed in are read-only and valid for as long as they are referenced; batches handed out must not be
 * touched again.
 *
 * Order of calls: `onBatch`* and `onWatermark`* in any order per port, then `onBarrier` once all ports have reached it
 * (the task aligns them). `onBarrier` flushes net changes of the epoch through `output`; the task then forwards the
 * barrier. After a barrier, states hold exactly the effect of all input before it.
 */
export interface Operator {
  onBatch(port: number, batch: Batch): void;
  /** No later row of this port has event time <= `micros`. Never goes back. */
  onWatermark(port: number, micros: bigint): void;
  onBarrier(barrier: Barrier): void;
  /** A bounded input has ended; called after its last batch, before the barrier that follows. */
  onEnd(port: number): void;
  /** The watermark at which the next rows it holds back will leave it, microseconds; absent or null where nothing waits for time. */
  waitsFor?(): bigint | null;
  /** Entries of its state that a TTL has made it forget since it was started. */
  expired?(): number;
  /** State that the checkpoint saves, by stable id. */
  readonly states: readonly CheckpointedState[];
  close(): void;
}

/** An operator that acts as time passes, without input; asked after each barrier. */
export interface TimedOperator extends Operator {
  /** When it wants a barrier at the latest, microseconds since 1970 UTC; null: it makes no difference. */
  readonly wakeMicros: bigint | null;
  /** It will have rows to send though its inputs have ended. */
  readonly lingers: boolean;
}
export const isTimed = (operator: Operator): operator is TimedOperator => 'wakeMicros' in operator;

/**
 * An operator that asks the world outside and hands on what is answered. A barrier waits before it until it has settled, so
 * that no checkpoint holds rows that are under way: after a restore their questions are asked again.
 */
export interface AskingOperator extends Operator {
  /** Hands on what has been answered; called when its task has been woken and there is room. */
  resume(): void;
  /** All input before the barrier is there. Asks what is still to be asked; true when nothing is outstanding. May be called again and again. */
  settle(): boolean;
  /** Its job will be dropped: it forgets what it waits for, and is settled from now on. */
  abandon(): void;
  /** Wants no more input for now. */
  readonly paused: boolean;
}
export const isAsking = (operator: Operator): operator is AskingOperator => 'resume' in operator;

/** The world outside, for operators that ask it. */
export interface Outside {
  readonly clock: Clock;
  /** The task has something to do. Not to be called from within one of the operator's methods. */
  readonly wake: () => void;
  /** Fails the job. */
  readonly fail: (error: Error) => void;
  lookup(spec: LookupSpec): LookupReader;
  /** All rows of a source that ends. */
  readAll(spec: LookupSpec, signal: AbortSignal): Promise<readonly Batch[]>;
}

export interface Barrier {
  readonly epoch: Epoch;
  /** When set, dirty state is gathered after the operators have flushed. */
  readonly checkpoint: boolean;
  /** NOW() of the epoch that this barrier opens, microseconds since 1970 UTC. */
  readonly nowMicros: bigint;
}

/** Where an operator's results go. `emit` takes ownership; an empty batch is not emitted. */
export interface Output {
  emit(batch: Batch): void;
  watermark(micros: bigint): void;
}

/** A row that an expression or check refused; shown in the error view, the row is left out (and its retraction too). */
export interface RowError {
  readonly operator: string;
  readonly error: SqlError;
  readonly row: Row | null;
  /** The row has no place in the answer, and that is no fault of a query: only jobs report it. */
  readonly placeless?: true;
}

export interface OperatorContext {
  readonly output: Output;
  readonly eval: EvalContext;
  readonly state: StateBackend;
  /** Reports under the job's policy; throws when the policy is to fail. */
  readonly rowError: (error: RowError) => void;
  /** Late rows of a windowed operator: counted and kept readable. */
  readonly late: (operator: string, batch: Batch, row: number) => void;
  /** For operators that ask the world outside; a runtime has it. */
  readonly outside?: Outside;
  /** This worker's number and the number of workers. */
  readonly worker: number;
  readonly parallelism: number;
}

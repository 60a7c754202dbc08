import type { Batch } from '../common/batch/batch.ts';
import type { Activity, Stopwatch } from './activity.ts';
import { isAsking, isTimed, type AskingOperator, type Barrier, type Operator } from '../exec/operator.ts';
import type { PhysicalPlan } from '../planner/physical.ts';
import type { Feed, Fragment } from './fragment.ts';
import type { InputTarget, TaskInput } from './input.ts';
import type { TaskOutput } from './output.ts';

/** An operator that may want no input for a while: a sink whose buffer is full, a result whose reader is slow. */
export interface Pausing {
  readonly paused: boolean;
}
const pauses = (operator: Operator): operator is Operator & Pausing => 'paused' in operator;

interface Station {
  readonly node: PhysicalPlan;
  readonly operator: Operator;
  readonly to: Feed | null;
  /** Ports whose input has ended and been told so. */
  readonly portEnded: boolean[];
  readonly activity: Activity;
  ended: boolean;
}

export interface TaskHooks {
  /** The worker knows the barrier's particulars; before that a task waits at it. */
  readonly knows: (barrier: Barrier) => boolean;
  /** After the root has sent its rows of the epoch and before the barrier goes on. */
  readonly beforeBarrierLeaves: (task: Task, barrier: Barrier) => void;
  readonly completed: (task: Task, barrier: Barrier) => void;
  /** Counts whose work the time is. */
  readonly watch: Stopwatch;
  readonly nowMs: () => number;
  /** Told before rows are handled, for clocks. */
  readonly onBarrierDone: (barrier: Barrier) => void;
}

/**
 * One fragment on one worker. Takes input only while its outputs have room; lets a barrier through once all inputs
 * have reached it.
 */
export class Task {
  readonly fragment: Fragment;
  readonly stations: readonly Station[];
  readonly output: TaskOutput;
  readonly #pausing: readonly Pausing[];
  readonly #asking: readonly AskingOperator[];
  /** The station that a barrier under way waits at. */
  #passing = 0;
  readonly #hooks: TaskHooks;
  #inputs: readonly { readonly input: TaskInput; readonly feed: Feed | null; readonly activity: Activity | null }[] = [];
  #lent: (bigint | null)[] = [];
  #idleSent = false;
  /** To be told with the next barrier: rows and a watermark that operators hold until then must not be overtaken. */
  #idleDue = false;
  #endSent = false;
  #blockedSince: number | null = null;
  /** In the worker's queue of tasks to run. */
  queued = false;
  closed = false;
  /** Its job is paused: barriers pass through, and nothing else happens. */
  suspended = false;
  /** Its job is to end: what would come by the clock is not waited for. */
  draining = false;

  constructor(fragment: Fragment, output: TaskOutput, build: (node: PhysicalPlan, index: number) => Operator, hooks: TaskHooks, activityOf: (node: PhysicalPlan) => Activity) {
    this.fragment = fragment;
    this.output = output;
    this.#hooks = hooks;
    this.stations = fragment.nodes.map(({ node, to }, index) => ({ node, to, operator: build(node, index), portEnded: [], activity: activityOf(node), ended: false }));
    this.#pausing = this.stations.map((s) => s.operator).filter(pauses);
    this.#asking = this.stations.map((s) => s.operator).filter(isAsking);
  }
  /** `activity`: whose work reading it is; null for the operator it feeds. */
  setInputs(inputs: readonly { readonly input: TaskInput; readonly feed: Feed | null; readonly activity: Activity | null }[]): void {
    this.#inputs = inputs.map((i) => ({ ...i, activity: i.activity ?? (i.feed === null ? null : (this.stations[i.feed.index] as Station).activity) }));
    this.#lent = inputs.map(() => null);
    for (const { feed } of inputs) if (feed !== null) (this.stations[feed.index] as Station).portEnded[feed.port] = false;
    for (const { to } of this.stations) if (to !== null) (this.stations[to.index] as Station).portEnded[to.port] = false;
  }
  get inputs(): readonly TaskInput[] {
    return this.#inputs.map((i) => i.input);
  }

  /** Where an input with this feed sends to. */
  target(feed: Feed | null): InputTarget {
    if (feed === null) {
      return { onBatch: (batch) => this.output.emit(batch), onWatermark: (micros) => this.#leaves(micros) };
    }
    const { operator, activity } = this.stations[feed.index] as Station;
    const { watch } = this.#hooks;
    return {
      onBatch: (batch) => {
        const before = watch.enter(activity);
        operator.onBatch(feed.port, batch);
        watch.leave(before);
      },
      onWatermark: (micros) => operator.onWatermark(feed.port, micros),
    };
  }
  /** What an operator's `output` is. */
  outputOf(index: number): { emit(batch: Batch): void; watermark(micros: bigint): void } {
    let target: InputTarget | null = null;
    const find = (): InputTarget => (target ??= this.target((this.fragment.nodes[index] as Fragment['nodes'][number]).to));
    return {
      emit: (batch) => {
        if (batch.rowCount > 0) (target ?? find()).onBatch(batch);
      },
      watermark: (micros) => (target ?? find()).onWatermark(micros),
    };
  }
  #leaves(micros: bigint): void {
    this.#idleSent = false;
    this.output.watermark(micros);
  }

  /** Handles what is there, up to `steps` batches. False when there is nothing to do before somebody wakes it. */
  run(steps: number): boolean {
    for (let step = 0; step < steps; step++) {
      if (!this.output.drain()) return this.#blocked();
      this.#unblocked();
      let worked = false;
      for (const a of this.#asking) a.resume();
      for (const { input, activity } of this.#inputs) {
        if (this.output.blocked) return this.#blocked();
        if (this.#paused()) return false;
        if (input.reached === null && this.#step(input, activity)) worked = true;
      }
      this.#idleness();
      if (this.#inputs.every((i) => i.input.reached !== null)) {
        const barrier = this.#inputs[0]?.input.reached;
        if (barrier == null || !this.#hooks.knows(barrier)) return false;
        if (!this.#pass(barrier)) return false;
        worked = true;
      }
      if (!worked) return false;
      if (this.closed) return false;
    }
    return true;
  }
  #step(input: TaskInput, activity: Activity | null): boolean {
    if (activity === null) return input.step();
    const { watch } = this.#hooks;
    const before = watch.enter(activity);
    const worked = input.step();
    watch.leave(before);
    return worked;
  }
  /** What has no room waits; how long is counted for the last operator. */
  #blocked(): false {
    this.#blockedSince ??= this.#hooks.nowMs();
    return false;
  }
  #unblocked(): void {
    if (this.#blockedSince === null) return;
    const last = this.stations.at(-1)?.activity ?? this.#inputs[0]?.activity;
    if (last != null) last.blockedMs += this.#hooks.nowMs() - this.#blockedSince;
    this.#blockedSince = null;
  }
  #paused(): boolean {
    for (const p of this.#pausing) if (p.paused) return true;
    return false;
  }

  /** Idle inputs follow the others' watermark; when none is left, whoever reads this task is told. */
  #idleness(): void {
    let min: bigint | null = null;
    let running = 0;
    let idle = 0;
    for (const { input } of this.#inputs) {
      if (input.idle && !input.ended) idle++;
      if (input.idle || input.ended) continue;
      running++;
      if (input.watermark === null) min = null;
      else if (running === 1 || (min !== null && input.watermark < min)) min = input.watermark;
    }
    if (running === 0) {
      this.#idleDue = idle > 0 && !this.#idleSent;
      return;
    }
    this.#idleSent = false;
    this.#idleDue = false;
    if (idle === 0 || min === null) return;
    this.#inputs.forEach(({ input }, i) => {
      const lent = this.#lent[i] ?? null;
      if (!input.idle || input.ended || (lent !== null && lent >= min) || (input.watermark !== null && input.watermark >= min)) return;
      this.#lent[i] = min;
      input.target.onWatermark(min);
    });
  }

  /** All inputs have reached it: operators flush, ends go on, the barrier leaves. False while it waits at an operator for answers. */
  #pass(barrier: Barrier): boolean {
    if (!this.suspended && !this.#flush(barrier)) return false;
    this.#hooks.beforeBarrierLeaves(this, barrier);
    if (this.ended && !this.#endSent && !this.suspended) {
      this.#endSent = true;
      this.output.broadcast({ kind: 'end' });
    }
    if (this.#idleDue) {
      this.#idleDue = false;
      this.#idleSent = true;
      this.output.broadcast({ kind: 'idle' });
    }
    this.output.barrier(barrier);
    this.#hooks.onBarrierDone(barrier);
    for (const { input } of this.#inputs) input.release();
    this.#hooks.completed(this, barrier);
    return true;
  }
  #flush(barrier: Barrier): boolean {
    for (const { input, feed } of this.#inputs) if (feed !== null && input.ended) this.#end(feed);
    for (; this.#passing < this.stations.length; this.#passing++) {
      const station = this.stations[this.#passing] as Station;
      if (isAsking(station.operator) && !station.operator.settle()) return false;
      const before = this.#hooks.watch.enter(station.activity);
      station.operator.onBarrier(barrier);
      this.#hooks.watch.leave(before);
      if (!station.ended && station.portEnded.every((e) => e) && this.#fed(station) && (this.draining || !(isTimed(station.operator) && station.operator.lingers))) {
        station.ended = true;
        if (station.to !== null) this.#end(station.to);
      }
    }
    this.#passing = 0;
    return true;
  }
  #fed(station: Station): boolean {
    for (let port = 0; port < station.portEnded.length; port++) if (station.portEnded[port] !== true) return false;
    return true;
  }
  #end(feed: Feed): void {
    const station = this.stations[feed.index] as Station;
    if (station.portEnded[feed.port] === true) return;
    station.portEnded[feed.port] = true;
    station.operator.onEnd(feed.port);
  }

  /** When the next barrier is wanted without input, microseconds since 1970 UTC. */
  get wakeMicros(): bigint | null {
    if (this.suspended) return null;
    let first: bigint | null = null;
    for (const { operator } of this.stations) {
      const at = isTimed(operator) ? operator.wakeMicros : null;
      if (at !== null && (first === null || at < first)) first = at;
    }
    return first;
  }

  /** Its readers know that it holds nobody back. */
  get idle(): boolean {
    return this.#idleSent;
  }
  /** No row will leave it any more. */
  get ended(): boolean {
    return this.stations.length > 0 ? (this.stations.at(-1) as Station).ended : this.#inputs.every((i) => i.input.ended);
  }
  close(): void {
    this.closed = true;
    for (const { input } of this.#inputs) input.close();
    for (const { operator } of this.stations) operator.close();
  }
}

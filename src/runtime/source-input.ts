import { DELETE, type Batch, type Schema } from '../common/batch/batch.ts';
import type { Clock } from '../common/clock.ts';
import type { JobId } from '../common/ids.ts';
import { SqlError } from '../common/errors.ts';
import type { BadRecord, JsonValue, SourceBatch, SourceReader, Split } from '../connectors/api.ts';
import { gather, IntList } from '../exec/columns.ts';
import type { Barrier, OperatorContext } from '../exec/operator.ts';
import { CalcOperator } from '../exec/operators/calc.ts';
import type { PhysicalSource } from '../planner/physical.ts';
import type { ErrorRecord, SplitStatus } from './api.ts';
import type { InputTarget, TaskInput } from './input.ts';
import { PermanentFailure } from './plain-error.ts';
import { batchWatermark, calcOf } from './batch-watermark.ts';

export interface SourceHooks {
  readonly job: JobId;
  readonly clock: Clock;
  /** The most rows one poll may take. */
  readonly pollRows: () => number;
  readonly wake: () => void;
  /** Something came; `soon` at the end. */
  readonly active: (soon: boolean) => void;
  readonly policy: 'log' | 'ignore' | 'fail';
  readonly bad: (record: ErrorRecord) => void;
  readonly log: (level: 'info' | 'warn' | 'error', message: string) => void;
  /** Expressions run in this. */
  readonly context: OperatorContext;
  /** No worker has a split yet. */
  readonly empty: boolean;
  /** Watermarks by split, from the checkpoint. */
  readonly watermarks: ReadonlyMap<string, bigint>;
}

interface SplitState {
  watermark: bigint | null;
  lastRowMs: number;
  idle: boolean;
  ended: boolean;
  rows: number;
}

/** A connector's rows on one worker: computed columns, watermarks per split, positions for the checkpoint. */
export class SourceInput implements TaskInput {
  readonly target: InputTarget;
  readonly node: PhysicalSource;
  readonly #reader: SourceReader;
  readonly #hooks: SourceHooks;
  readonly #splits = new Map<string, SplitState>();
  readonly #columns: CalcOperator | null;
  readonly #mark: ((batch: Batch) => bigint | null) | null;
  #current: Batch | null = null;
  #started = false;
  #ended = false;
  #waiting = false;
  #suspended = false;
  #idleTimer: (() => void) | null = null;
  #taken = 0;
  /** While no worker has a split: since when that is so. Nothing is known of its time then, so that it holds the watermark back as a silent split does. */
  #emptySinceMs: number | null;
  /** The watermark beyond which the alignment group does not want rows yet. */
  #bound: bigint | null = null;
  reached: Barrier | null = null;
  watermark: bigint | null = null;
  rows = 0;

  constructor(node: PhysicalSource, target: InputTarget, reader: SourceReader, splits: readonly Split[], hooks: SourceHooks) {
    this.node = node;
    this.target = target;
    this.#reader = reader;
    this.#hooks = hooks;
    this.#emptySinceMs = hooks.empty && node.watermark !== null ? hooks.clock.monotonicMs() : null;
    const read: Schema = [...node.spec.projection.map((i) => node.spec.physical[i] as Schema[number]), ...node.spec.metadata.map((m) => ({ name: m.key, type: m.type, nullable: true }))];
    const plain = node.exprs.length === read.length && node.exprs.every((e, i) => e.kind === 'column' && e.index === i);
    this.#columns = plain ? null : new CalcOperator(calcOf(node.props, read, node.exprs), { ...hooks.context, output: { emit: (b) => (this.#current = b), watermark: () => {} } });
    this.#mark = node.watermark === null ? null : batchWatermark(node.props, node.watermark.expr, hooks.context);
    this.#add(splits);
  }
  #add(splits: readonly Split[]): void {
    for (const { id } of splits) {
      this.#splits.set(id, { watermark: this.#hooks.watermarks.get(id) ?? null, lastRowMs: this.#hooks.clock.monotonicMs(), idle: false, ended: false, rows: 0 });
    }
  }
  addSplits(splits: readonly Split[]): void {
    this.#emptySinceMs = null;
    const fresh = splits.filter((s) => !this.#splits.has(s.id));
    if (fresh.length === 0) {
      this.#hooks.active(false);
      this.#hooks.wake();
      return;
    }
    this.#add(fresh);
    this.#reader.addSplits(fresh);
    this.#waiting = false;
    this.#ended = false;
    this.#hooks.wake();
  }

  get ended(): boolean {
    return this.#ended;
  }
  /** What comes to an end is never idle: if it left the minimum before its end, the rows that its end sets free would be late. */
  get idle(): boolean {
    if (this.node.props.bounded || this.#emptySinceMs !== null) return false;
    for (const s of this.#splits.values()) if (!s.idle && !s.ended) return false;
    return true;
  }
  /** Reading may begin. Watermarks of the checkpoint have gone ahead of the first barrier. */
  start(): void {
    this.#started = true;
    this.#hooks.wake();
  }

  /** Its job is paused: nothing is read. */
  suspend(): void {
    this.#suspended = true;
  }
  resume(): void {
    this.#suspended = false;
    const now = this.#hooks.clock.monotonicMs();
    for (const s of this.#splits.values()) s.lastRowMs = now;
  }
  /** Nothing more is read, as if there were no more: what waits for a later watermark goes ahead. */
  drain(): void {
    if (this.#ended) return;
    this.#ended = true;
    for (const s of this.#splits.values()) s.ended = true;
    this.#hooks.active(true);
  }

  /** Splits too far ahead of their group are paused; a reader that can't pause one waits as soon as all are. */
  align(groups: ReadonlyMap<string, bigint>): void {
    const alignment = this.node.watermark?.alignment ?? null;
    if (alignment === null) return;
    const lowest = groups.get(alignment.group);
    this.#bound = lowest === undefined ? null : lowest + BigInt(alignment.maxDriftMs) * 1000n;
    this.#reader.pause?.(new Set([...this.#splits].flatMap(([id, s]) => (this.#isAhead(s) ? [id] : []))));
    this.#waiting = false;
    this.#hooks.wake();
  }
  #isAhead(s: SplitState): boolean {
    return this.#bound !== null && s.watermark !== null && s.watermark > this.#bound && !s.ended;
  }
  #allAhead(): boolean {
    if (this.#bound === null) return false;
    let some = false;
    for (const s of this.#splits.values()) {
      if (s.ended || s.idle) continue;
      if (!this.#isAhead(s)) return false;
      some = true;
    }
    return some;
  }

  step(): boolean {
    if (!this.#started) {
      const before = this.watermark;
      this.#advance();
      return this.watermark !== before;
    }
    if (this.#ended || this.#suspended || this.#waiting || this.#allAhead()) return false;
    const { limit } = this.node.spec;
    const room = limit === undefined ? Infinity : limit - this.#taken;
    const got = room <= 0 ? 'ended' : this.#reader.poll(Math.min(this.#hooks.pollRows(), room));
    if (got === 'ended' && this.#splits.size === 0 && !this.node.props.bounded && limit === undefined) {
      // Other workers have all the splits there are; some may be found for this one.
      this.#waiting = true;
      this.#watchIdle();
      return false;
    }
    if (got === 'ended') {
      // Splits may still be found later, but nobody waits for them.
      this.#ended = true;
      for (const s of this.#splits.values()) s.ended = true;
      this.#hooks.active(true);
      return true;
    }
    if (got === 'idle') {
      this.#waiting = true;
      this.#reader.onReady(() => {
        this.#waiting = false;
        this.#hooks.wake();
      });
      this.#markEnded();
      this.#watchIdle();
      return false;
    }
    const split = this.#splits.get(got.splitId);
    for (const bad of got.bad) this.#refuse(bad);
    let batch = got.batch;
    if (batch.rowCount > room) batch = { ...batch, rowCount: room };
    this.#taken += batch.rowCount;
    this.rows += batch.rowCount;
    this.#hooks.active(limit !== undefined);
    if (split !== undefined) {
      split.rows += batch.rowCount;
      split.idle = false;
      split.lastRowMs = this.#hooks.clock.monotonicMs();
    }
    if (batch.rowCount > 0) this.#pass(batch, split, got);
    return true;
  }

  #pass(read: Batch, split: SplitState | undefined, got: SourceBatch): void {
    let batch = read;
    if (this.#columns !== null) {
      this.#current = null;
      this.#columns.onBatch(0, batch);
      if (this.#current === null) return;
      batch = this.#current;
    }
    const { watermark } = this.node;
    if (watermark === null || this.#mark === null) {
      this.target.onBatch(batch);
      return;
    }
    // Computed columns may have refused rows: then nobody knows which row came from where.
    batch = this.#withTimes(batch, watermark.column, got.splitId, batch.rowCount === read.rowCount ? got.origin : undefined);
    if (batch.rowCount === 0) return;
    this.target.onBatch(batch);
    if (split === undefined) return;
    const mark = this.#mark(batch);
    if (mark !== null && (split.watermark === null || mark > split.watermark)) split.watermark = mark;
    if (this.#isAhead(split)) this.#reader.pause?.(new Set([...this.#splits].flatMap(([id, s]) => (this.#isAhead(s) ? [id] : []))));
    this.#advance();
  }

  /** Rows whose event time is NULL are reported and left out. */
  #withTimes(batch: Batch, index: number, splitId: string, origin: SourceBatch['origin']): Batch {
    const nulls = batch.columns[index]?.nulls ?? null;
    if (nulls === null) return batch;
    const kept = new IntList(batch.rowCount);
    // What deletes a row of an upsert source holds nothing but its key.
    const keyOnly = this.node.props.changelog === 'upsert' ? batch.ops : null;
    const without = (i: number): boolean => nulls[i] === 1 && keyOnly?.[i] !== DELETE;
    for (let i = 0; i < batch.rowCount; i++) if (!without(i)) kept.push(i);
    if (kept.length === batch.rowCount) return batch;
    const field = this.node.props.schema[index]?.name ?? null;
    for (let i = 0; i < batch.rowCount; i++) {
      if (!without(i)) continue;
      this.#refuse({ splitId, ...(origin?.(i) ?? { offset: '', raw: new Uint8Array(0) }), reason: `the event time "${field ?? ''}" is null`, field });
    }
    const n = kept.length;
    return { rowCount: n, ops: batch.ops === null ? null : batch.ops.filter((_, i) => i < batch.rowCount && !without(i)), columns: batch.columns.map((c) => gather(c, kept.array, n)) };
  }
  #refuse(bad: BadRecord): void {
    const { policy, job, clock } = this.#hooks;
    if (policy === 'fail') {
      throw new PermanentFailure(
        new SqlError('invalid_text_representation', `a record of "${this.node.table}" cannot be read: ${bad.reason}`, { detail: `Split ${bad.splitId}${bad.offset === '' ? '' : `, offset ${bad.offset}`}.` }),
      );
    }
    this.#hooks.bad({ job, sequence: 0, source: this.node.table, split: bad.splitId, offset: bad.offset === '' ? null : bad.offset, raw: bad.raw.length === 0 ? null : bad.raw.slice(), reason: bad.reason, field: bad.field, atMicros: clock.nowMicros() });
  }

  #markEnded(): void {
    if (this.#mark === null) return;
    for (const p of this.#reader.positions()) {
      const split = this.#splits.get(p.id);
      if (split !== undefined && p.ended && !split.ended) {
        split.ended = true;
        this.#hooks.active(false);
      }
    }
    this.#advance();
  }
  #advance(): void {
    let min: bigint | null = null;
    for (const s of this.#splits.values()) {
      if (s.ended || s.idle) continue;
      if (s.watermark === null) return;
      if (min === null || s.watermark < min) min = s.watermark;
    }
    if (min === null || (this.watermark !== null && min <= this.watermark)) return;
    this.watermark = min;
    this.target.onWatermark(min);
  }

  /** Splits without rows for the timeout leave the minimum; not those whose rows only wait to be read. */
  #watchIdle(): void {
    const timeoutMs = this.node.watermark?.idleTimeoutMs ?? null;
    if (this.#suspended || timeoutMs === null || timeoutMs <= 0 || this.node.props.bounded) return;
    const now = this.#hooks.clock.monotonicMs();
    let next = Infinity;
    let changed = false;
    if (this.#emptySinceMs !== null) {
      const left = this.#emptySinceMs + timeoutMs - now;
      if (left > 0) next = left;
      else {
        this.#emptySinceMs = null;
        changed = true;
        this.#hooks.log('info', `"${this.node.table}" has had no splits for ${timeoutMs} ms and no longer holds back the watermark`);
      }
    }
    for (const [id, s] of this.#splits) {
      if (s.idle || s.ended) continue;
      if (this.#reader.hasUnread?.(id) === true) s.lastRowMs = now;
      const left = s.lastRowMs + timeoutMs - now;
      if (left <= 0) {
        s.idle = true;
        changed = true;
        this.#hooks.log('info', `split ${id} of "${this.node.table}" has had no rows for ${timeoutMs} ms and no longer holds back the watermark`);
      } else if (left < next) next = left;
    }
    if (changed) {
      this.#advance();
      this.#hooks.active(false);
      this.#hooks.wake();
    }
    if (next === Infinity || this.#idleTimer !== null) return;
    this.#idleTimer = this.#hooks.clock.setTimer(next, () => {
      this.#idleTimer = null;
      this.#watchIdle();
    });
  }

  inject(barrier: Barrier): void {
    this.reached = barrier;
  }
  release(): void {
    this.reached = null;
  }
  positions(): readonly { readonly id: string; readonly position: JsonValue; readonly ended: boolean }[] {
    return this.#reader.positions();
  }
  watermarks(): readonly (readonly [string, bigint])[] {
    return [...this.#splits].flatMap(([id, s]) => (s.watermark === null ? [] : [[id, s.watermark] as const]));
  }
  checkpointed(positions: ReadonlyMap<string, JsonValue>): void {
    this.#reader.checkpointed?.(positions);
  }
  status(): readonly SplitStatus[] {
    const places = new Map(this.#reader.positions().map((p) => [p.id, p]));
    return [...this.#splits].map(([id, s]) => ({
      source: this.node.table, split: id, position: JSON.stringify(places.get(id)?.position ?? null), watermark: s.watermark, idle: s.idle, ended: s.ended || (places.get(id)?.ended ?? false), rows: s.rows,
    }));
  }
  close(): void {
    this.#idleTimer?.();
    void this.#reader.close().catch((error: unknown) => this.#hooks.log('warn', `closing the source "${this.node.table}": ${String(error)}`));
  }
}

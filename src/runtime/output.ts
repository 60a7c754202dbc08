import type { Batch } from '../common/batch/batch.ts';
import type { Barrier } from '../exec/operator.ts';
import type { PhysicalPlan } from '../planner/physical.ts';
import type { Item, Sender } from './exchange/channel.ts';
import { routeTo, type Route } from './exchange/route.ts';
import type { Edge } from './fragment.ts';

/** One way out of a task. What finds no room waits here; the task takes no input meanwhile. */
interface Target {
  readonly sender: Sender;
  readonly waiting: Item[];
}
interface Way {
  readonly route: Route | null;
  /** By worker; one entry when everything stays here. */
  readonly targets: readonly Target[];
}

/** Where the rows of a task's root go: along edges, and to the scans of a relation, which come and go. */
export class TaskOutput {
  readonly #ways: readonly Way[];
  readonly #scans = new Map<Sender, (batch: Batch) => Batch>();
  readonly #full = new Set<Target>();
  readonly #wake: () => void;
  /** Rows sent, for the status. */
  rows = 0;

  constructor(edges: readonly { readonly edge: Edge; readonly senders: readonly Sender[] }[], worker: number, parallelism: number, wake: () => void) {
    this.#wake = wake;
    this.#ways = edges.map(({ edge, senders }) => ({
      route: edge.distribution === null ? null : routeTo(edge.distribution, edge.producer, parallelism, worker),
      targets: senders.map((sender) => ({ sender, waiting: [] })),
    }));
  }

  emit(batch: Batch): void {
    if (batch.rowCount === 0) return;
    this.rows += batch.rowCount;
    for (const { route, targets } of this.#ways) {
      if (route === null) this.#send(targets[0] as Target, { kind: 'batch', batch });
      else {
        const parts = route(batch);
        for (let w = 0; w < parts.length; w++) {
          const part = parts[w];
          if (part != null) this.#send(targets[w] as Target, { kind: 'batch', batch: part });
        }
      }
    }
    for (const [sender, project] of this.#scans) sender.trySend({ kind: 'batch', batch: project(batch) });
  }
  watermark(micros: bigint): void {
    this.broadcast({ kind: 'watermark', micros });
  }
  barrier(barrier: Barrier): void {
    this.broadcast({ kind: 'barrier', barrier });
  }
  broadcast(item: Item): void {
    for (const { targets } of this.#ways) for (const target of targets) this.#send(target, item);
    for (const sender of this.#scans.keys()) sender.trySend(item);
  }

  /** Scans have room for everything: at most one epoch waits in them. */
  addScan(sender: Sender, project: (batch: Batch) => Batch): void {
    this.#scans.set(sender, project);
  }
  removeScan(sender: Sender): void {
    this.#scans.delete(sender);
  }

  #send(target: Target, item: Item): void {
    if (target.waiting.length === 0 && target.sender.trySend(item)) return;
    if (target.waiting.push(item) > 1) return;
    this.#full.add(target);
    target.sender.onRoom(this.#wake);
  }

  /** Sends what waited. False while there is no room for all of it. */
  drain(): boolean {
    for (const target of this.#full) {
      let sent = 0;
      while (sent < target.waiting.length && target.sender.trySend(target.waiting[sent] as Item)) sent++;
      target.waiting.splice(0, sent);
      if (target.waiting.length === 0) this.#full.delete(target);
      else target.sender.onRoom(this.#wake);
    }
    return this.#full.size === 0;
  }
  get blocked(): boolean {
    return this.#full.size > 0;
  }
}

/** Some columns of a relation's rows; an all-column scan passes batches on. */
export function projection(relation: PhysicalPlan, columns: readonly number[]): (batch: Batch) => Batch {
  const all = columns.length === relation.props.schema.length && columns.every((c, i) => c === i);
  if (all) return (batch) => batch;
  return (batch) => ({ rowCount: batch.rowCount, ops: batch.ops, columns: columns.map((c) => batch.columns[c] as Batch['columns'][number]) });
}

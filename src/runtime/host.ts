import type { Clock } from '../common/clock.ts';
import { afterIo } from '../common/event-loop.ts';
import { LocalChannel, type Receiver, type Sender } from './exchange/channel.ts';
import type { Edge } from './fragment.ts';
import type { Deploy, FromWorker, ToWorker } from './messages.ts';
import { WorkerCore } from './worker-core.ts';

/** The workers, wherever they run. */
export interface WorkerHost {
  open(): Promise<void>;
  post(worker: number, message: ToWorker): void;
  close(): Promise<void>;
}

export interface HostOptions {
  readonly parallelism: number;
  readonly clock: Clock;
  readonly workDir: string;
  readonly print: ((line: string, stderr: boolean) => void) | undefined;
  readonly onMessage: (worker: number, message: FromWorker) => void;
  /** A worker is gone with all it held; `replaced` when an empty one has taken its place. */
  readonly onCrash: (worker: number, error: Error, replaced: boolean) => void;
}

/** Milliseconds of work before the event loop has its turn. */
const SLICE_MS = 4;

/** All workers in this thread. `random` makes every choice of what runs next. */
export class InlineHost implements WorkerHost {
  readonly #options: HostOptions;
  readonly #random: (() => number) | undefined;
  readonly #cores: WorkerCore[] = [];
  readonly #channels = new Map<string, LocalChannel>();
  #outbox: (readonly [number, FromWorker])[] = [];
  #scheduled = false;
  #flushing = false;
  #closed = false;

  constructor(options: HostOptions, random: (() => number) | undefined) {
    this.#options = options;
    this.#random = random;
  }
  open(): Promise<void> {
    for (let worker = 0; worker < this.#options.parallelism; worker++) {
      this.#cores.push(
        new WorkerCore({
          worker, parallelism: this.#options.parallelism, clock: this.#options.clock, workDir: this.#options.workDir, print: this.#options.print, random: this.#random,
          post: (message) => this.#send(worker, message),
          onRunnable: () => this.#schedule(),
          sender: (deploy, edge, to): Sender => this.#channel(deploy, edge, worker, to),
          receiver: (deploy, edge, from): Receiver => this.#channel(deploy, edge, from, worker),
        }),
      );
    }
    return Promise.resolve();
  }
  #channel(deploy: Deploy, edge: Edge, from: number, to: number): LocalChannel {
    const key = `${deploy.spec.id}/${deploy.attempt}/${edge.number}/${from}/${to}`;
    const known = this.#channels.get(key);
    // Both ends have it now.
    if (known !== undefined) {
      this.#channels.delete(key);
      return known;
    }
    const made = new LocalChannel();
    this.#channels.set(key, made);
    return made;
  }
  /** Messages are handled after the work that sent them. */
  #send(worker: number, message: FromWorker): void {
    this.#outbox.push([worker, message]);
    if (this.#flushing) return;
    this.#flushing = true;
    queueMicrotask(() => {
      while (this.#outbox.length > 0) {
        const messages = this.#outbox;
        this.#outbox = [];
        for (const [from, m] of messages) if (!this.#closed) this.#options.onMessage(from, m);
      }
      this.#flushing = false;
    });
  }
  post(worker: number, message: ToWorker): void {
    if (!this.#closed) this.#cores[worker]?.handle(message);
  }
  #schedule(): void {
    if (this.#scheduled || this.#closed) return;
    this.#scheduled = true;
    afterIo(() => {
      this.#scheduled = false;
      this.#slice();
    });
  }
  #slice(): void {
    const { clock } = this.#options;
    const end = clock.monotonicMs() + SLICE_MS;
    let budget = this.#random === undefined ? Infinity : 1 + Math.floor(this.#random() * 20);
    while (!this.#closed && budget-- > 0) {
      const runnable = this.#cores.filter((c) => c.runnable);
      if (runnable.length === 0) return;
      if (this.#random === undefined) for (const core of runnable) core.step();
      else runnable[Math.floor(this.#random() * runnable.length)]?.step();
      if (clock.monotonicMs() >= end || this.#outbox.length > 0) break;
    }
    if (this.#cores.some((c) => c.runnable)) this.#schedule();
  }
  close(): Promise<void> {
    for (const core of this.#cores) core.handle({ kind: 'close' });
    this.#closed = true;
    return Promise.resolve();
  }
}

import { Worker } from 'node:worker_threads';
import { InternalError } from '../common/errors.ts';
import type { JobId } from '../common/ids.ts';
import { Doorbell } from './exchange/doorbell.ts';
import { allocateRing } from './exchange/ring.ts';
import { fragmentsOf } from './fragment.ts';
import type { HostOptions, WorkerHost } from './host.ts';
import type { Deploy, ToWorker } from './messages.ts';
import { packToWorker, unpackFromWorker } from './transfer.ts';
import type { WorkerStart, WorkerSays } from './worker-loop.ts';

/** Bytes of a ring. Only what is used takes memory. */
const RING_BYTES = 512 << 10;

type Rings = NonNullable<Deploy['rings']>;

/** Workers on threads of their own. Messages to one keep their order, messages from one too. */
export class ThreadHost implements WorkerHost {
  readonly #options: HostOptions;
  readonly #bells: readonly SharedArrayBuffer[];
  readonly #workers: Worker[] = [];
  /** Rings of a deployment, until the last worker has had it. */
  readonly #rings = new Map<JobId, { readonly attempt: number; readonly rings: Rings; left: number }>();
  readonly #ended: Promise<void>[] = [];
  #closed = false;

  constructor(options: HostOptions) {
    this.#options = options;
    this.#bells = Array.from({ length: options.parallelism }, () => Doorbell.allocate());
  }

  open(): Promise<void> {
    for (let worker = 0; worker < this.#options.parallelism; worker++) this.#spawn(worker);
    return Promise.resolve();
  }
  #spawn(worker: number): void {
    const { parallelism, workDir, print } = this.#options;
    const entry = new URL(import.meta.url.endsWith('.ts') ? './worker-thread.ts' : './worker-thread.js', import.meta.url);
    const workerData: WorkerStart = { worker, parallelism, workDir, prints: print !== undefined, bells: this.#bells };
    const thread = new Worker(entry, { workerData, name: `worker ${worker}` });
    this.#workers[worker] = thread;
    let begun = false;
    let failure: Error | null = null;
    // Nobody waits until it has loaded its modules: what is posted to it before is kept in order.
    thread.once('message', () => {
      begun = true;
      this.#listen(thread, worker);
    });
    thread.on('error', (error: unknown) => {
      failure = error instanceof Error ? error : new InternalError(String(error));
    });
    this.#ended[worker] = new Promise((resolve) => {
      thread.once('exit', (code) => {
        resolve();
        if (this.#closed) return;
        // Another one takes its place, empty; the jobs come back from their checkpoints. One that never began would not
        // begin the next time either.
        if (begun) this.#spawn(worker);
        this.#options.onCrash(worker, failure ?? new InternalError(`worker ${worker} ended with code ${code}`), begun);
      });
    });
  }
  #listen(thread: Worker, worker: number): void {
    thread.on('message', (said: WorkerSays) => {
      if (!this.#closed) this.#options.onMessage(worker, unpackFromWorker(said));
    });
  }

  post(worker: number, message: ToWorker): void {
    if (this.#closed) return;
    const { message: packed, transfer } = packToWorker(message.kind === 'deploy' ? this.#withRings(worker, message) : message);
    this.#workers[worker]?.postMessage(packed, transfer);
  }
  #withRings(worker: number, deploy: Deploy): Deploy {
    const { parallelism } = this.#options;
    const job = deploy.spec.id;
    let known = this.#rings.get(job);
    if (known?.attempt !== deploy.attempt) this.#rings.set(job, (known = { attempt: deploy.attempt, rings: ringsOf(deploy, parallelism), left: parallelism }));
    if (--known.left === 0) this.#rings.delete(job);
    return { ...deploy, rings: known.rings.filter((r) => r.from === worker || r.to === worker) };
  }

  /** Lets workers close their connections, then ends them. */
  async close(): Promise<void> {
    if (this.#closed) return;
    for (let w = 0; w < this.#workers.length; w++) this.post(w, { kind: 'close' });
    this.#closed = true;
    const cancel = this.#options.clock.setTimer(CLOSE_MS, () => this.#workers.forEach((thread) => void thread.terminate()));
    await Promise.all(this.#ended);
    cancel();
  }
}

/** A worker that takes longer to close is ended. */
const CLOSE_MS = 2000;

/** A ring for each pair of different workers, on edges whose rows change workers. */
function ringsOf(deploy: Deploy, parallelism: number): Rings {
  const rings: Rings[number][] = [];
  for (const edge of fragmentsOf(deploy.spec.plans, parallelism).edges) {
    if (edge.distribution === null) continue;
    for (let from = 0; from < parallelism; from++) {
      for (let to = 0; to < parallelism; to++) {
        if (from !== to) rings.push({ edge: edge.number, from, to, memory: allocateRing(RING_BYTES) });
      }
    }
  }
  return rings;
}

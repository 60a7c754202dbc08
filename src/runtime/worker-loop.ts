import { parentPort, workerData } from 'node:worker_threads';
import { systemClock } from '../common/clock.ts';
import { InternalError } from '../common/errors.ts';
import { afterIo } from '../common/event-loop.ts';
import type { JobId } from '../common/ids.ts';
import { LocalChannel, type Receiver, type Sender } from './exchange/channel.ts';
import { Doorbell } from './exchange/doorbell.ts';
import { RingReceiver, RingSender, type RingEnd } from './exchange/ring-channel.ts';
import type { Deploy, FromWorker, ToWorker } from './messages.ts';
import { packFromWorker, unpackToWorker, type Packed } from './transfer.ts';
import { WorkerCore } from './worker-core.ts';

/** What a worker's thread is given when it starts. */
export interface WorkerStart {
  readonly worker: number;
  readonly parallelism: number;
  readonly workDir: string;
  /** Whether `print` goes to the coordinator rather than to standard output. */
  readonly prints: boolean;
  /** All workers' bells. */
  readonly bells: readonly SharedArrayBuffer[];
}
export type WorkerSays = Packed<FromWorker>;

/** Milliseconds of work before the event loop has its turn. */
const SLICE_MS = 4;

/**
 * A worker on its own thread. It runs tasks in slices between which the event loop handles messages and sockets; with
 * nothing to run it sleeps in the event loop until its bell rings.
 */
class WorkerThread {
  readonly #port: NonNullable<typeof parentPort>;
  readonly #start: WorkerStart;
  readonly #bell: Doorbell;
  readonly #core: WorkerCore;
  #ends: { readonly job: JobId; readonly end: RingEnd }[] = [];
  readonly #local = new Map<string, LocalChannel>();
  #scheduled = false;
  /** A ring of the bell is being waited for. */
  #listening = false;

  constructor(port: NonNullable<typeof parentPort>, start: WorkerStart) {
    this.#port = port;
    this.#start = start;
    this.#bell = this.#bellOf(start.worker);
    this.#core = new WorkerCore({
      worker: start.worker, parallelism: start.parallelism, clock: systemClock, workDir: start.workDir, random: undefined,
      post: (message) => this.#post(message),
      print: start.prints ? (line, stderr) => this.#post({ kind: 'print', line, stderr }) : undefined,
      onRunnable: () => this.#schedule(),
      sender: (deploy, edge, to): Sender => (to === start.worker ? this.#localChannel(deploy, edge.number) : this.#ring(deploy, new RingSender(memoryOf(deploy, edge.number, start.worker, to), this.#bellOf(to)))),
      receiver: (deploy, edge, from): Receiver => (from === start.worker ? this.#localChannel(deploy, edge.number) : this.#ring(deploy, new RingReceiver(memoryOf(deploy, edge.number, from, start.worker), this.#bellOf(from)))),
    });
    port.on('message', (message: Packed<ToWorker>) => this.#handle(unpackToWorker(message)));
    this.#sleep();
  }
  #bellOf(worker: number): Doorbell {
    const memory = this.#start.bells[worker];
    if (memory === undefined) throw new InternalError(`no bell of worker ${worker}`);
    return new Doorbell(memory);
  }
  #localChannel(deploy: Deploy, edge: number): LocalChannel {
    const key = `${deploy.spec.id}/${deploy.attempt}/${edge}`;
    const known = this.#local.get(key);
    // Both ends have it now.
    if (known !== undefined) {
      this.#local.delete(key);
      return known;
    }
    const made = new LocalChannel();
    this.#local.set(key, made);
    return made;
  }
  #ring<E extends RingEnd>(deploy: Deploy, end: E): E {
    this.#ends.push({ job: deploy.spec.id, end });
    return end;
  }
  #post(message: FromWorker): void {
    const { message: packed, transfer } = packFromWorker(message);
    this.#port.postMessage(packed, transfer);
  }

  #handle(message: ToWorker): void {
    if (message.kind === 'undeploy') this.#ends = this.#ends.filter(({ job }) => !message.jobs.includes(job));
    if (message.kind === 'deploy') this.#ends = this.#ends.filter(({ job }) => job !== message.spec.id);
    this.#core.handle(message);
    // Without this listener the thread ends as soon as its connections are closed.
    if (message.kind === 'close') this.#port.close();
    else this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    afterIo(() => {
      this.#scheduled = false;
      this.#slice();
    });
  }
  #slice(): void {
    this.#bell.disarm();
    const end = systemClock.monotonicMs() + SLICE_MS;
    do {
      for (const { end: ring } of this.#ends) ring.poll();
      if (!this.#core.runnable) {
        this.#sleep();
        return;
      }
      this.#core.step();
    } while (systemClock.monotonicMs() < end);
    this.#schedule();
  }
  /** Until the bell rings. What came before the bell was armed is found by looking once more. */
  #sleep(): void {
    const seen = this.#bell.arm();
    for (const { end } of this.#ends) end.poll();
    if (this.#core.runnable) {
      this.#bell.disarm();
      this.#schedule();
      return;
    }
    if (this.#listening) return;
    const rung = this.#bell.wait(seen);
    if (rung === true) {
      this.#schedule();
      return;
    }
    this.#listening = true;
    void rung.then(() => {
      this.#listening = false;
      this.#schedule();
    });
  }
}

function memoryOf(deploy: Deploy, edge: number, from: number, to: number): SharedArrayBuffer {
  const ring = deploy.rings?.find((r) => r.edge === edge && r.from === from && r.to === to);
  if (ring === undefined) throw new InternalError(`no ring from worker ${from} to ${to} on edge ${edge}`);
  return ring.memory;
}

/** Turns this thread into a worker; its listener for messages keeps the thread running. */
export function runWorker(): void {
  if (parentPort === null) throw new InternalError('not the main thread');
  new WorkerThread(parentPort, workerData as WorkerStart);
  parentPort.postMessage('ready');
}

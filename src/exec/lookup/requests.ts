import type { Batch } from '../../common/batch/batch.ts';
import type { Column } from '../../common/batch/column.ts';
import { SqlError } from '../../common/errors.ts';
import type { LookupAnswer, LookupReader } from '../../connectors/api.ts';
import type { Lookups } from '../../planner/physical.ts';
import { gather, IntList } from '../columns.ts';
import type { Outside } from '../operator.ts';

/** Milliseconds before a request that failed is sent again, for the first time; each further time one more of these. */
const RETRY_DELAY_MS = 1000;

interface Request {
  readonly numbers: Int32Array;
  readonly keys: Batch;
  /** How often it was answered. */
  attempts: number;
  failures: number;
  /** Of the time it may take. */
  readonly stop: AbortController;
  cancelTimer: () => void;
}

/** What the requests tell their owner; always from the event loop, never from within a call. */
export interface RequestHooks {
  readonly answered: (numbers: Int32Array, found: Batch, key: Int32Array) => void;
  readonly keysOf: (numbers: Int32Array) => Column[];
  readonly table: string;
}

/** Keys to be asked for: cut into requests, so many of them under way at a time; failures and misses are tried again. */
export class LookupRequests {
  readonly #reader: LookupReader;
  readonly #lookups: Lookups;
  readonly #outside: Outside;
  readonly #hooks: RequestHooks;
  readonly #queue = new IntList();
  #from = 0;
  readonly #open = new Set<Request>();
  #closed = false;

  constructor(reader: LookupReader, lookups: Lookups, outside: Outside, hooks: RequestHooks) {
    this.#reader = reader;
    this.#lookups = lookups;
    this.#outside = outside;
    this.#hooks = hooks;
  }

  /** Keys wait for a request to end. */
  get full(): boolean {
    return this.#from < this.#queue.length;
  }
  get outstanding(): number {
    return this.#open.size;
  }
  add(number: number): void {
    this.#queue.push(number);
  }

  /** Sends what may be sent. */
  send(): void {
    while (this.#from < this.#queue.length && this.#open.size < this.#lookups.capacity) {
      const to = Math.min(this.#queue.length, this.#from + this.#reader.keysPerRequest);
      const numbers = this.#queue.array.slice(this.#from, to);
      this.#from = to;
      this.#start(numbers);
    }
    if (this.#from === this.#queue.length) {
      this.#queue.clear();
      this.#from = 0;
    }
  }

  #start(numbers: Int32Array): void {
    const { timeoutMs } = this.#lookups;
    const request: Request = { numbers, keys: { rowCount: numbers.length, ops: null, columns: this.#hooks.keysOf(numbers) }, attempts: 0, failures: 0, stop: new AbortController(), cancelTimer: () => {} };
    this.#open.add(request);
    request.cancelTimer = this.#outside.clock.setTimer(timeoutMs, () => {
      this.#fail(new SqlError('connection_failure', `looking up rows of "${this.#hooks.table}" took more than ${timeoutMs} ms`, { hint: "Hint LOOKUP('timeout'='…') of the query sets the time it may take." }));
    });
    this.#try(request, request.numbers, request.keys);
  }

  #try(request: Request, numbers: Int32Array, keys: Batch): void {
    this.#reader.lookup(keys, request.stop.signal).then(
      (answer) => {
        if (this.#closed) return;
        try {
          this.#handle(request, numbers, keys, answer);
        } catch (error) {
          this.#fail(error);
        }
      },
      (error: unknown) => {
        if (this.#closed) return;
        if (request.failures++ >= this.#lookups.maxRetries) this.#fail(error);
        else this.#later(request, RETRY_DELAY_MS * request.failures, numbers, keys);
      },
    );
  }
  #later(request: Request, delayMs: number, numbers: Int32Array, keys: Batch): void {
    const cancel = this.#outside.clock.setTimer(delayMs, () => {
      if (!this.#closed) this.#try(request, numbers, keys);
    });
    request.stop.signal.addEventListener('abort', cancel, { once: true });
  }

  #handle(request: Request, numbers: Int32Array, keys: Batch, { batch, key }: LookupAnswer): void {
    request.attempts++;
    const { retryMiss } = this.#lookups;
    const missed = retryMiss === null || request.attempts >= retryMiss.maxAttempts ? null : missing(numbers.length, key);
    if (missed === null || missed.length === 0) {
      this.#hooks.answered(numbers, batch, key);
      request.cancelTimer();
      this.#open.delete(request);
      this.send();
    } else {
      // The others need not wait.
      const at = missed.array.subarray(0, missed.length);
      if (missed.length < numbers.length) this.#part(numbers, at, batch, key);
      this.#later(request, retryMiss?.delayMs ?? 0, at.map((i) => numbers[i] as number), { rowCount: at.length, ops: null, columns: keys.columns.map((c) => gather(c, at, at.length)) });
    }
    this.#outside.wake();
  }
  /** Hands on the keys that were found. */
  #part(numbers: Int32Array, missed: Int32Array, batch: Batch, key: Int32Array): void {
    const without = new Set(missed);
    const place = new Map<number, number>();
    const found: number[] = [];
    numbers.forEach((number, i) => {
      if (!without.has(i)) place.set(i, found.push(number) - 1);
    });
    this.#hooks.answered(Int32Array.from(found), batch, key.map((k) => place.get(k) as number));
  }

  #fail(error: unknown): void {
    if (this.#closed) return;
    this.close();
    this.#outside.fail(error instanceof Error ? error : new Error(String(error)));
  }
  close(): void {
    this.#closed = true;
    for (const { stop, cancelTimer } of this.#open) {
      cancelTimer();
      stop.abort();
    }
    this.#open.clear();
  }
}

/** Places of keys without rows. */
function missing(n: number, key: Int32Array): IntList {
  const has = new Uint8Array(n);
  for (const k of key) has[k] = 1;
  const out = new IntList();
  for (let i = 0; i < n; i++) if (has[i] === 0) out.push(i);
  return out;
}

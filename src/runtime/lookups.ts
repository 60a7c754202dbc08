import type { Batch } from '../common/batch/batch.ts';
import { InternalError } from '../common/errors.ts';
import type { ObjectId } from '../common/ids.ts';
import type { KeyRead } from './api.ts';
import type { Coordinator } from './coordinator.ts';
import type { FromWorker } from './messages.ts';
import { Requests } from './requests.ts';

type Found = Extract<FromWorker, { kind: 'found' }>;

/** Tries before a relation that is always just being restarted is given up. */
const TRIES = 100;
const INDEX_TRIES = 8;

/** Point look-ups by key on all workers; the owner of a key finds it. */
export class Lookups {
  readonly #runtime: Coordinator;
  readonly #requests: Requests<Found>;

  constructor(runtime: Coordinator) {
    this.#runtime = runtime;
    this.#requests = new Requests(() => runtime.parallelism);
  }

  /** For each key 1 when a row has it, counting everything appended before. */
  async present(table: ObjectId, read: KeyRead): Promise<Uint8Array> {
    for (let tried = 0; tried < TRIES; tried++) {
      const owner = this.#runtime.ownerOf(table);
      if (owner.domain !== null) await this.#runtime.flushDomain(owner.domain);
      const answers = await this.#ask(table, 'key', read);
      // One that has nothing of the relation has just lost it to a restart: it will be back.
      if (!answers.every((a) => a.present !== null)) continue;
      const present = new Uint8Array(read.keys.rowCount);
      for (const a of answers) a.present?.forEach((p, i) => (present[i] = (present[i] as number) | p));
      return present;
    }
    throw new InternalError(`relation ${table} has no keys to look up`);
  }

  /**
   * The rows of the last epoch that have one of the keys; null where they cannot be had like that: other keys than
   * the relation's, several keys (on several workers, which may be at different epochs), or a relation that restarts.
   */
  async rows(relation: ObjectId, read: KeyRead): Promise<Batch | null> {
    if (read.keys.rowCount > 1 && this.#runtime.parallelism > 1) return null;
    const owner = this.#runtime.ownerOf(relation);
    if (owner.domain === null) return null;
    await this.#runtime.tablesLive(owner.domain);
    if (owner.domain.behind) await this.#runtime.flushDomain(owner.domain);
    const answers = await this.#ask(relation, 'key', read);
    if (!answers.every((a) => a.present !== null)) return null;
    return answers.find((a) => a.batch.rowCount > 0)?.batch ?? answers[0]?.batch ?? null;
  }

  /** The rows of the last epoch that may have these values in columns that are no key; null where they cannot be had like that. */
  async indexed(relation: ObjectId, read: KeyRead): Promise<readonly Batch[] | null> {
    const owner = this.#runtime.ownerOf(relation);
    if (owner.domain === null) return null;
    await this.#runtime.tablesLive(owner.domain);
    if (owner.domain.behind) await this.#runtime.flushDomain(owner.domain);
    for (let tried = 0; tried < INDEX_TRIES; tried++) {
      const answers = await this.#ask(relation, 'index', read);
      if (!answers.every((a) => a.present !== null)) return null;
      // Workers pass a barrier one after the other: rows of two epochs are no answer.
      if (answers.every((a) => a.epoch === answers[0]?.epoch)) return answers.map((a) => a.batch);
    }
    return null;
  }

  #ask(relation: ObjectId, by: 'key' | 'index', read: KeyRead): Promise<readonly Found[]> {
    return this.#requests.ask((request) => this.#runtime.postAll({ kind: 'lookup', request, relation, by, ...read }));
  }
  found(answer: Found): void {
    this.#requests.answered(answer.request, answer);
  }
  fail(error: Error): void {
    this.#requests.fail(error);
  }
}

import type { Batch } from '../common/batch/batch.ts';
import type { ObjectId } from '../common/ids.ts';
import type { Coordinator } from './coordinator.ts';

/** Point look-ups by primary key on all workers; the owner of a key finds it. */
export class Lookups {
  readonly #runtime: Coordinator;
  readonly #open = new Map<number, { readonly present: Uint8Array; left: number; readonly resolve: (present: Uint8Array) => void; readonly reject: (error: Error) => void }>();
  #next = 0;

  constructor(runtime: Coordinator) {
    this.#runtime = runtime;
  }
  async lookup(table: ObjectId, keys: Batch): Promise<Uint8Array> {
    const owner = this.#runtime.ownerOf(table, String(table));
    if (owner.domain !== null) await this.#runtime.flushDomain(owner.domain);
    const request = ++this.#next;
    return await new Promise((resolve, reject) => {
      this.#open.set(request, { present: new Uint8Array(keys.rowCount), left: this.#runtime.parallelism, resolve, reject });
      this.#runtime.postAll({ kind: 'lookup', request, relation: table, keys });
    });
  }
  found(request: number, present: Uint8Array): void {
    const open = this.#open.get(request);
    if (open === undefined) return;
    for (let i = 0; i < present.length; i++) if (present[i] === 1) open.present[i] = 1;
    if (--open.left > 0) return;
    this.#open.delete(request);
    open.resolve(open.present);
  }
  fail(error: Error): void {
    for (const open of this.#open.values()) open.reject(error);
    this.#open.clear();
  }
}

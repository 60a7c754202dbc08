import type { SqlRuntime } from '../../src/runtime/testing/sql-runtime.ts';
import { refusedByDisk } from './faults.ts';

/** The views of a history that are held up: each goes on showing what it showed, and those over it may lag behind, too. */
export class Pauses {
  readonly #sql = new Map<string, string>();
  /** What they show. */
  readonly #held = new Map<string, string>();
  /** They go on, and may not have caught up yet. */
  readonly #woken = new Set<string>();

  get any(): boolean {
    return this.#held.size > 0;
  }

  made(name: string, sql: string): void {
    this.#sql.set(name, sql);
  }

  /** Whether a view keeps up with the tables: neither it nor anything it reads is held up, or was so lately. */
  follows(name: string): boolean {
    if (this.#held.has(name) || this.#woken.has(name)) return false;
    const sql = this.#sql.get(name) ?? '';
    return [...this.#sql.keys()].every((other) => other === name || !new RegExp(`\\b${other}\\b`).test(sql) || this.follows(other));
  }

  async pause(rt: SqlRuntime, name: string): Promise<void> {
    const spec = rt.specs.find((s) => s.name === name);
    if (spec === undefined || this.#held.has(name)) return;
    const done = await rt.runtime.pauseJob(spec.id).then(() => true, refused);
    if (done) this.#held.set(name, await shown(rt, name));
  }

  /** True when it was held up. */
  async resume(rt: SqlRuntime, name: string): Promise<boolean> {
    const spec = rt.specs.find((s) => s.name === name);
    if (spec === undefined || !this.#held.has(name)) return false;
    await rt.runtime.resumeJob(spec.id);
    this.#write(rt, name, false);
    this.#held.delete(name);
    this.#woken.add(name);
    return true;
  }

  /** Everything that goes on has caught up. */
  flushed(): void {
    this.#woken.clear();
  }

  /** As an engine does it, which writes down who is held up. */
  outlive(rt: SqlRuntime): void {
    for (const name of this.#held.keys()) this.#write(rt, name, true);
  }

  /** What is wrong with those that are held up. */
  async stirred(rt: SqlRuntime): Promise<string | null> {
    for (const [name, before] of this.#held) {
      const now = await shown(rt, name);
      if (now !== before) return `${name} is held up and shows other rows\n--- before\n${before}\n+++ got\n${now}`;
    }
    return null;
  }

  #write(rt: SqlRuntime, name: string, paused: boolean): void {
    const at = rt.specs.findIndex((s) => s.name === name);
    const spec = rt.specs[at];
    if (spec !== undefined) rt.specs[at] = { ...spec, paused };
  }
}

const shown = async (rt: SqlRuntime, name: string): Promise<string> => (await rt.query(`SELECT * FROM ${name}`)).sort().join('\n');

/** Also of a job over nothing that could change, which has ended. */
function refused(error: unknown): boolean {
  if (!refusedByDisk(error) && !String(error).includes('has ended')) throw error;
  return false;
}

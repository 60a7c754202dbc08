import { randomInt, timingSafeEqual } from 'node:crypto';

/** What identifies a session to a CancelRequest. */
export interface BackendKey {
  readonly pid: number;
  readonly secret: number;
}

/** The sessions that can be cancelled, by the key each was given. */
export class CancelRegistry {
  readonly #byPid = new Map<number, { readonly secret: number; readonly cancel: () => void }>();
  #lastPid = 0;

  register(cancel: () => void): BackendKey {
    do this.#lastPid = this.#lastPid >= 0x7fffffff ? 1 : this.#lastPid + 1;
    while (this.#byPid.has(this.#lastPid));
    const pid = this.#lastPid;
    const secret = randomInt(0, 0xffffffff);
    this.#byPid.set(pid, { secret, cancel });
    return { pid, secret };
  }

  release(key: BackendKey): void {
    this.#byPid.delete(key.pid);
  }

  /** Silent when the key is wrong: an answer would help guessing. */
  cancel(pid: number, secret: number): void {
    const found = this.#byPid.get(pid);
    if (found !== undefined && timingSafeEqual(word(found.secret), word(secret))) found.cancel();
  }
}

function word(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
}

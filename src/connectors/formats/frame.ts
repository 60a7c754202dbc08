import type { MessageBlock } from '../api.ts';

/** Cuts `[from, to)` of a chunk at newlines, a carriage return before one left out; empty lines are not messages. */
export function frameLines(data: Buffer, from: number, to: number): MessageBlock {
  let capacity = Math.max(64, (to - from) >> 6);
  let offsets = new Int32Array(capacity);
  let lengths = new Int32Array(capacity);
  let count = 0;
  for (let at = from; at < to; ) {
    let end = data.indexOf(10, at);
    if (end < 0 || end > to) end = to;
    const stop = end > at && data[end - 1] === 13 ? end - 1 : end;
    if (stop > at) {
      if (count === capacity) {
        capacity *= 2;
        const o = new Int32Array(capacity);
        const l = new Int32Array(capacity);
        o.set(offsets);
        l.set(lengths);
        offsets = o;
        lengths = l;
      }
      offsets[count] = at;
      lengths[count++] = stop - at;
    }
    at = end + 1;
  }
  return { data, offsets, lengths, count };
}

/** A block of separate messages, for tests and small inputs; null is a NULL payload. */
export function blockOf(messages: readonly (Uint8Array | string | null)[]): MessageBlock {
  const parts = messages.map((m) => (m === null ? Buffer.alloc(0) : Buffer.from(m)));
  const offsets = new Int32Array(parts.length);
  const lengths = new Int32Array(parts.length);
  let at = 0;
  parts.forEach((p, i) => {
    offsets[i] = at;
    lengths[i] = messages[i] === null ? -1 : p.length;
    at += p.length;
  });
  return { data: Buffer.concat(parts), offsets, lengths, count: parts.length };
}

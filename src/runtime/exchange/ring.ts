import type { Batch } from '../../common/batch/batch.ts';
import { assert, InternalError } from '../../common/errors.ts';
import { epoch } from '../../common/ids.ts';
import { decodeBatch, encodeInto, planEncoding, type Encoding } from './batch-codec.ts';
import type { Item } from './channel.ts';
import type { Doorbell } from './doorbell.ts';

/**
 * A queue of items from one thread to one other over shared memory: single producer, single consumer, no locks.
 *
 * Control words, on cache lines of their own: the consumer's position, the producer's position (bytes ever passed, modulo
 * 2^32), and whether the producer waits for room. Behind them `capacity` bytes, a power of two. A record is a word of
 * payload bytes, a word of kind, and the payload padded to 8. It never wraps: what does not fit before the end of the
 * memory is preceded by a SKIP record. A batch over a quarter of the capacity travels as fragments.
 *
 * A decoded batch owns its memory: its bytes are copied out of the ring once, so its space is free at once.
 */
const HEAD = 0;
const TAIL = 32;
const WANTS_ROOM = 64;
const CONTROL_BYTES = 512;
const RECORD_BYTES = 8;

const SKIP = 0;
const BATCH = 1;
const WATERMARK = 2;
const IDLE = 3;
const END = 4;
const BARRIER = 5;
/** A piece of a batch; the first begins with the total byte count (8 bytes). */
const FIRST_FRAGMENT = 6;
const FRAGMENT = 7;

/** Shared memory for a ring of `capacity` bytes, a power of two from 4096 on. */
export function allocateRing(capacity: number): SharedArrayBuffer {
  assert(capacity >= 4096 && (capacity & (capacity - 1)) === 0, 'capacity of a ring must be a power of two');
  return new SharedArrayBuffer(CONTROL_BYTES + capacity);
}

const align = (n: number): number => (n + 7) & ~7;

/** The producing end; used by one thread. */
export class RingWriter {
  readonly #control: Int32Array;
  readonly #data: Uint8Array;
  readonly #words: Int32Array;
  readonly #view: DataView;
  readonly #capacity: number;
  readonly #consumer: Doorbell;
  #tail: number;
  /** The consumer's position when last looked. */
  #head: number;
  /** A batch of which fragments have still to go. */
  #rest: Uint8Array | null = null;
  /** The last batch that found no room, planned already. */
  #planned: Encoding | null = null;

  /** `consumer` is rung when an item has come. */
  constructor(memory: SharedArrayBuffer, consumer: Doorbell) {
    this.#capacity = memory.byteLength - CONTROL_BYTES;
    this.#control = new Int32Array(memory, 0, CONTROL_BYTES / 4);
    this.#data = new Uint8Array(memory, CONTROL_BYTES);
    this.#words = new Int32Array(memory, CONTROL_BYTES);
    this.#view = new DataView(memory, CONTROL_BYTES);
    this.#consumer = consumer;
    this.#tail = Atomics.load(this.#control, TAIL);
    this.#head = Atomics.load(this.#control, HEAD);
  }

  /**
   * False when there is no room: the item was not taken, and the producer's own bell rings once there is. A batch taken
   * in fragments goes on with the next push or `flush`.
   */
  tryPush(item: Item): boolean {
    if (!this.flush()) return false;
    switch (item.kind) {
      case 'batch':
        return this.#pushBatch(item.batch);
      case 'watermark': {
        const at = this.#reserve(8);
        if (at < 0) return false;
        this.#view.setBigInt64(at, item.micros, true);
        return this.#commit(at, WATERMARK, 8);
      }
      case 'idle':
      case 'end': {
        const at = this.#reserve(0);
        return at >= 0 && this.#commit(at, item.kind === 'idle' ? IDLE : END, 0);
      }
      case 'barrier': {
        const at = this.#reserve(24);
        if (at < 0) return false;
        this.#view.setFloat64(at, item.barrier.epoch, true);
        this.#view.setBigInt64(at + 8, item.barrier.nowMicros, true);
        this.#view.setInt32(at + 16, item.barrier.checkpoint ? 1 : 0, true);
        return this.#commit(at, BARRIER, 24);
      }
    }
  }
  /** Found no room, and the consumer has not made any since. */
  get awaitsRoom(): boolean {
    return Atomics.load(this.#control, WANTS_ROOM) === 1;
  }
  /** Sends on what is left of a large batch; true when nothing is. */
  flush(): boolean {
    const pieceMax = (this.#capacity >> 2) - RECORD_BYTES;
    while (this.#rest !== null) {
      const length = Math.min(this.#rest.length, pieceMax);
      const at = this.#reserve(length);
      if (at < 0) return false;
      this.#data.set(this.#rest.subarray(0, length), at);
      this.#commit(at, FRAGMENT, length);
      this.#rest = length === this.#rest.length ? null : this.#rest.subarray(length);
    }
    return true;
  }

  #pushBatch(batch: Batch): boolean {
    const encoding = this.#planned?.batch === batch ? this.#planned : planEncoding(batch);
    const length = encoding.byteLength;
    const whole = length + RECORD_BYTES <= this.#capacity >> 2;
    const at = this.#reserve(whole ? length : 8);
    if (at < 0) {
      this.#planned = encoding;
      return false;
    }
    this.#planned = null;
    if (whole) {
      encodeInto(encoding, this.#data, at);
      return this.#commit(at, BATCH, length);
    }
    this.#view.setFloat64(at, length, true);
    const rest = new Uint8Array(length);
    encodeInto(encoding, rest, 0);
    this.#rest = rest;
    this.#commit(at, FIRST_FRAGMENT, 8);
    this.flush();
    return true;
  }

  /** The place for a payload of `length` bytes, or -1 when there is no room yet. */
  #reserve(length: number): number {
    const need = RECORD_BYTES + align(length);
    const at = this.#tail & (this.#capacity - 1);
    const untilEnd = this.#capacity - at;
    const total = need <= untilEnd ? need : untilEnd + need;
    if (!this.#hasRoom(total)) return -1;
    if (need <= untilEnd) return at + RECORD_BYTES;
    this.#words[at >> 2] = untilEnd - RECORD_BYTES;
    this.#words[(at >> 2) + 1] = SKIP;
    this.#tail = (this.#tail + untilEnd) | 0;
    return RECORD_BYTES;
  }
  #hasRoom(bytes: number): boolean {
    const free = (): number => this.#capacity - ((this.#tail - this.#head) >>> 0);
    if (bytes <= free()) return true;
    this.#head = Atomics.load(this.#control, HEAD);
    if (bytes <= free()) return true;
    Atomics.store(this.#control, WANTS_ROOM, 1);
    this.#head = Atomics.load(this.#control, HEAD);
    if (bytes > free()) return false;
    Atomics.store(this.#control, WANTS_ROOM, 0);
    return true;
  }
  #commit(at: number, kind: number, length: number): true {
    this.#words[(at - RECORD_BYTES) >> 2] = length;
    this.#words[(at - RECORD_BYTES + 4) >> 2] = kind;
    this.#tail = (this.#tail + RECORD_BYTES + align(length)) | 0;
    Atomics.store(this.#control, TAIL, this.#tail);
    this.#consumer.ring();
    return true;
  }
}

/** The consuming end; used by one thread. */
export class RingReader {
  readonly #control: Int32Array;
  readonly #data: Uint8Array;
  readonly #words: Int32Array;
  readonly #view: DataView;
  readonly #capacity: number;
  readonly #producer: Doorbell;
  #head: number;
  /** The producer's position when last looked. */
  #tail: number;
  /** The producer's position at the last `takeNews`. */
  #seen: number;
  /** A batch of which fragments have come. */
  #partial: Uint8Array | null = null;
  #filled = 0;

  /** `producer` is rung when there is room again for a producer that waits for it. */
  constructor(memory: SharedArrayBuffer, producer: Doorbell) {
    this.#capacity = memory.byteLength - CONTROL_BYTES;
    this.#control = new Int32Array(memory, 0, CONTROL_BYTES / 4);
    this.#data = new Uint8Array(memory, CONTROL_BYTES);
    this.#words = new Int32Array(memory, CONTROL_BYTES);
    this.#view = new DataView(memory, CONTROL_BYTES);
    this.#producer = producer;
    this.#head = Atomics.load(this.#control, HEAD);
    this.#tail = Atomics.load(this.#control, TAIL);
    this.#seen = this.#head;
  }

  /** Something has come since this was last asked. */
  takeNews(): boolean {
    const tail = Atomics.load(this.#control, TAIL);
    if (tail === this.#seen) return false;
    this.#seen = tail;
    return true;
  }
  get isEmpty(): boolean {
    if (this.#head !== this.#tail) return false;
    this.#tail = Atomics.load(this.#control, TAIL);
    return this.#head === this.#tail;
  }

  /** The next item, or null when none is complete yet. */
  tryPop(): Item | null {
    while (!this.isEmpty) {
      const at = this.#head & (this.#capacity - 1);
      const length = this.#words[at >> 2] as number;
      const kind = this.#words[(at >> 2) + 1] as number;
      const item = this.#read(kind, at + RECORD_BYTES, length);
      this.#head = (this.#head + RECORD_BYTES + align(length)) | 0;
      Atomics.store(this.#control, HEAD, this.#head);
      if (Atomics.load(this.#control, WANTS_ROOM) === 1) this.#tellRoom();
      if (item !== null) return item;
    }
    return null;
  }
  /** Wakes the producer once half the ring is free: not for every record. */
  #tellRoom(): void {
    this.#tail = Atomics.load(this.#control, TAIL);
    if ((this.#tail - this.#head) >>> 0 > this.#capacity >> 1) return;
    Atomics.store(this.#control, WANTS_ROOM, 0);
    this.#producer.ring();
  }

  #read(kind: number, at: number, length: number): Item | null {
    switch (kind) {
      case SKIP:
        return null;
      case BATCH: {
        const bytes = new Uint8Array(length);
        bytes.set(this.#data.subarray(at, at + length));
        return { kind: 'batch', batch: decodeBatch(bytes) };
      }
      case WATERMARK:
        return { kind: 'watermark', micros: this.#view.getBigInt64(at, true) };
      case IDLE:
        return { kind: 'idle' };
      case END:
        return { kind: 'end' };
      case BARRIER:
        return {
          kind: 'barrier',
          barrier: { epoch: epoch(this.#view.getFloat64(at, true)), nowMicros: this.#view.getBigInt64(at + 8, true), checkpoint: this.#view.getInt32(at + 16, true) === 1 },
        };
      case FIRST_FRAGMENT:
        this.#partial = new Uint8Array(this.#view.getFloat64(at, true));
        this.#filled = 0;
        return null;
      case FRAGMENT: {
        const partial = this.#partial;
        assert(partial !== null, 'fragment of a batch without its beginning');
        partial.set(this.#data.subarray(at, at + length), this.#filled);
        this.#filled += length;
        if (this.#filled < partial.length) return null;
        this.#partial = null;
        return { kind: 'batch', batch: decodeBatch(partial) };
      }
      default:
        throw new InternalError(`ring record of kind ${kind}`);
    }
  }
}

import { library } from './library.ts';
import { SqlError } from '../../common/errors.ts';
import { decompress } from './compression.ts';

/** Records of one partition whose keys and values lie in one buffer; columns by record. */
export interface RecordColumns {
  readonly data: Uint8Array;
  readonly count: number;
  readonly keyAt: Int32Array;
  /** -1 is NULL. */
  readonly keyLength: Int32Array;
  readonly valueAt: Int32Array;
  readonly valueLength: Int32Array;
  readonly offset: Float64Array;
  readonly timestampMs: Float64Array;
  /** Where the header count is. */
  readonly headersAt: Int32Array;
  readonly leaderEpoch: Int32Array;
  /** 1 where the broker's time replaced the producer's. */
  readonly logAppendTime: Uint8Array;
}

export interface AbortedTransaction {
  readonly producerId: bigint;
  readonly firstOffset: bigint;
}

const HEADER_BYTES = 61;
const number64 = (d: Buffer, at: number): number => d.readInt32BE(at) * 0x1_0000_0000 + d.readUInt32BE(at + 4);

/** Varints: `cursor.at` moves behind what was read. */
const cursor = { at: 0 };
function varint(d: Uint8Array): number {
  let at = cursor.at;
  let b = d[at++] as number;
  let v = b & 127;
  if (b > 127) {
    b = d[at++] as number;
    v |= (b & 127) << 7;
    if (b > 127) {
      b = d[at++] as number;
      v |= (b & 127) << 14;
      if (b > 127) {
        b = d[at++] as number;
        v |= (b & 127) << 21;
        if (b > 127) v |= (d[at++] as number) << 28;
      }
    }
  }
  cursor.at = at;
  return (v >>> 1) ^ -(v & 1);
}
/** A 64-bit varint as a double; exact below 2^53, which holds for times. */
function varlong(d: Uint8Array): number {
  let at = cursor.at;
  let v = 0;
  let scale = 1;
  for (;;) {
    const b = d[at++] as number;
    v += (b & 127) * scale;
    if (b < 128) break;
    scale *= 128;
  }
  cursor.at = at;
  return v % 2 === 0 ? v / 2 : -(v + 1) / 2;
}

class Columns {
  readonly data: Uint8Array;
  #capacity: number;
  count = 0;
  keyAt: Int32Array;
  keyLength: Int32Array;
  valueAt: Int32Array;
  valueLength: Int32Array;
  headersAt: Int32Array;
  leaderEpoch: Int32Array;
  offset: Float64Array;
  timestampMs: Float64Array;
  logAppendTime: Uint8Array;

  constructor(data: Uint8Array, capacity: number) {
    this.data = data;
    this.#capacity = capacity;
    this.keyAt = new Int32Array(capacity);
    this.keyLength = new Int32Array(capacity);
    this.valueAt = new Int32Array(capacity);
    this.valueLength = new Int32Array(capacity);
    this.headersAt = new Int32Array(capacity);
    this.leaderEpoch = new Int32Array(capacity);
    this.offset = new Float64Array(capacity);
    this.timestampMs = new Float64Array(capacity);
    this.logAppendTime = new Uint8Array(capacity);
  }

  reserve(more: number): void {
    const need = this.count + more;
    if (need <= this.#capacity) return;
    this.#capacity = Math.max(need, this.#capacity * 2);
    const n = this.#capacity;
    const i32 = (a: Int32Array): Int32Array => {
      const b = new Int32Array(n);
      b.set(a);
      return b;
    };
    const f64 = (a: Float64Array): Float64Array => {
      const b = new Float64Array(n);
      b.set(a);
      return b;
    };
    this.keyAt = i32(this.keyAt);
    this.keyLength = i32(this.keyLength);
    this.valueAt = i32(this.valueAt);
    this.valueLength = i32(this.valueLength);
    this.headersAt = i32(this.headersAt);
    this.leaderEpoch = i32(this.leaderEpoch);
    this.offset = f64(this.offset);
    this.timestampMs = f64(this.timestampMs);
    const flags = new Uint8Array(n);
    flags.set(this.logAppendTime);
    this.logAppendTime = flags;
  }
}

/**
 * Reads the record batches of one partition, fetch after fetch. Leaves out control records and, when only committed ones
 * are wanted, records of aborted transactions: the broker names those that overlap a fetch, and which of them are open is
 * kept from one fetch to the next.
 */
export class RecordBatchReader {
  readonly #committedOnly: boolean;
  readonly #aborting = new Set<bigint>();

  constructor(committedOnly: boolean) {
    this.#committedOnly = committedOnly;
  }

  /** After a jump to another offset nothing is known of open transactions. */
  reset(): void {
    this.#aborting.clear();
  }

  /**
   * @param from records before this offset are left out (a batch may begin earlier)
   * @param until records from this offset on are left out
   * @returns the records, and the offset to fetch next
   * Errors: data_corrupted on a CRC mismatch or an unknown batch version.
   */
  read(data: Buffer, from: number, until: number, aborted: readonly AbortedTransaction[], where: string): { readonly chunks: RecordColumns[]; readonly next: number } {
    const pending = aborted.toSorted((a, b) => (a.firstOffset < b.firstOffset ? -1 : a.firstOffset > b.firstOffset ? 1 : 0));
    let nextAborted = 0;
    const chunks: Columns[] = [];
    let next = from;
    for (let at = 0; at + HEADER_BYTES <= data.length; ) {
      const base = number64(data, at);
      const size = data.readInt32BE(at + 8) + 12;
      if (at + size > data.length) break;
      const magic = data.readInt8(at + 16);
      if (magic !== 2) throw new SqlError('data_corrupted', `record batch at ${where} offset ${base} has version ${magic}, only 2 is known`);
      const end = at + size;
      if (library().crc32c(data.subarray(at + 21, end)) >>> 0 !== data.readUInt32BE(at + 17)) {
        throw new SqlError('data_corrupted', `record batch at ${where} offset ${base} fails its checksum`);
      }
      const attributes = data.readInt16BE(at + 21);
      const lastOffset = base + data.readInt32BE(at + 23);
      const producerId = data.readBigInt64BE(at + 43);
      const count = data.readInt32BE(at + 57);
      if (this.#committedOnly) {
        while (nextAborted < pending.length && (pending[nextAborted] as AbortedTransaction).firstOffset <= BigInt(lastOffset)) {
          this.#aborting.add((pending[nextAborted++] as AbortedTransaction).producerId);
        }
      }
      const control = (attributes & 32) !== 0;
      const transactional = (attributes & 16) !== 0;
      if (control) {
        if (isAbort(data, at + HEADER_BYTES)) this.#aborting.delete(producerId);
      } else if (lastOffset >= from && !(transactional && this.#aborting.has(producerId))) {
        const codec = attributes & 7;
        const body = codec === 0 ? data : decompress(codec, data.subarray(at + HEADER_BYTES, end));
        let columns = chunks.at(-1);
        if (columns === undefined || columns.data !== body) {
          columns = new Columns(body, count);
          chunks.push(columns);
        } else columns.reserve(count);
        readRecords(columns, codec === 0 ? at + HEADER_BYTES : 0, count, base, number64(data, at + 27), (attributes & 8) !== 0 ? number64(data, at + 35) : null, data.readInt32BE(at + 12), from, until);
      }
      next = Math.max(next, lastOffset + 1);
      at = end;
    }
    return { chunks: chunks.filter((c) => c.count > 0), next };
  }
}

/** Of a control batch's one record: the key's second int16 is 0 for abort, 1 for commit. */
function isAbort(d: Buffer, at: number): boolean {
  cursor.at = at;
  varint(d);
  cursor.at += 1;
  varlong(d);
  varint(d);
  varint(d);
  return d.readInt16BE(cursor.at + 2) === 0;
}

function readRecords(c: Columns, at: number, count: number, base: number, baseMs: number, appendMs: number | null, epoch: number, from: number, until: number): void {
  const d = c.data;
  c.reserve(count);
  let n = c.count;
  for (let i = 0; i < count; i++) {
    cursor.at = at;
    const size = varint(d);
    at = cursor.at + size;
    cursor.at += 1;
    const delta = varlong(d);
    const offset = base + varint(d);
    if (offset < from || offset >= until) continue;
    const keyLength = varint(d);
    c.keyAt[n] = cursor.at;
    c.keyLength[n] = keyLength;
    if (keyLength > 0) cursor.at += keyLength;
    const valueLength = varint(d);
    c.valueAt[n] = cursor.at;
    c.valueLength[n] = valueLength;
    if (valueLength > 0) cursor.at += valueLength;
    c.headersAt[n] = cursor.at;
    c.offset[n] = offset;
    c.timestampMs[n] = appendMs ?? baseMs + delta;
    c.leaderEpoch[n] = epoch;
    c.logAppendTime[n] = appendMs === null ? 0 : 1;
    n++;
  }
  c.count = n;
}

/** The headers of one record; a header's value may be NULL. */
export function readHeaders(d: Uint8Array, at: number): [string, Uint8Array | null][] {
  cursor.at = at;
  const out: [string, Uint8Array | null][] = [];
  for (let n = varint(d); n > 0; n--) {
    const keyLength = varint(d);
    const key = Buffer.from(d.buffer, d.byteOffset + cursor.at, keyLength).toString('utf8');
    cursor.at += keyLength;
    const length = varint(d);
    out.push([key, length < 0 ? null : new Uint8Array(d.subarray(cursor.at, cursor.at + length))]);
    if (length > 0) cursor.at += length;
  }
  return out;
}

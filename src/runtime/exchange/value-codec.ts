import { SqlError } from '../../common/errors.ts';
import { isJsonArray, isJsonNumber } from '../../common/types/json.ts';
import type { Interval, Json, JsonNode, Numeric, Value } from '../../common/types/value.ts';

/**
 * JS values of boxed columns as bytes: a tag, then the value; numbers little endian. Exact for every `Value`, lone
 * surrogates, -0 and NaN included. The tags are part of a durable format: none changes its meaning.
 */
const NULL = 0;
const FALSE = 1;
const TRUE = 2;
const INT32 = 3;
const DOUBLE = 4;
const BIGINT64 = 5;
/** Sign byte, count of 64-bit words, words from the lowest. */
const BIGINT = 6;
const UTF8 = 7;
const UTF16 = 8;
const BYTES = 9;
/** Unscaled 64-bit value and scale. */
const NUMERIC64 = 10;
/** Special (0 none, 1 NaN, 2 Infinity, 3 -Infinity), scale, then unscaled as BIGINT. */
const NUMERIC = 11;
const INTERVAL = 12;
const JSON_ROOT = 13;
const ARRAY = 14;
const OBJECT = 15;

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
const SPECIALS = [undefined, 'NaN', 'Infinity', '-Infinity'] as const;

export class ValueWriter {
  #data: Uint8Array<ArrayBuffer> = new Uint8Array(4096);
  #view: DataView = new DataView(this.#data.buffer);
  #at = 0;

  /** What has been written; valid until the next write. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#data.subarray(0, this.#at);
  }
  #room(n: number): void {
    if (this.#at + n <= this.#data.length) return;
    const grown = new Uint8Array(Math.max(this.#data.length * 2, this.#at + n));
    grown.set(this.#data.subarray(0, this.#at));
    this.#data = grown;
    this.#view = new DataView(grown.buffer);
  }
  #tag(tag: number): void {
    this.#room(17);
    this.#data[this.#at++] = tag;
  }
  #u32(n: number): void {
    this.#room(4);
    this.#view.setUint32(this.#at, n, true);
    this.#at += 4;
  }
  #i64(n: bigint): void {
    this.#room(8);
    this.#view.setBigInt64(this.#at, n, true);
    this.#at += 8;
  }
  #bytes(bytes: Uint8Array): void {
    this.#u32(bytes.length);
    this.#room(bytes.length);
    this.#data.set(bytes, this.#at);
    this.#at += bytes.length;
  }
  #string(text: string): void {
    if (text.isWellFormed()) {
      this.#tag(UTF8);
      this.#room(4 + text.length * 3);
      const { written } = encoder.encodeInto(text, this.#data.subarray(this.#at + 4));
      this.#u32(written);
      this.#at += written;
    } else {
      this.#tag(UTF16);
      this.#u32(text.length);
      this.#room(text.length * 2);
      for (let i = 0; i < text.length; i++, this.#at += 2) this.#view.setUint16(this.#at, text.charCodeAt(i), true);
    }
  }
  #bigint(value: bigint): void {
    this.#tag(BIGINT);
    this.#data[this.#at++] = value < 0n ? 1 : 0;
    let rest = value < 0n ? -value : value;
    const words: bigint[] = [];
    for (; rest > 0n; rest >>= 64n) words.push(BigInt.asUintN(64, rest));
    this.#u32(words.length);
    for (const word of words) this.#i64(BigInt.asIntN(64, word));
  }
  #numeric(value: Numeric): void {
    if (value.special === undefined && BigInt.asIntN(64, value.unscaled) === value.unscaled) {
      this.#tag(NUMERIC64);
      this.#u32(value.scale);
      this.#i64(value.unscaled);
      return;
    }
    this.#tag(NUMERIC);
    this.#data[this.#at++] = SPECIALS.indexOf(value.special);
    this.#u32(value.scale);
    this.#bigint(value.unscaled);
  }

  write(value: Value): void {
    if (value === null) return this.#tag(NULL);
    switch (typeof value) {
      case 'boolean':
        return this.#tag(value ? TRUE : FALSE);
      case 'number':
        if ((value | 0) === value && !Object.is(value, -0)) {
          this.#tag(INT32);
          this.#u32(value);
        } else {
          this.#tag(DOUBLE);
          this.#view.setFloat64(this.#at, value, true);
          this.#at += 8;
        }
        return;
      case 'bigint':
        if (BigInt.asIntN(64, value) !== value) return this.#bigint(value);
        this.#tag(BIGINT64);
        return this.#i64(value);
      case 'string':
        return this.#string(value);
      default:
    }
    if (Array.isArray(value)) {
      this.#tag(ARRAY);
      this.#u32(value.length);
      for (const element of value) this.write(element);
    } else if (value instanceof Uint8Array) {
      this.#tag(BYTES);
      this.#bytes(value);
    } else if ('unscaled' in value) {
      this.#numeric(value);
    } else if ('json' in value) {
      this.#tag(JSON_ROOT);
      this.#json(value.json);
    } else {
      this.#tag(INTERVAL);
      this.#u32(value.months);
      this.#u32(value.days);
      this.#i64(value.micros);
    }
  }
  #json(node: JsonNode): void {
    if (node === null || typeof node === 'boolean' || typeof node === 'string') return this.write(node);
    if (isJsonArray(node)) {
      this.#tag(ARRAY);
      this.#u32(node.length);
      for (const element of node) this.#json(element);
    } else if (isJsonNumber(node)) {
      this.#numeric(node);
    } else {
      const keys = Object.keys(node);
      this.#tag(OBJECT);
      this.#u32(keys.length);
      for (const key of keys) {
        this.#string(key);
        this.#json(node[key] as JsonNode);
      }
    }
  }
}

/** Reads what `ValueWriter` wrote. Errors: data_corrupted. */
export class ValueReader {
  readonly #data: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(data: Uint8Array) {
    this.#data = data;
    this.#view = new DataView(data.buffer, data.byteOffset, data.length);
  }
  #take(n: number): number {
    const at = this.#at;
    if (at + n > this.#data.length) throw damaged();
    this.#at = at + n;
    return at;
  }
  #u8(): number {
    return this.#data[this.#take(1)] as number;
  }
  #u32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }
  #i32(): number {
    return this.#view.getInt32(this.#take(4), true);
  }
  #i64(): bigint {
    return this.#view.getBigInt64(this.#take(8), true);
  }
  #string(tag: number): string {
    const length = this.#u32();
    if (tag === UTF8) {
      const at = this.#take(length);
      return decoder.decode(this.#data.subarray(at, at + length));
    }
    if (tag !== UTF16) throw damaged();
    const at = this.#take(length * 2);
    let text = '';
    for (let i = 0; i < length; i++) text += String.fromCharCode(this.#view.getUint16(at + 2 * i, true));
    return text;
  }
  #bigint(): bigint {
    const negative = this.#u8() === 1;
    const words = this.#u32();
    let value = 0n;
    for (let i = 0; i < words; i++) value |= BigInt.asUintN(64, this.#i64()) << BigInt(64 * i);
    return negative ? -value : value;
  }
  #numeric(tag: number): Numeric {
    if (tag === NUMERIC64) {
      const scale = this.#i32();
      return { unscaled: this.#i64(), scale };
    }
    const special = SPECIALS[this.#u8()];
    const scale = this.#i32();
    if (this.#u8() !== BIGINT) throw damaged();
    const unscaled = this.#bigint();
    return special === undefined ? { unscaled, scale } : { unscaled, scale, special };
  }

  read(): Value {
    const tag = this.#u8();
    switch (tag) {
      case NULL:
        return null;
      case FALSE:
        return false;
      case TRUE:
        return true;
      case INT32:
        return this.#i32();
      case DOUBLE:
        return this.#view.getFloat64(this.#take(8), true);
      case BIGINT64:
        return this.#i64();
      case BIGINT:
        return this.#bigint();
      case UTF8:
      case UTF16:
        return this.#string(tag);
      case BYTES: {
        const length = this.#u32();
        const at = this.#take(length);
        return this.#data.slice(at, at + length);
      }
      case NUMERIC64:
      case NUMERIC:
        return this.#numeric(tag);
      case INTERVAL:
        return { months: this.#i32(), days: this.#i32(), micros: this.#i64() } satisfies Interval;
      case JSON_ROOT:
        return { json: this.#json() } satisfies Json;
      case ARRAY: {
        const length = this.#u32();
        const values: Value[] = [];
        for (let i = 0; i < length; i++) values.push(this.read());
        return values;
      }
      default:
        throw damaged();
    }
  }
  #json(): JsonNode {
    const tag = this.#u8();
    switch (tag) {
      case NULL:
        return null;
      case FALSE:
        return false;
      case TRUE:
        return true;
      case UTF8:
      case UTF16:
        return this.#string(tag);
      case NUMERIC64:
      case NUMERIC:
        return this.#numeric(tag);
      case ARRAY: {
        const length = this.#u32();
        const nodes: JsonNode[] = [];
        for (let i = 0; i < length; i++) nodes.push(this.#json());
        return nodes;
      }
      case OBJECT: {
        const length = this.#u32();
        const entries: [string, JsonNode][] = [];
        for (let i = 0; i < length; i++) entries.push([this.#string(this.#u8()), this.#json()]);
        return Object.fromEntries(entries);
      }
      default:
        throw damaged();
    }
  }
  get atEnd(): boolean {
    return this.#at === this.#data.length;
  }
}
const damaged = (): SqlError => new SqlError('data_corrupted', 'encoded value is damaged');

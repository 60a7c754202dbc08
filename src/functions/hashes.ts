import { crc32 } from 'node:zlib';
import { BIGINT, INT, type SqlType } from '../common/types/sql-type.ts';
import type { Value } from '../common/types/value.ts';
import { native } from './build.ts';
import type { FunctionDef, ScalarFunction, ScalarOverload } from './define.ts';

/** Checksums and fast hashes that are no secrets. 64-bit results are read as signed, as BIGINT has no other. */

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const U64 = (n: bigint): bigint => BigInt.asUintN(64, n);
const signed = (n: bigint): bigint => BigInt.asIntN(64, n);
const rotate64 = (n: bigint, by: bigint): bigint => U64((n << by) | (n >> (64n - by)));
const rotate32 = (n: number, by: number): number => (n << by) | (n >>> (32 - by));
const viewOf = (data: Uint8Array): DataView => new DataView(data.buffer, data.byteOffset, data.byteLength);

/** Murmur2 as Kafka's default partitioner has it (seed 0x9747b28c). */
function murmur2(data: Uint8Array): number {
  const m = 0x5bd1e995;
  let h = (0x9747b28c ^ data.length) | 0;
  const whole = data.length & ~3;
  for (let i = 0; i < whole; i += 4) {
    let k = (data[i] as number) | ((data[i + 1] as number) << 8) | ((data[i + 2] as number) << 16) | ((data[i + 3] as number) << 24);
    k = Math.imul(k, m);
    k ^= k >>> 24;
    k = Math.imul(k, m);
    h = Math.imul(h, m) ^ k;
  }
  for (let left = data.length - whole; left > 0; left--) h ^= (data[whole + left - 1] as number) << (8 * (left - 1));
  if (data.length > whole) h = Math.imul(h, m);
  h ^= h >>> 13;
  h = Math.imul(h, m);
  return h ^ (h >>> 15);
}

const [P1, P2, P3, P4, P5] = [0x9e3779b185ebca87n, 0xc2b2ae3d27d4eb4fn, 0x165667b19e3779f9n, 0x85ebca77c2b2ae63n, 0x27d4eb2f165667c5n] as const;
const round64 = (lane: bigint, input: bigint): bigint => U64(rotate64(U64(lane + input * P2), 31n) * P1);

/** XXH64, by its specification. */
function xxhash64(data: Uint8Array, seed: bigint): bigint {
  const view = viewOf(data);
  let at = 0;
  let h: bigint;
  if (data.length >= 32) {
    const lanes = [U64(seed + P1 + P2), U64(seed + P2), U64(seed), U64(seed - P1)];
    for (; at + 32 <= data.length; at += 32) lanes.forEach((lane, i) => (lanes[i] = round64(lane, view.getBigUint64(at + i * 8, true))));
    h = U64([1n, 7n, 12n, 18n].reduce((sum, by, i) => sum + rotate64(lanes[i] ?? 0n, by), 0n));
    for (const lane of lanes) h = U64((h ^ round64(0n, lane)) * P1 + P4);
  } else h = U64(seed + P5);
  h = U64(h + BigInt(data.length));
  for (; at + 8 <= data.length; at += 8) h = U64(rotate64(h ^ round64(0n, view.getBigUint64(at, true)), 27n) * P1 + P4);
  if (at + 4 <= data.length) {
    h = U64(rotate64(h ^ U64(BigInt(view.getUint32(at, true)) * P1), 23n) * P2 + P3);
    at += 4;
  }
  for (; at < data.length; at++) h = U64(rotate64(h ^ U64(BigInt(data[at] ?? 0) * P5), 11n) * P1);
  h = U64((h ^ (h >> 33n)) * P2);
  h = U64((h ^ (h >> 29n)) * P3);
  return signed(h ^ (h >> 32n));
}

const [Q1, Q2, Q3, Q4, Q5] = [0x9e3779b1, 0x85ebca77, 0xc2b2ae3d, 0x27d4eb2f, 0x165667b1] as const;
const round32 = (lane: number, input: number): number => Math.imul(rotate32((lane + Math.imul(input, Q2)) | 0, 13), Q1);

/** XXH32, by its specification. */
function xxhash32(data: Uint8Array, seed: number): bigint {
  const view = viewOf(data);
  let at = 0;
  let h: number;
  if (data.length >= 16) {
    const lanes = [(seed + Q1 + Q2) | 0, (seed + Q2) | 0, seed | 0, (seed - Q1) | 0];
    for (; at + 16 <= data.length; at += 16) lanes.forEach((lane, i) => (lanes[i] = round32(lane, view.getInt32(at + i * 4, true))));
    h = [1, 7, 12, 18].reduce((sum, by, i) => (sum + rotate32(lanes[i] ?? 0, by)) | 0, 0);
  } else h = (seed + Q5) | 0;
  h = (h + data.length) | 0;
  for (; at + 4 <= data.length; at += 4) h = Math.imul(rotate32((h + Math.imul(view.getInt32(at, true), Q3)) | 0, 17), Q4);
  for (; at < data.length; at++) h = Math.imul(rotate32((h + Math.imul(data[at] ?? 0, Q5)) | 0, 11), Q1);
  h = Math.imul(h ^ (h >>> 15), Q2);
  h = Math.imul(h ^ (h >>> 13), Q3);
  return BigInt((h ^ (h >>> 16)) >>> 0);
}

const SEA = 0x6eed0e9da4d94a4fn;
function diffuse(n: bigint): bigint {
  const x = U64(n * SEA);
  return U64((x ^ ((x >> 32n) >> (x >> 60n))) * SEA);
}

/** SeaHash with its default seeds. */
function seahash(data: Uint8Array): bigint {
  let [a, b, c, d] = [0x16f11fe89b0d677cn, 0xb480a793d8e6c86cn, 0x6fe2e5aaf078ebc9n, 0x14f994a4c5259381n];
  for (let at = 0; at < data.length; at += 8) {
    let word = 0n;
    for (let i = Math.min(8, data.length - at) - 1; i >= 0; i--) word = (word << 8n) | BigInt(data[at + i] ?? 0);
    [a, b, c, d] = [b, c, d, diffuse(a ^ word)];
  }
  return signed(diffuse(a ^ b ^ c ^ d ^ BigInt(data.length)));
}

const CASTAGNOLI: Uint32Array = Uint32Array.from({ length: 256 }, (_, byte) => {
  let c = byte;
  for (let bit = 0; bit < 8; bit++) c = (c & 1) === 0 ? c >>> 1 : (c >>> 1) ^ 0x82f63b78;
  return c;
});

function crc32c(data: Uint8Array): bigint {
  let c = 0xffffffff;
  for (const byte of data) c = (CASTAGNOLI[(c ^ byte) & 0xff] ?? 0) ^ (c >>> 8);
  return BigInt(~c >>> 0);
}

/** One overload for text, in UTF-8, one for bytes. */
const both = (returns: SqlType, f: (data: Uint8Array) => Value): ScalarOverload[] => [native(['varchar'], returns, (text) => f(utf8(text))), native(['bytea'], returns, f)];
const hash = (name: string, overloads: readonly ScalarOverload[], doc: string, example: readonly [string, string], aliases: readonly string[] = []): ScalarFunction => ({
  kind: 'scalar', name, aliases, overloads, doc, examples: [example],
});

export const hashFunctions: readonly FunctionDef[] = [
  hash('crc32', both(BIGINT, (data) => BigInt(crc32(data))), 'The CRC-32 checksum.', [`crc32('The quick brown fox jumps over the lazy dog.')`, '1368401385']),
  hash('crc32c', both(BIGINT, crc32c), 'The CRC-32C (Castagnoli) checksum.', [`crc32c('123456789')`, '3808858755']),
  hash('kafka_murmur2', both(INT, murmur2), 'Kafka’s hash of a key; a partition is its lowest 31 bits modulo their number.', [`kafka_murmur2('21')`, '-973932308']),
  hash(
    'xxhash64',
    [...both(BIGINT, (data) => xxhash64(data, 0n)), native(['varchar', 'bigint'], BIGINT, (text, seed) => xxhash64(utf8(text), U64(seed))), native(['bytea', 'bigint'], BIGINT, (data, seed) => xxhash64(data, U64(seed)))],
    'The 64-bit xxHash (XXH64), with a seed of 0 or the second argument, as a signed number.',
    [`to_hex(xxhash64('a'))`, 'd24ec4f1a98c6e5b'],
    ['xxhash'],
  ),
  hash(
    'xxhash32',
    [...both(BIGINT, (data) => xxhash32(data, 0)), native(['varchar', 'int'], BIGINT, (text, seed) => xxhash32(utf8(text), seed)), native(['bytea', 'int'], BIGINT, (data, seed) => xxhash32(data, seed))],
    'The 32-bit xxHash (XXH32), with a seed of 0 or the second argument.',
    [`to_hex(xxhash32('a'))`, '550d7456'],
  ),
  hash('seahash', both(BIGINT, seahash), 'The 64-bit SeaHash, as a signed number.', [`seahash('to be or not to be')`, '1988685042348123509']),
];

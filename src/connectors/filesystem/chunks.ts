import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import { isGzip } from './splits.ts';

export const CHUNK_BYTES: number = 1024 * 1024;

/** Whole lines of a file. `base` is the file offset of `data[0]`; the lines lie in `[from, to)`. */
export interface LineChunk {
  readonly data: Buffer;
  readonly base: number;
  readonly from: number;
  readonly to: number;
}

/** What is left of the last line goes ahead of the bytes read next, in the same buffer. */
interface Carry {
  bytes: Buffer;
}

/** Pieces of a file, each beginning with `carry`. */
async function* plain(path: string, from: number, carry: Carry, free: Buffer[]): AsyncGenerator<Buffer> {
  const file = await open(path, 'r');
  try {
    for (let at = from; ; ) {
      const { bytes } = carry;
      const roomy = 2 * bytes.length <= CHUNK_BYTES;
      const buffer = (roomy ? free.pop() : undefined) ?? Buffer.allocUnsafeSlow(roomy ? CHUNK_BYTES : 2 * bytes.length);
      const { bytesRead } = await file.read(buffer, bytes.length, buffer.length - bytes.length, at);
      if (bytesRead === 0) return;
      at += bytesRead;
      bytes.copy(buffer);
      yield buffer.subarray(0, bytes.length + bytesRead);
    }
  } finally {
    await file.close();
  }
}

async function* unzipped(path: string, from: number, carry: Carry): AsyncGenerator<Buffer> {
  const input = createReadStream(path);
  const stream = input.pipe(createGunzip({ chunkSize: CHUNK_BYTES }));
  input.on('error', (e) => stream.destroy(e));
  let skip = from;
  for await (const piece of stream) {
    const part = piece as Buffer;
    if (skip >= part.length) skip -= part.length;
    else {
      const rest = part.subarray(skip);
      yield carry.bytes.length === 0 ? rest : Buffer.concat([carry.bytes, rest]);
      skip = 0;
    }
  }
}

/** The complete lines from `offset` on that the file holds now; a last one without its newline waits for it. */
export async function* grownChunks(path: string, offset: number): AsyncGenerator<LineChunk> {
  let base = offset;
  const carry: Carry = { bytes: Buffer.alloc(0) };
  for await (const data of plain(path, offset, carry, [])) {
    const to = data.lastIndexOf(10) + 1;
    if (to > 0) yield { data, base, from: 0, to };
    carry.bytes = Buffer.from(data.subarray(to));
    base += to;
  }
}

/**
 * The lines that begin in `[offset, end)`, `offset` being `start` or the beginning of a line. A range that does not begin
 * the file leaves out the line it begins within: the range before has it.
 * @param free buffers of CHUNK_BYTES that nobody needs any more, to be used again.
 */
export async function* lineChunks(path: string, start: number, offset: number, end: number, free: Buffer[] = []): AsyncGenerator<LineChunk> {
  const gzip = isGzip(path);
  const stop = gzip ? Infinity : end;
  const skipFirst = offset === start && start > 0;
  let at = skipFirst ? start - 1 : offset;
  const carry: Carry = { bytes: Buffer.alloc(0) };
  let skipping = skipFirst;
  for await (const data of gzip ? unzipped(path, at, carry) : plain(path, at, carry, free)) {
    const base = at - carry.bytes.length;
    at = base + data.length;
    let from = 0;
    if (skipping) {
      const newline = data.indexOf(10);
      if (newline < 0) {
        carry.bytes = Buffer.alloc(0);
        continue;
      }
      from = newline + 1;
      skipping = false;
    }
    if (base + from >= stop) return;
    const last = data.lastIndexOf(10);
    if (last < from) {
      carry.bytes = data.subarray(from);
      continue;
    }
    let to = last + 1;
    if (at >= stop) {
      // The last line of the range begins before `stop`: it ends at the first newline from there.
      const newline = data.indexOf(10, Math.max(from, stop - 1 - base));
      if (newline >= 0) {
        to = newline + 1;
        yield { data, base, from, to };
        return;
      }
    }
    yield { data, base, from, to };
    carry.bytes = Buffer.from(data.subarray(to));
  }
  const { bytes } = carry;
  if (bytes.length > 0 && !skipping && at - bytes.length < stop) yield { data: bytes, base: at - bytes.length, from: 0, to: bytes.length };
}

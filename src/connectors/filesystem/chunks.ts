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

async function* plain(path: string, from: number): AsyncGenerator<Buffer> {
  const file = await open(path, 'r');
  try {
    for (let at = from; ; ) {
      const buffer = Buffer.allocUnsafeSlow(CHUNK_BYTES);
      const { bytesRead } = await file.read(buffer, 0, CHUNK_BYTES, at);
      if (bytesRead === 0) return;
      at += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

async function* unzipped(path: string, from: number): AsyncGenerator<Buffer> {
  const input = createReadStream(path);
  const stream = input.pipe(createGunzip({ chunkSize: CHUNK_BYTES }));
  input.on('error', (e) => stream.destroy(e));
  let skip = from;
  for await (const piece of stream) {
    const part = piece as Buffer;
    if (skip >= part.length) skip -= part.length;
    else {
      yield part.subarray(skip);
      skip = 0;
    }
  }
}

/**
 * The lines that begin in `[offset, end)`, `offset` being `start` or the beginning of a line. A range that does not begin
 * the file leaves out the line it begins within: the range before has it.
 */
export async function* lineChunks(path: string, start: number, offset: number, end: number): AsyncGenerator<LineChunk> {
  const gzip = isGzip(path);
  const stop = gzip ? Infinity : end;
  const skipFirst = offset === start && start > 0;
  let at = skipFirst ? start - 1 : offset;
  let carry: Buffer = Buffer.alloc(0);
  let skipping = skipFirst;
  for await (const piece of gzip ? unzipped(path, at) : plain(path, at)) {
    const data: Buffer = carry.length === 0 ? piece : Buffer.concat([carry, piece]);
    const base = at - carry.length;
    at += piece.length;
    let from = 0;
    if (skipping) {
      const newline = data.indexOf(10);
      if (newline < 0) {
        carry = Buffer.alloc(0);
        continue;
      }
      from = newline + 1;
      skipping = false;
    }
    if (base + from >= stop) return;
    const last = data.lastIndexOf(10);
    if (last < from) {
      carry = data.subarray(from);
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
    carry = Buffer.from(data.subarray(to));
  }
  if (carry.length > 0 && !skipping && at - carry.length < stop) yield { data: carry, base: at - carry.length, from: 0, to: carry.length };
}

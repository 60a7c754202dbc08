import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { IntTable } from './support/int-table.ts';
import { apart, paired, printHeader, printRow, timed, type Measured, type Run } from './support/measure.ts';
import { openTable, planOf, runToEnd } from './support/pipeline.ts';

/**
 * A file of JSON lines (Nexmark bids, about 190 bytes) through the filesystem source into a GROUP BY, in one thread; beside it
 * a loop that knows the order of the fields and the place of the line ends.
 */
const LINES = 1_000_000;
const ROUNDS = 3;

export async function writeBids(path: string, lines: number): Promise<void> {
  const reader = await openTable('bid', ['auction', 'bidder', 'price', 'channel', 'url'], Math.ceil((lines * 50) / 46) + 50, 100_000);
  const text = new TextDecoder();
  const file = openSync(path, 'w');
  for (let written = 0; written < lines; ) {
    const polled = reader.poll(Math.min(4096, lines - written));
    if (polled === 'idle' || polled === 'ended') break;
    const [a, b, p, c, u] = polled.batch.columns;
    if (a?.physical !== 'i64' || b?.physical !== 'i64' || p?.physical !== 'i64' || c?.physical !== 'bytes' || u?.physical !== 'bytes') throw new Error('bids have another layout');
    let out = '';
    for (let i = 0; i < polled.batch.rowCount; i++) {
      const at = (x: typeof c): string => text.decode(x.data.subarray(x.offsets[i] as number, (x.offsets[i] as number) + (x.lengths[i] as number)));
      out += `{"auction":${String(a.values[i])},"bidder":${String(b.values[i])},"price":${String(p.values[i])},"channel":"${at(c)}","url":"${at(u)}","dateTime":"2026-01-01 00:00:00.000","extra":"0123456789abcdef0123456789abcdef"}\n`;
    }
    writeSync(file, out);
    written += polled.batch.rowCount;
  }
  closeSync(file);
  await reader.close();
}

const script = (path: string): string => `
CREATE TABLE bids (auction BIGINT, bidder BIGINT, price BIGINT, channel VARCHAR, url VARCHAR, dateTime TIMESTAMP(3), extra VARCHAR)
WITH ('connector' = 'filesystem', 'path' = '${path}', 'format' = 'json');
CREATE TABLE per_auction (auction BIGINT, n BIGINT, highest BIGINT, PRIMARY KEY (auction) NOT ENFORCED) WITH ('connector' = 'blackhole');
INSERT INTO per_auction SELECT auction, count(*), max(price) FROM bids GROUP BY auction;`;

async function runLoop(path: string): Promise<Run> {
  const file = openSync(path, 'r');
  const buffer = Buffer.alloc(4 << 20);
  const keys = new IntTable(1 << 16);
  let counts = new Float64Array(1 << 16);
  let most = new Float64Array(1 << 16);
  const result = await timed(LINES, () => {
    let held = 0;
    for (;;) {
      const got = readSync(file, buffer, held, buffer.length - held, null);
      const length = held + got;
      let at = 0;
      for (;;) {
        const end = buffer.indexOf(10, at);
        if (end < 0 || end >= length) break;
        let p = at + 11;
        let auction = 0;
        for (; buffer[p] !== 44; p++) auction = auction * 10 + (buffer[p] as number) - 48;
        for (p += 10; buffer[p] !== 44; p++);
        let price = 0;
        for (p += 9; buffer[p] !== 44; p++) price = price * 10 + (buffer[p] as number) - 48;
        const k = keys.add(auction);
        if (k >= counts.length) {
          counts = widened(counts);
          most = widened(most);
        }
        counts[k] = (counts[k] as number) + 1;
        if (price > (most[k] as number)) most[k] = price;
        at = end + 1;
      }
      if (got === 0) break;
      buffer.copy(buffer, 0, at, length);
      held = length - at;
    }
  });
  closeSync(file);
  return result;
}

const widened = (a: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> => {
  const b = new Float64Array(a.length * 2);
  b.set(a);
  return b;
};

export async function jsonFile(): Promise<Measured> {
  const m = await apart(import.meta.filename, ['--one']);
  printRow(m);
  return m;
}

if (process.argv[1] === import.meta.filename) {
  if (process.argv[2] === '--one') {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-bench-'));
    try {
      const path = join(folder, 'bids.json');
      await writeBids(path, LINES);
      const plan = planOf(script(path));
      process.send?.(await paired('JSON file, GROUP BY', ROUNDS, () => runToEnd(plan, LINES), () => runLoop(path)));
    } finally {
      rmSync(folder, { recursive: true });
    }
  } else {
    printHeader('JSON lines, operators in one thread, lines a second');
    await jsonFile();
  }
}

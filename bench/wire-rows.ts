/**
 * Rows per second of a SELECT of five columns (bigint, int, text, double, timestamp) over a loopback socket, text and
 * binary. The engine is replaced by batches that are ready, and the reader, a process of its own, only counts bytes:
 * what is measured is the server's encoding and sending. `node bench/wire-rows.ts [rows]`
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { batchFromRows } from '../src/common/batch/builder.ts';
import type { Batch, Schema } from '../src/common/batch/batch.ts';
import { systemClock } from '../src/common/clock.ts';
import { BIGINT, DOUBLE, INT, TEXT, TIMESTAMP } from '../src/common/types/sql-type.ts';
import type { Engine, Session } from '../src/engine/api.ts';
import { serialize } from 'pg-protocol';
import { startPgServer } from '../src/server/pgwire/server.ts';

const ROWS = Number(process.argv[2] ?? 4_000_000);
const BATCH = 4096;
const schema: Schema = [BIGINT, INT, TEXT, DOUBLE, TIMESTAMP].map((type, i) => ({ name: `c${i}`, type, nullable: false }));
const batch: Batch = batchFromRows(
  schema,
  Array.from({ length: BATCH }, (_, i) => [BigInt(i) * 1_000_003n, i, `user-${i % 1000}-page`, i % 2 === 0 ? i : i + 0.25, 1_700_000_000_000_000n + BigInt(i) * 1_500_000n]),
);

const session: Session = {
  parse: (text) => [{ text, start: 0, end: text.length, ast: null }],
  prepare: (statement) => Promise.resolve({ statement, parameters: [], columns: schema, bound: null }),
  execute: () => {
    let left = ROWS;
    const next = (): Promise<Batch | null> => {
      const rowCount = Math.min(left, BATCH);
      left -= rowCount;
      return Promise.resolve(rowCount === 0 ? null : { ...batch, rowCount });
    };
    return Promise.resolve({ kind: 'rows', schema, live: false, tag: (n) => `SELECT ${n}`, rows: { next, close: () => Promise.resolve() } });
  },
  transactionStatus: 'I',
  beginImplicit: () => undefined,
  endImplicit: () => Promise.resolve(),
  setting: () => undefined,
  text: { timeZone: 'UTC' },
  reportedParameters: () => new Map(),
  close: () => Promise.resolve(),
};
const engine: Engine = { createSession: () => session, close: () => Promise.resolve() };
const server = await startPgServer({ engine, host: '127.0.0.1', port: 0, clock: systemClock, log: () => undefined });

/** Reads up to the end and prints the bytes it got. */
const READER = `
const socket = require('node:net').connect(Number(process.argv[1]), '127.0.0.1');
let bytes = 0;
socket.on('data', (chunk) => { bytes += chunk.length; });
socket.on('end', () => { console.log(bytes); socket.end(); });
socket.write(Buffer.from(process.argv[2], 'base64'));
`;

function startup(): Buffer {
  const body = Buffer.from('user\0bench\0\0');
  const head = Buffer.alloc(8);
  head.writeInt32BE(body.length + 8, 0);
  head.writeInt32BE(0x3_0000, 4);
  return Buffer.concat([head, body]);
}

async function run(name: string, messages: readonly Uint8Array[]): Promise<void> {
  const bytes = Buffer.concat([startup(), ...messages, serialize.end()]);
  const cpu = process.cpuUsage();
  const from = performance.now();
  const reader = spawn(process.execPath, ['-e', READER, String(server.port), bytes.toString('base64')], { stdio: ['ignore', 'pipe', 'inherit'] });
  let read = '';
  reader.stdout.on('data', (chunk: Buffer) => (read += chunk.toString()));
  await once(reader, 'close');
  const seconds = (performance.now() - from) / 1000;
  const used = process.cpuUsage(cpu);
  const cpuSeconds = (used.user + used.system) / 1e6;
  console.log(
    `${name.padEnd(8)} ${(ROWS / seconds / 1000).toFixed(0).padStart(6)} K rows/s  ${(ROWS / cpuSeconds / 1000).toFixed(0).padStart(6)} K rows/s of server CPU` +
      `  ${(Number(read) / ROWS).toFixed(0)} bytes a row  ${(used.user / 1e6).toFixed(2)} s user  ${(used.system / 1e6).toFixed(2)} s system`,
  );
}

const prepared = (binary: boolean): Uint8Array[] => [serialize.parse({ text: 'rows' }), serialize.bind({ binary }), serialize.execute({}), serialize.sync()];
for (let round = 0; round < 2; round++) {
  await run('text', [serialize.query('rows')]);
  await run('binary', prepared(true));
}
await server.close();

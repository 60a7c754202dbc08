import { fork } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { systemClock } from '../src/common/clock.ts';
import { startPgServer } from '../src/server/pgwire/server.ts';
import { BenchEngine } from './support/engine.ts';
import { apart, paired, printHeader, printRow, timed, type Measured, type Run } from './support/measure.ts';
import { nexmarkScript } from './support/pipeline.ts';

/**
 * A view's rows over the PostgreSQL wire, to a client in a process of its own that only counts messages. The server's CPU
 * alone is counted.
 */
const EVENTS = 1_000_000;
const ROUNDS = 3;
const STATEMENTS = {
  'SELECT of 5 columns': ['SELECT auction, bidder, price, channel, dateTime FROM bids', 'D'],
  'COPY of 5 columns': ['COPY (SELECT auction, bidder, price, channel, dateTime FROM bids) TO STDOUT', 'd'],
} as const;
type Name = keyof typeof STATEMENTS;

/** Counts the messages of one type until ReadyForQuery. */
async function client(port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  const text = 'user\0bench\0database\0millrace\0\0';
  const start = Buffer.alloc(8 + text.length);
  start.writeInt32BE(start.length, 0);
  start.writeInt32BE(196_608, 4);
  start.write(text, 8);
  socket.write(start);
  let counted = 0;
  let rows = 0;
  let done: (() => void) | null = null;
  let held: Buffer = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    const data = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    let at = 0;
    while (at + 5 <= data.length) {
      const end = at + 1 + data.readInt32BE(at + 1);
      if (end > data.length) break;
      const type = data[at];
      if (type === counted) rows++;
      else if (type === 69 && done !== null) throw new Error(data.toString('utf8', at + 5, end).replaceAll('\0', ' '));
      else if (type === 90) {
        done?.();
        done = null;
      }
      at = end;
    }
    held = data.subarray(at);
  });
  await new Promise<void>((resolve) => (done = resolve));
  process.on('message', ([sql, letter]: readonly [string, string]) => {
    counted = letter.charCodeAt(0);
    rows = 0;
    const query = Buffer.alloc(6 + Buffer.byteLength(sql));
    query.write('Q');
    query.writeInt32BE(query.length - 1, 1);
    query.write(sql, 5);
    done = () => process.send?.(rows);
    socket.write(query);
  });
  process.on('disconnect', () => socket.destroy());
  process.send?.(-1);
}

async function measure(name: Name): Promise<Measured> {
  const engine = await BenchEngine.open(1);
  const server = await startPgServer({ engine: engine.engine, host: '127.0.0.1', port: 0, clock: systemClock, log: (level, message) => console.error(`${level}: ${message}`) });
  try {
    const script = nexmarkScript('q0', EVENTS, 100_000);
    await engine.run(`${script.slice(0, script.indexOf('CREATE TABLE nexmark_q0'))} CREATE MATERIALIZED VIEW bids AS SELECT * FROM bid`);
    const wanted = (EVENTS / 50) * 46;
    for (let rows = 0; rows < wanted; ) {
      const found = await engine.run('SELECT count(*) FROM bids');
      rows = Number(found[0]?.[0] ?? 0);
    }
    const reader = fork(import.meta.filename, ['--client', String(server.port)], { stdio: 'inherit' });
    await once(reader, 'message');
    const select = async (): Promise<Run> => {
      let rows = 0;
      const run = await timed(0, async () => {
        reader.send([...STATEMENTS[name]]);
        [rows] = (await once(reader, 'message')) as [number];
      });
      if (rows !== wanted) throw new Error(`${rows} rows of ${wanted}`);
      return { ...run, events: rows };
    };
    const measured = await paired(name, ROUNDS, select, null);
    reader.disconnect();
    return measured;
  } finally {
    await server.close();
    await engine.close();
  }
}

export async function wireBench(): Promise<Measured[]> {
  printHeader('A view over the wire, rows a second');
  const out: Measured[] = [];
  for (const name of Object.keys(STATEMENTS)) {
    const m = await apart(import.meta.filename, ['--one', name]);
    printRow(m);
    out.push(m);
  }
  return out;
}

if (process.argv[1] === import.meta.filename) {
  const [mode, value] = process.argv.slice(2);
  if (mode === '--client') await client(Number(value));
  else if (mode === '--one') {
    process.send?.(await measure(value === 'COPY of 5 columns' ? value : 'SELECT of 5 columns'));
    process.disconnect?.();
  } else await wireBench();
}

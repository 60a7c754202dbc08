import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RawClient, brief, serialize, startup } from './testing/raw-client.ts';
import { startTestServer, type TestServer } from './testing/test-server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ messageBytesMax: 100_000 });
  const client = await RawClient.open(server.port);
  await client.ask(serialize.query('create table kept (a int, b text)'));
  await client.end();
});
afterAll(async () => {
  await server.close();
});

const copyData = (text: string): Buffer => serialize.copyData(Buffer.from(text));

/** Messages of all kinds whose answers do not depend on time. */
const SESSION: readonly Buffer[] = [
  startup({ user: 'ann', database: 'millrace' }),
  serialize.query("select 1 as a; select 'zwölf' as b, null::int as c"),
  serialize.parse({ text: 'select $1::bigint * 2 as n, $2::text as t', name: 's' }),
  serialize.describe({ type: 'S', name: 's' }),
  serialize.bind({ statement: 's', values: ['21', 'x'] }),
  serialize.execute({}),
  serialize.sync(),
  serialize.parse({ text: 'selct' }),
  serialize.execute({}),
  serialize.sync(),
  serialize.query('begin; create table if not exists kept (a int, b text)'),
  serialize.query('rollback'),
  serialize.query('copy kept from stdin'),
  copyData('1\tein'),
  copyData('s\n2\tz\\nwei\n'),
  serialize.copyFail('enough'),
  serialize.query('copy (select 1, 2) to stdout'),
  serialize.query('select * from kept'),
  serialize.end(),
];

/** The answers to the whole session sent in pieces that end at `cuts`. */
async function answersTo(bytes: Buffer, cuts: readonly number[]): Promise<string[]> {
  const client = new RawClient(server.port);
  let from = 0;
  for (const cut of [...cuts, bytes.length]) {
    if (cut <= from) continue;
    client.send(bytes.subarray(from, cut));
    from = cut;
    // Each piece arrives by itself.
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
  return (await client.until('')).filter((a) => a.name !== 'backendKeyData').map(brief);
}

describe('the byte stream', () => {
  it('gives the same answers however it is cut', async () => {
    const bytes = Buffer.concat(SESSION);
    const expected = await answersTo(bytes, []);
    expect(expected).toContain('row ["42","x"]');
    expect(expected).toContain('error 57014 COPY from stdin failed: enough');
    expect(expected.at(-1)).toBe('ready I');
    const cuts = fc.array(fc.integer({ min: 1, max: bytes.length - 1 }), { maxLength: 60 }).map((list) => list.toSorted((a, b) => a - b));
    await fc.assert(
      fc.asyncProperty(cuts, async (at) => {
        expect(await answersTo(bytes, at)).toEqual(expected);
      }),
      { numRuns: 20 },
    );
    expect(await answersTo(bytes, [...bytes.keys()])).toEqual(expected);
  });

  it('survives garbage, before and after start-up, while other sessions go on', async () => {
    const witness = await RawClient.open(server.port);
    const types = fc.constantFrom(...'BCDEFHPQSXcdfpRZ\0'.split('')).map((c) => c.charCodeAt(0));
    const message = fc.tuple(types, fc.uint8Array({ maxLength: 40 }), fc.option(fc.integer())).map(([type, body, length]) => {
      const head = Buffer.alloc(5);
      head[0] = type;
      head.writeInt32BE(length ?? body.length + 4, 1);
      return Buffer.concat([head, body]);
    });
    const garbage = fc.array(fc.oneof(message, fc.uint8Array({ maxLength: 30 }).map((b) => Buffer.from(b))), { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(garbage, fc.boolean(), async (parts, started) => {
        const client = new RawClient(server.port);
        client.socket.removeAllListeners('data');
        client.socket.resume();
        client.send(...(started ? [startup({ user: 'eve', database: 'millrace' })] : []), ...parts);
        client.socket.end();
        await client.until('');
        expect((await witness.ask(serialize.query('select 7 as n')))[1]).toBe('row ["7"]');
      }),
      { numRuns: 150 },
    );
    await expect.poll(() => server.server.connectionCount).toBe(1);
    expect(server.logs.filter((line) => !line.includes('FATAL'))).toEqual([]);
    await witness.end();
  });
});

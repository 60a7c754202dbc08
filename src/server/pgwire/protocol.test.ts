import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RawClient, brief, serialize, startup } from './testing/raw-client.ts';
import { startTestServer, type TestServer } from './testing/test-server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(async () => {
  await server.close();
});

describe('start-up', () => {
  it('reports parameters, a key, and is ready', async () => {
    const client = new RawClient(server.port);
    client.send(startup({ user: 'ann', database: 'millrace', application_name: 'probe', client_encoding: "'utf-8'" }));
    const answers = await client.until('readyForQuery');
    expect(answers[0]?.name).toBe('authenticationOk');
    const parameters = new Map(answers.filter((a) => a.name === 'parameterStatus').map((a) => [a['parameterName'], a['parameterValue']]));
    expect(parameters.get('server_version')).toMatch(/^15\./);
    expect(parameters.get('application_name')).toBe('probe');
    for (const name of ['client_encoding', 'DateStyle', 'integer_datetimes', 'IntervalStyle', 'is_superuser', 'server_encoding', 'session_authorization', 'standard_conforming_strings', 'TimeZone']) {
      expect([...parameters.keys()]).toContain(name);
    }
    expect(answers.filter((a) => a.name === 'backendKeyData')).toHaveLength(1);
    expect(brief(answers.at(-1) as (typeof answers)[0])).toBe('ready I');
    await client.end();
  });

  it('answers requests for encryption with N and goes on', async () => {
    const client = new RawClient(server.port);
    const bytes: Buffer[] = [];
    client.socket.removeAllListeners('data');
    client.socket.on('data', (chunk: Buffer) => bytes.push(chunk));
    client.send(Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]));
    await expect.poll(() => Buffer.concat(bytes).toString()).toBe('N');
    client.send(startup({ user: 'ann', database: 'millrace' }));
    await expect.poll(() => Buffer.concat(bytes).length).toBeGreaterThan(100);
    expect(Buffer.concat(bytes)[1]).toBe(0x52);
    client.socket.destroy();
  });

  it('tells a client of 3.2 with unknown options that it speaks 3.0', async () => {
    const client = new RawClient(server.port);
    const bytes: Buffer[] = [];
    client.socket.removeAllListeners('data');
    client.socket.on('data', (chunk: Buffer) => bytes.push(chunk));
    client.send(startup({ user: 'ann', database: 'millrace', '_pq_.x': '1' }, 0x3_0002));
    await expect.poll(() => Buffer.concat(bytes).length).toBeGreaterThan(100);
    const all = Buffer.concat(bytes);
    expect(all.subarray(0, 20)).toEqual(Buffer.from([0x76, 0, 0, 0, 19, 0, 3, 0, 0, 0, 0, 0, 1, ...Buffer.from('_pq_.x\0')]));
    client.socket.destroy();
  });

  it.each([
    ['an unknown version', startup({ user: 'a' }, 0x2_0000), '0A000'],
    ['no user', startup({ database: 'millrace' }), '28000'],
    ['an unknown database', startup({ user: 'a', database: 'nope' }), '3D000'],
    ['replication', startup({ user: 'a', database: 'millrace', replication: 'true' }), '0A000'],
    ['a negative length', Buffer.from([255, 255, 255, 255]), '08P01'],
    ['a huge length', Buffer.from([127, 255, 255, 255]), '08P01'],
    ['bytes behind SSLRequest', Buffer.concat([Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]), startup({ user: 'a' })]), '08P01'],
  ])('refuses %s', async (_, bytes, code) => {
    const client = new RawClient(server.port);
    client.send(bytes);
    const answers = await client.until('');
    expect(answers.map((a) => a['code'])).toEqual([code]);
    expect(client.closed).toBe(true);
  });
});

describe('simple protocol', () => {
  it('runs several statements, and stops at the first error', async () => {
    const client = await RawClient.open(server.port);
    expect(await client.ask(serialize.query("select 1 as a, 'x' as b; show timezone"))).toEqual([
      'columns a:23:text b:25:text', 'row ["1","x"]', 'done SELECT 1', 'columns TimeZone:25:text', expect.stringMatching(/^row/), 'done SHOW', 'ready I',
    ]);
    expect(await client.ask(serialize.query('select 1; select 1/0; select 2'))).toEqual([
      expect.stringMatching(/^columns/), 'row ["1"]', 'done SELECT 1', expect.stringMatching(/^columns/), expect.stringMatching(/^error 22012 division by zero/), 'ready I',
    ]);
    expect(await client.ask(serialize.query(' -- nothing'))).toEqual(['emptyQuery', 'ready I']);
    await client.end();
  });

  it('counts error positions in characters', async () => {
    const client = await RawClient.open(server.port);
    expect(await client.ask(serialize.query("select '🙂ä', nope"))).toEqual(['error 42703 column "nope" does not exist at 14', 'ready I']);
    await client.end();
  });

  it('shows the transaction status', async () => {
    const client = await RawClient.open(server.port);
    expect(await client.ask(serialize.query('begin'))).toEqual(['done BEGIN', 'ready T']);
    expect((await client.ask(serialize.query('nonsense'))).at(-1)).toBe('ready E');
    expect((await client.ask(serialize.query('select 1')))[0]).toMatch(/^error 25P02/);
    expect(await client.ask(serialize.query('rollback'))).toEqual(['done ROLLBACK', 'ready I']);
    await client.end();
  });

  it('reports a changed setting and a notice', async () => {
    const client = await RawClient.open(server.port);
    expect(await client.ask(serialize.query("set application_name = 'other'"))).toEqual(expect.arrayContaining(['parameterStatus', 'done SET', 'ready I']));
    expect(await client.ask(serialize.query('drop table if exists nothing_here'))).toEqual(['notice', 'done DROP TABLE', 'ready I']);
    await client.end();
  });
});

describe('extended protocol', () => {
  const parse = (sql: string, name = '', types: number[] = []): Buffer => serialize.parse({ text: sql, name, types });
  const describePortal = serialize.describe({ type: 'P', name: '' });

  it('describes, binds in both formats, executes', async () => {
    const client = await RawClient.open(server.port);
    expect(await client.ask(parse('select $1::int + 1 as n, $2::text as t', 's'), serialize.describe({ type: 'S', name: 's' }), serialize.sync())).toEqual([
      'parseComplete', 'parameterDescription', 'columns n:23:text t:25:text', 'ready I',
    ]);
    expect(await client.ask(serialize.bind({ statement: 's', values: ['41', null] }), describePortal, serialize.execute({}), serialize.sync())).toEqual([
      'bindComplete', 'columns n:23:text t:25:text', 'row ["42",null]', 'done SELECT 1', 'ready I',
    ]);
    const binary = serialize.bind({ statement: 's', values: [Buffer.from([0, 0, 0, 41]), 'é'], binary: true });
    expect(await client.ask(binary, describePortal, serialize.execute({}), serialize.sync())).toEqual([
      'bindComplete', 'columns n:23:binary t:25:binary', `row ${JSON.stringify(['\0\0\0*', 'é'])}`, 'done SELECT 1', 'ready I',
    ]);
    await client.end();
  });

  it('tells declared types back as they came', async () => {
    const client = await RawClient.open(server.port);
    client.send(parse('select $1, $2, $3 + 1', '', [1043, 0, 20]), serialize.describe({ type: 'S', name: '' }), serialize.sync());
    const told = (await client.until('readyForQuery')).find((a) => a.name === 'parameterDescription');
    expect(told?.['dataTypeIDs']).toEqual([1043, 25, 20]);
    await client.end();
  });

  it('gives rows in pieces; the portal survives Flush, and Sync in a block', async () => {
    const client = await RawClient.open(server.port);
    const series = 'select * from generate_series(1, 5) as s(i)';
    client.send(parse(series), serialize.bind({}), serialize.execute({ rows: 2 }), serialize.flush());
    expect((await client.until('portalSuspended')).map(brief)).toEqual(['parseComplete', 'bindComplete', 'row ["1"]', 'row ["2"]', 'portalSuspended']);
    client.send(serialize.execute({ rows: 2 }), serialize.flush());
    expect((await client.until('portalSuspended')).map(brief)).toEqual(['row ["3"]', 'row ["4"]', 'portalSuspended']);
    expect(await client.ask(serialize.execute({ rows: 2 }), serialize.sync())).toEqual(['row ["5"]', 'done SELECT 1', 'ready I']);
    expect(await client.ask(serialize.execute({}), serialize.sync())).toEqual(['error 34000 portal "" does not exist', 'ready I']);
    await client.ask(serialize.query('begin'));
    await client.ask(parse(series), serialize.bind({ portal: 'p' }), serialize.execute({ portal: 'p', rows: 4 }), serialize.sync());
    expect(await client.ask(serialize.execute({ portal: 'p' }), serialize.close({ type: 'P', name: 'p' }), serialize.sync())).toEqual(['row ["5"]', 'done SELECT 1', 'closeComplete', 'ready T']);
    await client.end();
  });

  it('describes an SQL cursor like a portal', async () => {
    const client = await RawClient.open(server.port);
    await client.ask(serialize.query('begin; declare cur cursor for select 1::int as n'));
    expect(await client.ask(serialize.describe({ type: 'P', name: 'cur' }), serialize.sync())).toEqual(['columns n:23:text', 'ready T']);
    await client.end();
  });

  it('passes over everything between an error and Sync', async () => {
    const client = await RawClient.open(server.port);
    expect(await client.ask(parse('selec 1'), serialize.bind({}), serialize.execute({}), serialize.sync(), parse('select 1'), serialize.sync())).toEqual([
      expect.stringMatching(/^error 42601 .* at 1$/), 'ready I',
    ]);
    expect((await client.until('readyForQuery')).map(brief)).toEqual(['parseComplete', 'ready I']);
    await client.end();
  });

  it.each([
    ['two statements', parse('select 1; select 2'), '42601'],
    ['an unknown statement', serialize.bind({ statement: 'nope' }), '26000'],
    ['an unknown portal', serialize.describe({ type: 'P', name: 'nope' }), '34000'],
    ['an unknown type', parse('select $1', '', [99999]), '42704'],
    ['too many parameters', Buffer.concat([parse('select 1'), serialize.bind({ values: ['1'] })]), '08P01'],
    ['a bad number', Buffer.concat([parse('select $1::int'), serialize.bind({ values: ['x'] })]), '22P02'],
    ['text that is not UTF-8', Buffer.concat([parse('select $1::text'), Buffer.from([0x42, 0, 0, 0, 18, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2, 0xff, 0xfe, 0, 0])]), '22021'],
    ['a cut message', Buffer.from([0x42, 0, 0, 0, 6, 0, 0]), '08P01'],
  ])('refuses %s and goes on', async (_, bytes, code) => {
    const client = await RawClient.open(server.port);
    const answers = await client.ask(bytes, serialize.sync());
    expect(answers.filter((a) => a.startsWith('error'))).toEqual([expect.stringContaining(code)]);
    expect((await client.ask(serialize.query('select 1'))).at(-2)).toBe('done SELECT 1');
    await client.end();
  });

  it('answers an empty statement, a command, and a second run of it', async () => {
    const client = await RawClient.open(server.port);
    expect(await client.ask(parse(''), serialize.bind({}), describePortal, serialize.execute({}), serialize.sync())).toEqual(['parseComplete', 'bindComplete', 'noData', 'emptyQuery', 'ready I']);
    const twice = await client.ask(parse("set application_name = 'x'"), serialize.bind({}), serialize.execute({}), serialize.execute({}), serialize.sync());
    expect(twice.filter((a) => a !== 'parameterStatus')).toEqual(['parseComplete', 'bindComplete', 'done SET', 'error 55000 portal "" cannot be run', 'ready I']);
    await client.end();
  });
});

describe('cancel, limits, ends', () => {
  it('cancels what runs when the key is right', async () => {
    const client = new RawClient(server.port);
    client.send(startup({ user: 'ann', database: 'millrace' }));
    const key = (await client.until('readyForQuery')).find((a) => a.name === 'backendKeyData') as { processID: number; secretKey: number } | undefined;
    await client.ask(serialize.query('create table if not exists watched (a int)'));
    client.send(serialize.query('copy (subscribe watched) to stdout'));
    await client.until('copyOutResponse');
    const wrong = new RawClient(server.port);
    wrong.send(serialize.cancel(key?.processID ?? 0, (key?.secretKey ?? 0) ^ 1));
    await wrong.until('');
    expect(client.answers).toEqual([]);
    const right = new RawClient(server.port);
    right.send(serialize.cancel(key?.processID ?? 0, key?.secretKey ?? 0));
    await right.until('');
    expect((await client.until('readyForQuery')).map(brief)).toEqual(['error 57014 canceling statement due to user request', 'ready I']);
    await client.end();
  });

  it('pulls no more rows than a stopped reader takes, and can cancel it', async () => {
    const client = new RawClient(server.port);
    client.send(startup({ user: 'ann', database: 'millrace' }));
    const key = (await client.until('readyForQuery')).find((a) => a.name === 'backendKeyData') as { processID: number; secretKey: number } | undefined;
    client.send(serialize.query("select i, repeat('x', 1000) from generate_series(1, 100000) as s(i)"));
    await client.until('rowDescription');
    client.socket.pause();
    const witness = await RawClient.open(server.port);
    expect((await witness.ask(serialize.query('select 7 as n')))[1]).toBe('row ["7"]');
    const cancel = new RawClient(server.port);
    cancel.send(serialize.cancel(key?.processID ?? 0, key?.secretKey ?? 0));
    await cancel.until('');
    client.socket.resume();
    const rest = (await client.until('readyForQuery')).map(brief);
    expect(rest.slice(-2)).toEqual(['error 57014 canceling statement due to user request', 'ready I']);
    // What the sockets' buffers held: some megabytes of the hundred.
    expect(rest.length).toBeLessThan(50_000);
    await client.end();
    await witness.end();
  });

  it('refuses sessions and messages over the limit', async () => {
    const small = await startTestServer({ connections: 1, messageBytesMax: 1000, startupMs: 50 });
    const first = await RawClient.open(small.port);
    const second = new RawClient(small.port);
    second.send(startup({ user: 'a', database: 'millrace' }));
    expect((await second.until('')).map((a) => a['code'])).toEqual(['53300']);
    first.send(Buffer.from([0x51, 0x7f, 0xff, 0xff, 0xff]));
    expect((await first.until('')).map((a) => a['code'])).toEqual(['08P01']);
    const silent = new RawClient(small.port);
    expect(await silent.until('')).toEqual([]);
    await expect.poll(() => small.server.connectionCount).toBe(0);
    await small.close();
  });

  it('tells clients that it stops, also in the middle of a result', async () => {
    const other = await startTestServer();
    const idle = await RawClient.open(other.port);
    const busy = await RawClient.open(other.port);
    await busy.ask(serialize.query('create table w (a int)'));
    busy.send(serialize.query('copy (subscribe w) to stdout'));
    await busy.until('copyOutResponse');
    const closed = other.close();
    expect((await idle.until('')).map((a) => a['code'])).toEqual(['57P01']);
    expect((await busy.until('')).filter((a) => a.name === 'error').map((a) => a['code'])).toContain('57P01');
    await closed;
  });

  it('listens on the loopback only', async () => {
    const { startPgServer } = await import('./server.ts');
    const options = { engine: server.engine, port: 0, clock: (await import('../../common/clock.ts')).systemClock, log: () => undefined };
    await expect(startPgServer({ ...options, host: '0.0.0.0' })).rejects.toThrow('cannot listen on 0.0.0.0');
    await expect(startPgServer({ ...options, host: '127.0.0.1', port: server.port })).rejects.toThrow('in use');
  });
});

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { pipeline } from 'node:stream/promises';
import { Readable } from 'node:stream';
import pg from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import Cursor from 'pg-cursor';
import postgres from 'postgres';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startTestServer, type TestServer } from './pgwire/testing/test-server.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(async () => {
  await server.close();
});

const where = (): { host: string; port: number; user: string; database: string } => ({ host: '127.0.0.1', port: server.port, user: 'tester', database: 'millrace' });

describe('pg', () => {
  let client: pg.Client;
  beforeEach(async () => {
    client = new pg.Client(where());
    await client.connect();
  });
  afterEach(async () => {
    await client.end();
  });

  it('queries, with parameters, by name, and in pipelines', async () => {
    await client.query('create table p (id bigint primary key, name text, at timestamp, ok boolean, price decimal(10, 2), tags text[])');
    const insert = 'insert into p values ($1, $2, $3, $4, $5, $6)';
    await client.query(insert, [1, 'één', '2024-02-29 12:00:00.5', true, '12.50', ['a', 'b"c']]);
    await client.query(insert, ['9223372036854775807', null, null, null, null, null]);
    const { rows, rowCount } = await client.query('select *, at::text as t from p order by id');
    expect(rowCount).toBe(2);
    expect(rows[0]).toMatchObject({ id: '1', name: 'één', t: '2024-02-29 12:00:00.5', ok: true, price: '12.50', tags: ['a', 'b"c'] });
    expect(rows[1]).toMatchObject({ id: '9223372036854775807', name: null, tags: null });
    for (const id of [1, 2, 1]) expect((await client.query({ name: 'by-id', text: 'select name from p where id = $1', values: [id] })).rowCount).toBe(id === 1 ? 1 : 0);
    const results = await Promise.all(Array.from({ length: 20 }, (_, i) => client.query<{ n: number }>('select $1::int as n', [i])));
    expect(results.map((r) => r.rows[0]?.n)).toEqual(Array.from({ length: 20 }, (_, i) => i));
  });

  it('has errors with their fields', async () => {
    await expect(client.query('select *\nfrom nowhere')).rejects.toMatchObject({ code: '42P01', severity: 'ERROR', position: '15' });
    await client.query('create table u (id int primary key); insert into u values (1)');
    await expect(client.query('insert into u values ($1)', [1])).rejects.toMatchObject({ code: '23505', detail: 'Key (id)=(1) already exists.' });
    await expect(client.query('select $1::int', ['x'])).rejects.toMatchObject({ code: '22P02' });
    expect((await client.query('select 1 as n')).rows).toEqual([{ n: 1 }]);
  });

  it('commits and rolls back', async () => {
    await client.query('create table tx (a int)');
    await client.query('begin');
    await client.query('insert into tx values (1)');
    await client.query('rollback');
    await client.query('begin');
    await client.query('insert into tx values ($1)', [2]);
    await client.query('commit');
    expect((await client.query('select a from tx')).rows).toEqual([{ a: 2 }]);
  });

  it('reads a cursor in pieces (Execute and Flush, no Sync)', async () => {
    const cursor = client.query(new Cursor('select i from generate_series(1, 1000) as s(i)'));
    expect(await cursor.read(3)).toEqual([{ i: 1 }, { i: 2 }, { i: 3 }]);
    expect(await cursor.read(990)).toHaveLength(990);
    expect(await cursor.read(100)).toHaveLength(7);
    expect(await cursor.read(100)).toEqual([]);
    await cursor.close();
    const early = client.query(new Cursor('select i from generate_series(1, 1000) as s(i)'));
    await early.read(1);
    await early.close();
    expect((await client.query('select 1 as n')).rowCount).toBe(1);
  });

  it('copies in and out', async () => {
    await client.query('create table c (id int, note text)');
    const lines = Array.from({ length: 5000 }, (_, i) => `${i}\t${i % 7 === 0 ? '\\N' : `tab\\t${i}`}\n`).join('');
    await pipeline(Readable.from([lines.slice(0, 1001), lines.slice(1001)]), client.query(copyFrom('copy c from stdin')));
    expect((await client.query('select count(*)::int as n, count(note)::int as m from c')).rows).toEqual([{ n: 5000, m: 4285 }]);
    const out: Buffer[] = [];
    for await (const chunk of client.query(copyTo('copy (select * from c where id < 3 order by id) to stdout'))) out.push(chunk as Buffer);
    expect(Buffer.concat(out).toString()).toBe('0\t\\N\n1\ttab\\t1\n2\ttab\\t2\n');
    await expect(pipeline(Readable.from(['x\ty\n']), client.query(copyFrom('copy c from stdin')))).rejects.toMatchObject({ code: '22P02', detail: 'Line 1, column "id".' });
    const csv: Buffer[] = [];
    await pipeline(Readable.from(['id,note\n1,"a ""b""\nc"\n2,\n']), client.query(copyFrom('copy c from stdin with (format csv, header)')));
    for await (const chunk of client.query(copyTo("copy (select * from c where id = 1 or note is null and id = 2) to stdout with (format csv)"))) csv.push(chunk as Buffer);
    expect(Buffer.concat(csv).toString().split('\n')).toEqual(expect.arrayContaining(['2,', '1,"a ""b""', 'c"']));
    const binary: Buffer[] = [];
    for await (const chunk of client.query(copyTo('copy c to stdout with (format binary)'))) binary.push(chunk as Buffer);
    await client.query('create table c2 (id int, note text)');
    await pipeline(Readable.from([Buffer.concat(binary)]), client.query(copyFrom('copy c2 from stdin with (format binary)')));
    expect((await client.query('select count(*)::int as n from (select * from c2 except select * from c) x')).rows).toEqual([{ n: 0 }]);
    expect((await client.query('select count(*)::int as n from c2')).rows).toEqual([{ n: 5002 }]);
  });

  it('follows a view through COPY (SUBSCRIBE …) and stops by its end', async () => {
    await client.query('create table live (k text, v int)');
    await client.query('create materialized view totals as select k, sum(v) as total from live group by k');
    const watcher = new pg.Client(where());
    await watcher.connect();
    const stream = watcher.query(copyTo('copy (subscribe totals) to stdout'));
    let seen = '';
    stream.on('data', (chunk: Buffer) => (seen += chunk.toString()));
    stream.on('error', () => undefined);
    await client.query("insert into live values ('a', 1)");
    await expect.poll(() => seen).toMatch(/\+I\ta\t1\n/);
    await client.query("insert into live values ('a', 2)");
    await expect.poll(() => seen).toMatch(/\+U\ta\t3\n/);
    await watcher.end();
    await expect.poll(() => server.server.connectionCount).toBe(1);
  });
});

describe('postgres.js', () => {
  it('queries, streams, cursors and transactions', async () => {
    const sql = postgres({ ...where(), max: 2, onnotice: () => undefined });
    await sql`create table pj (id int, at timestamptz, data jsonb)`;
    await sql`insert into pj ${sql([{ id: 1, at: new Date(0), data: { a: [1, null] } }, { id: 2, at: null, data: null }])}`;
    const rows = await sql`select * from pj order by id`;
    expect([...rows]).toEqual([{ id: 1, at: new Date(0), data: { a: [1, null] } }, { id: 2, at: null, data: null }]);
    const seen: number[] = [];
    await sql`select i from generate_series(1, 10) as s(i)`.cursor(4, (part) => void seen.push(part.length));
    expect(seen).toEqual([4, 4, 2]);
    await sql.begin(async (tx) => {
      await tx`insert into pj values (3, null, null)`;
    });
    expect((await sql`select count(*)::int as n from pj`)[0]).toEqual({ n: 3 });
    await expect(sql`select * from ${sql('missing')}`).rejects.toMatchObject({ code: '42P01' });
    const copy = await sql`copy (select id from pj order by id) to stdout`.readable();
    let text = '';
    for await (const chunk of copy) text += String(chunk);
    expect(text).toBe('1\n2\n3\n');
    await sql.end();
  });
});

/** What psql printed, and its exit code. */
async function psql(args: readonly string[], input = '', during?: (child: ReturnType<typeof spawn>) => Promise<void>): Promise<{ out: string; err: string; code: number | null }> {
  const child = spawn('psql', ['-X', '-h', '127.0.0.1', '-p', String(server.port), '-U', 'tester', ...args, 'millrace'], { env: { ...process.env, LC_ALL: 'C.UTF-8', PGCLIENTENCODING: 'UTF8' } });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  child.stdin.end(input);
  const ended = once(child, 'close');
  await during?.(child);
  const [code] = (await ended) as [number | null];
  return { out, err, code };
}

describe('psql', () => {
  it('lists and describes', async () => {
    await psql([], 'create table shop (id int primary key, name text not null default $$x$$, price decimal(8,2)); create materialized view dear as select id, price from shop where price > 10;');
    const { out, err } = await psql(['-A'], '\\d\n\\dt\n\\dm\n\\d shop\n\\l\n\\d dear\n\\conninfo\n');
    expect(err).toBe('');
    expect(out).toContain('public|shop|table|tester');
    expect(out).toContain('public|dear|materialized view|tester');
    expect(out).toContain('name|text||not null|');
    expect(out).toContain('price|numeric(8,2)|||');
    expect(out).toContain('"shop_pkey" PRIMARY KEY, btree (id)');
    expect(out).toMatch(/millrace\|tester\|UTF8/);
  });

  it('points at a syntax error', async () => {
    const { err } = await psql([], 'select 1,\n       é, from x;\n');
    expect(err).toBe('ERROR:  syntax error at or near "from"\nLINE 2:        é, from x;\n                  ^\n');
  });

  it('shows NULL, long text and other languages as they are', async () => {
    const { out } = await psql(['-At', '-c', "select null, 'naïve 日本 🙂', array[1,null], interval '1 day 02:00', date '2024-02-29', 1e100::double precision"]);
    expect(out).toBe('|naïve 日本 🙂|{1,NULL}|1 day 02:00:00|2024-02-29|1e+100\n');
  });

  it('copies from a client-side pipe', async () => {
    const { out, err } = await psql(['-At'], 'create table pc (a int, b text);\n\\copy pc from pstdin\n1\tone\n2\t\\N\n\\.\nselect * from pc order by a;\n');
    expect(err).toBe('');
    expect(out).toContain('COPY 2\n1|one\n2|\n');
  });

  it('cancels on Ctrl-C', async () => {
    await psql([], 'create table idle (a int);');
    const { err, code } = await psql(['-c', 'copy (subscribe idle) to stdout'], '', async (child) => {
      await expect.poll(() => server.server.connectionCount).toBe(1);
      await new Promise<void>((resolve) => setTimeout(resolve, 300));
      child.kill('SIGINT');
    });
    expect(err).toContain('canceling statement due to user request');
    expect(code).toBe(1);
  });
});

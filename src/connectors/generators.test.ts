import { describe, expect, it } from 'vitest';
import type { Schema } from '../common/batch/batch.ts';
import { BIGINT, BOOLEAN, DOUBLE, INT, TEXT, TIMESTAMP, UUID, arrayOf, decimalOf } from '../common/types/sql-type.ts';
import type { Numeric, Value } from '../common/types/value.ts';
import type { Options } from './api.ts';
import { resolveOptions, schemaFromOptions } from './registry.ts';
import { ManualClock, openSource, readAll, sourceSpec, testContext } from './test-support.ts';

const columns = (...list: readonly (readonly [string, Schema[number]['type']])[]): Schema => list.map(([name, type]) => ({ name, type, nullable: true }));

const fast: Options = { connector: 'datagen', 'rows-per-second': '1000000000' };

describe('datagen', () => {
  it('ends with its sequence and splits it without a gap or a repetition', async () => {
    const schema = columns(['id', BIGINT], ['s', TEXT]);
    const spec = sourceSpec({ ...fast, 'fields.id.kind': 'sequence', 'fields.id.start': '5', 'fields.id.end': '1004', 'fields.s.length': '3' }, schema);
    expect(resolveOptions({ connector: 'datagen' }).connector.source?.bounded(spec.options, schema)).toBe(true);
    for (const p of [1, 3]) {
      const { rows } = await readAll(spec, await openSource(spec, testContext(), p));
      const ids = rows.map((r) => r.row[0] as bigint).toSorted((a, b) => Number(a - b));
      expect(ids).toEqual(Array.from({ length: 1000 }, (_, i) => BigInt(i + 5)));
      expect(rows.every((r) => /^[0-9a-f]{3}$/.test(String(r.row[1])))).toBe(true);
    }
  });

  it('gives the same rows whatever the splits, and goes on exactly where it stopped', async () => {
    const schema = columns(['a', INT], ['b', DOUBLE], ['c', TEXT], ['d', decimalOf(10, 2)], ['e', BOOLEAN], ['f', UUID], ['g', arrayOf(INT)]);
    const spec = sourceSpec({ ...fast, 'number-of-rows': '300', 'fields.a.null-rate': '0.5' }, schema);
    const all = async (p: number): Promise<string[]> => {
      const { rows } = await readAll(spec, await openSource(spec, testContext(), p));
      return rows.map((r) => JSON.stringify(r.row, (_, v: unknown) => (typeof v === 'bigint' ? String(v) : v))).toSorted();
    };
    const one = await all(1);
    expect(one.length).toBe(300);
    expect(await all(4)).toEqual(one);
    const nulls = one.filter((t) => t.startsWith('[null')).length;
    expect(nulls).toBeGreaterThan(100);
    expect(nulls).toBeLessThan(200);

    const reader = await openSource(spec, testContext(), 1);
    const head = await readAll(spec, reader, 100);
    const source = resolveOptions({ connector: 'datagen' }).connector.source;
    const again = source?.reader(spec, reader.positions().map((p) => ({ id: p.id, position: p.position, bounded: true })), testContext());
    const tail = await readAll(spec, again as NonNullable<typeof again>);
    expect([...head.rows, ...tail.rows].map((r) => JSON.stringify(r.row, (_, v: unknown) => (typeof v === 'bigint' ? String(v) : v))).toSorted()).toEqual(one);
  });

  it('keeps to its bounds', async () => {
    const spec = sourceSpec({ ...fast, 'number-of-rows': '500', 'fields.a.min': '-3', 'fields.a.max': '3', 'fields.b.min': '1.5', 'fields.b.max': '2', 'fields.c.min': '0', 'fields.c.max': '1.00' }, columns(['a', INT], ['b', DOUBLE], ['c', decimalOf(5, 2)], ['big', BIGINT]));
    const { rows } = await readAll(spec, await openSource(spec, testContext()));
    expect(new Set(rows.map((r) => r.row[0]))).toEqual(new Set([-3, -2, -1, 0, 1, 2, 3]));
    expect(rows.every((r) => (r.row[1] as number) >= 1.5 && (r.row[1] as number) <= 2)).toBe(true);
    expect(rows.every((r) => (r.row[2] as Numeric).unscaled >= 0n && (r.row[2] as Numeric).unscaled <= 100n)).toBe(true);
    expect(rows.some((r) => (r.row[3] as bigint) < -(2n ** 55n))).toBe(true);
  });

  it('keeps its pace', async () => {
    const clock = new ManualClock();
    const spec = sourceSpec({ connector: 'datagen', 'rows-per-second': '10' }, columns(['a', INT]));
    const reader = await openSource(spec, testContext({ clock }), 2);
    const take = (): number => {
      let n = 0;
      for (let got = reader.poll(100); typeof got === 'object'; got = reader.poll(100)) n += got.batch.rowCount;
      return n;
    };
    expect(take()).toBe(1);
    expect(reader.poll(100)).toBe('idle');
    let woken = false;
    reader.onReady(() => (woken = true));
    clock.advance(100);
    expect(woken).toBe(true);
    expect(take()).toBe(1);
    clock.advance(2000);
    expect(take()).toBe(20);
  });

  it('makes realistic values', async () => {
    const schema = columns(['ip', TEXT], ['lat', TEXT], ['code', INT], ['ts', TIMESTAMP], ['agent', TEXT], ['mixed', TEXT]);
    const clock = new ManualClock();
    const spec = sourceSpec(
      {
        ...fast, 'number-of-rows': '200', 'fields.ip.expression': '#{Internet.ipV4Address}', 'fields.lat.expression': "#{address.latitude '0.3'}",
        'fields.code.expression': "#{options.weighted '200:9','500:1'}", 'fields.ts.expression': "#{date.past '10','SECONDS'}",
        'fields.agent.expression': '#{internet.user_agent}', 'fields.mixed.expression': "u-#{number.number_between '1','3'}-#{name.first_name}",
      },
      schema,
    );
    const reader = await openSource(spec, testContext({ clock }));
    clock.advance(1);
    const { rows } = await readAll(spec, reader);
    const at = (c: number): Value[] => rows.map((r) => r.row[c] ?? null);
    expect(at(0).every((v) => /^\d+\.\d+\.\d+\.\d+$/.test(String(v)))).toBe(true);
    expect(at(1)).toContain('');
    expect(new Set(at(2))).toEqual(new Set([200, 500]));
    expect(at(3).every((v) => (v as bigint) <= clock.micros && (v as bigint) > clock.micros - 10_000_000n)).toBe(true);
    expect(at(5).every((v) => /^u-[12]-[A-Z]/.test(String(v)))).toBe(true);
    expect(() => sourceSpec({ ...fast, 'fields.ip.expression': '#{internet.ipv4adress}' }, schema)).toThrow('unknown generator');
    expect(() => sourceSpec({ ...fast, 'fields.ts.expression': "#{date.near '1','SECONDS','0','roman'}" }, schema)).toThrow('unknown form of a time "roman"');
    expect(() => sourceSpec({ ...fast, 'fields.nope.min': '1' }, schema)).toThrow('names no column');
  });
});

it('tells of one moment in two columns of a visit', async () => {
  const schema = columns(['lat', TEXT], ['lng', TEXT], ['request', TEXT], ['text', TEXT], ['ts', TIMESTAMP]);
  const spec = sourceSpec(
    {
      ...fast, 'number-of-rows': '300', 'fields.lat.expression': "#{address.latitude '0.2'}", 'fields.lng.expression': "#{address.longitude '0.2'}",
      'fields.request.expression': '#{internet.http_request}', 'fields.text.expression': "#{date.near '5','SECONDS','0.3','log'}", 'fields.ts.expression': "#{date.near '5','SECONDS','0.3'}",
    },
    schema,
  );
  const clock = new ManualClock();
  const reader = await openSource(spec, testContext({ clock }));
  clock.advance(1);
  const { rows } = await readAll(spec, reader);
  let late = 0;
  for (const { row: [lat, lng, request, text, ts] } of rows) {
    expect(lat === '').toBe(lng === '');
    expect(request).toMatch(/^(GET|POST|PUT|DELETE|HEAD) \/\S* HTTP\/1\.1$/);
    const m = /^(\d\d)\/(\w{3})\/(\d{4}):(\d\d:\d\d:\d\d) \+0000$/.exec(String(text));
    expect(Date.parse(`${m?.[1]} ${m?.[2]} ${m?.[3]} ${m?.[4]} GMT`)).toBe(Math.floor(Number(ts) / 1e6) * 1000);
    if (ts !== clock.micros) late++;
  }
  expect(late > 50 && late < 150).toBe(true);
  expect(rows.some((r) => r.row[0] === '')).toBe(true);
});

const bids = (over: Options = {}): Options => ({ connector: 'nexmark', 'nexmark.table': 'bid', 'nexmark.base-time-millis': '1000000', ...over });

describe('nexmark', () => {
  const key = (row: readonly Value[]): string => JSON.stringify(row, (_, v: unknown) => (typeof v === 'bigint' ? String(v) : v));

  it('agrees between the flat tables and the one table, at any parallelism', async () => {
    const base: Options = { connector: 'nexmark', 'events.num': '1234', 'nexmark.base-time-millis': '1000000' };
    const whole = schemaFromOptions(base) as Schema;
    const spec = sourceSpec(base, whole);
    const { rows } = await readAll(spec, await openSource(spec, testContext(), 3));
    expect(rows.length).toBe(1234);
    const tables = ['person', 'auction', 'bid'] as const;
    for (const [i, table] of tables.entries()) {
      const flat = { ...base, 'nexmark.table': table };
      const flatSpec = sourceSpec(flat, schemaFromOptions(flat) as Schema);
      const got = await readAll(flatSpec, await openSource(flatSpec, testContext(), 2));
      const nested = rows.filter((r) => r.row[0] === i).map((r) => key(r.row[i + 1] as Value[]));
      expect(got.rows.map((r) => key(r.row)).toSorted()).toEqual(nested.toSorted());
    }
    const count = (k: number): number => rows.filter((r) => r.row[0] === k).length;
    expect([count(0), count(1), count(2)]).toEqual([25, 75, 1134]);
  });

  it('has the benchmark\'s shape', async () => {
    const spec = sourceSpec(bids({ 'events.num': '100000' }), schemaFromOptions(bids()) as Schema);
    const { rows } = await readAll(spec, await openSource(spec, testContext()), Infinity, 4096);
    const hot = rows.filter((r) => (r.row[0] as bigint) % 100n === 0n).length / rows.length;
    expect(hot).toBeGreaterThan(0.48);
    expect(hot).toBeLessThan(0.54);
    const hotBidder = rows.filter((r) => (r.row[1] as bigint) % 100n === 1n).length / rows.length;
    expect(hotBidder).toBeGreaterThan(0.72);
    expect(hotBidder).toBeLessThan(0.79);
    expect(rows.every((r) => (r.row[2] as bigint) >= 100n && (r.row[2] as bigint) <= 100_000_000n)).toBe(true);
    expect(rows.every((r, i) => i === 0 || (r.row[5] as bigint) >= (rows[i - 1]?.row[5] as bigint))).toBe(true);
    expect(rows.filter((r) => ['Google', 'Facebook', 'Baidu', 'Apple'].includes(String(r.row[3]))).length / rows.length).toBeCloseTo(0.5, 1);
    expect(rows.every((r) => String(r.row[4]).startsWith('https://www.nexmark.com/'))).toBe(true);
  });

  it('resumes exactly', async () => {
    const spec = sourceSpec(bids({ 'events.num': '5000' }), schemaFromOptions(bids()) as Schema);
    const whole = (await readAll(spec, await openSource(spec, testContext()))).rows.map((r) => key(r.row));
    const reader = await openSource(spec, testContext());
    const head = (await readAll(spec, reader, 1700)).rows;
    const source = resolveOptions(bids()).connector.source;
    const again = source?.reader(spec, reader.positions().map((p) => ({ id: p.id, position: p.position, bounded: true })), testContext());
    const tail = (await readAll(spec, again as NonNullable<typeof again>)).rows;
    expect([...head, ...tail].map((r) => key(r.row))).toEqual(whole);
  });

  it('refuses columns it has not', () => {
    expect(() => sourceSpec(bids(), [{ name: 'auktion', type: BIGINT, nullable: true }])).toThrow('nexmark has no column "auktion"');
    expect(() => sourceSpec(bids(), [{ name: 'price', type: TEXT, nullable: true }])).toThrow('has type bigint, not text');
  });
});

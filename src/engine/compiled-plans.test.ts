import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { TestEngine } from './testing/harness.ts';

let dir: string;
let t: TestEngine;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'plans-'));
  t = await TestEngine.open({ workDir: dir });
  await t.run(`CREATE TABLE src (a INT, b INT) WITH ('connector' = 'datagen', 'number-of-rows' = '3', 'fields.a.kind' = 'sequence', 'fields.a.start' = '1', 'fields.a.end' = '3'); CREATE TABLE out (a INT, n BIGINT) WITH ('connector' = 'print')`);
});
afterEach(async () => {
  await t.close();
  await rm(dir, { recursive: true });
});

it('compiles a plan to a file, and executes it', async () => {
  expect(await t.run(`COMPILE PLAN 'p/one.json' FOR INSERT INTO out SELECT a, count(*) FROM src GROUP BY a`)).toEqual(['COMPILE PLAN']);
  const plan: unknown = JSON.parse(await readFile(join(dir, 'p/one.json'), 'utf8'));
  expect(plan).toMatchObject({ version: 1, statement: 'INSERT INTO out SELECT a, count(*) FROM src GROUP BY a', operators: expect.arrayContaining([{ id: expect.any(String) as string, operator: 'GroupAggregate partial by (a) count(*)' }]) });
  expect(await t.error(`COMPILE PLAN 'p/one.json' FOR INSERT INTO out SELECT a, 1 FROM src`)).toContain('58P02');
  expect(await t.run(`COMPILE PLAN 'p/one.json' IF NOT EXISTS FOR INSERT INTO out SELECT a, 1 FROM src`)).toEqual(['COMPILE PLAN']);
  await t.run(`SET 'table.dml-sync' = 'true'; SET TimeZone = 'Europe/Berlin'`);
  expect(await t.run(`EXECUTE PLAN 'p/one.json'`)).toEqual(['INSERT 0 3']);
  expect(t.printed.toSorted()).toEqual(['+I[1, 1]', '+I[2, 1]', '+I[3, 1]']);
  expect(await t.run('SHOW TimeZone')).toEqual(['Europe/Berlin']);
  expect(await t.run(`COMPILE AND EXECUTE PLAN 'file://${dir}/set.json' FOR STATEMENT SET BEGIN INSERT INTO out SELECT a, 0 FROM src; INSERT INTO out SELECT b, 0 FROM src; END;`)).toEqual(['EXECUTE STATEMENT SET']);
});

it('refuses what no longer fits', async () => {
  await t.run(`COMPILE PLAN 'p.json' FOR INSERT INTO out SELECT a, count(*) FROM src GROUP BY a`);
  await t.run('ALTER TABLE src ADD COLUMN c INT FIRST');
  expect(await t.error(`EXECUTE PLAN 'p.json'`)).toMatch(/^55000 plan "p.json" no longer fits \/ There is no such operator any more: Source src .*GroupAggregate/);
  expect(await t.error(`EXECUTE PLAN 'none.json'`)).toContain('58P01');
  await writeFile(join(dir, 'bad.json'), '{"version": 1}');
  expect(await t.error(`EXECUTE PLAN 'bad.json'`)).toContain('XX001');
  const text = await readFile(join(dir, 'p.json'), 'utf8');
  await writeFile(join(dir, 'new.json'), text.replace('"version": 1', '"version": 2'));
  expect(await t.error(`EXECUTE PLAN 'new.json'`)).toContain('0A000');
  expect(await t.error(`COMPILE PLAN 'q.json' FOR INSERT INTO nothing SELECT 1`)).toContain('42P01');
});

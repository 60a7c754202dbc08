import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DATE } from '../common/types/sql-type.ts';
import { TestEngine } from './testing/harness.ts';

let t: TestEngine;
let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'millrace-partitions-'));
  t = await TestEngine.open({ workDir: dir });
});
afterEach(async () => {
  await t.close();
  await rm(dir, { recursive: true });
});

describe('SHOW PARTITIONS', () => {
  it('lists the folders of a partitioned table, all or those of some values', async () => {
    await t.run("SET table.dml-sync = 'true'; CREATE TABLE p (id INT, dt DATE, s STRING, n INT) PARTITIONED BY (dt, s, n) WITH ('connector' = 'filesystem', 'path' = 'out', 'format' = 'csv')");
    expect(await t.run('SHOW PARTITIONS p')).toEqual([]);
    await t.run("INSERT INTO p VALUES (1, DATE '2024-01-02', 'b:c', 7), (2, DATE '2024-01-02', NULL, 7), (3, DATE '2024-01-01', 'it''s', 10), (4, DATE '2024-01-01', 'it''s', 10)");
    const all = ['dt=2024-01-01/s=it%27s/n=10', 'dt=2024-01-02/s=__DEFAULT_PARTITION__/n=7', 'dt=2024-01-02/s=b%3Ac/n=7'];
    expect(await t.run('SHOW PARTITIONS p')).toEqual(all);
    expect(await t.run('SHOW PARTITIONS public.p')).toEqual(all);
    expect(await t.run("SHOW PARTITIONS p PARTITION (dt = '2024-01-02')")).toEqual(all.slice(1));
    expect(await t.run("SHOW PARTITIONS p PARTITION (s = 'b:c', dt = DATE '2024-01-02')")).toEqual(all.slice(2));
    expect(await t.run('SHOW PARTITIONS p PARTITION (s = NULL)')).toEqual(all.slice(1, 2));
    expect(await t.run("SHOW PARTITIONS p PARTITION (s = 'B:c')")).toEqual([]);
    expect(await t.run('SHOW PARTITIONS p PARTITION (n = 7)')).toEqual(all.slice(1));
    expect(await t.run("SHOW PARTITIONS p LIKE '%n=10'")).toEqual(all.slice(0, 1));
    // Folders that others made: values are equal as the column's type has it; what is no value of it equals none.
    await mkdir(join(dir, 'out', 'dt=2023-01-01', 's=x', 'n=007'), { recursive: true });
    await mkdir(join(dir, 'out', 'dt=2023-01-01', 's=x', 'n=many'), { recursive: true });
    await writeFile(join(dir, 'out', 'dt=2023-01-01', '_SUCCESS'), '');
    expect(await t.run("SHOW PARTITIONS p PARTITION (s = 'x')")).toEqual(['dt=2023-01-01/s=x/n=007', 'dt=2023-01-01/s=x/n=many']);
    expect(await t.run("SHOW PARTITIONS p PARTITION (s = 'x', n = 3 + 4)")).toEqual(['dt=2023-01-01/s=x/n=007']);
  });

  it('says its columns beforehand, and takes parameters', async () => {
    await t.run("CREATE TABLE p (id INT, dt DATE) PARTITIONED BY (dt) WITH ('connector' = 'filesystem', 'path' = 'out', 'format' = 'csv')");
    await mkdir(join(dir, 'out', 'dt=1970-01-02'), { recursive: true });
    await mkdir(join(dir, 'out', 'dt=1970-01-03'), { recursive: true });
    const [statement] = t.session.parse('SHOW PARTITIONS p PARTITION (dt = $1)');
    const prepared = statement === undefined ? undefined : await t.session.prepare(statement, []);
    expect(prepared?.columns).toEqual([{ name: 'partition name', type: { kind: 'varchar' }, nullable: false }]);
    expect(prepared?.parameters).toEqual([DATE]);
    expect(await t.run('SHOW PARTITIONS p PARTITION (dt = $1)', t.session, [2])).toEqual(['dt=1970-01-03']);
    expect(await t.run('PREPARE s AS SHOW PARTITIONS p; EXECUTE s')).toEqual(['dt=1970-01-02', 'dt=1970-01-03']);
  });

  it('is refused where there are none', async () => {
    await t.run("CREATE TABLE f (id INT) WITH ('connector' = 'filesystem', 'path' = 'f', 'format' = 'csv'); CREATE TABLE s (a INT); CREATE VIEW v AS SELECT a FROM s");
    await t.run("CREATE TABLE p (id INT, dt DATE) PARTITIONED BY (dt) WITH ('connector' = 'filesystem', 'path' = 'out', 'format' = 'csv')");
    expect(await t.error('SHOW PARTITIONS f')).toBe('42809 table "f" is not partitioned');
    expect(await t.error('SHOW PARTITIONS s')).toBe('42809 table "s" is not partitioned');
    expect(await t.error('SHOW PARTITIONS v')).toBe('42809 cannot show partitions of view "v"');
    expect(await t.error('SHOW PARTITIONS nothing')).toMatch(/^42P01/);
    expect(await t.error('SHOW PARTITIONS p PARTITION (id = 1)')).toBe('42P10 table "p" is not partitioned by column "id"');
    expect(await t.error('SHOW PARTITIONS p PARTITION (x = 1)')).toMatch(/^42703/);
    expect(await t.error('SHOW PARTITIONS p PARTITION (dt)')).toBe('42601 PARTITION needs a value of column "dt"');
    expect(await t.error("SHOW PARTITIONS p PARTITION (dt = '2024-01-01', dt = '2024-01-02')")).toMatch(/^42701/);
    expect(await t.error('SHOW PARTITIONS p PARTITION (dt = (SELECT max(dt) FROM p))')).toMatch(/^0A000/);
    expect(await t.error('SHOW TABLES FROM public PARTITION (dt = 1)')).toBe('42601 SHOW TABLES takes no PARTITION');
    expect(await t.error("ALTER TABLE p DROP PARTITION (dt = '2024-01-01')")).toBe('0A000 ALTER TABLE with DROP PARTITION is not supported yet');
    expect(await t.error("ALTER TABLE p DROP IF EXISTS PARTITION (dt = '2024-01-01')")).toBe('0A000 ALTER TABLE with DROP PARTITION is not supported yet');
    expect(await t.error("ALTER TABLE p ADD IF NOT EXISTS PARTITION (dt = '2024-01-01')")).toBe('0A000 ALTER TABLE with ADD PARTITION is not supported yet');
    expect(await t.error('SHOW PARTITIONS p PARTITION (dt = sum(1))')).toMatch(/^42803/);
  });

  it('of a stored table says where the values are', async () => {
    await t.run('CREATE TABLE s (a INT, d INT) PARTITIONED BY (d)');
    expect(await t.error('SHOW PARTITIONS s')).toBe('0A000 SHOW PARTITIONS of a stored table is not supported yet');
  });
});

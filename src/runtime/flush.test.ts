import { expect, it } from 'vitest';
import { batchFromRows } from '../common/batch/builder.ts';
import { INT } from '../common/types/sql-type.ts';
import { SqlRuntime } from './testing/sql-runtime.ts';

it('a flush and a look-up wait for appends whose record is still on its way to the disk', async () => {
  const arrived: (() => void)[] = [];
  const rt = await SqlRuntime.open({
    wrapStore: (store) => {
      const append = store.appendLogs.bind(store);
      store.appendLogs = async (parts) => {
        const positions = await append(parts);
        await new Promise<void>((resolve) => arrived.push(resolve));
        return positions;
      };
      return store;
    },
  });
  try {
    await rt.run('CREATE TABLE t (id INT PRIMARY KEY, v INT); CREATE MATERIALIZED VIEW s AS SELECT SUM(v) AS total FROM t');
    const appended = rt.change(rt.table('t'), [[1, 10]], null);
    const done: string[] = [];
    const flushed = rt.runtime.flush().then(() => done.push('flush'));
    const found = rt.runtime.lookupKeys(rt.table('t'), [0], batchFromRows([INT], [[1]])).then((present) => done.push(`found ${present[0]}`));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(done).toEqual([]);
    for (const resolve of arrived) resolve();
    await Promise.all([appended, flushed, found]);
    expect(done.sort()).toEqual(['flush', 'found 1']);
    expect(await rt.query('SELECT * FROM s')).toEqual(['10']);
  } finally {
    await rt.runtime.close({ abrupt: true });
  }
});

it('rows appended to two tables together are seen together', async () => {
  const rt = await SqlRuntime.open({
    epochIntervalMs: 1,
    wrapStore: (store) => {
      const append = store.appendLogs.bind(store);
      let n = 0;
      store.appendLogs = async (parts) => {
        const positions = await append(parts);
        // Steps reach the disk at different times.
        const later = n++ % 3;
        await new Promise<void>((resolve) => setTimeout(resolve, later * 3));
        return positions;
      };
      return store;
    },
  });
  try {
    await rt.run('CREATE TABLE debit (n BIGINT); CREATE TABLE credit (n BIGINT); CREATE MATERIALIZED VIEW both_sides AS SELECT n FROM debit UNION ALL SELECT n FROM credit; CREATE MATERIALIZED VIEW total AS SELECT SUM(n) AS total FROM both_sides');
    const [debit, credit] = [rt.table('debit'), rt.table('credit')];
    const schema = [{ name: 'n', type: { kind: 'bigint' } as const, nullable: true }];
    const seen = new Set<string>();
    const writing = (async (): Promise<void> => {
      for (let i = 1n; i < 60n; i++) {
        void rt.change(debit, [[0n]], null);
        await rt.runtime.appendTables([{ table: debit, batch: batchFromRows(schema, [[-i]]) }, { table: credit, batch: batchFromRows(schema, [[i]]) }]);
      }
    })();
    let written = false;
    void writing.then(() => (written = true));
    while (!written) for (const row of await rt.query('SELECT * FROM total')) seen.add(row);
    await writing;
    expect([...seen].filter((v) => v !== '' && v !== '0')).toEqual([]);
  } finally {
    await rt.runtime.close({ abrupt: true });
  }
});

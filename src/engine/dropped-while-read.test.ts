import { afterEach, expect, it } from 'vitest';
import { TestEngine } from './testing/harness.ts';

let t: TestEngine;
afterEach(() => t.close());

it('a query whose view or table is dropped under it gives its rows or says that there is none', async () => {
  t = await TestEngine.open();
  const seen = new Set<string>();
  for (let round = 0; round < 40; round++) {
    await t.run('CREATE TABLE items (id INT PRIMARY KEY, n INT); CREATE MATERIALIZED VIEW total AS SELECT sum(n) AS n FROM items; INSERT INTO items VALUES (1, 2)');
    const [other, ...readers] = [t.connect(), t.connect(), t.connect(), t.connect(), t.connect()];
    // Each begins one turn of the event loop's microtasks later than the one before.
    const reads = readers.map(async (session, i) => {
      for (let turn = 0; turn < i * (round + 1); turn++) await Promise.resolve();
      return await t.run(i % 2 === 0 ? 'SELECT n FROM total' : 'SELECT id, n FROM items', session).then((rows) => rows.join(), (error: Error) => `${error.name} ${error.message}`);
    });
    await t.run('DROP MATERIALIZED VIEW total; DROP TABLE items', other);
    for (const read of await Promise.all(reads)) seen.add(read);
    for (const session of [...readers, ...(other === undefined ? [] : [other])]) await session.close();
  }
  expect([...seen].filter((s) => !/^(\d+|1,?\|?2|SqlError relation ("(total|items)"|with OID \d+) does not exist)$/.test(s))).toEqual([]);
});

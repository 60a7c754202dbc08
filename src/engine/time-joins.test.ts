import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TestEngine } from './testing/harness.ts';

let db: TestEngine;
beforeEach(async () => {
  db = await TestEngine.open({ parallelism: 3 });
});
afterEach(() => db.close());

describe('a lookup join', () => {
  it('is not corrected when the right side changes, and takes back what it joined', async () => {
    await db.run(`CREATE TABLE dim (k INT PRIMARY KEY, name TEXT);
      CREATE TABLE orders (id INT PRIMARY KEY, k INT);
      CREATE MATERIALIZED VIEW looked AS SELECT o.id, d.name FROM orders o LEFT JOIN dim FOR SYSTEM_TIME AS OF PROCTIME() AS d ON o.k = d.k;
      INSERT INTO dim VALUES (1, 'one'), (2, 'two');
      INSERT INTO orders VALUES (1, 1), (2, 3)`);
    const rows = (): Promise<string[]> => db.run('SELECT * FROM looked ORDER BY id');
    expect(await rows()).toEqual(['1|one', '2|']);
    await db.run(`UPDATE dim SET name = 'uno' WHERE k = 1; INSERT INTO dim VALUES (3, 'three')`);
    expect(await rows()).toEqual(['1|one', '2|']);
    await db.run('INSERT INTO orders VALUES (3, 1)');
    expect(await rows()).toEqual(['1|one', '2|', '3|uno']);
    await db.restart();
    await db.run('DELETE FROM orders WHERE id = 1; UPDATE orders SET id = 20 WHERE id = 2');
    expect(await rows()).toEqual(['3|uno', '20|three']);
  });

  it('refuses a right side that is never complete, with advice', async () => {
    await db.run("CREATE TABLE d (x INT) WITH ('connector' = 'datagen'); CREATE TABLE o (x INT)");
    expect(await db.error('CREATE MATERIALIZED VIEW v AS SELECT o.x FROM o JOIN d FOR SYSTEM_TIME AS OF PROCTIME() ON o.x = d.x')).toMatch(/^0A000 looking up rows of "d" at processing time is not supported/);
  });
});

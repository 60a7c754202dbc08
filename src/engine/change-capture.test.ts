import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TestEngine } from './testing/harness.ts';

let db: TestEngine;
let dir: string;
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'millrace-cdc-'));
  db = await TestEngine.open({ parallelism: 2 });
});
afterEach(async () => {
  await db.close();
  rmSync(dir, { recursive: true, force: true });
});

const CHANGES = [
  '{"before":null,"after":{"id":1,"city":"Bern","n":5},"op":"c","source":{"table":"t","ts_ms":1700000000000}}',
  '{"before":null,"after":{"id":2,"city":"Bern","n":7},"op":"r","source":{"table":"t","ts_ms":1700000000000}}',
  '{"before":{"id":1,"city":"Bern","n":5},"after":{"id":1,"city":"Basel","n":6},"op":"u","source":{"table":"t","ts_ms":1700000000001}}',
  '{"before":{"id":2,"city":"Bern","n":7},"after":null,"op":"d","source":{"table":"t","ts_ms":1700000000002}}',
  '{"before":null,"after":{"id":3,"city":"Bern","n":1},"op":"c","source":{"table":"u","ts_ms":1700000000003}}',
];
const table = (name: string, file: string, more = ''): string => `CREATE TABLE ${name} (id INT, city TEXT, n INT${more}) WITH ('connector' = 'filesystem', 'path' = '${join(dir, file)}', 'format' = 'debezium-json')`;

describe('change capture', () => {
  it('is a table whose rows change, in views and in plain reads', async () => {
    writeFileSync(join(dir, 'c.json'), CHANGES.map((l) => `${l}\n`).join(''));
    await db.run(`${table('c', 'c.json')}; CREATE MATERIALIZED VIEW v AS SELECT city, sum(n) AS s, max(n) AS m FROM c GROUP BY city`);
    await expect.poll(() => db.run('SELECT * FROM v ORDER BY city')).toEqual(['Basel|6|6', 'Bern|1|1']);
    expect(await db.run('SELECT id, city FROM c ORDER BY id')).toEqual(['1|Basel', '3|Bern']);
    await db.restart();
    expect(await db.run('SELECT * FROM v ORDER BY city')).toEqual(['Basel|6|6', 'Bern|1|1']);
  });

  it('gives its metadata under the names of the format', async () => {
    writeFileSync(join(dir, 'c.json'), CHANGES.map((l) => `${l}\n`).join(''));
    await db.run(table('c', 'c.json', ", t TEXT METADATA FROM 'value.source.table' VIRTUAL, at TIMESTAMP_LTZ(3) METADATA FROM 'value.source.timestamp' VIRTUAL, file TEXT METADATA FROM 'file.name' VIRTUAL, PRIMARY KEY (id) NOT ENFORCED"));
    expect(await db.run("SELECT id, t, extract(epoch FROM at), file FROM c WHERE id = 3")).toEqual(['3|u|1700000000.003000|c.json']);
    expect(await db.run('SELECT id, t FROM c ORDER BY id')).toEqual(['1|t', '3|u']);
    expect(await db.error(table('d', 'c.json', ", x TEXT METADATA FROM 'value.nothing'"))).toContain('connector "filesystem" has no metadata "value.nothing"');
  });

  it('applies changes by key where they may come again', async () => {
    // A restart of the capture sends the second change to the fourth once more.
    writeFileSync(join(dir, 'c.json'), [...CHANGES.slice(0, 4), ...CHANGES.slice(1)].map((l) => `${l}\n`).join(''));
    await db.run(`SET 'table.exec.source.cdc-events-duplicate' = 'true'; ${table('c', 'c.json', ', PRIMARY KEY (id) NOT ENFORCED')}; CREATE MATERIALIZED VIEW v AS SELECT city, sum(n) AS s FROM c GROUP BY city`);
    await db.run("SET 'table.exec.source.cdc-events-duplicate' = 'false'");
    await expect.poll(() => db.run('SELECT * FROM v ORDER BY city')).toEqual(['Basel|6', 'Bern|1']);
    await db.restart();
    expect(await db.run('SELECT * FROM v ORDER BY city')).toEqual(['Basel|6', 'Bern|1']);
  });

  it('is written, an update as a deletion and an insertion', async () => {
    await db.run(`CREATE TABLE o (id INT PRIMARY KEY, city TEXT, n INT); ${table('out', 'out')}; INSERT INTO o VALUES (1, 'Bern', 5); INSERT INTO out SELECT * FROM o; UPDATE o SET n = 6 WHERE id = 1; DELETE FROM o WHERE id = 1`);
    const written = (): string[] => readdirSync(join(dir, 'out')).filter((f) => !f.startsWith('.') && !f.startsWith('_')).flatMap((f) => readFileSync(join(dir, 'out', f), 'utf8').trim().split('\n'));
    // Within an epoch only the net change is written: in the end the insertions and deletions cancel.
    const net = (): Map<string, number> => {
      const out = new Map<string, number>();
      for (const line of written()) {
        const m = JSON.parse(line) as { before: unknown; after: unknown; op: string };
        const row = JSON.stringify(m.op === 'd' ? m.before : m.after);
        out.set(row, (out.get(row) ?? 0) + (m.op === 'd' ? -1 : 1));
      }
      return out;
    };
    await db.run("INSERT INTO o VALUES (2, 'Basel', 1)");
    await expect.poll(() => [...net()].filter(([, n]) => n !== 0)).toEqual([['{"id":2,"city":"Basel","n":1}', 1]]);
  });
});

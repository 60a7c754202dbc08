import kafkajs from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTopic, kafkaUnavailable, startKafka, type KafkaBroker } from '../../scripts/kafka.ts';
import { TestEngine } from './testing/harness.ts';

const why = await kafkaUnavailable();

describe.skipIf(why !== null)(`upsert-kafka against a real broker${why === null ? '' : ` (skipped: ${why})`}`, () => {
  let broker: KafkaBroker;
  let client: kafkajs.Kafka;
  let admin: kafkajs.Admin;
  let producer: kafkajs.Producer;
  let t: TestEngine;
  beforeAll(async () => {
    broker = await startKafka();
    client = new kafkajs.Kafka({ brokers: [broker.bootstrap], logLevel: kafkajs.logLevel.NOTHING });
    admin = client.admin();
    await admin.connect();
    producer = client.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
    await producer.connect();
    t = await TestEngine.open({ parallelism: 3 });
  });
  afterAll(async () => {
    await t?.close();
    await producer?.disconnect();
    await admin?.disconnect();
    await broker?.stop();
  });

  const table = (name: string, columns: string, topic: string, more = ''): string =>
    `CREATE TABLE ${name} (${columns}, PRIMARY KEY (id) NOT ENFORCED) WITH ('connector' = 'upsert-kafka', 'topic' = '${topic}', 'properties.bootstrap.servers' = '${broker.bootstrap}',
      'properties.fetch.max.wait.ms' = '50', 'key.format' = 'json', 'value.format' = 'json'${more})`;
  const create = (topic: string, numPartitions: number): Promise<void> => createTopic(admin, topic, numPartitions);
  const message = (id: number, value: Record<string, unknown> | null): { key: string; value: string | null } => ({ key: JSON.stringify({ id }), value: value === null ? null : JSON.stringify(value) });
  /** Reads until the query gives these rows. */
  const becomes = async (sql: string, rows: string[]): Promise<void> => expect.poll(() => t.run(sql), { interval: 50 }).toEqual(rows);
  const records = async (topic: string): Promise<string[]> => {
    const ends = await admin.fetchTopicOffsets(topic);
    const total = ends.reduce((n, p) => n + Number(p.high), 0);
    const consumer = client.consumer({ groupId: `check-${topic}-${total}` });
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    const seen: string[] = [];
    await new Promise<void>((done) => {
      if (total === 0) done();
      void consumer.run({ eachMessage: ({ message: m }) => Promise.resolve(void (seen.push(`${m.key?.toString() ?? ''} ${m.value?.toString() ?? 'null'}`) === total && done())) });
    });
    await consumer.disconnect();
    return seen;
  };

  it('is a table by key: the last value counts, a tombstone deletes, a delete of an unknown key is dropped', async () => {
    await create('in', 2);
    await producer.send({ topic: 'in', messages: [message(1, { id: 1, city: 'Bern', n: 1 }), message(2, { id: 2, city: 'Basel', n: 2 }), message(9, null)] });
    await t.run(table('people', 'id INT, city STRING NOT NULL, n BIGINT, big AS upper(city)', 'in'));
    await t.run('CREATE MATERIALIZED VIEW per_city AS SELECT city, sum(n) AS n, count(*) AS c FROM people GROUP BY city; CREATE MATERIALIZED VIEW all_people AS SELECT id, n, big FROM people');
    await becomes('SELECT * FROM per_city ORDER BY city', ['Basel|2|1', 'Bern|1|1']);
    await producer.send({ topic: 'in', messages: [message(1, { id: 1, city: 'Basel', n: 10 }), message(3, { id: 3, city: 'Chur', n: 3 }), message(3, { id: 3, city: 'Chur', n: 3 })] });
    await becomes('SELECT * FROM per_city ORDER BY city', ['Basel|12|2', 'Chur|3|1']);
    await producer.send({ topic: 'in', messages: [message(2, null)] });
    await becomes('SELECT * FROM per_city ORDER BY city', ['Basel|10|1', 'Chur|3|1']);
    await becomes('SELECT id, n, big FROM all_people ORDER BY id', ['1|10|BASEL', '3|3|CHUR']);
    // A plain SELECT reads up to the end and normalises too.
    expect(await t.run('SELECT count(*), sum(n) FROM people')).toEqual(['2|13']);
    expect(await t.run('SELECT n FROM people ORDER BY n')).toEqual(['3', '10']);
    await t.restart();
    await producer.send({ topic: 'in', messages: [message(3, null), message(4, { id: 4, city: 'Chur', n: 5 })] });
    await becomes('SELECT * FROM per_city ORDER BY city', ['Basel|10|1', 'Chur|5|1']);
  });

  it('writes values and tombstones by key, never the row before', async () => {
    await create('out', 3);
    await t.run(table('totals', 'id INT, n BIGINT', 'out'));
    await t.run('CREATE TABLE facts (k INT PRIMARY KEY, id INT, n BIGINT)');
    await t.run('INSERT INTO totals SELECT id, sum(n) FROM facts GROUP BY id');
    await t.run('INSERT INTO facts VALUES (1, 1, 5), (2, 2, 7)');
    await expect.poll(() => records('out').then((r) => r.toSorted())).toEqual(['{"id":1} {"id":1,"n":5}', '{"id":2} {"id":2,"n":7}']);
    await t.run('UPDATE facts SET n = 8 WHERE k = 2');
    await t.run('DELETE FROM facts WHERE k = 1');
    await expect.poll(() => records('out').then((r) => r.toSorted())).toEqual(['{"id":1} null', '{"id":1} {"id":1,"n":5}', '{"id":2} {"id":2,"n":7}', '{"id":2} {"id":2,"n":8}']);
    // What was written is what a reader of the topic sees.
    await becomes('SELECT id, n FROM totals', ['2|8']);
  });

  it('holds changes back with a buffer, and writes the last of each key', async () => {
    await create('held', 1);
    await t.run(table('held', 'id INT, n BIGINT', 'held', `, 'sink.buffer-flush.max-rows' = '1000', 'sink.buffer-flush.interval' = '1 h'`));
    await t.run(`INSERT INTO held SELECT * FROM (VALUES (1, 1), (1, 2), (2, 3), (1, 4)) AS v(id, n)`);
    await expect.poll(() => records('held')).toHaveLength(2);
    expect(await t.error(table('x', 'id INT', 'x', `, 'sink.buffer-flush.max-rows' = '5'`))).toContain('must both be set');
  });

  it('takes rows whose key another shuffle carried, in the right order', async () => {
    await create('shuffled', 2);
    await t.run(table('shuffled', 'id INT, name STRING', 'shuffled'));
    await t.run('CREATE TABLE l (id INT PRIMARY KEY, r INT); CREATE TABLE r (id INT PRIMARY KEY, name STRING)');
    await t.run('INSERT INTO shuffled SELECT l.id, r.name FROM l JOIN r ON l.r = r.id');
    await t.run(`INSERT INTO r SELECT n, 'r' || n FROM generate_series(1, 20) AS g(n)`);
    await t.run('INSERT INTO l SELECT n, n % 20 + 1 FROM generate_series(1, 100) AS g(n)');
    for (let i = 1; i <= 5; i++) await t.run(`UPDATE l SET r = (id + ${i * 7}) % 20 + 1`);
    await becomes(`SELECT count(*), sum(CASE WHEN name = 'r' || ((id + 35) % 20 + 1) THEN 1 ELSE 0 END) FROM shuffled`, ['100|100']);
  });
});

describe('upsert-kafka without a broker', () => {
  it('checks its declaration', async () => {
    const t = await TestEngine.open();
    const options = `'connector' = 'upsert-kafka', 'topic' = 't', 'properties.bootstrap.servers' = 'h:1', 'key.format' = 'json', 'value.format' = 'json'`;
    expect(await t.error(`CREATE TABLE a (id INT) WITH (${options})`)).toBe('42P16 connector "upsert-kafka" needs a primary key');
    expect(await t.error(`CREATE TABLE a (id INT PRIMARY KEY NOT ENFORCED) WITH (${options}, 'scan.startup.mode' = 'latest-offset')`)).toContain('scan.startup.mode');
    expect(await t.error(`CREATE TABLE a (id INT PRIMARY KEY NOT ENFORCED) WITH ('connector' = 'upsert-kafka', 'topic' = 't', 'properties.bootstrap.servers' = 'h:1', 'value.format' = 'json')`)).toContain('needs option "key.format"');
    await t.run(`CREATE TABLE a (id INT PRIMARY KEY NOT ENFORCED, v INT) WITH (${options})`);
    const plan = (await t.run('EXPLAIN SELECT v FROM a EMIT CHANGES')).join('\n');
    expect(plan).toMatch(/normalize/i);
    await t.close();
  });
});

import kafkajs from 'kafkajs';
import { createTopic, startKafka } from '../scripts/kafka.ts';
import { systemClock } from '../src/common/clock.ts';
import type { ConnectorContext } from '../src/connectors/api.ts';
import { kafka } from '../src/connectors/kafka/kafka.ts';
import { resolveOptions } from '../src/connectors/registry.ts';
import { apart, paired, printHeader, printRow, type Measured } from './support/measure.ts';
import { nexmarkSchema, openTable, planOf, runToEnd } from './support/pipeline.ts';

/** JSON bids out of one partition of a real broker into a GROUP BY, in one thread. The broker's CPU is not counted. */
const MESSAGES = 1_000_000;
const ROUNDS = 2;

async function fill(bootstrap: string): Promise<void> {
  const admin = new kafkajs.Kafka({ brokers: [bootstrap], logLevel: kafkajs.logLevel.NOTHING }).admin();
  await admin.connect();
  await createTopic(admin, 'bids');
  await admin.disconnect();
  const context: ConnectorContext = { clock: systemClock, seed: 1, workDir: process.cwd(), log: () => undefined, fail: (error) => { throw error; } };
  const { options } = resolveOptions({ connector: 'kafka', topic: 'bids', format: 'json', 'properties.bootstrap.servers': bootstrap });
  const schema = nexmarkSchema('bid');
  const writer = kafka.sink?.writer({ connector: 'kafka', options, schema, metadata: [], primaryKey: [], table: 't' }, 0, context);
  if (writer === undefined) throw new Error('kafka cannot be written to');
  const reader = await openTable('bid', schema.map((f) => f.name), Math.ceil((MESSAGES * 50) / 46) + 50, 100_000);
  for (let written = 0; written < MESSAGES; ) {
    const polled = reader.poll(Math.min(4096, MESSAGES - written));
    if (polled === 'idle' || polled === 'ended') break;
    writer.write(polled.batch);
    written += polled.batch.rowCount;
    if (writer.pendingBytes >= writer.highWaterBytes) await new Promise<void>((wake) => writer.onDrain(wake));
  }
  await writer.prepare(1);
  await writer.close();
  await reader.close();
}

const script = (bootstrap: string): string => `
CREATE TABLE bids (auction BIGINT, bidder BIGINT, price BIGINT, channel VARCHAR, url VARCHAR, dateTime TIMESTAMP(3), extra VARCHAR)
WITH ('connector' = 'kafka', 'topic' = 'bids', 'format' = 'json', 'properties.bootstrap.servers' = '${bootstrap}', 'scan.startup.mode' = 'earliest-offset', 'scan.bounded.mode' = 'latest-offset');
CREATE TABLE per_auction (auction BIGINT, n BIGINT, highest BIGINT, PRIMARY KEY (auction) NOT ENFORCED) WITH ('connector' = 'blackhole');
INSERT INTO per_auction SELECT auction, count(*), max(price) FROM bids GROUP BY auction;`;

export async function kafkaBench(): Promise<Measured> {
  const m = await apart(import.meta.filename, ['--one']);
  printRow(m);
  return m;
}

if (process.argv[1] === import.meta.filename) {
  if (process.argv[2] === '--one') {
    const broker = await startKafka();
    try {
      await fill(broker.bootstrap);
      const plan = planOf(script(broker.bootstrap));
      process.send?.(await paired('Kafka JSON, GROUP BY', ROUNDS, () => runToEnd(plan, MESSAGES), null));
    } finally {
      await broker.stop();
    }
    process.disconnect?.();
  } else {
    printHeader('Kafka, operators in one thread, messages a second');
    await kafkaBench();
  }
}

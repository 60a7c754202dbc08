import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Admin } from 'kafkajs';

/**
 * A real Apache Kafka broker (KRaft, one node, loopback) for tests and for trying things out.
 *
 *     node scripts/kafka.ts start     prints the address and stays until interrupted
 *     node scripts/kafka.ts stop      stops the one started last by `start`
 *     node scripts/kafka.ts topics ADDRESS NAME…   creates topics of three partitions
 *
 * The jars come from Maven Central once, into `.cache/kafka`. Needs Java 17 and Maven.
 */
const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '..');
const CACHE = join(ROOT, '.cache', 'kafka');
const PID_FILE = join(tmpdir(), 'millrace-kafka.pid');
const START_TIMEOUT_MS = 60_000;
const TOPIC_TIMEOUT_MS = 60_000;

export interface KafkaBroker {
  /** `host:port` of the plaintext listener. */
  readonly bootstrap: string;
  /** Of the SASL_PLAINTEXT listener (user `alice`, password `alice-secret`, PLAIN). */
  readonly saslBootstrap: string;
  /** Kills the broker (kill -9) and starts it again over the same data. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** Why no broker can be started here, or null. */
export async function kafkaUnavailable(): Promise<string | null> {
  try {
    await run('java', ['-version']);
  } catch {
    return 'Java is not installed';
  }
  if (existsSync(CACHE) && readdirSync(CACHE).some((f) => f.startsWith('kafka_2.13'))) return null;
  try {
    await run('mvn', ['-version']);
  } catch {
    return 'Maven is not installed and the jars are not cached';
  }
  try {
    await mkdir(CACHE, { recursive: true });
    await run('mvn', ['-q', '-B', '-f', join(ROOT, 'scripts', 'kafka', 'pom.xml'), 'dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${CACHE}`], { timeout: 600_000 });
    return null;
  } catch (e) {
    return `Maven could not fetch Kafka: ${e instanceof Error ? (e.message.split('\n')[0] ?? '') : String(e)}`;
  }
}

function freePort(): Promise<number> {
  return new Promise((yes, no) => {
    const server = createServer();
    server.once('error', no);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => (address !== null && typeof address === 'object' ? yes(address.port) : no(new Error('no port'))));
    });
  });
}

const reachable = (port: number): Promise<boolean> =>
  new Promise((yes) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      yes(true);
    });
    socket.once('error', () => yes(false));
  });

const sleep = (ms: number): Promise<void> => new Promise((yes) => setTimeout(yes, ms));

/** Starts a broker on free ports with its data in a temporary folder. Throws when that is not possible. */
export async function startKafka(): Promise<KafkaBroker> {
  const why = await kafkaUnavailable();
  if (why !== null) throw new Error(why);
  const dir = await mkdtemp(join(tmpdir(), 'millrace-kafka-'));
  const [port, sasl, controller] = [await freePort(), await freePort(), await freePort()];
  const properties = join(dir, 'server.properties');
  await writeFile(
    properties,
    [
      'process.roles=broker,controller',
      'node.id=1',
      `controller.quorum.voters=1@127.0.0.1:${controller}`,
      `listeners=PLAINTEXT://127.0.0.1:${port},SASL://127.0.0.1:${sasl},CONTROLLER://127.0.0.1:${controller}`,
      `advertised.listeners=PLAINTEXT://127.0.0.1:${port},SASL://127.0.0.1:${sasl}`,
      'listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL:SASL_PLAINTEXT',
      'controller.listener.names=CONTROLLER',
      'inter.broker.listener.name=PLAINTEXT',
      'sasl.enabled.mechanisms=PLAIN',
      'listener.name.sasl.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required user_alice="alice-secret";',
      `log.dirs=${join(dir, 'data')}`,
      'num.partitions=1',
      'offsets.topic.replication.factor=1',
      'offsets.topic.num.partitions=1',
      'transaction.state.log.replication.factor=1',
      'transaction.state.log.min.isr=1',
      'transaction.state.log.num.partitions=1',
      'share.coordinator.state.topic.replication.factor=1',
      'share.coordinator.state.topic.min.isr=1',
      'group.initial.rebalance.delay.ms=0',
      'auto.create.topics.enable=false',
      'broker.session.timeout.ms=1000',
      'broker.heartbeat.interval.ms=200',
      '',
    ].join('\n'),
  );
  await writeFile(join(dir, 'log4j2.properties'), 'rootLogger.level=warn\nrootLogger.appenderRef.c.ref=C\nappender.c.type=Console\nappender.c.name=C\nappender.c.layout.type=PatternLayout\nappender.c.layout.pattern=%p %m%n\n');
  const java = ['-Xmx512m', '-Xms128m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', `-Dlog4j.configurationFile=${join(dir, 'log4j2.properties')}`, `-Dlog4j2.configurationFile=${join(dir, 'log4j2.properties')}`, '-cp', join(CACHE, '*')];
  await run('java', [...java, 'kafka.tools.StorageTool', 'format', '-t', 'MkU3OEVBNTcwNTJENDM2Qg', '-c', properties]);
  let kill = await launch([...java, 'kafka.Kafka', properties], port);
  return {
    bootstrap: `127.0.0.1:${port}`,
    saslBootstrap: `127.0.0.1:${sasl}`,
    restart: async () => {
      await kill();
      kill = await launch([...java, 'kafka.Kafka', properties], port);
    },
    stop: async () => {
      await kill();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** Starts the process and waits until its port answers; the result ends it. */
async function launch(args: readonly string[], port: number): Promise<() => Promise<void>> {
  const child: ChildProcess = spawn('java', args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (d: Buffer) => (output = (output + d.toString()).slice(-8000)));
  let exited = false;
  // A process that dies of an error takes its broker with it.
  const end = (): void => void child.kill('SIGKILL');
  process.once('exit', end);
  const exit = new Promise<void>((yes) =>
    child.once('exit', () => {
      exited = true;
      process.off('exit', end);
      yes();
    }),
  );
  const kill = async (): Promise<void> => {
    if (!exited) child.kill('SIGKILL');
    await exit;
  };
  for (const until = performance.now() + START_TIMEOUT_MS; !(await reachable(port)); ) {
    if (exited || performance.now() > until) {
      await kill();
      throw new Error(`the broker did not start:\n${output}`);
    }
    await sleep(100);
  }
  return kill;
}

/**
 * Creates a topic and waits until the broker serves its partitions. The controller answers before the broker has heard of the
 * topic, and a broker with a slow disk hears late: kafkajs' own waiting fails then with UNKNOWN_TOPIC_OR_PARTITION.
 */
export async function createTopic(admin: Admin, topic: string, numPartitions = 1, config: Readonly<Record<string, string>> = {}): Promise<void> {
  await admin.createTopics({ topics: [{ topic, numPartitions, configEntries: Object.entries(config).map(([name, value]) => ({ name, value })) }], waitForLeaders: false });
  for (const until = performance.now() + TOPIC_TIMEOUT_MS; ; await sleep(50)) {
    try {
      // Reading the offsets needs the partitions' logs, not their names alone.
      if ((await admin.fetchTopicMetadata({ topics: [topic] })).topics[0]?.partitions.length === numPartitions && (await admin.fetchTopicOffsets(topic)).length === numPartitions) return;
    } catch (e) {
      if (performance.now() > until) throw e;
    }
    if (performance.now() > until) throw new Error(`the broker does not serve the topic ${topic}`);
  }
}

async function createTopics(address: string, names: readonly string[]): Promise<void> {
  const { default: kafkajs } = await import('kafkajs');
  const admin = new kafkajs.Kafka({ brokers: [address], logLevel: kafkajs.logLevel.NOTHING }).admin();
  await admin.connect();
  for (const name of names) await createTopic(admin, name, 3);
  await admin.disconnect();
}

async function main(command: string | undefined, args: readonly string[]): Promise<void> {
  if (command === 'start') {
    const broker = await startKafka();
    await writeFile(PID_FILE, String(process.pid));
    process.stdout.write(`${broker.bootstrap}\n`);
    const end = (): void => void broker.stop().then(() => rm(PID_FILE, { force: true })).then(() => process.exit(0));
    process.once('SIGINT', end);
    process.once('SIGTERM', end);
  } else if (command === 'stop') {
    const pid = Number(await readFile(PID_FILE, 'utf8').catch(() => ''));
    if (pid > 0) process.kill(pid, 'SIGTERM');
    else process.stdout.write('no broker was started\n');
  } else if (command === 'topics' && args[0] !== undefined && args.length > 1) {
    await createTopics(args[0], args.slice(1));
  } else {
    process.stderr.write('usage: node scripts/kafka.ts start | stop | topics ADDRESS NAME…\n');
    process.exitCode = 2;
  }
}

if (import.meta.main) await main(process.argv[2], process.argv.slice(3));

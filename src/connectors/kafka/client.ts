import { readFileSync } from 'node:fs';
import type { Connection, ConnectionOptions, Reader, Writer } from '@platformatic/kafka';
import { library, type Library } from './library.ts';
import { SqlError } from '../../common/errors.ts';
import type { Clock } from '../../common/clock.ts';
import type { Options } from '../api.ts';

/** Kafka error codes that pass: the leader moved, a node is not there yet, and so on. */
export const RETRIABLE: ReadonlySet<number> = new Set([2, 3, 5, 6, 7, 8, 9, 13, 14, 15, 16, 19, 20, 51, 56, 72, 74, 75, 77, 78, 100]);

/** The first error code of a reply, or null when the error is none of a reply. */
export function kafkaCode(e: unknown): number | null {
  if (!(e instanceof Error) || !('errors' in e) || !Array.isArray(e.errors)) return null;
  for (const x of e.errors as unknown[]) {
    if (typeof x === 'object' && x !== null && 'apiCode' in x && typeof x.apiCode === 'number') return x.apiCode;
  }
  return null;
}

/** An API of the protocol library: `createX` and `parseX` of one version. */
interface Api<A extends unknown[], R> {
  async(connection: Connection, ...args: A): Promise<R>;
}

export interface Broker {
  readonly nodeId: number;
  readonly host: string;
  readonly port: number;
}
export interface PartitionLeader {
  readonly partition: number;
  readonly leader: number;
  readonly epoch: number;
}

/** The `properties.*` options, without the prefix. */
export function kafkaProperties(o: Options): Options {
  return Object.fromEntries(Object.entries(o).filter(([k]) => k.startsWith('properties.')).map(([k, v]) => [k.slice('properties.'.length), v]));
}

function connectionOptions(p: Options): ConnectionOptions {
  const protocol = (p['security.protocol'] ?? 'PLAINTEXT').toUpperCase();
  const options: ConnectionOptions = { connectTimeout: 5000, requestTimeout: Number(p['request.timeout.ms'] ?? 30_000), maxInflights: 5 };
  if (protocol === 'SSL' || protocol === 'SASL_SSL') {
    const pem = (inline: string, file: string): string | undefined => p[inline] ?? (p[file] === undefined ? undefined : readFileSync(p[file], 'utf8'));
    if (p['ssl.truststore.location'] !== undefined && (p['ssl.truststore.type'] ?? 'JKS').toUpperCase() !== 'PEM') {
      throw new SqlError('feature_not_supported', 'Java key stores are not supported', { hint: "Set 'properties.ssl.truststore.type' to PEM and give PEM files." });
    }
    const ca = pem('ssl.truststore.certificates', 'ssl.truststore.location');
    const chain = pem('ssl.keystore.certificate.chain', 'ssl.keystore.location');
    const key = p['ssl.keystore.key'] ?? chain;
    options.tls = {
      ...(ca === undefined ? {} : { ca }),
      ...(chain === undefined ? {} : { cert: chain }),
      ...(key === undefined ? {} : { key }),
      ...(p['ssl.key.password'] === undefined ? {} : { passphrase: p['ssl.key.password'] }),
      ...(p['ssl.endpoint.identification.algorithm'] === '' ? { checkServerIdentity: () => undefined } : {}),
    };
    options.tlsServerName = true;
  }
  if (protocol.startsWith('SASL')) {
    const mechanism = p['sasl.mechanism'] ?? 'GSSAPI';
    if (mechanism !== 'PLAIN' && mechanism !== 'SCRAM-SHA-256' && mechanism !== 'SCRAM-SHA-512') {
      throw new SqlError('feature_not_supported', `SASL mechanism "${mechanism}" is not supported yet`, { hint: 'Use PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512.' });
    }
    const jaas = p['sasl.jaas.config'] ?? '';
    const field = (name: string): string => new RegExp(`\\b${name}\\s*=\\s*"((?:[^"\\\\]|\\\\.)*)"`).exec(jaas)?.[1]?.replaceAll(/\\(.)/g, '$1') ?? '';
    options.sasl = { mechanism, username: field('username'), password: field('password') };
  }
  return options;
}

/** The connections to one cluster, one a node and kind of use. A connection that failed or timed out is never used again. */
export class Cluster {
  readonly #bootstrap: readonly Broker[];
  readonly #options: ConnectionOptions;
  readonly #clientId: string;
  readonly #clock: Clock;
  readonly #open = new Map<string, Connection>();
  #brokers = new Map<number, Broker>();
  #closed = false;

  constructor(o: Options, clock: Clock) {
    const p = kafkaProperties(o);
    this.#clock = clock;
    this.#bootstrap = (p['bootstrap.servers'] ?? '').split(',').map((s, i) => {
      const m = /^\s*(?:\[([^\]]+)\]|([^:\s]+)):(\d+)\s*$/.exec(s);
      if (m === null) throw new SqlError('invalid_parameter_value', `invalid option "properties.bootstrap.servers": "${s.trim()}"`, { hint: 'It is a comma list of host:port.' });
      return { nodeId: -1 - i, host: m[1] ?? m[2] ?? '', port: Number(m[3]) };
    });
    this.#options = connectionOptions(p);
    this.#clientId = p['client.id'] ?? 'millrace';
  }

  get closed(): boolean {
    return this.#closed;
  }

  sleep(ms: number): Promise<void> {
    return new Promise((yes) => void this.#clock.setTimer(ms, yes));
  }

  async #connect(broker: Broker, use: string): Promise<Connection> {
    const key = `${use} ${broker.nodeId}`;
    const known = this.#open.get(key);
    if (known?.isConnected() === true) return known;
    const connection = new (library().Connection)(this.#clientId, this.#options);
    connection.on('error', () => undefined);
    await connection.connect(broker.host, broker.port);
    if (this.#closed) {
      await connection.close();
      throw new SqlError('connection_failure', 'the Kafka client was closed');
    }
    this.#open.set(key, connection);
    return connection;
  }

  #drop(connection: Connection): void {
    for (const [k, c] of this.#open) if (c === connection) this.#open.delete(k);
    // Not `close`: it waits for the peer, and a late reply must find nobody.
    connection.socket.destroy();
  }

  /** Runs a request on a connection of its own kind (`use`): a fetch that waits must not hold up others. */
  async on<R>(broker: Broker, use: string, request: (c: Connection) => Promise<R>): Promise<R> {
    const connection = await this.#connect(broker, use);
    try {
      return await request(connection);
    } catch (e) {
      // A reply that carries error codes is a sound reply; after anything else the stream cannot be trusted.
      if (!(e instanceof Error && 'response' in e)) this.#drop(connection);
      throw e;
    }
  }

  /** A request with our own payload and parser. */
  send<R>(broker: Broker, use: string, key: number, version: number, payload: () => Writer, parse: (reader: Reader) => R): Promise<R> {
    return this.on(broker, use, (c) =>
      new Promise<R>((yes, no) =>
        c.send<R>(key, version, payload, (_id, _key, _version, reader) => parse(reader), true, true, (error, result) => (error !== null ? no(error) : yes(result as R))),
      ),
    );
  }

  call<A extends unknown[], R>(broker: Broker, api: { readonly api: Api<A, R> }, ...args: A): Promise<R> {
    return this.on(broker, 'control', (c) => api.api.async(c, ...args));
  }

  /** Tries known and then bootstrap brokers until one answers. */
  async any<R>(request: (b: Broker) => Promise<R>): Promise<R> {
    let last: unknown;
    for (const broker of [...this.#brokers.values(), ...this.#bootstrap]) {
      try {
        return await request(broker);
      } catch (e) {
        last = e;
        if (e instanceof Error && 'response' in e) throw e;
      }
    }
    const where = this.#bootstrap.map((b) => `${b.host}:${b.port}`).join(',');
    throw new SqlError('connection_failure', `could not reach Kafka at ${where}`, { detail: last instanceof Error ? `${last.message}` : undefined, cause: last });
  }

  /** Repeats a request while the broker answers with an error that passes, for some 30 seconds. */
  async patiently<R>(request: () => Promise<R>): Promise<R> {
    for (let i = 0; ; i++) {
      try {
        return await request();
      } catch (e) {
        const code = kafkaCode(e);
        if (code === null || !RETRIABLE.has(code) || i >= 300 || this.#closed) throw e;
        await this.sleep(100);
      }
    }
  }

  broker(nodeId: number): Broker | undefined {
    return this.#brokers.get(nodeId);
  }

  /** Partitions by topic; null asks for all topics. A topic that does not exist (yet) is absent. */
  async metadata(topics: readonly string[] | null): Promise<Map<string, PartitionLeader[]>> {
    const reply = await this.any(async (b) => {
      try {
        return await this.call(b, library().metadataV12, topics === null ? null : [...topics], false, false);
      } catch (e) {
        // Errors of single topics still come with the whole reply.
        if (e instanceof Error && 'response' in e && isMetadata(e.response)) return e.response;
        throw e;
      }
    });
    this.#brokers = new Map(reply.brokers.map((b) => [b.nodeId, b]));
    const out = new Map<string, PartitionLeader[]>();
    for (const t of reply.topics) {
      if (t.name === null || t.name === undefined || t.isInternal || (t.errorCode !== 0 && t.errorCode !== 5)) continue;
      out.set(t.name, t.partitions.map((p) => ({ partition: p.partitionIndex, leader: p.leaderId, epoch: p.leaderEpoch })).toSorted((a, b) => a.partition - b.partition));
    }
    return out;
  }

  async coordinator(group: string): Promise<Broker> {
    for (let i = 0; ; i++) {
      try {
        const reply = await this.any((b) => this.call(b, library().findCoordinatorV4, 0, [group]));
        const c = reply.coordinators[0];
        if (c !== undefined && c.errorCode === 0) return { nodeId: c.nodeId, host: c.host, port: c.port };
      } catch (e) {
        if (i >= 50 || !(e instanceof Error && 'response' in e)) throw e;
      }
      if (i >= 50) throw new SqlError('connection_failure', `Kafka has no coordinator for group "${group}"`);
      await this.sleep(100);
    }
  }

  close(): Promise<void> {
    this.#closed = true;
    for (const c of this.#open.values()) c.socket.destroy();
    this.#open.clear();
    return Promise.resolve();
  }
}

type Metadata = Awaited<ReturnType<Library['metadataV12']['api']['async']>>;
const isMetadata = (v: unknown): v is Metadata => typeof v === 'object' && v !== null && 'brokers' in v && 'topics' in v;

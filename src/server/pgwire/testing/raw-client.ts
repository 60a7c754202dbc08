import { connect, type Socket } from 'node:net';
import { Parser } from 'pg-protocol/dist/parser.js';
import { serialize } from 'pg-protocol';

/** A message of the server, as pg-protocol (not ours) decodes it. */
export interface Answer {
  readonly name: string;
  readonly [key: string]: unknown;
}

/** Sends bytes as they are and collects the answers: a client that breaks rules when told to. */
export class RawClient {
  readonly socket: Socket;
  readonly answers: Answer[] = [];
  readonly #parser = new Parser();
  closed = false;
  #wake: () => void = () => undefined;

  constructor(port: number) {
    this.socket = connect(port, '127.0.0.1');
    this.socket.on('data', (chunk: Buffer) => {
      this.#parser.parse(chunk, (message) => {
        const plain: { name: string; [key: string]: unknown } = { ...message, name: message.name };
        if (message instanceof Error) plain['message'] = message.message;
        this.answers.push(plain);
      });
      this.#wake();
    });
    this.socket.on('error', () => undefined);
    this.socket.on('close', () => {
      this.closed = true;
      this.#wake();
    });
  }

  static async open(port: number, user = 'tester'): Promise<RawClient> {
    const client = new RawClient(port);
    client.send(startup({ user, database: 'millrace' }));
    await client.until('readyForQuery');
    return client;
  }

  send(...bytes: readonly Uint8Array[]): void {
    this.socket.write(Buffer.concat(bytes));
  }

  /** Takes answers up to and with the first one of this name, or up to the end of the connection. */
  async until(name: string): Promise<Answer[]> {
    for (;;) {
      const at = this.answers.findIndex((a) => a.name === name);
      if (at >= 0) return this.answers.splice(0, at + 1);
      if (this.closed) return this.answers.splice(0);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** All answers to messages that end with Sync or are a Query, shortened to one line each. */
  async ask(...bytes: readonly Uint8Array[]): Promise<string[]> {
    this.send(...bytes);
    return (await this.until('readyForQuery')).map(brief);
  }

  async end(): Promise<Answer[]> {
    this.socket.end();
    return this.until('');
  }
}

/** One answer as a short text: its name and what matters of it. */
export function brief(answer: Answer): string {
  switch (answer.name) {
    case 'dataRow':
      return `row ${JSON.stringify(answer['fields'])}`;
    case 'commandComplete':
      return `done ${String(answer['text'])}`;
    case 'error':
      return `error ${String(answer['code'])} ${String(answer['message'])}${answer['position'] === undefined ? '' : ` at ${String(answer['position'])}`}`;
    case 'readyForQuery':
      return `ready ${String(answer['status'])}`;
    case 'rowDescription':
      return `columns ${(answer['fields'] as { name: string; dataTypeID: number; format: string }[]).map((f) => `${f.name}:${f.dataTypeID}:${f.format}`).join(' ')}`;
    default:
      return answer.name;
  }
}

/** A start-up message; `version` may be another one. */
export function startup(parameters: Readonly<Record<string, string>>, version = 0x3_0000): Buffer {
  const body = Buffer.from(`${Object.entries(parameters).map(([k, v]) => `${k}\0${v}\0`).join('')}\0`);
  const head = Buffer.alloc(8);
  head.writeInt32BE(body.length + 8, 0);
  head.writeInt32BE(version, 4);
  return Buffer.concat([head, body]);
}

export { serialize };

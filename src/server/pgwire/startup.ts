import { SqlError } from '../../common/errors.ts';
import { FieldReader } from './frames.ts';
import { PROTOCOL_MAJOR, REQUEST } from './messages.ts';

/** What a connection's first message asks for. */
export type FirstMessage =
  | { readonly kind: 'encryption' }
  | { readonly kind: 'cancel'; readonly pid: number; readonly secret: number }
  | {
      readonly kind: 'startup';
      readonly parameters: ReadonlyMap<string, string>;
      /** Above 0: the client is told that we speak 3.0. */
      readonly minor: number;
      /** `_pq_.` options; we know none. */
      readonly unknownOptions: readonly string[];
    };

/** Errors: protocol_violation, feature_not_supported, invalid_authorization_specification. */
export function readFirstMessage(body: Buffer): FirstMessage {
  const fields = new FieldReader(body);
  const code = fields.uint32();
  switch (code) {
    case REQUEST.ssl:
    case REQUEST.gss:
      fields.end();
      return { kind: 'encryption' };
    case REQUEST.cancel: {
      const pid = fields.int32();
      const secret = fields.uint32();
      return { kind: 'cancel', pid, secret };
    }
    default:
  }
  const major = code >>> 16;
  const minor = code & 0xffff;
  if (major !== PROTOCOL_MAJOR) {
    throw new SqlError('feature_not_supported', `unsupported frontend protocol ${major}.${minor}: server supports 3.0 to 3.0`);
  }
  const parameters = new Map<string, string>();
  const unknownOptions: string[] = [];
  for (;;) {
    const name = fields.text();
    if (name === '') break;
    const value = fields.text();
    if (name.startsWith('_pq_.')) unknownOptions.push(name);
    else parameters.set(name, value);
  }
  if (!fields.done) throw new SqlError('protocol_violation', 'invalid startup packet layout: expected terminator as last byte');
  if ((parameters.get('user') ?? '') === '') {
    throw new SqlError('invalid_authorization_specification', 'no PostgreSQL user name specified in startup packet');
  }
  const replication = parameters.get('replication')?.toLowerCase();
  if (replication !== undefined && !['false', 'off', 'no', '0'].includes(replication)) {
    throw new SqlError('feature_not_supported', 'the replication protocol is not supported', { hint: 'Use SUBSCRIBE to follow changes.' });
  }
  return { kind: 'startup', parameters, minor, unknownOptions };
}

/** Settings out of the start-up parameters: those given by name and those of `options` (`-c name=value`, `--name=value`). */
export function sessionParameters(parameters: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const out = new Map<string, string>();
  for (const [name, value] of optionSettings(parameters.get('options') ?? '')) out.set(name, value);
  for (const [name, value] of parameters) if (!['user', 'database', 'options', 'replication'].includes(name)) out.set(name, value);
  return out;
}

function optionSettings(options: string): [string, string][] {
  // Words are separated by spaces; a backslash takes the next character as it is.
  const words = (options.match(/(?:\\.|[^\s\\])+/g) ?? []).map((w) => w.replaceAll(/\\(.)/g, '$1'));
  const out: [string, string][] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as string;
    const setting = word === '-c' ? words[++i] : word.startsWith('-c') ? word.slice(2) : word.startsWith('--') ? word.slice(2).replaceAll('-', '_') : undefined;
    const at = setting?.indexOf('=') ?? -1;
    if (setting === undefined || at < 1) throw new SqlError('invalid_parameter_value', `invalid command-line argument for server process: ${word}`, { hint: 'Write options as "-c name=value".' });
    out.push([setting.slice(0, at), setting.slice(at + 1)]);
  }
  return out;
}

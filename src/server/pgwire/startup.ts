import { SqlError } from '../../common/errors.ts';
import { FieldReader } from './frames.ts';
import { PROTOCOL_MAJOR, REQUEST } from './messages.ts';

/** What the first message of a connection asks for. */
export type FirstMessage =
  | { readonly kind: 'ssl' }
  | { readonly kind: 'gss' }
  | { readonly kind: 'cancel'; readonly processId: number; readonly secret: number }
  | { readonly kind: 'startup'; readonly minor: number; readonly parameters: ReadonlyMap<string, string>; /** `_pq_.` options. */ readonly protocolOptions: readonly string[] };

/** Errors: protocol_violation, feature_not_supported for other protocol versions. */
export function readFirstMessage(body: Buffer): FirstMessage {
  const reader = new FieldReader(body);
  const version = reader.int32();
  switch (version) {
    case REQUEST.ssl:
      return { kind: 'ssl' };
    case REQUEST.gss:
      return { kind: 'gss' };
    case REQUEST.cancel:
      return { kind: 'cancel', processId: reader.int32(), secret: reader.int32() };
  }
  const major = version >>> 16;
  if (major !== PROTOCOL_MAJOR) throw new SqlError('feature_not_supported', `unsupported frontend protocol ${major}.${version & 0xffff}: server supports 3.0 to 3.0`);
  const parameters = new Map<string, string>();
  const protocolOptions: string[] = [];
  for (;;) {
    const name = reader.text();
    if (name === '') break;
    const value = reader.text();
    if (name.startsWith('_pq_.')) protocolOptions.push(name);
    else parameters.set(name, value);
  }
  reader.end();
  return { kind: 'startup', minor: version & 0xffff, parameters, protocolOptions };
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

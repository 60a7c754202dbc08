import { SqlError, notSupported } from '../../common/errors.ts';
import type { ConnectionObject } from '../../catalog/objects.ts';
import type { AlterStatement } from '../../parser/ast-alter.ts';
import type { CreateOptionsObjectStatement } from '../../parser/ast-objects.ts';
import type { BoundAlter } from '../statement.ts';
import { givenOptions } from './definition.ts';
import type { QueryEnv } from './env.ts';

/** CREATE and ALTER CONNECTION. */

/** What Materialize and RisingWave write as TO KAFKA (BROKER 'a:9092'), in the words of WITH options. */
export function connectionOptions(env: QueryEnv, s: CreateOptionsObjectStatement): ReturnType<typeof givenOptions> {
  const given = givenOptions(env, s.options);
  if (s.target === null) return given;
  const words = TARGETS[s.target];
  if (words === undefined) throw notSupported(`a connection TO ${s.target.toUpperCase()}`, s.span, "Write CREATE CONNECTION c WITH ('type' = 'connector', 'option' = 'value').");
  const options: Record<string, string> = { type: s.target === 'kafka' ? 'kafka' : 'jdbc' };
  const rest = new Map<string, string>();
  for (const item of s.options) {
    const word = words[item.key];
    if (word === undefined) throw new SqlError('invalid_parameter_value', `unknown option "${item.key}" of a connection to ${s.target}`, { span: item.span, hint: `The options are ${Object.keys(words).join(', ')}.` });
    const value = given.options[item.key] ?? '';
    if (word.startsWith('#')) rest.set(word, value);
    else options[word] = value;
  }
  if (s.target === 'kafka') kafkaLogin(options, rest, s);
  else postgresUrl(options, rest, s);
  return { options, secrets: given.secrets };
}

const TARGETS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  kafka: {
    BROKER: 'properties.bootstrap.servers', BROKERS: 'properties.bootstrap.servers', 'SECURITY PROTOCOL': 'properties.security.protocol', 'SASL MECHANISMS': 'properties.sasl.mechanism',
    'SASL MECHANISM': 'properties.sasl.mechanism', 'SASL USERNAME': '#user', 'SASL PASSWORD': '#password',
  },
  postgres: { HOST: '#host', PORT: '#port', DATABASE: '#database', USER: 'username', PASSWORD: 'password' },
};

function kafkaLogin(options: Record<string, string>, rest: ReadonlyMap<string, string>, s: CreateOptionsObjectStatement): void {
  const [user, password] = [rest.get('#user'), rest.get('#password')];
  if (user === undefined && password === undefined) return;
  if (user === undefined || password === undefined) throw new SqlError('invalid_parameter_value', 'SASL USERNAME and SASL PASSWORD go together', { span: s.span });
  if (user.startsWith('secret:') || password.startsWith('secret:')) {
    throw notSupported('a secret as SASL USERNAME or PASSWORD', s.span, "Keep the whole login module in a secret: WITH ('type' = 'kafka', 'properties.sasl.jaas.config' = SECRET s).");
  }
  const quoted = (v: string): string => `"${v.replaceAll(/["\\]/g, '\\$&')}"`;
  options['properties.sasl.jaas.config'] = `org.apache.kafka.common.security.plain.PlainLoginModule required username=${quoted(user)} password=${quoted(password)};`;
}

function postgresUrl(options: Record<string, string>, rest: ReadonlyMap<string, string>, s: CreateOptionsObjectStatement): void {
  const host = rest.get('#host');
  if (host === undefined) throw new SqlError('invalid_parameter_value', 'option "HOST" is required', { span: s.span });
  options['url'] = `jdbc:postgresql://${host}:${rest.get('#port') ?? '5432'}/${rest.get('#database') ?? 'postgres'}`;
}

/** ALTER CONNECTION … SET, RESET. Undefined where it is about something else. */
export function alteredConnection(env: QueryEnv, found: ConnectionObject, s: AlterStatement, tag: string): BoundAlter | undefined {
  let { options, dependsOn } = found;
  for (const action of s.actions) {
    if (action.kind === 'setOptions') {
      const given = givenOptions(env, action.options.filter((o, i) => action.options.findLastIndex((p) => p.key === o.key) === i));
      options = { ...options, ...given.options };
      dependsOn = [...new Set([...dependsOn, ...given.secrets])];
    } else if (action.kind === 'resetOptions') {
      if (action.keys.length === 0) throw new SqlError('syntax_error', 'RESET needs the name of an option', { span: action.span });
      const { keys } = action;
      options = Object.fromEntries(Object.entries(options).filter(([k]) => !keys.includes(k)));
    } else return undefined;
  }
  return { kind: 'alter', tag, object: { ...found, options, dependsOn }, rewrite: null, rows: JSON.stringify(options) === JSON.stringify(found.options) ? 'same' : 'other', notices: [] };
}

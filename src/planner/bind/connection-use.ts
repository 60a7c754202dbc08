import { SqlError } from '../../common/errors.ts';
import type { ObjectId } from '../../common/ids.ts';
import type { ConnectionObject } from '../../catalog/objects.ts';
import type { Options } from '../../connectors/api.ts';
import type { OptionItem } from '../../parser/ast-objects.ts';
import { parseExpression } from '../../parser/parser.ts';
import type { QueryEnv } from './env.ts';

/**
 * Connections: options under a name, that tables and sinks take over by `'connection' = 'c'`. What a table says itself goes before.
 * `type` stands for the connector of tables that name none. A table keeps the name, not the options.
 */

interface Expanded {
  readonly options: Options;
  /** The connection, where one is named. */
  readonly uses: readonly ObjectId[];
}

/** Options with those of the connection they name. Errors: undefined_object. */
export function withConnection(env: QueryEnv, options: Options, at?: OptionItem): Expanded {
  const name = options['connection'];
  if (name === undefined) return { options, uses: [] };
  const found = connectionNamed(env, name, at);
  const { connection: _, ...own } = options;
  const { type, ...shared } = found.options;
  return { options: { ...(type === undefined ? {} : { connector: type }), ...shared, ...own }, uses: [found.id] };
}

function connectionNamed(env: QueryEnv, text: string, at?: OptionItem): ConnectionObject {
  const span = at?.valueSpan ?? { start: 0, end: 0 };
  const exact = env.cx.catalog.findConnection({ parts: [{ name: text, quoted: true, span }], span }, env.cx.scope);
  const found = exact ?? dotted(env, text);
  if (found !== undefined) return found;
  throw new SqlError('undefined_object', `connection "${text}" does not exist`, { span: at?.valueSpan, hint: 'SHOW CONNECTIONS lists those that are there.' });
}

function dotted(env: QueryEnv, text: string): ConnectionObject | undefined {
  let name;
  try {
    name = parseExpression(text);
  } catch (error) {
    if (error instanceof SqlError) return undefined;
    throw error;
  }
  return name.kind === 'name' ? env.cx.catalog.findConnection({ parts: name.parts, span: name.span }, env.cx.scope) : undefined;
}

import { SqlError } from '../../common/errors.ts';
import type { Span } from '../../common/span.ts';
import { nearest, parseDurationMs } from '../../connectors/options.ts';
import type { Hint } from '../../parser/ast-queries.ts';
import type { LookupHint } from '../logical.ts';

const RETRY = ['retry-predicate', 'retry-strategy', 'fixed-delay', 'max-attempts'] as const;
const KEYS: readonly string[] = ['table', 'async', 'output-mode', 'capacity', 'timeout', ...RETRY, 'shuffle'];

/** LOOKUP hints of a query block, by the name a table has in it. */
export class LookupHints {
  readonly #hints = new Map<string, LookupHint & { readonly table: string }>();
  readonly #used = new Set<string>();

  /** Errors: invalid_parameter_value for an unknown key or a value that doesn't fit. */
  constructor(hints: readonly Hint[]) {
    for (const hint of hints) {
      if (hint.name !== 'LOOKUP') continue;
      const made = lookupHint(hint);
      this.#hints.set(made.table.toLowerCase(), made);
    }
  }
  take(name: string): LookupHint | undefined {
    const found = this.#hints.get(name.toLowerCase());
    if (found !== undefined) this.#used.add(name.toLowerCase());
    return found;
  }
  /** Errors: undefined_table for a hint about a table that the block doesn't look up. */
  requireUsed(): void {
    for (const [name, { table, span }] of this.#hints) {
      if (this.#used.has(name)) continue;
      throw new SqlError('undefined_table', `hint LOOKUP names "${table}", which this query block does not join FOR SYSTEM_TIME AS OF`, { span, hint: 'Name the table as it is called in FROM: by the alias, where there is one.' });
    }
  }
}

function lookupHint(hint: Hint): LookupHint & { readonly table: string } {
  const { span } = hint;
  const given = new Map(hint.options.map(({ key, value }) => [key.toLowerCase(), value]));
  for (const key of given.keys()) {
    if (KEYS.includes(key)) continue;
    const near = nearest(key, KEYS);
    throw new SqlError('invalid_parameter_value', `unknown key "${key}" of hint LOOKUP`, { span, hint: near === undefined ? `The keys are ${KEYS.join(', ')}.` : `Perhaps you meant "${near}".` });
  }
  const table = given.get('table');
  if (table === undefined || hint.args.length > 0) throw new SqlError('invalid_parameter_value', 'hint LOOKUP needs the key "table"', { span, hint: "Write LOOKUP('table'='d', 'key'='value', …)." });
  const one = (key: string, ...values: readonly string[]): string | undefined => {
    const value = given.get(key);
    const found = values.find((v) => v === value?.trim().toLowerCase());
    if (value !== undefined && found === undefined) throw bad(key, value, values.join(' or '), span);
    return found;
  };
  const number = (key: string): number | undefined => {
    const value = given.get(key);
    if (value === undefined) return undefined;
    if (!/^\s*[1-9]\d{0,8}\s*$/.test(value)) throw bad(key, value, 'a positive integer', span);
    return Number(value);
  };
  const duration = (key: string): number | undefined => {
    const value = given.get(key);
    const ms = value === undefined ? undefined : parseDurationMs(value);
    if (value !== undefined && (ms === null || ms === 0)) throw bad(key, value, "a duration such as '10 s'", span);
    return ms ?? undefined;
  };
  one('retry-predicate', 'lookup_miss');
  one('retry-strategy', 'fixed_delay');
  const delayMs = duration('fixed-delay');
  const maxAttempts = number('max-attempts');
  const retried = RETRY.filter((k) => given.has(k));
  if (retried.length > 0 && retried.length < RETRY.length) throw new SqlError('invalid_parameter_value', `hint LOOKUP needs all of ${RETRY.join(', ')} or none`, { span });
  const isAsync = one('async', 'true', 'false');
  const mode = one('output-mode', 'ordered', 'allow_unordered');
  const capacity = number('capacity');
  const timeoutMs = duration('timeout');
  const shuffle = one('shuffle', 'true', 'false');
  return {
    table, span,
    ...(isAsync === undefined ? {} : { async: isAsync === 'true' }),
    ...(mode === undefined ? {} : { ordered: mode === 'ordered' }),
    ...(capacity === undefined ? {} : { capacity }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(delayMs === undefined || maxAttempts === undefined ? {} : { retryMiss: { delayMs, maxAttempts } }),
    ...(shuffle === undefined ? {} : { shuffle: shuffle === 'true' }),
  };
}

const bad = (key: string, value: string, want: string, span: Span): SqlError =>
  new SqlError('invalid_parameter_value', `invalid value for "${key}" of hint LOOKUP: "${value}"`, { span, hint: `It takes ${want}.` });

import { SqlError } from '../../common/errors.ts';
import { typeFromText } from '../../common/types/literal-type.ts';
import { castFunction } from '../casts.ts';
import { canCast } from '../types.ts';
import { call, testContext, textOf, typed } from '../testing.ts';

/** Expressions that PostgreSQL and we both compute. */

export type Arg = readonly [text: string | null, type: string];
export interface Case {
  readonly sql: string;
  readonly ours: () => string | null;
}

export const quote = (text: string): string => `'${text.replaceAll("'", "''")}'`;
export const sqlOf = ([text, type]: Arg): string => (text === null ? `null::${type}` : `${quote(text)}::${type}`);

/** One call in both systems; operators are written infix. */
export function callCase(name: string, ...args: Arg[]): Case {
  const operator = !/^[a-z_]/.test(name);
  const [a, b] = args.map(sqlOf);
  const expr = operator ? (b === undefined ? `${name} ${a}` : `${a} ${name} ${b}`) : `${name}(${args.map(sqlOf).join(', ')})`;
  return { sql: `(${expr})`, ours: () => textOf(call(name, args.map(([text, type]) => typed(text, type)))) };
}

/** The cast to text that shows PostgreSQL's answer takes the blanks off char(n). */
export const textCase = (text: string, type: string): Case => ({
  sql: `${quote(text)}::${type}`,
  ours: () => (type.startsWith('char') ? textOf(typed(text, type))?.trimEnd() : textOf(typed(text, type))) ?? null,
});

export function castCase(text: string, from: string, to: string): Case {
  return {
    sql: `${quote(text)}::${from}::${to}`,
    ours: () => {
      const value = typed(text, from);
      const type = typeFromText(to);
      if (!canCast(value.type, type, 'explicit')) throw new SqlError('cannot_coerce', `cannot cast type ${from} to ${to}`);
      return value.value === null ? null : textOf({ value: castFunction(value.type, type)(value.value, testContext), type });
    },
  };
}

/** Every operator on every pair; every function on every value. */
export const pairs = (list: readonly string[], type: string, names: readonly string[]): Case[] => names.flatMap((name) => list.flatMap((a) => list.map((b) => callCase(name, [a, type], [b, type]))));
export const unary = (names: readonly string[], list: readonly string[], type: string): Case[] => names.flatMap((n) => list.map((t) => callCase(n, [t, type])));

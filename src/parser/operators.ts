import type { TokenType } from 'chevrotain';
import * as T from './tokens.ts';

const { K } = T;

/** Binding powers, from PostgreSQL's table of operator precedence (its manual, section 4.1.6). */
export const POWER = {
  lowest: 1,
  or: 1,
  and: 2,
  not: 3,
  is: 4,
  comparison: 5,
  pattern: 6,
  other: 7,
  additive: 8,
  multiplicative: 9,
  exponent: 10,
  atTimeZone: 11,
  collate: 12,
  sign: 13,
  subscript: 14,
  cast: 15,
  field: 16,
} as const;

/** The power of a token that continues an expression. Those that need a second token are in `ExpressionParser.infixPower`. */
export const INFIX_POWER: ReadonlyMap<TokenType, number> = new Map<TokenType, number>([
  [K.OR, POWER.or],
  [K.AND, POWER.and],
  [K.IS, POWER.is],
  [K.ISNULL, POWER.is],
  [K.NOTNULL, POWER.is],
  [T.Lt, POWER.comparison],
  [T.Gt, POWER.comparison],
  [T.Le, POWER.comparison],
  [T.Ge, POWER.comparison],
  [T.Eq, POWER.comparison],
  [T.Ne, POWER.comparison],
  [K.BETWEEN, POWER.pattern],
  [K.IN, POWER.pattern],
  [K.LIKE, POWER.pattern],
  [K.ILIKE, POWER.pattern],
  [K.SIMILAR, POWER.pattern],
  [K.OVERLAPS, POWER.pattern],
  [T.Op, POWER.other],
  [T.Plus, POWER.additive],
  [T.Minus, POWER.additive],
  [T.Star, POWER.multiplicative],
  [T.Slash, POWER.multiplicative],
  [T.Percent, POWER.multiplicative],
  [T.Caret, POWER.exponent],
  [K.COLLATE, POWER.collate],
  [T.LBracket, POWER.subscript],
  [T.DoubleColon, POWER.cast],
  [T.Dot, POWER.field],
]);

/** `NOT` before one of these belongs to it: `a NOT IN (..)`. */
export const NEGATABLE: ReadonlySet<TokenType> = new Set([K.BETWEEN, K.IN, K.LIKE, K.ILIKE, K.SIMILAR]);

/** The power of a binary operator by its symbol, for the printer. */
export function operatorPower(symbol: string): number {
  const type = T.OPERATOR_TYPES.get(symbol);
  if (symbol === 'OVERLAPS') return POWER.pattern;
  return (type === undefined ? undefined : INFIX_POWER.get(type)) ?? POWER.other;
}

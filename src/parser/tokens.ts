import { createToken, type IToken, Lexer, type TokenType } from 'chevrotain';
import { FUNCTION_WORDS, type Keyword, RESERVED, UNRESERVED } from './keywords.ts';

/** A token with its decoded value: an identifier's name, a string's contents, a number's digits, a hint's text. */
export interface SqlToken extends IToken {
  readonly endOffset: number;
  readonly payload: string;
}

const token = (name: string, label: string, categories: TokenType[] = []): TokenType => createToken({ name, label, pattern: Lexer.NA, categories });

/** Any word at all: a label after AS, or a name after a dot. */
export const Word: TokenType = token('Word', 'name');
/** A word that can name a function or type. */
export const FunctionWord: TokenType = token('FunctionWord', 'name', [Word]);
/** A word that can name a column or table. */
export const Ident: TokenType = token('Ident', 'identifier', [FunctionWord]);

export const Name: TokenType = token('Name', 'identifier', [Ident]);
export const QuotedName: TokenType = token('QuotedName', 'identifier', [Ident]);
export const StringLit: TokenType = token('StringLit', 'string');
export const BytesLit: TokenType = token('BytesLit', 'string');
export const BitsLit: TokenType = token('BitsLit', 'string');
export const NumberLit: TokenType = token('NumberLit', 'number');
export const Param: TokenType = token('Param', 'parameter');
export const Hint: TokenType = token('Hint', 'hint');

/** Any operator: a symbol of its own or `Op`. */
export const AnyOp: TokenType = token('AnyOp', 'operator');
export const Op: TokenType = token('Op', 'operator', [AnyOp]);
export const Plus: TokenType = token('Plus', '+', [AnyOp]);
export const Minus: TokenType = token('MinusSign', '-', [AnyOp]);
export const Star: TokenType = token('Star', '*', [AnyOp]);
export const Slash: TokenType = token('Slash', '/', [AnyOp]);
export const Percent: TokenType = token('Percent', '%', [AnyOp]);
export const Caret: TokenType = token('Caret', '^', [AnyOp]);
export const Lt: TokenType = token('Lt', '<', [AnyOp]);
export const Gt: TokenType = token('Gt', '>', [AnyOp]);
export const Le: TokenType = token('Le', '<=', [AnyOp]);
export const Ge: TokenType = token('Ge', '>=', [AnyOp]);
export const Eq: TokenType = token('Eq', '=', [AnyOp]);
export const Ne: TokenType = token('Ne', '<>', [AnyOp]);

export const Arrow: TokenType = token('Arrow', '=>');
export const ColonEq: TokenType = token('ColonEq', ':=');
export const DoubleColon: TokenType = token('DoubleColon', '::');
export const Colon: TokenType = token('Colon', ':');
export const Dot: TokenType = token('Dot', '.');
export const Comma: TokenType = token('Comma', ',');
export const Semi: TokenType = token('Semi', ';');
export const LParen: TokenType = token('LParen', '(');
export const RParen: TokenType = token('RParen', ')');
export const LBracket: TokenType = token('LBracket', '[');
export const RBracket: TokenType = token('RBracket', ']');
export const LBrace: TokenType = token('LBrace', '{');
export const RBrace: TokenType = token('RBrace', '}');

const keywordTypes = new Map<string, TokenType>();
for (const word of RESERVED) keywordTypes.set(word, token(word, word, [Word]));
for (const word of FUNCTION_WORDS) keywordTypes.set(word, token(word, word, [FunctionWord]));
for (const word of UNRESERVED) keywordTypes.set(word, token(word, word, [Ident]));

/** The token type of each keyword. */
export const K: Readonly<Record<Keyword, TokenType>> = Object.fromEntries(keywordTypes) as Record<Keyword, TokenType>;

/** The keyword that `upperCaseWord` is, if it is one. */
export function keywordType(upperCaseWord: string): TokenType | undefined {
  return keywordTypes.get(upperCaseWord);
}

/** Symbols that are token types of their own. */
export const OPERATOR_TYPES: ReadonlyMap<string, TokenType> = new Map([
  ['+', Plus], ['-', Minus], ['*', Star], ['/', Slash], ['%', Percent], ['^', Caret],
  ['<', Lt], ['>', Gt], ['<=', Le], ['>=', Ge], ['=', Eq], ['<>', Ne], ['!=', Ne], ['=>', Arrow],
]);

export const VOCABULARY: TokenType[] = [
  Word, FunctionWord, Ident, Name, QuotedName, StringLit, BytesLit, BitsLit, NumberLit, Param, Hint,
  AnyOp, Op, Plus, Minus, Star, Slash, Percent, Caret, Lt, Gt, Le, Ge, Eq, Ne,
  Arrow, ColonEq, DoubleColon, Colon, Dot, Comma, Semi, LParen, RParen, LBracket, RBracket, LBrace, RBrace,
  ...keywordTypes.values(),
];

import { EmbeddedActionsParser, type IToken, type ParserMethod, type TokenType } from 'chevrotain';
import { SqlError } from '../common/errors.ts';
import type { Span } from '../common/span.ts';
import type { Identifier, ObjectName } from './ast.ts';
import * as T from './tokens.ts';

/** A grammar rule that takes arguments `A` and returns a node. */
export type Rule<R, A extends unknown[] = []> = ParserMethod<A, R>;

/** Nesting that a statement may have, counted with weights in `enter`; well inside what the stack of a thread holds. */
const NESTING_MAX = 256;
/** Operators in a row at one level (`1 + 1 + ...`): the tree leans left by one level for each. */
export const CHAIN_MAX = 2000;

/**
 * What all rules share: positions, peeking, names. Spans are taken from token positions alone, because while chevrotain
 * records the grammar the rules run once on empty nodes.
 *
 * Decisions need one token (`maxLookahead: 1`); where that is not enough, a GATE peeks. That keeps the analysis of the
 * grammar, and so the start of the process, short.
 */
export abstract class BaseParser extends EmbeddedActionsParser {
  private depth = 0;

  constructor(skipValidations: boolean) {
    super(T.VOCABULARY, { maxLookahead: 1, recoveryEnabled: false, skipValidations, errorMessageProvider: SILENT });
  }

  /** Forgets the nesting of a statement that failed. */
  protected restart(): void {
    this.depth = 0;
  }

  /** Enters a nested construct; every `enter` on the way of success has its `leave`. */
  protected enter(weight: number): void {
    this.depth += weight;
    if (this.depth > NESTING_MAX && !this.RECORDING_PHASE) throw tooComplex(this.span(this.here()));
  }

  protected leave(weight: number): void {
    this.depth -= weight;
  }

  /** Where the next token starts. */
  protected here(): number {
    return this.LA(1).startOffset;
  }

  /** From `start` to the end of the token last consumed. */
  protected span(start: number): Span {
    return { start, end: Math.max(start, (this.LA(0).endOffset ?? -1) + 1) };
  }

  /** True when the `k`-th token ahead is of exactly this type. */
  protected at(k: number, type: TokenType): boolean {
    return this.LA(k).tokenType === type;
  }

  /** True when the `k`-th token ahead is of one of these types. */
  protected atAny(k: number, types: ReadonlySet<TokenType>): boolean {
    return types.has(this.LA(k).tokenType);
  }

  /** True when the `k`-th token ahead can name a column or table. */
  protected atIdent(k: number): boolean {
    const type = this.LA(k).tokenType;
    return type.CATEGORIES?.includes(T.Ident) ?? false;
  }

  /** True when the `k`-th token ahead is this word, unquoted. `word` is upper case. */
  protected atWord(k: number, word: string): boolean {
    const token = this.LA(k);
    return token.tokenType !== T.QuotedName && token.tokenType !== T.StringLit && token.image.toUpperCase() === word;
  }

  /** True when `a.b.c(` is ahead. */
  protected atCall(): boolean {
    let k = 2;
    while (this.at(k, T.Dot)) k += 2;
    return this.at(k, T.LParen);
  }

  protected identifier: Rule<Identifier> = this.RULE('identifier', (): Identifier => toIdentifier(this.CONSUME(T.Ident)));

  protected functionWord: Rule<Identifier> = this.RULE('functionWord', (): Identifier => toIdentifier(this.CONSUME(T.FunctionWord)));

  /** Any word, reserved ones too: after AS and after a dot. */
  protected label: Rule<Identifier> = this.RULE('label', (): Identifier => toIdentifier(this.CONSUME(T.Word)));

  protected objectName: Rule<ObjectName> = this.RULE('objectName', (): ObjectName => {
    const start = this.here();
    const parts = [this.SUBRULE(this.identifier)];
    this.MANY(() => {
      this.CONSUME(T.Dot);
      parts.push(this.SUBRULE(this.label));
    });
    return { parts, span: this.span(start) };
  });

  protected objectNames: Rule<ObjectName[]> = this.RULE('objectNames', (): ObjectName[] => {
    const names: ObjectName[] = [];
    this.AT_LEAST_ONE_SEP({ SEP: T.Comma, DEF: () => names.push(this.SUBRULE(this.objectName)) });
    return names;
  });

  /** `(a, b)` */
  protected identifierList: Rule<Identifier[]> = this.RULE('identifierList', (): Identifier[] => {
    const names: Identifier[] = [];
    this.CONSUME(T.LParen);
    this.AT_LEAST_ONE_SEP({ SEP: T.Comma, DEF: () => names.push(this.SUBRULE(this.identifier)) });
    this.CONSUME(T.RParen);
    return names;
  });

  protected stringLiteral: Rule<string> = this.RULE('stringLiteral', (): string => payload(this.CONSUME(T.StringLit)));

  /** A non-negative integer that fits a length or a count. */
  protected integer: Rule<number> = this.RULE('integer', (): number => {
    const token = this.CONSUME(T.NumberLit);
    const text = payload(token);
    if (!this.RECORDING_PHASE && !/^\d{1,15}$/.test(text)) throw syntaxErrorAt(token);
    return Number(text);
  });

  protected cascade: Rule<'cascade' | 'restrict' | null> = this.RULE('cascade', () =>
    this.OPTION(() =>
      this.OR([
        { ALT: () => asConst(this.CONSUME(T.K.CASCADE), 'cascade') },
        { ALT: () => asConst(this.CONSUME(T.K.RESTRICT), 'restrict') },
      ]),
    ) ?? null);

  protected ifExists: Rule<boolean> = this.RULE('ifExists', (): boolean =>
    this.OPTION({
      GATE: () => this.at(2, T.K.EXISTS),
      DEF: () => {
        this.CONSUME(T.K.IF);
        this.CONSUME(T.K.EXISTS);
        return true;
      },
    }) ?? false);

  protected ifNotExists: Rule<boolean> = this.RULE('ifNotExists', (): boolean =>
    this.OPTION({
      GATE: () => this.at(2, T.K.NOT),
      DEF: () => {
        this.CONSUME(T.K.IF);
        this.CONSUME(T.K.NOT);
        this.CONSUME(T.K.EXISTS);
        return true;
      },
    }) ?? false);
}

/** Gives `value` its literal type, whatever was consumed for it. */
export function asConst<const V>(_consumed: unknown, value: V): V {
  return value;
}

/** The decoded value of a token; total, because while the grammar is recorded there is no token. */
export function payload(token: IToken): string {
  const value: unknown = token.payload;
  return typeof value === 'string' ? value : '';
}

export function toIdentifier(token: IToken): Identifier {
  return { name: payload(token), quoted: token.tokenType === T.QuotedName, span: tokenSpan(token) };
}

export function tokenSpan(token: IToken): Span {
  return { start: token.startOffset, end: (token.endOffset ?? token.startOffset) + 1 };
}

export function syntaxErrorAt(token: IToken, hint?: string): SqlError {
  return new SqlError('syntax_error', `syntax error at or near "${token.image}"`, { span: tokenSpan(token), hint });
}

export function tooComplex(span: Span | undefined): SqlError {
  return new SqlError('statement_too_complex', 'statement is nested too deeply', { span, hint: 'Split the statement, or define views for its parts.' });
}

/** Messages are made from the offending token alone, so chevrotain need not compose its own. */
const SILENT = {
  buildMismatchTokenMessage: (): string => 'mismatch',
  buildNotAllInputParsedMessage: (): string => 'redundant',
  buildNoViableAltMessage: (): string => 'no alternative',
  buildEarlyExitMessage: (): string => 'early exit',
};

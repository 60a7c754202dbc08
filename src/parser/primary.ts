import type { TokenType } from 'chevrotain';
import type { Expr, Identifier, IntervalQualifier, TypeName } from './ast.ts';
import { notSupported } from '../common/errors.ts';
import { asConst, payload, syntaxErrorAt, tokenSpan, type Rule, toIdentifier } from './base.ts';
import { callNode, plainTypeName } from './nodes.ts';
import { SpecialCallParser } from './special-calls.ts';
import * as T from './tokens.ts';

const { K } = T;

/** Words whose form with a parenthesis has a grammar of its own. */
const SPECIAL: ReadonlySet<TokenType> = new Set([
  K.EXTRACT, K.SUBSTRING, K.TRIM, K.POSITION, K.OVERLAY, K.FLOOR, K.CEIL, K.CEILING,
  K.JSON_VALUE, K.JSON_QUERY, K.JSON_EXISTS, K.JSON_OBJECT, K.JSON_ARRAY, K.JSON_OBJECTAGG, K.JSON_ARRAYAGG,
]);

/** Literals, names, parentheses, CASE, CAST and the constructors. */
export abstract class PrimaryParser extends SpecialCallParser {
  protected primary: Rule<Expr> = this.RULE('primary', (): Expr =>
    this.OR([
      { ALT: (): Expr => this.SUBRULE(this.literal) },
      { ALT: (): Expr => this.SUBRULE(this.parenthesised) },
      { ALT: (): Expr => this.SUBRULE(this.caseExpr) },
      { GATE: () => this.at(2, T.LParen), ALT: (): Expr => this.SUBRULE(this.cast) },
      { GATE: () => this.at(2, T.LBracket) || this.at(2, T.LParen), ALT: (): Expr => this.SUBRULE(this.array) },
      { GATE: () => !this.at(1, K.CURRENT_SCHEMA) || !this.at(2, T.LParen), ALT: (): Expr => this.SUBRULE(this.niladic) },
      {
        GATE: () => this.at(2, T.LParen),
        ALT: (): Expr => {
          const start = this.here();
          this.CONSUME(K.EXISTS);
          this.CONSUME(T.LParen);
          const query = this.SUBRULE(this.query);
          this.CONSUME(T.RParen);
          return { kind: 'exists', query, span: this.span(start) };
        },
      },
      {
        GATE: () => this.at(2, T.LParen),
        ALT: (): Expr => {
          const start = this.here();
          const items: Expr[] = [];
          this.CONSUME(K.ROW);
          this.CONSUME2(T.LParen);
          this.MANY_SEP({ SEP: T.Comma, DEF: () => items.push(this.SUBRULE(this.expr)) });
          this.CONSUME2(T.RParen);
          return { kind: 'row', items, explicit: true, span: this.span(start) };
        },
      },
      { GATE: () => this.at(2, T.LBracket), ALT: (): Expr => this.SUBRULE(this.map) },
      { GATE: () => this.atInterval(), ALT: (): Expr => this.SUBRULE(this.interval) },
      { GATE: () => this.atTimeLiteral(), ALT: (): Expr => this.SUBRULE(this.timeLiteral) },
      { GATE: () => this.at(2, T.LParen) && this.atAny(1, SPECIAL), ALT: (): Expr => this.SUBRULE(this.specialCall) },
      { ALT: (): Expr => this.SUBRULE(this.named) },
    ]));

  protected literal: Rule<Expr> = this.RULE('literal', (): Expr =>
    this.OR([
      {
        ALT: (): Expr => {
          const token = this.CONSUME(T.NumberLit);
          return { kind: 'number', text: payload(token), span: tokenSpan(token) };
        },
      },
      {
        ALT: (): Expr => {
          const token = this.CONSUME(T.StringLit);
          return { kind: 'string', value: payload(token), span: tokenSpan(token) };
        },
      },
      { ALT: (): Expr => ({ kind: 'null', span: tokenSpan(this.CONSUME(K.NULL)) }) },
      { ALT: (): Expr => ({ kind: 'boolean', value: true, span: tokenSpan(this.CONSUME(K.TRUE)) }) },
      { ALT: (): Expr => ({ kind: 'boolean', value: false, span: tokenSpan(this.CONSUME(K.FALSE)) }) },
      {
        ALT: (): Expr => {
          const token = this.CONSUME(T.Param);
          const index = Number(payload(token));
          if (!this.RECORDING_PHASE && (index < 1 || index > 65_535)) throw syntaxErrorAt(token);
          return { kind: 'param', index, span: tokenSpan(token) };
        },
      },
      {
        ALT: (): Expr => {
          const token = this.CONSUME(T.BytesLit);
          return { kind: 'bytes', hex: payload(token), span: tokenSpan(token) };
        },
      },
      {
        ALT: (): Expr => {
          const token = this.CONSUME(T.BitsLit);
          return { kind: 'bits', bits: payload(token), span: tokenSpan(token) };
        },
      },
      { ALT: (): Expr => ({ kind: 'default', span: tokenSpan(this.CONSUME(K.DEFAULT)) }) },
    ]));

  /** `(query)`, `(expr)` or a row `(a, b)`. */
  protected parenthesised: Rule<Expr> = this.RULE('parenthesised', (): Expr => {
    const start = this.here();
    this.CONSUME(T.LParen);
    this.enter(1);
    const inner = this.OR([
      {
        GATE: () => this.atQuery(1),
        ALT: (): Expr => {
          const query = this.SUBRULE(this.query);
          this.CONSUME(T.RParen);
          return { kind: 'subquery', query, span: this.span(start) };
        },
      },
      {
        ALT: (): Expr => {
          const items = this.SUBRULE(this.exprList);
          this.CONSUME2(T.RParen);
          const only = items[0];
          if (only !== undefined && items.length === 1) return only;
          return { kind: 'row', items, explicit: false, span: this.span(start) };
        },
      },
    ]);
    this.leave(1);
    return inner;
  });

  protected caseExpr: Rule<Expr> = this.RULE('caseExpr', (): Expr => {
    const start = this.here();
    const branches: { when: Expr; then: Expr }[] = [];
    this.CONSUME(K.CASE);
    const operand = this.OPTION(() => this.SUBRULE(this.expr)) ?? null;
    this.AT_LEAST_ONE(() => {
      this.CONSUME(K.WHEN);
      const whens = [this.SUBRULE2(this.expr)];
      // `CASE x WHEN 1, 2 THEN`, as Flink has it.
      this.MANY({
        GATE: () => operand !== null,
        DEF: () => {
          this.CONSUME(T.Comma);
          whens.push(this.SUBRULE5(this.expr));
        },
      });
      this.CONSUME(K.THEN);
      const then = this.SUBRULE3(this.expr);
      for (const when of whens) branches.push({ when, then });
    });
    const otherwise =
      this.OPTION2(() => {
        this.CONSUME(K.ELSE);
        return this.SUBRULE4(this.expr);
      }) ?? null;
    this.CONSUME(K.END);
    return { kind: 'case', operand, branches, otherwise, span: this.span(start) };
  });

  protected cast: Rule<Expr> = this.RULE('cast', (): Expr => {
    const start = this.here();
    const attempt = this.OR([{ ALT: () => asConst(this.CONSUME(K.CAST), false) }, { GATE: () => this.at(2, T.LParen), ALT: () => asConst(this.CONSUME(K.TRY_CAST), true) }]);
    this.CONSUME(T.LParen);
    const arg = this.SUBRULE(this.expr);
    this.CONSUME(K.AS);
    const type = this.SUBRULE(this.nullableType);
    this.CONSUME(T.RParen);
    return { kind: 'cast', arg, type, try: attempt, span: this.span(start) };
  });

  /** `ARRAY[..]`, `ARRAY(SELECT ..)`. */
  protected array: Rule<Expr> = this.RULE('array', (): Expr => {
    const start = this.here();
    this.CONSUME(K.ARRAY);
    return this.OR([
      { ALT: (): Expr => this.SUBRULE(this.arrayItems, { ARGS: [start] }) },
      {
        ALT: (): Expr => {
          this.CONSUME(T.LParen);
          const query = this.SUBRULE(this.query);
          this.CONSUME(T.RParen);
          return { kind: 'arrayQuery', query, span: this.span(start) };
        },
      },
    ]);
  });

  /** `[a, b]`, or rows of them: `[[1, 2], [3, 4]]`. */
  protected arrayItems: Rule<Expr, [start: number]> = this.RULE('arrayItems', (start: number): Expr => {
    this.enter(1);
    const items: Expr[] = [];
    this.CONSUME(T.LBracket);
    this.MANY_SEP({
      SEP: T.Comma,
      DEF: () => {
        const item = this.OR([
          { ALT: (): Expr => this.SUBRULE(this.arrayItems, { ARGS: [this.here()] }) },
          { ALT: (): Expr => this.SUBRULE(this.expr) },
        ]);
        items.push(item);
      },
    });
    this.CONSUME(T.RBracket);
    this.leave(1);
    return { kind: 'array', items, span: this.span(start) };
  });

  /** `MAP[k, v, ..]`; with one element it is a subscript of a column named `map`. */
  protected map: Rule<Expr> = this.RULE('map', (): Expr => {
    const start = this.here();
    const word = this.CONSUME(K.MAP);
    const items: Expr[] = [];
    this.CONSUME(T.LBracket);
    this.MANY_SEP({ SEP: T.Comma, DEF: () => items.push(this.SUBRULE(this.expr)) });
    const close = this.CONSUME(T.RBracket);
    const span = this.span(start);
    const [index] = items;
    if (index !== undefined && items.length === 1) {
      return { kind: 'subscript', base: { kind: 'name', parts: [toIdentifier(word)], span: tokenSpan(word) }, index, span };
    }
    if (items.length % 2 !== 0 && !this.RECORDING_PHASE) throw syntaxErrorAt(close, 'MAP[...] takes keys and values by turns.');
    const entries: { key: Expr; value: Expr }[] = [];
    for (let i = 0; i + 1 < items.length; i += 2) {
      const [key, value] = [items[i], items[i + 1]];
      if (key !== undefined && value !== undefined) entries.push({ key, value });
    }
    return { kind: 'map', entries, span };
  });

  /** Functions that SQL calls without parentheses. */
  protected niladic: Rule<Expr> = this.RULE('niladic', (): Expr => {
    const token = this.OR([
      { ALT: () => this.CONSUME(K.CURRENT_DATE) },
      { ALT: () => this.CONSUME(K.CURRENT_TIME) },
      { ALT: () => this.CONSUME(K.CURRENT_TIMESTAMP) },
      { ALT: () => this.CONSUME(K.CURRENT_USER) },
      { ALT: () => this.CONSUME(K.CURRENT_ROLE) },
      { ALT: () => this.CONSUME(K.CURRENT_CATALOG) },
      { GATE: () => !this.at(2, T.LParen), ALT: () => this.CONSUME(K.CURRENT_SCHEMA) },
      { ALT: () => this.CONSUME(K.LOCALTIME) },
      { ALT: () => this.CONSUME(K.LOCALTIMESTAMP) },
      { ALT: () => this.CONSUME(K.SESSION_USER) },
      { ALT: () => this.CONSUME(K.USER) },
    ]);
    // `CURRENT_TIMESTAMP(3)`, and Flink's `CURRENT_DATE()` is not SQL.
    const args: Expr[] = [];
    this.OPTION({
      GATE: () => this.at(2, T.NumberLit),
      DEF: () => {
        this.CONSUME(T.LParen);
        args.push(this.SUBRULE(this.literal));
        this.CONSUME(T.RParen);
      },
    });
    const name = toIdentifier(token);
    const span = this.span(token.startOffset);
    return callNode({ name: { parts: [name], span: name.span }, args: args.map((value) => ({ name: null, value })), niladic: args.length === 0, span });
  });

  /** A column path, `t.*`, a call, or a constant of a named type (`int4 '42'`). */
  protected named: Rule<Expr> = this.RULE('named', (): Expr => {
    const start = this.here();
    const first = this.CONSUME(T.FunctionWord);
    if (!this.RECORDING_PHASE && !(first.tokenType.CATEGORIES?.includes(T.Ident) ?? false) && !this.at(1, T.LParen)) throw syntaxErrorAt(first);
    const parts: Identifier[] = [toIdentifier(first)];
    this.MANY({
      GATE: () => !this.at(2, T.Star),
      DEF: () => {
        this.CONSUME(T.Dot);
        parts.push(this.SUBRULE(this.label));
      },
    });
    // `double precision '1.5'`: the one type of two words.
    this.OPTION2({
      GATE: () => first.image.toUpperCase() === 'DOUBLE' && parts.length === 1 && this.atWord(1, 'PRECISION') && this.at(2, T.StringLit),
      DEF: () => {
        const word = this.CONSUME(T.Ident);
        if (!this.RECORDING_PHASE) parts[0] = { ...toIdentifier(first), name: `double ${word.image.toLowerCase()}`, span: this.span(start) };
      },
    });
    const name = { parts, span: this.span(start) };
    return (
      this.OPTION(() =>
        this.OR([
          { ALT: (): Expr => this.SUBRULE(this.callTail, { ARGS: [name, start] }) },
          {
            ALT: (): Expr => {
              this.CONSUME2(T.Dot);
              this.CONSUME(T.Star);
              return { kind: 'star', qualifier: { kind: 'name', ...name }, span: this.span(start) };
            },
          },
          {
            ALT: (): Expr => {
              const value = payload(this.CONSUME(T.StringLit));
              const last = parts.at(-1) ?? toIdentifier(first);
              const type: TypeName = { ...plainTypeName(last), schema: parts.at(-2) ?? null, span: name.span };
              return { kind: 'typedLiteral', type, value, span: this.span(start) };
            },
          },
        ]),
      ) ?? { kind: 'name', parts, span: name.span }
    );
  });

  private atInterval(): boolean {
    const after = this.at(2, T.LParen) && this.at(3, T.NumberLit) && this.at(4, T.RParen) ? 5 : 2;
    return this.at(1, K.INTERVAL) && (this.at(after, T.StringLit) || ((this.at(after, T.Minus) || this.at(after, T.Plus)) && this.at(after + 1, T.StringLit)));
  }

  protected interval: Rule<Expr> = this.RULE('interval', (): Expr => {
    const start = this.here();
    this.CONSUME(K.INTERVAL);
    if (this.at(1, T.LParen)) throw notSupported('INTERVAL with a precision', this.span(start), 'Write the precision after SECOND.');
    const negative = this.OPTION2(() => this.OR([{ ALT: () => asConst(this.CONSUME(T.Minus), true) }, { ALT: () => asConst(this.CONSUME(T.Plus), false) }])) ?? false;
    const value = payload(this.CONSUME(T.StringLit));
    const qualifier: IntervalQualifier | null = this.OPTION3({ GATE: () => this.atTimeUnit(1), DEF: () => this.SUBRULE(this.intervalQualifier) }) ?? null;
    return { kind: 'interval', value, negative, qualifier, span: this.span(start) };
  });

  private atTimeLiteral(): boolean {
    const after = this.at(2, T.LParen) && this.at(3, T.NumberLit) && this.at(4, T.RParen) ? 5 : 2;
    return this.at(after, T.StringLit) || ((this.at(after, K.WITH) || this.at(after, K.WITHOUT)) && (this.at(after + 1, K.TIME) || this.at(after + 1, K.LOCAL)));
  }

  /** `TIMESTAMP(3) WITH TIME ZONE '...'`, `TIME '...'`. */
  protected timeLiteral: Rule<Expr> = this.RULE('timeLiteral', (): Expr => {
    const start = this.here();
    const found = this.SUBRULE(this.timeType);
    const type: TypeName = { ...plainTypeName(null), ...found, span: this.span(start) };
    const value = this.SUBRULE(this.stringLiteral);
    return { kind: 'typedLiteral', type, value, span: this.span(start) };
  });
}

import type { TokenType } from 'chevrotain';
import type { Expr, IsTest, Operator, QuantifiedExpr } from './ast.ts';
import type { Query } from './ast-queries.ts';
import { asConst, type Rule } from './base.ts';
import { POWER } from './operators.ts';
import * as T from './tokens.ts';
import { TypeParser } from './types.ts';

const { K } = T;

/** Quantifiers that follow an operator. */
const QUANTIFIERS: ReadonlySet<TokenType> = new Set([K.ANY, K.SOME, K.ALL]);

type QuantifiedOperand = Pick<QuantifiedExpr, 'array' | 'query'>;

/** What may follow an expression to make a condition of it: IS, IN, BETWEEN, LIKE, ANY. */
export abstract class PredicateParser extends TypeParser {
  protected abstract readonly query: Rule<Query>;
  protected abstract readonly expr: Rule<Expr, [min?: number]>;
  protected abstract readonly exprList: Rule<Expr[]>;

  protected isTail: Rule<Expr, [left: Expr, start: number]> = this.RULE('isTail', (left: Expr, start: number): Expr =>
    this.OR([
      {
        ALT: (): Expr => {
          this.CONSUME(K.ISNULL);
          return { kind: 'is', arg: left, test: 'null', negated: false, span: this.span(start) };
        },
      },
      {
        ALT: (): Expr => {
          this.CONSUME(K.NOTNULL);
          return { kind: 'is', arg: left, test: 'null', negated: true, span: this.span(start) };
        },
      },
      {
        ALT: (): Expr => {
          this.CONSUME(K.IS);
          const negated = this.OPTION(() => asConst(this.CONSUME(K.NOT), true)) ?? false;
          return this.OR2([
            {
              ALT: (): Expr => {
                this.CONSUME(K.DISTINCT);
                this.CONSUME(K.FROM);
                const right = this.SUBRULE(this.expr, { ARGS: [POWER.comparison] });
                return { kind: 'isDistinct', left, right, negated, span: this.span(start) };
              },
            },
            {
              ALT: (): Expr => {
                const test = this.SUBRULE(this.isTest);
                return { kind: 'is', arg: left, test, negated, span: this.span(start) };
              },
            },
          ]);
        },
      },
    ]));

  protected isTest: Rule<IsTest> = this.RULE('isTest', (): IsTest =>
    this.OR([
      { ALT: (): IsTest => asConst(this.CONSUME(K.NULL), 'null') },
      { ALT: (): IsTest => asConst(this.CONSUME(K.TRUE), 'true') },
      { ALT: (): IsTest => asConst(this.CONSUME(K.FALSE), 'false') },
      { ALT: (): IsTest => asConst(this.CONSUME(K.UNKNOWN), 'unknown') },
      {
        ALT: (): IsTest => {
          this.CONSUME(K.JSON);
          return (
            this.OPTION(() =>
              this.OR2([
                { ALT: (): IsTest => asConst(this.CONSUME(K.VALUE), 'json value') },
                { ALT: (): IsTest => asConst(this.CONSUME(K.SCALAR), 'json scalar') },
                { ALT: (): IsTest => asConst(this.CONSUME(K.ARRAY), 'json array') },
                { ALT: (): IsTest => asConst(this.CONSUME(K.OBJECT), 'json object') },
              ]),
            ) ?? 'json'
          );
        },
      },
    ]));

  /** `[NOT] IN`, `BETWEEN`, `LIKE`, and `OVERLAPS`. */
  protected patternTail: Rule<Expr, [left: Expr, start: number]> = this.RULE('patternTail', (left: Expr, start: number): Expr => {
    const negated = this.OPTION(() => asConst(this.CONSUME(K.NOT), true)) ?? false;
    return this.OR([
      { ALT: (): Expr => this.SUBRULE(this.inTail, { ARGS: [left, start, negated] }) },
      {
        ALT: (): Expr => {
          this.CONSUME(K.BETWEEN);
          const symmetric =
            this.OPTION2(() =>
              this.OR2([{ ALT: () => asConst(this.CONSUME(K.SYMMETRIC), true) }, { ALT: () => asConst(this.CONSUME(K.ASYMMETRIC), false) }]),
            ) ?? false;
          const low = this.SUBRULE(this.expr, { ARGS: [POWER.other] });
          this.CONSUME(K.AND);
          const high = this.SUBRULE2(this.expr, { ARGS: [POWER.other] });
          return { kind: 'between', arg: left, low, high, symmetric, negated, span: this.span(start) };
        },
      },
      { ALT: (): Expr => this.SUBRULE(this.likeTail, { ARGS: [left, start, negated] }) },
      {
        GATE: () => !negated,
        ALT: (): Expr => {
          const at = this.here();
          this.CONSUME(K.OVERLAPS);
          const operator: Operator = { symbol: 'OVERLAPS', schema: null, span: this.span(at) };
          const right = this.SUBRULE3(this.expr, { ARGS: [POWER.other] });
          return { kind: 'binary', operator, left, right, span: this.span(start) };
        },
      },
    ]);
  });

  protected inTail: Rule<Expr, [left: Expr, start: number, negated: boolean]> = this.RULE('inTail', (left: Expr, start: number, negated: boolean): Expr => {
    this.CONSUME(K.IN);
    this.CONSUME(T.LParen);
    const expr = this.OR([
      {
        GATE: () => this.atQuery(1),
        ALT: (): Expr => {
          const query = this.SUBRULE(this.query);
          return { kind: 'inQuery', arg: left, query, negated, span: this.span(start) };
        },
      },
      {
        ALT: (): Expr => {
          const list = this.SUBRULE(this.exprList);
          return { kind: 'inList', arg: left, list, negated, span: this.span(start) };
        },
      },
    ]);
    this.CONSUME(T.RParen);
    return { ...expr, span: this.span(start) };
  });

  protected likeTail: Rule<Expr, [left: Expr, start: number, negated: boolean]> = this.RULE('likeTail', (left: Expr, start: number, negated: boolean): Expr => {
    const at = this.here();
    const operator = this.OR([
      { ALT: () => asConst(this.CONSUME(K.LIKE), 'like') },
      { ALT: () => asConst(this.CONSUME(K.ILIKE), 'ilike') },
      {
        ALT: () => {
          this.CONSUME(K.SIMILAR);
          this.CONSUME(K.TO);
          return asConst(null, 'similar');
        },
      },
    ]);
    const symbol: Operator = { symbol: `${negated ? '!' : ''}~~${operator === 'ilike' ? '*' : ''}`, schema: null, span: this.span(at) };
    return this.OR2([
      {
        GATE: () => operator !== 'similar' && this.atQuantifier(),
        ALT: (): Expr => this.SUBRULE(this.quantified, { ARGS: [left, symbol, start] }),
      },
      {
        ALT: (): Expr => {
          const pattern = this.SUBRULE(this.expr, { ARGS: [POWER.other] });
          const escape =
            this.OPTION(() => {
              this.CONSUME(K.ESCAPE);
              return this.SUBRULE2(this.expr, { ARGS: [POWER.other] });
            }) ?? null;
          return { kind: 'like', operator, arg: left, pattern, escape, negated, span: this.span(start) };
        },
      },
    ]);
  });

  protected atQuantifier(): boolean {
    return this.atAny(1, QUANTIFIERS) && this.at(2, T.LParen);
  }

  /** `ANY (array)`, `ALL (SELECT ..)` */
  protected quantified: Rule<Expr, [left: Expr, operator: Operator, start: number]> = this.RULE('quantified', (left: Expr, operator: Operator, start: number): Expr => {
    const quantifier = this.OR([
      { ALT: () => asConst(this.CONSUME(K.ANY), 'any') },
      { ALT: () => asConst(this.CONSUME(K.SOME), 'any') },
      { ALT: () => asConst(this.CONSUME(K.ALL), 'all') },
    ]);
    this.CONSUME(T.LParen);
    const operand = this.OR2([
      { GATE: () => this.atQuery(1), ALT: (): QuantifiedOperand => ({ array: null, query: this.SUBRULE(this.query) }) },
      { ALT: (): QuantifiedOperand => ({ array: this.SUBRULE(this.expr), query: null }) },
    ]);
    this.CONSUME(T.RParen);
    return { kind: 'quantified', operator, quantifier, arg: left, ...operand, span: this.span(start) };
  });

  /**
   * True when a query starts at the `k`-th token ahead, which follows an opening parenthesis. `((SELECT 1) + 1)` is an
   * expression, so what follows the inner query's parenthesis decides.
   */
  protected atQuery(k: number): boolean {
    let first = k;
    while (this.at(first, T.LParen)) first++;
    const starts = this.at(first, K.SELECT) || this.at(first, K.WITH) || (this.at(first, K.TABLE) && this.atIdent(first + 1)) || (this.at(first, K.VALUES) && (this.at(first + 1, T.LParen) || this.at(first + 1, K.ROW)));
    if (!starts || first === k) return starts;
    // Each parenthesis between must close on a query, whose next token is another close or a clause of a query.
    let at = first;
    for (let open = first - k; open > 0; open--) {
      at = this.skipToClose(at) + 1;
      if (this.at(at, T.RParen) || this.LA(at).tokenType.name === 'EOF') continue;
      return this.atAny(at, AFTER_QUERY);
    }
    return true;
  }

  /** The distance of the parenthesis that closes the group holding the `k`-th token. */
  private skipToClose(k: number): number {
    let depth = 0;
    for (let at = k; ; at++) {
      const type = this.LA(at).tokenType;
      if (type === T.LParen) depth++;
      else if (type.name === 'EOF' || (type === T.RParen && depth-- === 0)) return at;
    }
  }
}

const AFTER_QUERY: ReadonlySet<TokenType> = new Set([K.UNION, K.INTERSECT, K.EXCEPT, K.MINUS, K.ORDER, K.LIMIT, K.OFFSET, K.FETCH, K.EMIT, K.FOR]);

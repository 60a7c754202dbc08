import type { TokenType } from 'chevrotain';
import type { Expr, Identifier, IsTest, NameExpr, Operator, OrderItem, QuantifiedExpr, Query } from './ast.ts';
import { asConst, CHAIN_MAX, payload, type Rule, tooComplex } from './base.ts';
import { INFIX_POWER, NEGATABLE, POWER } from './operators.ts';
import * as T from './tokens.ts';
import { TypeParser } from './types.ts';

const { K } = T;

/** Quantifiers that follow an operator. */
const QUANTIFIERS: ReadonlySet<TokenType> = new Set([K.ANY, K.SOME, K.ALL]);

type QuantifiedOperand = Pick<QuantifiedExpr, 'array' | 'query'>;

/**
 * Expressions by precedence climbing: `expr(min)` reads a prefix and then every infix of at least power `min`.
 * Prefixes are `primary` (see `primary.ts`); here are the operators.
 */
export abstract class ExpressionParser extends TypeParser {
  protected abstract readonly query: Rule<Query>;
  protected abstract readonly primary: Rule<Expr>;

  protected expr: Rule<Expr, [min?: number]> = this.RULE('expr', (min: number = POWER.lowest): Expr => {
    this.enter(1);
    const start = this.here();
    let left = this.SUBRULE(this.prefix);
    // Comparisons and patterns do not associate: `a < b < c` is an error at the second `<`.
    let previous = 0;
    let links = 0;
    this.MANY({
      GATE: () => {
        const power = this.infixPower();
        return power >= min && !(power === previous && (power === POWER.comparison || power === POWER.pattern));
      },
      DEF: () => {
        if (++links > CHAIN_MAX) throw tooComplex(this.span(start));
        previous = this.infixPower();
        left = this.SUBRULE(this.infix, { ARGS: [left, start, previous] });
      },
    });
    this.leave(1);
    return left;
  });

  protected exprList: Rule<Expr[]> = this.RULE('exprList', (): Expr[] => {
    const list: Expr[] = [];
    this.AT_LEAST_ONE_SEP({ SEP: T.Comma, DEF: () => list.push(this.SUBRULE(this.expr)) });
    return list;
  });

  protected orderItem: Rule<OrderItem> = this.RULE('orderItem', (): OrderItem => {
    const start = this.here();
    const expr = this.SUBRULE(this.expr);
    const direction =
      this.OPTION(() =>
        this.OR([{ ALT: () => asConst(this.CONSUME(K.ASC), 'asc') }, { ALT: () => asConst(this.CONSUME(K.DESC), 'desc') }]),
      ) ?? null;
    const nulls =
      this.OPTION2(() => {
        this.CONSUME(K.NULLS);
        return this.OR2([{ ALT: () => asConst(this.CONSUME(K.FIRST), 'first') }, { ALT: () => asConst(this.CONSUME(K.LAST), 'last') }]);
      }) ?? null;
    return { expr, direction, nulls, span: this.span(start) };
  });

  /** `ORDER BY a, b` */
  protected orderBy: Rule<OrderItem[]> = this.RULE('orderBy', (): OrderItem[] => {
    const items: OrderItem[] = [];
    this.CONSUME(K.ORDER);
    this.CONSUME(K.BY);
    this.AT_LEAST_ONE_SEP({ SEP: T.Comma, DEF: () => items.push(this.SUBRULE(this.orderItem)) });
    return items;
  });

  protected prefix: Rule<Expr> = this.RULE('prefix', (): Expr => {
    const start = this.here();
    return this.OR([
      {
        ALT: (): Expr => {
          this.CONSUME(K.NOT);
          const arg = this.SUBRULE(this.expr, { ARGS: [POWER.not] });
          return { kind: 'not', arg, span: this.span(start) };
        },
      },
      {
        ALT: (): Expr => {
          const sign = this.at(1, T.Minus) || this.at(1, T.Plus);
          const token = this.OR2([{ ALT: () => this.CONSUME(T.Minus) }, { ALT: () => this.CONSUME(T.Plus) }, { ALT: () => this.CONSUME(T.Op) }]);
          const operator: Operator = { symbol: payload(token), schema: null, span: this.span(start) };
          const arg = this.SUBRULE2(this.expr, { ARGS: [sign ? POWER.sign : POWER.other + 1] });
          return { kind: 'unary', operator, arg, span: this.span(start) };
        },
      },
      {
        GATE: () => this.at(2, T.LParen) && this.at(1, K.OPERATOR),
        ALT: (): Expr => {
          const operator = this.SUBRULE(this.qualifiedOperator);
          const arg = this.SUBRULE3(this.expr, { ARGS: [POWER.other + 1] });
          return { kind: 'unary', operator, arg, span: this.span(start) };
        },
      },
      { ALT: () => this.SUBRULE(this.primary) },
    ]);
  });

  /** The power of what follows, or 0 when it does not continue an expression. */
  protected infixPower(): number {
    const type = this.LA(1).tokenType;
    if (type === K.NOT) return this.atAny(2, NEGATABLE) ? POWER.pattern : 0;
    if (type === K.AT) return this.at(2, K.TIME) || this.at(2, K.LOCAL) ? POWER.atTimeZone : 0;
    if (type === K.OPERATOR) return this.at(2, T.LParen) ? POWER.other : 0;
    if (type === T.Op && this.LA(1).image === '..') return 0;
    return INFIX_POWER.get(type) ?? 0;
  }

  protected infix: Rule<Expr, [left: Expr, start: number, power: number]> = this.RULE('infix', (left: Expr, start: number, power: number): Expr =>
    this.OR([
      { ALT: (): Expr => this.SUBRULE(this.logicalTail, { ARGS: [left, start] }) },
      { ALT: (): Expr => this.SUBRULE(this.isTail, { ARGS: [left, start] }) },
      { ALT: (): Expr => this.SUBRULE(this.patternTail, { ARGS: [left, start] }) },
      {
        GATE: () => this.infixPower() !== POWER.atTimeZone,
        ALT: (): Expr => this.SUBRULE(this.operatorTail, { ARGS: [left, start, power] }),
      },
      {
        ALT: (): Expr => {
          this.CONSUME(K.AT);
          const zone = this.OR2([
            { ALT: () => asConst(this.CONSUME(K.LOCAL), null) },
            {
              ALT: () => {
                this.CONSUME(K.TIME);
                this.CONSUME(K.ZONE);
                return this.SUBRULE(this.expr, { ARGS: [POWER.atTimeZone + 1] });
              },
            },
          ]);
          return { kind: 'atTimeZone', arg: left, zone, span: this.span(start) };
        },
      },
      {
        ALT: (): Expr => {
          this.CONSUME(K.COLLATE);
          const collation = this.SUBRULE(this.objectName);
          return { kind: 'collate', arg: left, collation, span: this.span(start) };
        },
      },
      { ALT: (): Expr => this.SUBRULE(this.subscriptTail, { ARGS: [left, start] }) },
      {
        ALT: (): Expr => {
          this.CONSUME(T.DoubleColon);
          const type = this.SUBRULE(this.typeName);
          return { kind: 'cast', arg: left, type, try: false, span: this.span(start) };
        },
      },
      {
        ALT: (): Expr => {
          this.CONSUME(T.Dot);
          return this.OR3([
            {
              ALT: (): Expr => {
                this.CONSUME(T.Star);
                return { kind: 'star', qualifier: left, span: this.span(start) };
              },
            },
            {
              ALT: (): Expr => {
                const field = this.SUBRULE(this.label);
                return { kind: 'field', base: left, field, span: this.span(start) };
              },
            },
          ]);
        },
      },
    ]));

  /** A chain of one connective is one node. */
  protected logicalTail: Rule<Expr, [left: Expr, start: number]> = this.RULE('logicalTail', (left: Expr, start: number): Expr => {
    const args = [left];
    return this.OR([
      {
        ALT: (): Expr => {
          this.AT_LEAST_ONE(() => {
            this.CONSUME(K.OR);
            args.push(this.SUBRULE(this.expr, { ARGS: [POWER.and] }));
          });
          return { kind: 'or', args, span: this.span(start) };
        },
      },
      {
        ALT: (): Expr => {
          this.AT_LEAST_ONE2(() => {
            this.CONSUME(K.AND);
            args.push(this.SUBRULE2(this.expr, { ARGS: [POWER.not] }));
          });
          return { kind: 'and', args, span: this.span(start) };
        },
      },
    ]);
  });

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

  protected operatorTail: Rule<Expr, [left: Expr, start: number, power: number]> = this.RULE('operatorTail', (left: Expr, start: number, power: number): Expr => {
    const operator = this.SUBRULE(this.operator);
    return this.OR([
      { GATE: () => this.atQuantifier(), ALT: (): Expr => this.SUBRULE(this.quantified, { ARGS: [left, operator, start] }) },
      {
        ALT: (): Expr => {
          const right = this.SUBRULE(this.expr, { ARGS: [power + 1] });
          return { kind: 'binary', operator, left, right, span: this.span(start) };
        },
      },
    ]);
  });

  protected operator: Rule<Operator> = this.RULE('operator', (): Operator => {
    const start = this.here();
    return this.OR([
      {
        ALT: (): Operator => {
          const token = this.CONSUME(T.AnyOp);
          return { symbol: payload(token), schema: null, span: this.span(start) };
        },
      },
      { ALT: (): Operator => this.SUBRULE(this.qualifiedOperator) },
    ]);
  });

  /** `OPERATOR(pg_catalog.~)` */
  protected qualifiedOperator: Rule<Operator> = this.RULE('qualifiedOperator', (): Operator => {
    const start = this.here();
    let schema: Identifier | null = null;
    this.CONSUME(K.OPERATOR);
    this.CONSUME(T.LParen);
    this.MANY(() => {
      schema = this.SUBRULE(this.identifier);
      this.CONSUME(T.Dot);
    });
    const token = this.CONSUME(T.AnyOp);
    this.CONSUME(T.RParen);
    return { symbol: payload(token), schema, span: this.span(start) };
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

  /** `[i]`, `[a:b]` */
  protected subscriptTail: Rule<Expr, [left: Expr, start: number]> = this.RULE('subscriptTail', (left: Expr, start: number): Expr => {
    this.CONSUME(T.LBracket);
    const lower = this.OPTION({ GATE: () => !this.at(1, T.Colon), DEF: () => this.SUBRULE(this.expr) }) ?? null;
    const slice = this.OPTION2(() => {
      this.CONSUME(T.Colon);
      return { upper: this.OPTION3(() => this.SUBRULE2(this.expr)) ?? null };
    });
    // A subscript without a slice must have its index: this fails at the closing bracket.
    if (lower === null && slice === undefined) this.CONSUME(T.NumberLit);
    this.CONSUME(T.RBracket);
    const span = this.span(start);
    if (slice !== undefined) return { kind: 'slice', base: left, lower, upper: slice.upper, span };
    return lower === null ? left : { kind: 'subscript', base: left, index: lower, span };
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

  /** `a.b.c` without a call. */
  protected path(parts: readonly Identifier[], start: number): NameExpr {
    return { kind: 'name', parts, span: this.span(start) };
  }
}

const AFTER_QUERY: ReadonlySet<TokenType> = new Set([K.UNION, K.INTERSECT, K.EXCEPT, K.MINUS, K.ORDER, K.LIMIT, K.OFFSET, K.FETCH, K.EMIT, K.FOR]);

import type { Expr, Identifier, Operator } from './ast.ts';
import type { OrderItem } from './ast-queries.ts';
import { asConst, CHAIN_MAX, payload, type Rule, tooComplex } from './base.ts';
import { INFIX_POWER, NEGATABLE, POWER } from './operators.ts';
import { PredicateParser } from './predicates.ts';
import * as T from './tokens.ts';

const { K } = T;

/**
 * Expressions by precedence climbing: `expr(min)` reads a prefix and then every infix of at least power `min`.
 * Prefixes are `primary` (see `primary.ts`); here are the operators.
 */
export abstract class ExpressionParser extends PredicateParser {
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
        this.OR([
          { ALT: () => asConst(this.CONSUME(K.ASC), 'asc') },
          { ALT: () => asConst(this.CONSUME(K.DESC), 'desc') },
          { ALT: () => this.SUBRULE(this.orderingOperator) },
        ]),
      ) ?? null;
    const nulls =
      this.OPTION2(() => {
        this.CONSUME(K.NULLS);
        return this.OR2([{ ALT: () => asConst(this.CONSUME(K.FIRST), 'first') }, { ALT: () => asConst(this.CONSUME(K.LAST), 'last') }]);
      }) ?? null;
    return { expr, direction, nulls, span: this.span(start) };
  });

  /** `USING <` and `USING >`: ascending and descending. */
  protected orderingOperator: Rule<'asc' | 'desc'> = this.RULE('orderingOperator', (): 'asc' | 'desc' => {
    this.CONSUME(K.USING);
    return this.OR([{ ALT: () => asConst(this.CONSUME(T.Lt), 'asc') }, { ALT: () => asConst(this.CONSUME(T.Gt), 'desc') }]);
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
}

import type { CallExpr, Expr, FrameBound, FunctionArg, Identifier, LambdaExpr, ObjectName, TableArg, WindowFrame, WindowSpec } from './ast.ts';
import type { OrderItem } from './ast-queries.ts';
import { asConst, type Rule, toIdentifier } from './base.ts';
import { ExpressionParser } from './expressions.ts';
import { callNode } from './nodes.ts';
import { POWER } from './operators.ts';
import * as T from './tokens.ts';

const { K } = T;

/** Where the lambdas of the functions that take some begin, counted from 0. */
const LAMBDA_POSITIONS: ReadonlyMap<string, number> = new Map([
  ...['transform', 'array_transform', 'filter', 'array_filter', 'any_match', 'all_match', 'none_match', 'array_exists'].map((name) => [name, 1] as const),
  ...['reduce', 'array_reduce'].map((name) => [name, 2] as const),
]);

/** Function calls: arguments, aggregates' clauses, OVER. */
export abstract class CallParser extends ExpressionParser {
  /** From the opening parenthesis on. */
  protected callTail: Rule<CallExpr, [name: ObjectName, start: number]> = this.RULE('callTail', (name: ObjectName, start: number): CallExpr => {
    const args: FunctionArg[] = [];
    let variadic = false;
    let orderBy: OrderItem[] = [];
    this.enter(1);
    this.CONSUME(T.LParen);
    const star = this.OPTION(() => asConst(this.CONSUME(T.Star), true)) ?? false;
    const distinct = this.OPTION2(() => this.OR([{ ALT: () => asConst(this.CONSUME(K.DISTINCT), true) }, { ALT: () => asConst(this.CONSUME(K.ALL), false) }])) ?? false;
    this.MANY_SEP({
      SEP: T.Comma,
      DEF: () => {
        if (this.OPTION3(() => this.CONSUME(K.VARIADIC)) !== undefined) variadic = true;
        args.push(
          this.OR3([
            { GATE: () => this.atLambda(name, args.length), IGNORE_AMBIGUITIES: true, ALT: (): FunctionArg => ({ name: null, value: this.SUBRULE(this.lambda) }) },
            { ALT: (): FunctionArg => this.SUBRULE(this.argument) },
          ]),
        );
      },
    });
    const inside = this.OPTION9(() => this.SUBRULE(this.nullTreatment)) ?? null;
    this.OPTION4(() => {
      orderBy = this.SUBRULE(this.orderBy);
    });
    this.CONSUME(T.RParen);
    let withinGroup: OrderItem[] = [];
    this.OPTION5({
      GATE: () => this.at(2, K.GROUP),
      DEF: () => {
        this.CONSUME(K.WITHIN);
        this.CONSUME(K.GROUP);
        this.CONSUME2(T.LParen);
        withinGroup = this.SUBRULE2(this.orderBy);
        this.CONSUME2(T.RParen);
      },
    });
    const filter =
      this.OPTION6({
        GATE: () => this.at(2, T.LParen),
        DEF: () => {
          this.CONSUME(K.FILTER);
          this.CONSUME3(T.LParen);
          this.CONSUME(K.WHERE);
          const condition = this.SUBRULE(this.expr);
          this.CONSUME3(T.RParen);
          return condition;
        },
      }) ?? null;
    const nulls =
      this.OPTION7({
        GATE: () => inside === null && this.at(2, K.NULLS),
        DEF: () => this.SUBRULE2(this.nullTreatment),
      }) ?? inside;
    const over =
      this.OPTION8({
        GATE: () => this.at(2, T.LParen) || this.atIdent(2),
        DEF: () => {
          this.CONSUME(K.OVER);
          return this.SUBRULE(this.over);
        },
      }) ?? null;
    this.leave(1);
    return callNode({ name, args, star, distinct, variadic, orderBy, withinGroup, filter, nulls, over, span: this.span(start) });
  });

  /** `IGNORE NULLS` and `RESPECT NULLS`: behind the arguments, or after the last of them inside the parentheses. */
  protected nullTreatment: Rule<'ignore' | 'respect'> = this.RULE('nullTreatment', (): 'ignore' | 'respect' => {
    const mode = this.OR([{ ALT: () => asConst(this.CONSUME(K.IGNORE), 'ignore') }, { ALT: () => asConst(this.CONSUME(K.RESPECT), 'respect') }]);
    this.CONSUME(K.NULLS);
    return mode;
  });

  /** Only functions that take lambdas have them: elsewhere `x -> y` is JSON's operator and `x => y` an argument by name. */
  private atLambda(name: ObjectName, position: number): boolean {
    const first = LAMBDA_POSITIONS.get(name.parts?.at(-1)?.name.toLowerCase() ?? '');
    if (first === undefined || position < first) return false;
    if (this.atIdent(1)) return this.atLambdaArrow(2);
    const bar = this.atBar(1);
    if (!bar && !this.at(1, T.LParen)) return false;
    let k = 2;
    while (this.atIdent(k) && this.at(k + 1, T.Comma)) k += 2;
    return this.atIdent(k) && (bar ? this.atBar(k + 1) : this.at(k + 1, T.RParen) && this.atLambdaArrow(k + 2));
  }

  private atBar(k: number): boolean {
    return this.at(k, T.Op) && this.LA(k).image === '|';
  }

  private atLambdaArrow(k: number): boolean {
    return this.at(k, T.Arrow) || (this.at(k, T.Op) && this.LA(k).image === '->');
  }

  /** `x -> e`, `(x, y) -> e`, the same with `=>`, and `|x, y| e`. */
  protected lambda: Rule<LambdaExpr> = this.RULE('lambda', (): LambdaExpr => {
    const start = this.here();
    const params = this.OR([
      {
        ALT: () => {
          const only = [this.SUBRULE(this.identifier)];
          this.SUBRULE(this.lambdaArrow);
          return only;
        },
      },
      {
        ALT: () => {
          const list = this.SUBRULE(this.identifierList);
          this.SUBRULE2(this.lambdaArrow);
          return list;
        },
      },
      {
        ALT: () => {
          const list: Identifier[] = [];
          this.CONSUME(T.Op);
          this.AT_LEAST_ONE_SEP({ SEP: T.Comma, DEF: () => list.push(this.SUBRULE2(this.identifier)) });
          this.CONSUME2(T.Op);
          return list;
        },
      },
    ]);
    const body = this.SUBRULE(this.expr);
    return { kind: 'lambda', params, body, span: this.span(start) };
  });

  private lambdaArrow: Rule<null> = this.RULE('lambdaArrow', () => this.OR([{ ALT: () => asConst(this.CONSUME(T.Arrow), null) }, { ALT: () => asConst(this.CONSUME(T.Op), null) }]));

  protected argument: Rule<FunctionArg> = this.RULE('argument', (): FunctionArg => {
    const name =
      this.OPTION({
        GATE: () => this.at(2, T.Arrow) || this.at(2, T.ColonEq),
        DEF: () => {
          const word = toIdentifier(this.CONSUME(T.Word));
          this.OR([{ ALT: () => this.CONSUME(T.Arrow) }, { ALT: () => this.CONSUME(T.ColonEq) }]);
          return word;
        },
      }) ?? null;
    const value = this.OR2([
      { ALT: (): FunctionArg['value'] => this.SUBRULE(this.tableArg) },
      {
        GATE: () => this.at(2, T.LParen),
        ALT: (): FunctionArg['value'] => {
          const start = this.here();
          this.CONSUME(K.DESCRIPTOR);
          const columns = this.SUBRULE(this.identifierList);
          return { kind: 'descriptor', columns, span: this.span(start) };
        },
      },
      { ALT: (): FunctionArg['value'] => this.SUBRULE(this.expr) },
    ]);
    return { name, value };
  });

  /** `TABLE t PARTITION BY k ORDER BY ts`; several keys need parentheses, since a comma ends the argument. */
  protected tableArg: Rule<TableArg> = this.RULE('tableArg', (): TableArg => {
    const start = this.here();
    this.CONSUME(K.TABLE);
    const source = this.OR([
      { ALT: (): TableArg['source'] => this.SUBRULE(this.objectName) },
      {
        ALT: (): TableArg['source'] => {
          this.CONSUME(T.LParen);
          const query = this.SUBRULE(this.query);
          this.CONSUME(T.RParen);
          return query;
        },
      },
    ]);
    let partitionBy: Expr[] = [];
    const orderBy: OrderItem[] = [];
    this.OPTION(() => {
      this.CONSUME(K.PARTITION);
      this.CONSUME(K.BY);
      partitionBy = this.OR2([
        {
          IGNORE_AMBIGUITIES: true,
          ALT: () => {
            this.CONSUME2(T.LParen);
            const list = this.SUBRULE(this.exprList);
            this.CONSUME2(T.RParen);
            return list;
          },
        },
        { ALT: () => [this.SUBRULE(this.expr)] },
      ]);
    });
    this.OPTION2(() => {
      this.CONSUME(K.ORDER);
      this.CONSUME2(K.BY);
      this.OR3([
        {
          IGNORE_AMBIGUITIES: true,
          ALT: () => {
            this.CONSUME3(T.LParen);
            this.AT_LEAST_ONE_SEP({ SEP: T.Comma, DEF: () => orderBy.push(this.SUBRULE(this.orderItem)) });
            this.CONSUME3(T.RParen);
          },
        },
        { ALT: () => orderBy.push(this.SUBRULE2(this.orderItem)) },
      ]);
    });
    return { kind: 'tableArg', source, partitionBy, orderBy, span: this.span(start) };
  });

  /** What follows OVER: a name or a specification. */
  protected over: Rule<WindowSpec> = this.RULE('over', (): WindowSpec =>
    this.OR([
      {
        ALT: (): WindowSpec => {
          const base = this.SUBRULE(this.identifier);
          return { base, isReference: true, partitionBy: [], orderBy: [], frame: null, span: this.span(base.span?.start ?? 0) };
        },
      },
      { ALT: (): WindowSpec => this.SUBRULE(this.windowSpec) },
    ]));

  protected windowSpec: Rule<WindowSpec> = this.RULE('windowSpec', (): WindowSpec => {
    const start = this.here();
    this.enter(2);
    this.CONSUME(T.LParen);
    const base = this.OPTION({ GATE: () => !this.atFrameOrPartition(), DEF: () => this.SUBRULE(this.identifier) }) ?? null;
    let partitionBy: Expr[] = [];
    let orderBy: OrderItem[] = [];
    this.OPTION2(() => {
      this.CONSUME(K.PARTITION);
      this.CONSUME(K.BY);
      partitionBy = this.SUBRULE(this.exprList);
    });
    this.OPTION3(() => {
      orderBy = this.SUBRULE(this.orderBy);
    });
    const frame = this.OPTION4(() => this.SUBRULE(this.frame)) ?? null;
    this.CONSUME(T.RParen);
    this.leave(2);
    return { base, isReference: false, partitionBy, orderBy, frame, span: this.span(start) };
  });

  private atFrameOrPartition(): boolean {
    return (this.at(1, K.PARTITION) && this.at(2, K.BY)) || ((this.at(1, K.ROWS) || this.at(1, K.RANGE) || this.at(1, K.GROUPS)) && !this.at(2, T.RParen) && !this.at(2, K.ORDER));
  }

  protected frame: Rule<WindowFrame> = this.RULE('frame', (): WindowFrame => {
    const from = this.here();
    const mode = this.OR([
      { ALT: () => asConst(this.CONSUME(K.ROWS), 'rows') },
      { ALT: () => asConst(this.CONSUME(K.RANGE), 'range') },
      { ALT: () => asConst(this.CONSUME(K.GROUPS), 'groups') },
    ]);
    let end: FrameBound | null = null;
    const start = this.OR2([
      {
        IGNORE_AMBIGUITIES: true,
        ALT: () => {
          this.CONSUME(K.BETWEEN);
          const low = this.SUBRULE(this.frameBound);
          this.CONSUME(K.AND);
          end = this.SUBRULE2(this.frameBound);
          return low;
        },
      },
      { ALT: () => this.SUBRULE3(this.frameBound) },
    ]);
    const exclude =
      this.OPTION(() => {
        this.CONSUME(K.EXCLUDE);
        return this.OR3([
          { ALT: () => asConst([this.CONSUME(K.CURRENT), this.CONSUME(K.ROW)], 'current row') },
          { ALT: () => asConst(this.CONSUME(K.GROUP), 'group') },
          { ALT: () => asConst(this.CONSUME(K.TIES), 'ties') },
          { ALT: () => asConst([this.CONSUME(K.NO), this.CONSUME(K.OTHERS)], 'no others') },
        ]);
      }) ?? null;
    return { mode, start, end, exclude, span: this.span(from) };
  });

  protected frameBound: Rule<FrameBound> = this.RULE('frameBound', (): FrameBound => {
    const start = this.here();
    return this.OR([
      {
        GATE: () => this.at(2, K.PRECEDING) || this.at(2, K.FOLLOWING),
        ALT: (): FrameBound => {
          this.CONSUME(K.UNBOUNDED);
          const kind = this.OR2([{ ALT: () => asConst(this.CONSUME(K.PRECEDING), 'unboundedPreceding') }, { ALT: () => asConst(this.CONSUME(K.FOLLOWING), 'unboundedFollowing') }]);
          return { kind, span: this.span(start) };
        },
      },
      {
        GATE: () => this.at(2, K.ROW),
        ALT: (): FrameBound => {
          this.CONSUME(K.CURRENT);
          this.CONSUME(K.ROW);
          return { kind: 'currentRow', span: this.span(start) };
        },
      },
      {
        ALT: (): FrameBound => {
          const offset = this.SUBRULE(this.expr, { ARGS: [POWER.other] });
          const kind = this.OR3([{ ALT: () => asConst(this.CONSUME2(K.PRECEDING), 'preceding') }, { ALT: () => asConst(this.CONSUME2(K.FOLLOWING), 'following') }]);
          return { kind, offset, span: this.span(start) };
        },
      },
    ]);
  });
}

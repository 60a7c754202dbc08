import type { CallExpr, Expr, FrameBound, FunctionArg, JsonBehavior, JsonFunctionExpr, ObjectName, OrderItem, TableArg, WindowFrame, WindowSpec } from './ast.ts';
import { asConst, payload, type Rule, syntaxErrorAt, toIdentifier } from './base.ts';
import { ExpressionParser } from './expressions.ts';
import { callNode } from './nodes.ts';
import { POWER } from './operators.ts';
import * as T from './tokens.ts';

const { K } = T;

type JsonFunctionName = JsonFunctionExpr['name'];

/** Function calls: arguments, aggregates' clauses, OVER, and the functions with a grammar of their own. */
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
        args.push(this.SUBRULE(this.argument));
      },
    });
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
        GATE: () => this.at(2, K.NULLS),
        DEF: () => {
          const mode = this.OR2([{ ALT: () => asConst(this.CONSUME(K.IGNORE), 'ignore') }, { ALT: () => asConst(this.CONSUME(K.RESPECT), 'respect') }]);
          this.CONSUME(K.NULLS);
          return mode;
        },
      }) ?? null;
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

  /** Calls written with keywords inside: EXTRACT, TRIM, POSITION, OVERLAY, SUBSTRING, FLOOR, CEIL, SQL/JSON. */
  protected specialCall: Rule<Expr> = this.RULE('specialCall', (): Expr => {
    this.enter(2);
    const call = this.OR([
      { ALT: (): Expr => this.SUBRULE(this.extract) },
      { ALT: (): Expr => this.SUBRULE(this.substring) },
      { ALT: (): Expr => this.SUBRULE(this.trim) },
      { ALT: (): Expr => this.SUBRULE(this.position) },
      { ALT: (): Expr => this.SUBRULE(this.overlay) },
      { ALT: (): Expr => this.SUBRULE(this.roundTo) },
      { ALT: (): Expr => this.SUBRULE(this.jsonFunction) },
    ]);
    this.leave(2);
    return call;
  });

  protected extract: Rule<Expr> = this.RULE('extract', (): Expr => {
    const start = this.here();
    this.CONSUME(K.EXTRACT);
    this.CONSUME(T.LParen);
    const field = payload(this.OR([{ ALT: () => this.CONSUME(T.Ident) }, { ALT: () => this.CONSUME(T.StringLit) }])).toLowerCase();
    this.CONSUME(K.FROM);
    const arg = this.SUBRULE(this.expr);
    this.CONSUME(T.RParen);
    return { kind: 'extract', field, arg, span: this.span(start) };
  });

  protected substring: Rule<Expr> = this.RULE('substring', (): Expr => {
    const start = this.here();
    const word = toIdentifier(this.CONSUME(K.SUBSTRING));
    this.CONSUME(T.LParen);
    const arg = this.SUBRULE(this.expr, { ARGS: [POWER.other] });
    const result = this.OR([
      {
        ALT: (): Expr => {
          this.CONSUME(K.SIMILAR);
          const similar = this.SUBRULE2(this.expr);
          this.CONSUME(K.ESCAPE);
          const escape = this.SUBRULE3(this.expr);
          return { kind: 'substring', arg, from: null, for: null, similar, escape, span: this.span(start) };
        },
      },
      {
        ALT: (): Expr => {
          this.CONSUME(K.FROM);
          const from = this.SUBRULE4(this.expr);
          const length =
            this.OPTION(() => {
              this.CONSUME(K.FOR);
              return this.SUBRULE5(this.expr);
            }) ?? null;
          return { kind: 'substring', arg, from, for: length, similar: null, escape: null, span: this.span(start) };
        },
      },
      {
        ALT: (): Expr => {
          this.CONSUME2(K.FOR);
          const length = this.SUBRULE6(this.expr);
          const from =
            this.OPTION2(() => {
              this.CONSUME2(K.FROM);
              return this.SUBRULE7(this.expr);
            }) ?? null;
          return { kind: 'substring', arg, from, for: length, similar: null, escape: null, span: this.span(start) };
        },
      },
      {
        ALT: (): Expr => {
          const args: FunctionArg[] = [{ name: null, value: arg }];
          this.MANY(() => {
            this.CONSUME(T.Comma);
            args.push({ name: null, value: this.SUBRULE8(this.expr) });
          });
          return callNode({ name: { parts: [word], span: word.span }, args, span: this.span(start) });
        },
      },
    ]);
    this.CONSUME(T.RParen);
    return { ...result, span: this.span(start) };
  });

  protected trim: Rule<Expr> = this.RULE('trim', (): Expr => {
    const start = this.here();
    const word = toIdentifier(this.CONSUME(K.TRIM));
    this.CONSUME(T.LParen);
    const side = this.OPTION(() =>
      this.OR([{ ALT: () => asConst(this.CONSUME(K.BOTH), 'both') }, { ALT: () => asConst(this.CONSUME(K.LEADING), 'leading') }, { ALT: () => asConst(this.CONSUME(K.TRAILING), 'trailing') }]),
    );
    const first = this.OPTION2({ GATE: () => !this.at(1, K.FROM), DEF: () => this.SUBRULE(this.expr) });
    const rest = this.OPTION3(() => {
      this.CONSUME(K.FROM);
      return this.SUBRULE2(this.expr);
    });
    // `trim(both from a, b)` of Postgres, and the plain `trim(a, b)`.
    const second = this.OPTION4(() => {
      this.CONSUME(T.Comma);
      return this.SUBRULE3(this.expr);
    });
    const close = this.CONSUME(T.RParen);
    const span = this.span(start);
    if (first === undefined && rest === undefined && !this.RECORDING_PHASE) throw syntaxErrorAt(close);
    if (second !== undefined && rest === undefined && side === undefined && first !== undefined) {
      const args = [first, second].map((value): FunctionArg => ({ name: null, value }));
      return callNode({ name: { parts: [word], span: word.span }, args, span });
    }
    const arg = rest ?? first ?? NOTHING;
    const chars = second ?? (rest === undefined ? null : (first ?? null));
    return { kind: 'trim', side: side ?? 'both', chars, arg, span };
  });

  protected position: Rule<Expr> = this.RULE('position', (): Expr => {
    const start = this.here();
    this.CONSUME(K.POSITION);
    this.CONSUME(T.LParen);
    const needle = this.SUBRULE(this.expr, { ARGS: [POWER.other] });
    this.CONSUME(K.IN);
    const haystack = this.SUBRULE2(this.expr, { ARGS: [POWER.other] });
    this.CONSUME(T.RParen);
    return { kind: 'position', needle, haystack, span: this.span(start) };
  });

  protected overlay: Rule<Expr> = this.RULE('overlay', (): Expr => {
    const start = this.here();
    const word = toIdentifier(this.CONSUME(K.OVERLAY));
    this.CONSUME(T.LParen);
    const arg = this.SUBRULE(this.expr);
    const result = this.OR([
      {
        ALT: (): Expr => {
          this.CONSUME(K.PLACING);
          const placing = this.SUBRULE2(this.expr);
          this.CONSUME(K.FROM);
          const from = this.SUBRULE3(this.expr);
          const length =
            this.OPTION(() => {
              this.CONSUME(K.FOR);
              return this.SUBRULE4(this.expr);
            }) ?? null;
          return { kind: 'overlay', arg, placing, from, for: length, span: this.span(start) };
        },
      },
      {
        ALT: (): Expr => {
          const args: FunctionArg[] = [{ name: null, value: arg }];
          this.MANY(() => {
            this.CONSUME(T.Comma);
            args.push({ name: null, value: this.SUBRULE5(this.expr) });
          });
          return callNode({ name: { parts: [word], span: word.span }, args, span: this.span(start) });
        },
      },
    ]);
    this.CONSUME(T.RParen);
    return { ...result, span: this.span(start) };
  });

  /** `FLOOR(x TO DAY)`; without TO a plain call. */
  protected roundTo: Rule<Expr> = this.RULE('roundTo', (): Expr => {
    const start = this.here();
    const token = this.OR([{ ALT: () => this.CONSUME(K.FLOOR) }, { ALT: () => this.CONSUME(K.CEIL) }, { ALT: () => this.CONSUME(K.CEILING) }]);
    const direction = token.tokenType === K.FLOOR ? 'floor' : 'ceil';
    this.CONSUME(T.LParen);
    const arg = this.SUBRULE(this.expr);
    const unit = this.OPTION(() => {
      this.CONSUME(K.TO);
      return this.SUBRULE(this.timeUnit);
    });
    this.CONSUME(T.RParen);
    const span = this.span(start);
    if (unit !== undefined) return { kind: 'roundTo', direction, arg, unit, span };
    const name = toIdentifier(token);
    return callNode({ name: { parts: [name], span: name.span }, args: [{ name: null, value: arg }], span });
  });

  /** The SQL/JSON functions; without any clause of theirs, plain calls. */
  protected jsonFunction: Rule<Expr> = this.RULE('jsonFunction', (): Expr => {
    const start = this.here();
    const token = this.OR([
      { ALT: () => this.CONSUME(K.JSON_VALUE) },
      { ALT: () => this.CONSUME(K.JSON_QUERY) },
      { ALT: () => this.CONSUME(K.JSON_EXISTS) },
      { ALT: () => this.CONSUME(K.JSON_OBJECT) },
      { ALT: () => this.CONSUME(K.JSON_ARRAY) },
      { ALT: () => this.CONSUME(K.JSON_OBJECTAGG) },
      { ALT: () => this.CONSUME(K.JSON_ARRAYAGG) },
    ]);
    const args: Expr[] = [];
    const entries: { key: Expr; value: Expr }[] = [];
    let clauses: JsonClauses = {};
    this.CONSUME(T.LParen);
    this.MANY_SEP({
      SEP: T.Comma,
      DEF: () => {
        const { key, value } = this.SUBRULE(this.jsonItem);
        if (value === null) args.push(key);
        else entries.push({ key, value });
      },
    });
    this.MANY(() => {
      clauses = { ...clauses, ...this.SUBRULE(this.jsonClause) };
    });
    this.CONSUME(T.RParen);
    const span = this.span(start);
    const word = toIdentifier(token);
    if (entries.length === 0 && Object.keys(clauses).length === 0) {
      return callNode({ name: { parts: [word], span: word.span }, args: args.map((value) => ({ name: null, value })), span });
    }
    return { kind: 'jsonFunction', name: payload(token).toLowerCase() as JsonFunctionName, args, entries, ...NO_JSON_CLAUSES, ...clauses, span };
  });

  /** `[KEY] k VALUE v`, `k : v`, or one expression. */
  protected jsonItem: Rule<{ key: Expr; value: Expr | null }> = this.RULE('jsonItem', () => {
    this.OPTION({
      GATE: () => this.at(1, K.KEY) && !this.at(2, K.VALUE) && !this.at(2, T.Comma) && !this.at(2, T.RParen) && !this.at(2, T.Dot) && !this.at(2, T.Colon),
      DEF: () => this.CONSUME(K.KEY),
    });
    const key = this.SUBRULE(this.expr);
    const value =
      this.OPTION2(() => {
        this.OR([{ ALT: () => this.CONSUME(K.VALUE) }, { ALT: () => this.CONSUME(T.Colon) }]);
        return this.SUBRULE2(this.expr);
      }) ?? null;
    return { key, value };
  });

  protected jsonClause: Rule<JsonClauses> = this.RULE('jsonClause', (): JsonClauses =>
    this.OR([
      {
        ALT: (): JsonClauses => {
          this.CONSUME(K.RETURNING);
          return { returning: this.SUBRULE(this.typeName) };
        },
      },
      {
        ALT: (): JsonClauses => {
          const without = this.OR2([{ ALT: () => asConst(this.CONSUME(K.WITHOUT), true) }, { ALT: () => asConst(this.CONSUME(K.WITH), false) }]);
          const conditional = this.OPTION(() => this.OR3([{ ALT: () => asConst(this.CONSUME(K.CONDITIONAL), true) }, { ALT: () => asConst(this.CONSUME(K.UNCONDITIONAL), false) }])) ?? false;
          this.OPTION2(() => this.CONSUME(K.ARRAY));
          this.CONSUME(K.WRAPPER);
          return { wrapper: without ? 'without' : conditional ? 'conditional' : 'unconditional' };
        },
      },
      {
        ALT: (): JsonClauses => {
          this.CONSUME(K.ABSENT);
          this.CONSUME(K.ON);
          this.CONSUME2(K.NULL);
          return { onNull: 'absent' };
        },
      },
      {
        ALT: (): JsonClauses => {
          const behavior = this.SUBRULE(this.jsonBehavior);
          this.CONSUME2(K.ON);
          return this.OR4([
            { ALT: (): JsonClauses => asConst(this.CONSUME(K.EMPTY), { onEmpty: behavior }) },
            { ALT: (): JsonClauses => asConst(this.CONSUME(K.ERROR), { onError: behavior }) },
            { GATE: () => behavior.kind === 'null', ALT: (): JsonClauses => asConst(this.CONSUME3(K.NULL), { onNull: 'null' }) },
          ]);
        },
      },
    ]));

  protected jsonBehavior: Rule<JsonBehavior> = this.RULE('jsonBehavior', (): JsonBehavior =>
    this.OR([
      { ALT: (): JsonBehavior => asConst(this.CONSUME(K.NULL), { kind: 'null' }) },
      { ALT: (): JsonBehavior => asConst(this.CONSUME(K.ERROR), { kind: 'error' }) },
      { ALT: (): JsonBehavior => asConst(this.CONSUME(K.TRUE), { kind: 'true' }) },
      { ALT: (): JsonBehavior => asConst(this.CONSUME(K.FALSE), { kind: 'false' }) },
      { ALT: (): JsonBehavior => asConst(this.CONSUME(K.UNKNOWN), { kind: 'unknown' }) },
      {
        ALT: (): JsonBehavior => {
          this.CONSUME(K.EMPTY);
          const object = this.OPTION(() => this.OR2([{ ALT: () => asConst(this.CONSUME(K.ARRAY), false) }, { ALT: () => asConst(this.CONSUME(K.OBJECT), true) }])) ?? false;
          return { kind: object ? 'empty object' : 'empty array' };
        },
      },
      {
        ALT: (): JsonBehavior => {
          this.CONSUME(K.DEFAULT);
          return { kind: 'default', value: this.SUBRULE(this.expr) };
        },
      },
    ]));
}

type JsonClauses = Partial<Pick<JsonFunctionExpr, 'returning' | 'wrapper' | 'onEmpty' | 'onError' | 'onNull'>>;

const NO_JSON_CLAUSES = { returning: null, wrapper: null, onEmpty: null, onError: null, onNull: null } as const;

/** Stands in only while the grammar is recorded. */
const NOTHING: Expr = { kind: 'null', span: { start: 0, end: 0 } };

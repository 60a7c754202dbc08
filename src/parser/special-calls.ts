import type { Expr, FunctionArg, JsonBehavior, JsonFunctionExpr } from './ast.ts';
import { asConst, payload, type Rule, syntaxErrorAt, toIdentifier } from './base.ts';
import { CallParser } from './calls.ts';
import { callNode } from './nodes.ts';
import { POWER } from './operators.ts';
import * as T from './tokens.ts';

const { K } = T;

type JsonFunctionName = JsonFunctionExpr['name'];

/** The functions with a grammar of their own. */
export abstract class SpecialCallParser extends CallParser {
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

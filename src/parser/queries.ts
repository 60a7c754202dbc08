import { notSupported } from '../common/errors.ts';
import type { Expr, Identifier, ObjectName, StarExpr, WindowSpec } from './ast.ts';
import type { CommonTable, EmitClause, GroupingElement, LockingClause, OrderItem, Query, QueryBody, Select, SelectItem, SetOperation, TableRef, WithClause } from './ast-queries.ts';
import { asConst, CHAIN_MAX, type Rule, syntaxErrorAt, tooComplex } from './base.ts';
import { FromParser } from './from.ts';
import { NOT_BARE_LABEL } from './keywords.ts';
import { POWER } from './operators.ts';
import * as T from './tokens.ts';

const { K } = T;

/** What follows a query's body: each clause at most once, in any order that either dialect writes. */
interface Tail {
  limit?: Expr | null;
  offset?: Expr;
  withTies?: boolean;
  emit?: EmitClause;
}

/** Queries: WITH, set operations, SELECT, and the clauses after it. */
export abstract class QueryParser extends FromParser {
  protected query: Rule<Query> = this.RULE('query', (): Query => {
    this.enter(2);
    const start = this.here();
    const withClause = this.OPTION(() => this.SUBRULE(this.with)) ?? null;
    const query = this.SUBRULE(this.queryAfterWith, { ARGS: [withClause, start] });
    this.leave(2);
    return query;
  });

  /** The rest of a query whose WITH has been read; INSERT and its kin read WITH themselves. */
  protected queryAfterWith: Rule<Query, [withClause: WithClause | null, start: number]> = this.RULE('queryAfterWith', (withClause: WithClause | null, start: number): Query => {
    const body = this.SUBRULE(this.queryBody);
    let orderBy: OrderItem[] = [];
    let tail: Tail = {};
    const locking: LockingClause[] = [];
    this.OPTION2(() => {
      orderBy = this.SUBRULE(this.orderBy);
    });
    this.MANY({
      GATE: () => this.atTail(tail),
      DEF: () => {
        tail = { ...tail, ...this.SUBRULE(this.queryTail) };
      },
    });
    this.MANY2({ GATE: () => !this.at(2, K.SYSTEM_TIME), DEF: () => locking.push(this.SUBRULE(this.locking)) });
    const { limit = null, offset = null, withTies = false, emit = null } = tail;
    return { kind: 'query', with: withClause, body, orderBy, limit, offset, withTies, emit, locking, span: this.span(start) };
  });

  /** A clause that was given already is left for the error. */
  private atTail(tail: Tail): boolean {
    if (this.at(1, K.LIMIT) || this.at(1, K.FETCH)) return tail.limit === undefined;
    if (this.at(1, K.OFFSET)) return tail.offset === undefined;
    return this.atEmit() && tail.emit === undefined;
  }

  protected queryTail: Rule<Tail> = this.RULE('queryTail', (): Tail =>
    this.OR([
      {
        ALT: (): Tail => {
          this.CONSUME(K.LIMIT);
          return this.OR2([{ ALT: (): Tail => asConst(this.CONSUME(K.ALL), { limit: null }) }, { ALT: (): Tail => ({ limit: this.SUBRULE(this.expr) }) }]);
        },
      },
      {
        ALT: (): Tail => {
          this.CONSUME(K.OFFSET);
          const offset = this.SUBRULE2(this.expr);
          this.OPTION(() => this.OR3([{ ALT: () => this.CONSUME(K.ROW) }, { ALT: () => this.CONSUME(K.ROWS) }]));
          return { offset };
        },
      },
      {
        ALT: (): Tail => {
          this.CONSUME(K.FETCH);
          this.OR4([{ ALT: () => this.CONSUME(K.FIRST) }, { ALT: () => this.CONSUME(K.NEXT) }]);
          const at = this.here();
          const limit = this.OPTION2({ GATE: () => !this.at(1, K.ROW) && !this.at(1, K.ROWS), DEF: () => this.SUBRULE3(this.expr, { ARGS: [POWER.subscript] }) });
          this.OR5([{ ALT: () => this.CONSUME2(K.ROW) }, { ALT: () => this.CONSUME2(K.ROWS) }]);
          const withTies = this.OR6([{ ALT: () => asConst(this.CONSUME(K.ONLY), false) }, { ALT: () => asConst([this.CONSUME(K.WITH), this.CONSUME(K.TIES)], true) }]);
          return { limit: limit ?? { kind: 'number', text: '1', span: { start: at, end: at } }, withTies };
        },
      },
      { ALT: (): Tail => ({ emit: this.SUBRULE(this.emit) }) },
    ]));

  protected emit: Rule<EmitClause> = this.RULE('emit', (): EmitClause => {
    const start = this.here();
    this.CONSUME(K.EMIT);
    const mode = this.OR([
      { ALT: () => asConst(this.CONSUME(K.CHANGES), 'changes') },
      { ALT: () => asConst(this.CONSUME(K.FINAL), 'final') },
      { ALT: () => asConst([this.CONSUME(K.ON), this.CONSUME(K.WINDOW), this.CONSUME(K.CLOSE)], 'on window close') },
    ]);
    return { mode, span: this.span(start) };
  });

  protected locking: Rule<LockingClause> = this.RULE('locking', (): LockingClause => {
    this.CONSUME(K.FOR);
    const strength = this.OR([
      { ALT: () => asConst(this.CONSUME(K.UPDATE), 'update') },
      { ALT: () => asConst([this.CONSUME(K.NO), this.CONSUME(K.KEY), this.CONSUME2(K.UPDATE)], 'no key update') },
      { ALT: () => asConst(this.CONSUME(K.SHARE), 'share') },
      { ALT: () => asConst([this.CONSUME2(K.KEY), this.CONSUME2(K.SHARE)], 'key share') },
    ]);
    let of: ObjectName[] = [];
    this.OPTION(() => {
      this.CONSUME(K.OF);
      of = this.SUBRULE(this.objectNames);
    });
    const wait = this.OPTION2(() => this.OR2([{ ALT: () => asConst(this.CONSUME(K.NOWAIT), 'nowait') }, { ALT: () => asConst([this.CONSUME(K.SKIP), this.CONSUME(K.LOCKED)], 'skip locked') }])) ?? null;
    return { strength, of, wait };
  });

  protected with: Rule<WithClause> = this.RULE('with', (): WithClause => {
    const start = this.here();
    const tables: CommonTable[] = [];
    this.CONSUME(K.WITH);
    const recursive = this.OPTION({ GATE: () => !this.at(2, K.AS) && !this.at(2, T.LParen), DEF: () => asConst(this.CONSUME(K.RECURSIVE), true) }) ?? false;
    this.AT_LEAST_ONE_SEP({ SEP: T.Comma, DEF: () => tables.push(this.SUBRULE(this.commonTable)) });
    return { recursive, tables, span: this.span(start) };
  });

  protected commonTable: Rule<CommonTable> = this.RULE('commonTable', (): CommonTable => {
    const start = this.here();
    const name = this.SUBRULE(this.identifier);
    const columns = this.OPTION(() => this.SUBRULE(this.identifierList)) ?? [];
    this.CONSUME(K.AS);
    const materialized =
      this.OPTION2(() => {
        const no = this.OPTION3(() => this.CONSUME(K.NOT)) !== undefined;
        this.CONSUME(K.MATERIALIZED);
        return !no;
      }) ?? null;
    this.CONSUME(T.LParen);
    if (this.at(1, K.INSERT) || this.at(1, K.UPDATE) || this.at(1, K.DELETE)) throw notSupported('a data-modifying statement in WITH', this.span(start), 'Run it as a statement of its own.');
    const query = this.SUBRULE(this.query);
    this.CONSUME(T.RParen);
    return { name, columns, materialized, query, span: this.span(start) };
  });

  /** UNION and EXCEPT, from the left. */
  protected queryBody: Rule<QueryBody> = this.RULE('queryBody', (): QueryBody => {
    const start = this.here();
    let left = this.SUBRULE(this.intersection);
    let links = 0;
    this.MANY(() => {
      if (++links > CHAIN_MAX) throw tooComplex(this.span(start));
      const operator = this.OR([
        { ALT: () => asConst(this.CONSUME(K.UNION), 'union') },
        { ALT: () => asConst(this.CONSUME(K.EXCEPT), 'except') },
        { ALT: () => asConst(this.CONSUME(K.MINUS), 'except') },
      ]);
      const all = this.SUBRULE(this.setQuantifier);
      const corresponding = this.SUBRULE(this.corresponding);
      const right = this.SUBRULE2(this.intersection);
      left = { kind: 'setOperation', operator, all, ...corresponding, left, right, span: this.span(start) };
    });
    return left;
  });

  /** INTERSECT binds tighter. */
  protected intersection: Rule<QueryBody> = this.RULE('intersection', (): QueryBody => {
    const start = this.here();
    let left = this.SUBRULE(this.queryPrimary);
    let links = 0;
    this.MANY(() => {
      if (++links > CHAIN_MAX) throw tooComplex(this.span(start));
      this.CONSUME(K.INTERSECT);
      const all = this.SUBRULE(this.setQuantifier);
      const corresponding = this.SUBRULE(this.corresponding);
      const right = this.SUBRULE2(this.queryPrimary);
      left = { kind: 'setOperation', operator: 'intersect', all, ...corresponding, left, right, span: this.span(start) };
    });
    return left;
  });

  protected setQuantifier: Rule<boolean> = this.RULE('setQuantifier', (): boolean =>
    this.OPTION(() => this.OR([{ ALT: () => asConst(this.CONSUME(K.ALL), true) }, { ALT: () => asConst(this.CONSUME(K.DISTINCT), false) }])) ?? false);

  protected corresponding: Rule<Pick<SetOperation, 'corresponding'>> = this.RULE('corresponding', (): Pick<SetOperation, 'corresponding'> => {
    const names = this.OPTION(() => {
      this.CONSUME(K.CORRESPONDING);
      const by = this.OPTION2(() => {
        this.CONSUME(K.BY);
        return this.SUBRULE(this.identifierList);
      });
      return by ?? [];
    });
    return names === undefined ? {} : { corresponding: names };
  });

  protected queryPrimary: Rule<QueryBody> = this.RULE('queryPrimary', (): QueryBody => {
    const start = this.here();
    return this.OR([
      { ALT: (): QueryBody => this.SUBRULE(this.select) },
      {
        ALT: (): QueryBody => {
          const rows: (readonly Expr[])[] = [];
          this.CONSUME(K.VALUES);
          this.AT_LEAST_ONE_SEP({ SEP: T.Comma, DEF: () => rows.push(this.SUBRULE(this.valuesRow)) });
          return { kind: 'values', rows, span: this.span(start) };
        },
      },
      {
        ALT: (): QueryBody => {
          this.CONSUME(K.TABLE);
          const name = this.SUBRULE(this.objectName);
          return { kind: 'tableQuery', name, span: this.span(start) };
        },
      },
      {
        ALT: (): QueryBody => {
          this.CONSUME(T.LParen);
          const query = this.SUBRULE(this.query);
          this.CONSUME(T.RParen);
          return query;
        },
      },
    ]);
  });

  protected valuesRow: Rule<readonly Expr[]> = this.RULE('valuesRow', (): readonly Expr[] => {
    this.OPTION(() => this.CONSUME(K.ROW));
    this.CONSUME(T.LParen);
    const row = this.SUBRULE(this.exprList);
    this.CONSUME(T.RParen);
    return row;
  });

  protected select: Rule<Select> = this.RULE('select', (): Select => {
    const start = this.here();
    this.CONSUME(K.SELECT);
    const hints = this.SUBRULE(this.hints);
    let distinctOn: Expr[] = [];
    const distinct =
      this.OPTION(() =>
        this.OR([
          { ALT: () => asConst(this.CONSUME(K.ALL), false) },
          {
            ALT: () => {
              this.CONSUME(K.DISTINCT);
              this.OPTION2(() => {
                this.CONSUME(K.ON);
                this.CONSUME(T.LParen);
                distinctOn = this.SUBRULE(this.exprList);
                this.CONSUME(T.RParen);
              });
              return true;
            },
          },
        ]),
      ) ?? false;
    const items: SelectItem[] = [];
    this.MANY_SEP({ SEP: T.Comma, DEF: () => items.push(this.SUBRULE(this.selectItem)) });
    if (this.at(1, K.INTO)) throw notSupported('SELECT INTO', this.span(this.here()), 'Use CREATE TABLE ... AS SELECT.');
    let from: TableRef[] = [];
    this.OPTION3(() => {
      this.CONSUME(K.FROM);
      from = this.SUBRULE(this.tableRefs);
    });
    const where =
      this.OPTION4(() => {
        this.CONSUME(K.WHERE);
        return this.SUBRULE(this.expr);
      }) ?? null;
    const grouped = this.OPTION5(() => this.SUBRULE(this.groupBy)) ?? null;
    const having =
      this.OPTION6(() => {
        this.CONSUME(K.HAVING);
        return this.SUBRULE2(this.expr);
      }) ?? null;
    const windows: { name: Identifier; spec: WindowSpec }[] = [];
    this.OPTION7(() => {
      this.CONSUME(K.WINDOW);
      this.AT_LEAST_ONE_SEP({
        SEP: T.Comma,
        DEF: () => {
          const name = this.SUBRULE(this.identifier);
          this.CONSUME(K.AS);
          windows.push({ name, spec: this.SUBRULE(this.windowSpec) });
        },
      });
    });
    const qualify =
      this.OPTION8(() => {
        this.CONSUME(K.QUALIFY);
        return this.SUBRULE3(this.expr);
      }) ?? null;
    return { kind: 'select', hints, distinct, distinctOn, items, from, where, groupBy: grouped?.elements ?? null, having, windows, qualify, ...(grouped?.distinct === true ? { groupByDistinct: true } : {}), span: this.span(start) };
  });

  protected selectItem: Rule<SelectItem> = this.RULE('selectItem', (): SelectItem => {
    const start = this.here();
    return this.OR([
      {
        ALT: (): SelectItem => {
          this.CONSUME(T.Star);
          const changes = this.SUBRULE(this.starChanges);
          const span = this.span(start);
          return { expr: { kind: 'star', qualifier: null, ...changes, span }, alias: null, span };
        },
      },
      {
        ALT: (): SelectItem => {
          let expr = this.SUBRULE(this.expr);
          this.OPTION2({
            GATE: () => (((this.at(1, K.EXCLUDE) || this.at(1, K.REPLACE)) && this.at(2, T.LParen)) || this.atExceptNames()) && expr.kind === 'star',
            DEF: () => {
              const changes = this.SUBRULE2(this.starChanges);
              if (!this.RECORDING_PHASE && expr.kind === 'star') expr = { ...expr, ...changes, span: this.span(start) };
            },
          });
          const alias =
            this.OPTION({
              GATE: () => this.at(1, K.AS) || this.atBareLabel(),
              DEF: () =>
                this.OR2([
                  {
                    ALT: () => {
                      this.CONSUME(K.AS);
                      return this.SUBRULE(this.label);
                    },
                  },
                  { ALT: () => this.SUBRULE(this.identifier) },
                ]),
            }) ?? null;
          return { expr, alias, span: this.span(start) };
        },
      },
    ]);
  });

  /** `EXCLUDE (…)`, also written `EXCEPT (…)`, and `REPLACE (…)` behind a star. */
  protected starChanges: Rule<Pick<StarExpr, 'exclude' | 'replace'>> = this.RULE('starChanges', (): Pick<StarExpr, 'exclude' | 'replace'> => {
    const exclude = this.OPTION({
      GATE: () => this.at(1, K.EXCLUDE) || this.atExceptNames(),
      DEF: () => {
        this.OR([{ ALT: () => this.CONSUME(K.EXCLUDE) }, { ALT: () => this.CONSUME(K.EXCEPT) }]);
        return this.SUBRULE(this.identifierList);
      },
    });
    const replace = this.OPTION2(() => {
      const items: SelectItem[] = [];
      this.CONSUME(K.REPLACE);
      this.CONSUME(T.LParen);
      this.AT_LEAST_ONE_SEP({
        SEP: T.Comma,
        DEF: () => {
          const start = this.here();
          const expr = this.SUBRULE(this.expr);
          this.CONSUME(K.AS);
          const alias = this.SUBRULE(this.label);
          items.push({ expr, alias, span: this.span(start) });
        },
      });
      this.CONSUME(T.RParen);
      return items;
    });
    return { ...(exclude === undefined ? {} : { exclude }), ...(replace === undefined ? {} : { replace }) };
  });

  /** `EXCEPT (a, b)`, not `EXCEPT (SELECT …)`. */
  private atExceptNames(): boolean {
    return this.at(1, K.EXCEPT) && this.at(2, T.LParen) && this.atIdent(3) && (this.at(4, T.Comma) || this.at(4, T.RParen));
  }

  private atBareLabel(): boolean {
    const token = this.LA(1);
    return token.tokenType === T.QuotedName || (this.atIdent(1) && !NOT_BARE_LABEL.has(token.image.toUpperCase()) && !this.atEmit());
  }

  protected selectItems: Rule<SelectItem[]> = this.RULE('selectItems', (): SelectItem[] => {
    const items: SelectItem[] = [];
    this.AT_LEAST_ONE_SEP({ SEP: T.Comma, DEF: () => items.push(this.SUBRULE(this.selectItem)) });
    return items;
  });

  protected groupBy: Rule<{ elements: GroupingElement[]; distinct: boolean }> = this.RULE('groupBy', (): { elements: GroupingElement[]; distinct: boolean } => {
    const elements: GroupingElement[] = [];
    this.CONSUME(K.GROUP);
    this.CONSUME(K.BY);
    const start = this.here();
    const all = this.OPTION(() => asConst(this.CONSUME(K.ALL), true)) ?? false;
    const span = this.span(start);
    const distinct = this.OPTION3(() => asConst(this.CONSUME(K.DISTINCT), true)) ?? false;
    if (all && distinct && !this.RECORDING_PHASE) throw syntaxErrorAt(this.LA(0));
    this.OPTION2({
      GATE: () => !all || !(this.at(1, K.QUALIFY) || this.at(1, K.MINUS) || this.atEmit()),
      DEF: () => this.AT_LEAST_ONE_SEP({ SEP: T.Comma, DEF: () => elements.push(this.SUBRULE(this.groupingElement, { ARGS: [false] })) }),
    });
    if (this.RECORDING_PHASE || elements.length > 0) return { elements, distinct };
    if (!all) throw syntaxErrorAt(this.LA(1));
    return { elements: [{ kind: 'all', span }], distinct };
  });

  protected groupingElement: Rule<GroupingElement, [inSets: boolean]> = this.RULE('groupingElement', (inSets: boolean): GroupingElement => {
    const start = this.here();
    return this.OR([
      {
        GATE: () => this.at(2, T.RParen),
        ALT: (): GroupingElement => {
          this.CONSUME(T.LParen);
          this.CONSUME(T.RParen);
          return { kind: 'empty', span: this.span(start) };
        },
      },
      {
        GATE: () => this.at(2, K.SETS),
        ALT: (): GroupingElement => {
          const elements: GroupingElement[] = [];
          this.enter(1);
          this.CONSUME(K.GROUPING);
          this.CONSUME(K.SETS);
          this.CONSUME2(T.LParen);
          this.AT_LEAST_ONE_SEP({ SEP: T.Comma, DEF: () => elements.push(this.SUBRULE(this.groupingElement, { ARGS: [true] })) });
          this.CONSUME2(T.RParen);
          this.leave(1);
          return { kind: 'groupingSets', elements, span: this.span(start) };
        },
      },
      {
        GATE: () => this.at(2, T.LParen),
        ALT: (): GroupingElement => {
          const kind = this.OR2([{ ALT: () => asConst(this.CONSUME(K.ROLLUP), 'rollup') }, { ALT: () => asConst(this.CONSUME(K.CUBE), 'cube') }]);
          this.CONSUME3(T.LParen);
          const list = this.SUBRULE(this.exprList);
          this.CONSUME3(T.RParen);
          return { kind, sets: this.RECORDING_PHASE ? [] : list.map(toSet), span: this.span(start) };
        },
      },
      {
        ALT: (): GroupingElement => {
          const expr = this.SUBRULE(this.expr);
          const span = this.span(start);
          if (inSets && !this.RECORDING_PHASE) return { kind: 'set', exprs: toSet(expr), span };
          return { kind: 'expr', expr, span };
        },
      },
    ]);
  });
}

/** `(a, b)` as one grouping set. */
function toSet(expr: Expr): readonly Expr[] {
  return expr.kind === 'row' && !expr.explicit ? expr.items : [expr];
}

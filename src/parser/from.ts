import type { Expr, Identifier, TypeName } from './ast.ts';
import type { Hint, JoinTable, NamedTable, Query, TableAlias, TableRef, TableSample } from './ast-queries.ts';
import { asConst, payload, type Rule, CHAIN_MAX, syntaxErrorAt, tokenSpan, tooComplex } from './base.ts';
import { parseHints } from './hints.ts';
import { NOT_BARE_ALIAS } from './keywords.ts';
import { MatchParser } from './match-recognize.ts';
import { POWER } from './operators.ts';
import * as T from './tokens.ts';
import { toWindowTable, windowKind } from './window-table.ts';

const { K } = T;

interface JoinCondition {
  readonly on: Expr | null;
  readonly using: readonly Identifier[];
  readonly usingAlias: Identifier | null;
}

const NO_CONDITION: JoinCondition = { on: null, using: [], usingAlias: null };

/** FROM: tables, joins, table functions, aliases. */
export abstract class FromParser extends MatchParser {
  protected tableRefs: Rule<TableRef[]> = this.RULE('tableRefs', (): TableRef[] => {
    const refs: TableRef[] = [];
    this.AT_LEAST_ONE_SEP({ SEP: T.Comma, DEF: () => refs.push(this.SUBRULE(this.tableRef)) });
    return refs;
  });

  /** A tree of joins, from the left. */
  protected tableRef: Rule<TableRef> = this.RULE('tableRef', (): TableRef => {
    this.enter(1);
    const start = this.here();
    let left = this.SUBRULE(this.tablePrimary);
    let links = 0;
    this.MANY({
      GATE: () => !this.at(1, K.ASOF) || this.atAsof(),
      DEF: () => {
        if (++links > CHAIN_MAX) throw tooComplex(this.span(start));
        left = this.OR([
          { GATE: () => this.at(2, K.APPLY), ALT: () => this.SUBRULE(this.applyTail, { ARGS: [left, start] }) },
          { ALT: () => this.SUBRULE(this.joinTail, { ARGS: [left, start] }) },
        ]);
      },
    });
    this.leave(1);
    return left;
  });

  private atAsof(): boolean {
    return this.at(1, K.ASOF) && (this.at(2, K.JOIN) || this.at(2, K.LEFT) || this.at(2, K.INNER) || this.at(2, K.RIGHT) || this.at(2, K.FULL));
  }

  protected joinTail: Rule<TableRef, [left: TableRef, start: number]> = this.RULE('joinTail', (left: TableRef, start: number): TableRef => {
    this.enter(1);
    const natural = this.OPTION(() => asConst(this.CONSUME(K.NATURAL), true)) ?? false;
    const asof = this.OPTION2(() => asConst(this.CONSUME(K.ASOF), true)) ?? false;
    const type = this.SUBRULE(this.joinType);
    this.CONSUME(K.JOIN);
    const from = this.here();
    let right = this.SUBRULE(this.tablePrimary);
    const match = this.OPTION4({
      GATE: () => asof,
      DEF: () => {
        this.CONSUME(K.MATCH_CONDITION);
        this.CONSUME(T.LParen);
        const test = this.SUBRULE2(this.expr);
        this.CONSUME(T.RParen);
        return test;
      },
    }) ?? null;
    const bare = !this.RECORDING_PHASE && (type === 'cross' || natural || (match !== null && !this.at(1, K.ON) && !this.at(1, K.USING)));
    let links = 0;
    // `a JOIN b JOIN c ON … ON …`: what follows before our condition belongs to the right side.
    this.MANY({
      GATE: () => !bare && !asof && (!this.at(1, K.ASOF) || this.atAsof()),
      DEF: () => {
        if (++links > CHAIN_MAX) throw tooComplex(this.span(start));
        right = this.SUBRULE(this.joinTail, { ARGS: [right, from] });
      },
    });
    const condition =
      bare
        ? NO_CONDITION
        : this.OR([
            {
              ALT: (): JoinCondition => {
                this.CONSUME(K.ON);
                return { ...NO_CONDITION, on: this.SUBRULE(this.expr) };
              },
            },
            {
              ALT: (): JoinCondition => {
                this.CONSUME(K.USING);
                const using = this.SUBRULE(this.identifierList);
                const usingAlias =
                  this.OPTION3(() => {
                    this.CONSUME(K.AS);
                    return this.SUBRULE(this.identifier);
                  }) ?? null;
                return { on: null, using, usingAlias };
              },
            },
          ]);
    this.leave(1);
    return { kind: 'join', type, natural, asof, match, left, right, ...condition, alias: null, span: this.span(start) };
  });

  /** `CROSS APPLY t` and `OUTER APPLY t`, as the lateral joins that they are. */
  protected applyTail: Rule<TableRef, [left: TableRef, start: number]> = this.RULE('applyTail', (left: TableRef, start: number): TableRef => {
    const type = this.OR([
      { ALT: (): JoinTable['type'] => asConst(this.CONSUME(K.CROSS), 'cross') },
      { ALT: (): JoinTable['type'] => asConst(this.CONSUME(K.OUTER), 'left') },
    ]);
    this.CONSUME(K.APPLY);
    const item = this.SUBRULE(this.tablePrimary);
    const span = this.span(start);
    const right = item.kind === 'subqueryTable' ? { ...item, lateral: true } : item;
    const on: Expr | null = type === 'cross' ? null : { kind: 'boolean', value: true, span };
    return { kind: 'join', type, natural: false, asof: false, match: null, left, right, ...NO_CONDITION, on, alias: null, span };
  });

  protected joinType: Rule<JoinTable['type']> = this.RULE('joinType', (): JoinTable['type'] =>
    this.OPTION(() =>
      this.OR([
        { ALT: (): JoinTable['type'] => asConst(this.CONSUME(K.CROSS), 'cross') },
        { ALT: (): JoinTable['type'] => asConst(this.CONSUME(K.INNER), 'inner') },
        { ALT: (): JoinTable['type'] => this.SUBRULE(this.outerJoinType) },
      ]),
    ) ?? 'inner');

  protected outerJoinType: Rule<JoinTable['type']> = this.RULE('outerJoinType', (): JoinTable['type'] => {
    const type = this.OR([
      { ALT: (): JoinTable['type'] => asConst(this.CONSUME(K.LEFT), 'left') },
      { ALT: (): JoinTable['type'] => asConst(this.CONSUME(K.RIGHT), 'right') },
      { ALT: (): JoinTable['type'] => asConst(this.CONSUME(K.FULL), 'full') },
    ]);
    this.OPTION(() => this.CONSUME(K.OUTER));
    return type;
  });

  protected tablePrimary: Rule<TableRef> = this.RULE('tablePrimary', (): TableRef => {
    const start = this.here();
    let table = this.OR([
      {
        ALT: (): TableRef => {
          this.CONSUME(K.LATERAL);
          return this.OR2([
            {
              ALT: (): TableRef => {
                this.CONSUME(T.LParen);
                return this.SUBRULE(this.subqueryTable, { ARGS: [true, start] });
              },
            },
            { ALT: (): TableRef => this.SUBRULE(this.tableFunction, { ARGS: [true, start] }) },
          ]);
        },
      },
      {
        ALT: (): TableRef => {
          this.CONSUME2(T.LParen);
          return this.OR3([
            { GATE: () => this.atQuery(1), ALT: (): TableRef => this.SUBRULE2(this.subqueryTable, { ARGS: [false, start] }) },
            { ALT: (): TableRef => this.SUBRULE(this.parenthesisedJoin, { ARGS: [start] }) },
          ]);
        },
      },
      { GATE: () => this.at(1, K.TABLE) || this.atCall(), ALT: (): TableRef => this.SUBRULE2(this.tableFunction, { ARGS: [false, start] }) },
      { ALT: (): TableRef => this.SUBRULE(this.namedTable) },
    ]);
    this.OPTION({
      GATE: () => this.at(2, T.LParen),
      DEF: () => {
        table = this.SUBRULE(this.matchRecognize, { ARGS: [table, start] });
      },
    });
    return table;
  });

  protected subqueryTable: Rule<TableRef, [lateral: boolean, start: number]> = this.RULE('subqueryTable', (lateral: boolean, start: number): TableRef => {
    const query: Query = this.SUBRULE(this.query);
    this.CONSUME(T.RParen);
    const alias = this.SUBRULE(this.tableAlias);
    return { kind: 'subqueryTable', query, lateral, alias, span: this.span(start) };
  });

  protected parenthesisedJoin: Rule<TableRef, [start: number]> = this.RULE('parenthesisedJoin', (start: number): TableRef => {
    const inner = this.SUBRULE(this.tableRef);
    this.CONSUME(T.RParen);
    const alias = this.SUBRULE(this.tableAlias);
    if (alias === null || this.RECORDING_PHASE) return inner;
    if (inner.kind !== 'join') throw syntaxErrorAt(this.LA(0));
    return { ...inner, alias, span: this.span(start) };
  });

  protected namedTable: Rule<NamedTable> = this.RULE('namedTable', (): NamedTable => {
    const start = this.here();
    this.OPTION(() => this.CONSUME(K.ONLY));
    const name = this.SUBRULE(this.objectName);
    // `t *`: with its descendants, which no table has.
    this.OPTION2(() => this.CONSUME(T.Star));
    const hints = this.SUBRULE(this.hints);
    const asOf = this.SUBRULE(this.systemTime);
    const sample = this.OPTION3(() => this.SUBRULE(this.tableSample)) ?? null;
    const alias = this.SUBRULE(this.tableAlias);
    const asOfAfter = asOf ?? this.SUBRULE2(this.systemTime);
    const hintsAfter = this.SUBRULE2(this.hints);
    return { kind: 'table', name, hints: this.RECORDING_PHASE ? [] : [...hints, ...hintsAfter], asOf: asOfAfter, sample, alias, span: this.span(start) };
  });

  protected hints: Rule<readonly Hint[]> = this.RULE('hints', (): readonly Hint[] =>
    this.OPTION(() => {
      const token = this.CONSUME(T.Hint);
      return this.RECORDING_PHASE ? [] : parseHints(payload(token), tokenSpan(token));
    }) ?? []);

  /** `FOR SYSTEM_TIME AS OF expr` */
  protected systemTime: Rule<Expr | null> = this.RULE('systemTime', (): Expr | null =>
    this.OPTION({
      GATE: () => this.at(2, K.SYSTEM_TIME),
      DEF: () => {
        this.CONSUME(K.FOR);
        this.CONSUME(K.SYSTEM_TIME);
        this.CONSUME(K.AS);
        this.CONSUME(K.OF);
        return this.SUBRULE(this.expr, { ARGS: [POWER.other] });
      },
    }) ?? null);

  protected tableSample: Rule<TableSample> = this.RULE('tableSample', (): TableSample => {
    this.CONSUME(K.TABLESAMPLE);
    const method = this.SUBRULE(this.identifier);
    this.CONSUME(T.LParen);
    const args = this.SUBRULE(this.exprList);
    this.CONSUME(T.RParen);
    const repeatable =
      this.OPTION(() => {
        this.CONSUME(K.REPEATABLE);
        this.CONSUME2(T.LParen);
        const seed = this.SUBRULE(this.expr);
        this.CONSUME2(T.RParen);
        return seed;
      }) ?? null;
    return { method, args, repeatable };
  });

  /** `f(..)`, `TABLE(f(..))`, UNNEST and the windowing functions. */
  protected tableFunction: Rule<TableRef, [lateral: boolean, start: number]> = this.RULE('tableFunction', (lateral: boolean, start: number): TableRef => {
    const wrapped =
      this.OPTION(() => {
        this.CONSUME(K.TABLE);
        this.CONSUME(T.LParen);
        return true;
      }) ?? false;
    const call = this.SUBRULE(this.functionCall);
    if (wrapped) this.CONSUME(T.RParen);
    const withOrdinality =
      this.OPTION2({
        GATE: () => this.at(2, K.ORDINALITY),
        DEF: () => {
          this.CONSUME(K.WITH);
          this.CONSUME(K.ORDINALITY);
          return true;
        },
      }) ?? false;
    const alias = this.SUBRULE(this.tableAlias);
    const span = this.span(start);
    if (this.RECORDING_PHASE) return { kind: 'functionTable', call, lateral, withOrdinality, alias, span };
    const window = windowKind(call);
    if (window !== undefined) return { ...toWindowTable(window, call), alias, span };
    const [name] = call.name.parts;
    if (call.name.parts.length === 1 && name?.name.toLowerCase() === 'unnest' && !name.quoted) {
      const args = call.args.map(({ value }) => {
        if (value.kind === 'tableArg' || value.kind === 'descriptor') throw syntaxErrorAt(this.LA(0));
        return value;
      });
      return { kind: 'unnest', args, lateral, withOrdinality, alias, span };
    }
    return { kind: 'functionTable', call, lateral, withOrdinality, alias, span };
  });

  protected functionCall: Rule<ReturnType<FromParser['callTail']>> = this.RULE('functionCall', () => {
    const start = this.here();
    const parts = [this.SUBRULE(this.functionWord)];
    this.MANY(() => {
      this.CONSUME(T.Dot);
      parts.push(this.SUBRULE(this.label));
    });
    const name = { parts, span: this.span(start) };
    return this.SUBRULE(this.callTail, { ARGS: [name, start] });
  });

  protected tableAlias: Rule<TableAlias | null> = this.RULE('tableAlias', (): TableAlias | null => {
    const start = this.here();
    const name = this.OPTION({
      GATE: () => this.at(1, K.AS) || this.atBareAlias(),
      DEF: () => {
        this.OPTION2(() => this.CONSUME(K.AS));
        return this.SUBRULE(this.identifier);
      },
    });
    if (name === undefined) return null;
    const columns: Identifier[] = [];
    const columnDefs: { name: Identifier; type: TypeName }[] = [];
    this.OPTION3(() => {
      this.CONSUME(T.LParen);
      this.AT_LEAST_ONE_SEP({
        SEP: T.Comma,
        DEF: () => {
          const column = this.SUBRULE3(this.identifier);
          const type = this.OPTION4(() => this.SUBRULE(this.typeName));
          if (type === undefined) columns.push(column);
          else columnDefs.push({ name: column, type });
        },
      });
      this.CONSUME(T.RParen);
    });
    return { name, columns, columnDefs, span: this.span(start) };
  });

  protected atBareAlias(): boolean {
    if (!this.atIdent(1) || this.atEmit() || this.atAsof()) return false;
    const token = this.LA(1);
    return token.tokenType === T.QuotedName || !NOT_BARE_ALIAS.has(token.image.toUpperCase());
  }

  protected atEmit(): boolean {
    return this.at(1, K.EMIT) && (this.at(2, K.CHANGES) || this.at(2, K.FINAL) || this.at(2, K.ON));
  }
}

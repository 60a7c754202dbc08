import type { AfterMatch, Expr, Hint, Identifier, JoinTable, MatchRecognizeTable, NamedTable, OrderItem, Pattern, Query, TableAlias, TableRef, TableSample, TypeName } from './ast.ts';
import { asConst, payload, type Rule, CHAIN_MAX, syntaxErrorAt, tokenSpan, tooComplex } from './base.ts';
import { parseHints } from './hints.ts';
import { NOT_BARE_ALIAS } from './keywords.ts';
import { POWER } from './operators.ts';
import { PrimaryParser } from './primary.ts';
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
export abstract class FromParser extends PrimaryParser {
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
        left = this.SUBRULE(this.joinTail, { ARGS: [left, start] });
      },
    });
    this.leave(1);
    return left;
  });

  private atAsof(): boolean {
    return this.at(1, K.ASOF) && (this.at(2, K.JOIN) || this.at(2, K.LEFT) || this.at(2, K.INNER));
  }

  protected joinTail: Rule<TableRef, [left: TableRef, start: number]> = this.RULE('joinTail', (left: TableRef, start: number): TableRef => {
    const natural = this.OPTION(() => asConst(this.CONSUME(K.NATURAL), true)) ?? false;
    const asof = this.OPTION2(() => asConst(this.CONSUME(K.ASOF), true)) ?? false;
    const type = this.SUBRULE(this.joinType);
    this.CONSUME(K.JOIN);
    const right = this.SUBRULE(this.tablePrimary);
    const bare = !this.RECORDING_PHASE && (type === 'cross' || natural);
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
    return { kind: 'join', type, natural, asof, left, right, ...condition, alias: null, span: this.span(start) };
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

  protected matchRecognize: Rule<MatchRecognizeTable, [input: TableRef, start: number]> = this.RULE('matchRecognize', (input: TableRef, start: number): MatchRecognizeTable => {
    this.CONSUME(K.MATCH_RECOGNIZE);
    this.CONSUME(T.LParen);
    let partitionBy: Expr[] = [];
    let orderBy: OrderItem[] = [];
    const measures: { expr: Expr; alias: Identifier }[] = [];
    const subsets: { name: Identifier; variables: Identifier[] }[] = [];
    const define: { name: Identifier; condition: Expr }[] = [];
    this.OPTION(() => {
      this.CONSUME(K.PARTITION);
      this.CONSUME(K.BY);
      partitionBy = this.SUBRULE(this.exprList);
    });
    this.OPTION2(() => {
      orderBy = this.SUBRULE(this.orderBy);
    });
    this.OPTION3(() => {
      this.CONSUME(K.MEASURES);
      this.AT_LEAST_ONE_SEP({
        SEP: T.Comma,
        DEF: () => {
          this.OPTION4({ GATE: () => !this.at(2, T.LParen) && !this.at(2, T.Dot), DEF: () => this.CONSUME(K.FINAL) });
          const expr = this.SUBRULE(this.expr);
          this.CONSUME(K.AS);
          measures.push({ expr, alias: this.SUBRULE(this.identifier) });
        },
      });
    });
    const rowsPerMatch =
      this.OPTION5(() => {
        const rows = this.OR([{ ALT: () => asConst([this.CONSUME(K.ONE), this.CONSUME(K.ROW)], 'one') }, { ALT: () => asConst([this.CONSUME(K.ALL), this.CONSUME(K.ROWS)], 'all') }]);
        this.CONSUME(K.PER);
        this.CONSUME(K.MATCH);
        return rows;
      }) ?? 'one';
    const afterMatch = this.OPTION6(() => this.SUBRULE(this.afterMatch)) ?? { kind: 'pastLastRow' };
    this.CONSUME(K.PATTERN);
    this.CONSUME2(T.LParen);
    const pattern = this.SUBRULE(this.pattern);
    this.CONSUME(T.RParen);
    const within =
      this.OPTION7(() => {
        this.CONSUME(K.WITHIN);
        return this.SUBRULE2(this.expr);
      }) ?? null;
    this.OPTION8(() => {
      this.CONSUME(K.SUBSET);
      this.AT_LEAST_ONE_SEP2({
        SEP: T.Comma,
        DEF: () => {
          const name = this.SUBRULE2(this.identifier);
          this.CONSUME(T.Eq);
          subsets.push({ name, variables: this.SUBRULE(this.identifierList) });
        },
      });
    });
    this.OPTION9(() => {
      this.CONSUME(K.DEFINE);
      this.AT_LEAST_ONE_SEP3({
        SEP: T.Comma,
        DEF: () => {
          const name = this.SUBRULE3(this.identifier);
          this.CONSUME2(K.AS);
          define.push({ name, condition: this.SUBRULE3(this.expr) });
        },
      });
    });
    this.CONSUME2(T.RParen);
    const alias = this.SUBRULE(this.tableAlias);
    return { kind: 'matchRecognize', input, partitionBy, orderBy, measures, rowsPerMatch, afterMatch, pattern, within, subsets, define, alias, span: this.span(start) };
  });

  protected afterMatch: Rule<AfterMatch> = this.RULE('afterMatch', (): AfterMatch => {
    this.CONSUME(K.AFTER);
    this.CONSUME(K.MATCH);
    this.CONSUME(K.SKIP);
    return this.OR([
      { ALT: (): AfterMatch => asConst([this.CONSUME(K.PAST), this.CONSUME(K.LAST), this.CONSUME(K.ROW)], { kind: 'pastLastRow' }) },
      {
        ALT: (): AfterMatch => {
          this.CONSUME(K.TO);
          return this.OR2([
            { GATE: () => this.at(2, K.ROW), ALT: (): AfterMatch => asConst([this.CONSUME(K.NEXT), this.CONSUME2(K.ROW)], { kind: 'toNextRow' }) },
            {
              ALT: (): AfterMatch => {
                const kind = this.OR3([{ ALT: () => asConst(this.CONSUME(K.FIRST), 'toFirst') }, { ALT: () => asConst(this.CONSUME2(K.LAST), 'toLast') }]);
                return { kind, variable: this.SUBRULE(this.identifier) };
              },
            },
          ]);
        },
      },
    ]);
  });

  /** Alternatives of sequences: `A B+ | C`. */
  protected pattern: Rule<Pattern> = this.RULE('pattern', (): Pattern => {
    this.enter(1);
    const start = this.here();
    const items = [this.SUBRULE(this.patternSequence)];
    this.MANY({
      GATE: () => this.atWord(1, '|'),
      DEF: () => {
        this.CONSUME(T.Op);
        items.push(this.SUBRULE2(this.patternSequence));
      },
    });
    this.leave(1);
    const [only] = items;
    return items.length === 1 && only !== undefined ? only : { kind: 'alternation', items, span: this.span(start) };
  });

  protected patternSequence: Rule<Pattern> = this.RULE('patternSequence', (): Pattern => {
    const start = this.here();
    const items: Pattern[] = [];
    this.AT_LEAST_ONE(() => items.push(this.SUBRULE(this.patternItem)));
    const [only] = items;
    return items.length === 1 && only !== undefined ? only : { kind: 'sequence', items, span: this.span(start) };
  });

  protected patternItem: Rule<Pattern> = this.RULE('patternItem', (): Pattern => {
    const start = this.here();
    const item = this.OR([
      {
        ALT: (): Pattern => {
          const name = this.SUBRULE(this.identifier);
          return { kind: 'variable', name, span: this.span(start) };
        },
      },
      {
        ALT: (): Pattern => {
          this.CONSUME(T.LParen);
          const inner = this.SUBRULE(this.pattern);
          this.CONSUME(T.RParen);
          return inner;
        },
      },
    ]);
    const quantifier = this.OPTION({ GATE: () => !this.atWord(1, '|'), DEF: () => this.SUBRULE(this.patternQuantifier) });
    return quantifier === undefined ? item : { kind: 'repeat', item, ...quantifier, span: this.span(start) };
  });

  /** `*`, `+`, `?`, `{n}`, `{n,}`, `{,m}`, `{n,m}`, each with a `?` for reluctant. */
  protected patternQuantifier: Rule<{ min: number; max: number | null; reluctant: boolean }> = this.RULE('patternQuantifier', () =>
    this.OR([
      {
        ALT: () => {
          const token = this.CONSUME(T.AnyOp);
          const found = SYMBOL_QUANTIFIERS.get(token.image);
          if (found === undefined && !this.RECORDING_PHASE) throw syntaxErrorAt(token);
          const reluctant = token.image.length === 1 && token.image !== '?' ? (this.OPTION({ GATE: () => this.atWord(1, '?'), DEF: () => asConst(this.CONSUME(T.Op), true) }) ?? false) : token.image.length > 1;
          return { ...(found ?? { min: 0, max: null }), reluctant };
        },
      },
      {
        ALT: () => {
          this.CONSUME(T.LBrace);
          const low = this.OPTION2(() => this.SUBRULE(this.integer));
          const comma = this.OPTION3(() => asConst(this.CONSUME(T.Comma), true)) ?? false;
          const high = this.OPTION4(() => this.SUBRULE2(this.integer));
          const close = this.CONSUME(T.RBrace);
          if (low === undefined && high === undefined && !this.RECORDING_PHASE) throw syntaxErrorAt(close);
          const reluctant = this.OPTION5({ GATE: () => this.atWord(1, '?'), DEF: () => asConst(this.CONSUME2(T.Op), true) }) ?? false;
          return { min: low ?? 0, max: comma ? (high ?? null) : (low ?? null), reluctant };
        },
      },
    ]));
}

const SYMBOL_QUANTIFIERS: ReadonlyMap<string, { min: number; max: number | null }> = new Map([
  ['*', { min: 0, max: null }],
  ['+', { min: 1, max: null }],
  ['?', { min: 0, max: 1 }],
  ['*?', { min: 0, max: null }],
  ['+?', { min: 1, max: null }],
  ['??', { min: 0, max: 1 }],
]);

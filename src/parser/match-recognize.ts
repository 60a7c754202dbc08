import type { Expr, Identifier } from './ast.ts';
import type { AfterMatch, MatchRecognizeTable, OrderItem, Pattern, TableAlias, TableRef } from './ast-queries.ts';
import { asConst, type Rule, syntaxErrorAt } from './base.ts';
import { PrimaryParser } from './primary.ts';
import * as T from './tokens.ts';

const { K } = T;

/** MATCH_RECOGNIZE and its row patterns. */
export abstract class MatchParser extends PrimaryParser {
  protected abstract readonly tableAlias: Rule<TableAlias | null>;

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

import type { TokenType } from 'chevrotain';
import type { ObjectName } from '../ast.ts';
import type { FlushStatement } from '../ast-jobs.ts';
import type { DescribeStatement, ShowStatement } from '../ast-session.ts';
import type { ExplainStatement, Statement } from '../ast-statements.ts';
import { asConst, payload, type Rule, syntaxErrorAt } from '../base.ts';
import * as T from '../tokens.ts';
import { JobParser } from './jobs.ts';
import { EXPLAIN_WORDS, SHOW_PHRASES } from './show-objects.ts';

const { K } = T;

/** Tokens that a statement to be explained starts with; anything else is a name. */
const EXPLAINABLE: ReadonlySet<TokenType> = new Set([K.SELECT, K.WITH, K.VALUES, K.TABLE, T.LParen, K.INSERT, K.UPDATE, K.DELETE, K.CREATE, K.EXECUTE, K.STATEMENT, K.DECLARE, K.SUBSCRIBE, K.COPY, K.BEGIN, K.REPLACE]);

/** All statements: the first word decides. */
export abstract class StatementParser extends JobParser {
  protected statement: Rule<Statement> = this.RULE('statement', (): Statement => {
    this.enter(2);
    const start = this.here();
    const statement = this.OR([
      { IGNORE_AMBIGUITIES: true, ALT: (): Statement => this.SUBRULE(this.withStatement) },
      { ALT: (): Statement => this.SUBRULE(this.queryStatement) },
      { ALT: (): Statement => this.SUBRULE(this.insert, { ARGS: [null, start] }) },
      { ALT: (): Statement => this.SUBRULE(this.update, { ARGS: [null, start] }) },
      { ALT: (): Statement => this.SUBRULE(this.delete, { ARGS: [null, start] }) },
      { ALT: (): Statement => this.SUBRULE(this.create) },
      { ALT: (): Statement => this.SUBRULE(this.drop) },
      { ALT: (): Statement => this.SUBRULE(this.alter) },
      { ALT: (): Statement => this.SUBRULE(this.truncate) },
      { ALT: (): Statement => this.SUBRULE(this.copy) },
      { ALT: (): Statement => this.SUBRULE(this.subscribe) },
      { ALT: (): Statement => this.SUBRULE(this.explain) },
      { ALT: (): Statement => this.SUBRULE(this.show) },
      { ALT: (): Statement => this.SUBRULE(this.describe) },
      { ALT: (): Statement => this.SUBRULE(this.set) },
      { ALT: (): Statement => this.SUBRULE(this.resetSetting) },
      { ALT: (): Statement => this.SUBRULE(this.use) },
      { GATE: () => this.at(2, K.STATEMENT), ALT: (): Statement => this.SUBRULE(this.beginSet) },
      { ALT: (): Statement => this.SUBRULE(this.transaction) },
      { ALT: (): Statement => this.SUBRULE(this.execute) },
      { ALT: (): Statement => this.SUBRULE(this.compile) },
      { ALT: (): Statement => this.SUBRULE(this.prepare) },
      { ALT: (): Statement => this.SUBRULE(this.deallocate) },
      { ALT: (): Statement => this.SUBRULE(this.declareCursor) },
      { ALT: (): Statement => this.SUBRULE(this.fetch) },
      { ALT: (): Statement => this.SUBRULE(this.closeCursor) },
      { ALT: (): Statement => this.SUBRULE(this.discard) },
      { ALT: (): Statement => this.SUBRULE(this.listen) },
      { ALT: (): Statement => this.SUBRULE(this.job) },
      { ALT: (): Statement => ({ kind: asConst(this.CONSUME(K.FLUSH), 'flush'), name: null, span: this.span(start) }) },
      { ALT: (): Statement => this.SUBRULE(this.wait) },
      { ALT: (): Statement => this.SUBRULE(this.commentOn) },
      { ALT: (): Statement => this.SUBRULE(this.maintenance) },
      { ALT: (): Statement => this.SUBRULE(this.callStatement) },
      { ALT: (): Statement => this.SUBRULE(this.lock) },
      { ALT: (): Statement => this.SUBRULE(this.module) },
      { ALT: (): Statement => this.SUBRULE(this.privilege) },
      { ALT: (): Statement => this.SUBRULE(this.statementSet, { ARGS: [true, start] }) },
    ]);
    this.leave(2);
    return statement;
  });

  /** `WAIT`, `WAIT MATERIALIZED VIEW v`. */
  protected wait: Rule<FlushStatement> = this.RULE('wait', (): FlushStatement => {
    const start = this.here();
    this.CONSUME(K.WAIT);
    const name = this.OPTION(() => {
      this.SUBRULE(this.objectType);
      return this.SUBRULE(this.objectName);
    }) ?? null;
    return { kind: 'wait', name, span: this.span(start) };
  });

  protected explain: Rule<ExplainStatement> = this.RULE('explain', (): ExplainStatement => {
    const start = this.here();
    const options: { name: string; value: string | null; span: ExplainStatement['span'] }[] = [];
    this.CONSUME(K.EXPLAIN);
    this.OPTION({
      GATE: () => !this.atQuery(2) && !this.at(2, T.LParen),
      DEF: () => {
        const list = this.SUBRULE(this.options);
        if (this.RECORDING_PHASE) return;
        for (const { key, value, span } of list) options.push({ name: key.toUpperCase(), value: value?.toUpperCase() ?? null, span });
      },
    });
    this.OPTION2({
      GATE: () => this.at(2, K.FOR),
      DEF: () => {
        this.CONSUME(K.PLAN);
        this.CONSUME(K.FOR);
      },
    });
    this.MANY({
      GATE: () => EXPLAIN_WORDS.has(this.LA(1).image.toUpperCase()) && !this.at(1, T.QuotedName),
      DEF: () => {
        const at = this.here();
        options.push({ name: this.SUBRULE(this.upperWord), value: null, span: this.span(at) });
        this.OPTION3(() => this.CONSUME(T.Comma));
      },
    });
    const target = this.OR([
      { GATE: () => this.atAny(1, EXPLAINABLE), ALT: (): Statement | ObjectName => this.SUBRULE(this.statement) },
      {
        ALT: (): Statement | ObjectName => {
          this.OPTION4({ GATE: () => this.atIdent(2) || this.at(2, T.StringLit), DEF: () => this.SUBRULE(this.objectType) });
          return this.OR2([
            { ALT: () => this.SUBRULE(this.objectName) },
            {
              ALT: () => {
                const at = this.here();
                const name = this.SUBRULE(this.stringLiteral);
                return { parts: [{ name, quoted: true, span: this.span(at) }], span: this.span(at) };
              },
            },
          ]);
        },
      },
    ]);
    return { kind: 'explain', options, target, span: this.span(start) };
  });

  protected show: Rule<ShowStatement> = this.RULE('show', (): ShowStatement => {
    const start = this.here();
    this.CONSUME(K.SHOW);
    const modifier =
      this.OPTION({
        GATE: () => this.phraseLength(2) > 0,
        DEF: () =>
          this.OR([
            { ALT: () => asConst(this.CONSUME(K.USER), 'user') },
            { ALT: () => asConst(this.CONSUME(K.FULL), 'full') },
            { ALT: () => asConst(this.CONSUME(K.EXTENDED), 'extended') },
          ]),
      }) ?? null;
    return this.OR2([
      { GATE: () => this.phraseLength(1) > 0, ALT: (): ShowStatement => this.SUBRULE(this.showObjects, { ARGS: [modifier, start] }) },
      {
        ALT: (): ShowStatement => {
          const setting = this.SUBRULE(this.showSetting);
          const what = setting === null ? 'ALL' : 'SETTING';
          return { kind: 'show', what, setting, modifier: null, name: null, like: null, partition: [], span: this.span(start) };
        },
      },
    ]);
  });

  /** How many words from the `k`-th on name something SHOW lists. */
  private phraseLength(k: number): number {
    return SHOW_PHRASES.find((words) => words.every((word, i) => this.atWord(k + i, word)))?.length ?? 0;
  }

  protected showObjects: Rule<ShowStatement, [modifier: ShowStatement['modifier'], start: number]> = this.RULE('showObjects', (modifier: ShowStatement['modifier'], start: number): ShowStatement => {
    const count = this.phraseLength(1);
    const words: string[] = [];
    this.MANY({ GATE: () => words.length < count, DEF: () => words.push(this.SUBRULE(this.upperWord)) });
    this.OPTION(() => this.OR([{ ALT: () => this.CONSUME(K.FROM) }, { ALT: () => this.CONSUME(K.IN) }, { ALT: () => this.CONSUME(K.ON) }]));
    const name: ObjectName | null = this.OPTION2(() => this.SUBRULE(this.objectName)) ?? null;
    if (!this.RECORDING_PHASE && name === null && (words[0] === 'CREATE' || words[0] === 'COLUMNS' || words[0] === 'PARTITIONS')) this.CONSUME(T.Ident);
    const partition = this.OPTION3(() => this.SUBRULE(this.partitionSpec)) ?? [];
    const like =
      this.OPTION4(() => {
        const negated = this.OPTION5(() => asConst(this.CONSUME(K.NOT), true)) ?? false;
        const caseInsensitive = this.OR2([{ ALT: () => asConst(this.CONSUME(K.LIKE), false) }, { ALT: () => asConst(this.CONSUME(K.ILIKE), true) }]);
        return { pattern: this.SUBRULE(this.stringLiteral), caseInsensitive, negated };
      }) ?? null;
    return { kind: 'show', what: words.join(' '), setting: null, modifier, name, like, partition, span: this.span(start) };
  });

  /** A setting's name; null for ALL. */
  protected showSetting: Rule<string | null> = this.RULE('showSetting', (): string | null =>
    this.OR([
      { GATE: () => !this.at(2, T.Dot), ALT: () => asConst(this.CONSUME(K.ALL), null) },
      { GATE: () => this.at(2, K.ZONE), ALT: () => asConst([this.CONSUME(K.TIME), this.CONSUME(K.ZONE)], 'timezone') },
      { GATE: () => this.at(2, K.ISOLATION), ALT: () => asConst([this.CONSUME(K.TRANSACTION), this.CONSUME(K.ISOLATION), this.CONSUME(K.LEVEL)], 'transaction_isolation') },
      { GATE: () => this.at(2, K.AUTHORIZATION), ALT: () => asConst([this.CONSUME(K.SESSION), this.CONSUME(K.AUTHORIZATION)], 'session_authorization') },
      { ALT: () => this.SUBRULE(this.settingName) },
    ]));

  protected describe: Rule<DescribeStatement> = this.RULE('describe', (): DescribeStatement => {
    const start = this.here();
    this.OR([{ ALT: () => this.CONSUME(K.DESCRIBE) }, { ALT: () => this.CONSUME(K.DESC) }]);
    const objectType =
      this.OPTION({
        GATE: () => (this.atObjectType(1) || this.atWord(1, 'FRAGMENTS')) && (this.atIdent(2) || this.at(2, T.StringLit)),
        DEF: () =>
          this.OR2([
            { GATE: () => this.atObjectType(1), ALT: () => this.SUBRULE(this.objectType) },
            { GATE: () => this.atWord(1, 'FRAGMENTS'), ALT: () => asConst(this.CONSUME(T.Name), 'fragments') },
          ]),
      }) ?? 'table';
    const extended = this.OPTION2({ GATE: () => this.atIdent(2), DEF: () => asConst(this.CONSUME(K.EXTENDED), true) }) ?? false;
    const name = this.OR3([
      { ALT: () => this.SUBRULE(this.objectName) },
      {
        ALT: (): ObjectName => {
          const token = this.CONSUME(T.StringLit);
          if (!this.RECORDING_PHASE && objectType !== 'job') throw syntaxErrorAt(token);
          const span = this.span(start);
          return { parts: [{ name: payload(token), quoted: true, span }], span };
        },
      },
    ]);
    return { kind: 'describe', objectType, extended, name, span: this.span(start) };
  });
}

import type { TokenType } from 'chevrotain';
import type { Identifier, ObjectName } from '../ast.ts';
import type { ListenStatement, ResetStatement, SetStatement, SetTransactionStatement, TransactionMode, TransactionStatement, UseStatement } from '../ast-session.ts';
import type { Statement } from '../ast-statements.ts';
import { asConst, payload, type Rule } from '../base.ts';
import * as T from '../tokens.ts';
import { DmlParser } from './dml.ts';

const { K } = T;

const MODE_START: ReadonlySet<TokenType> = new Set([K.ISOLATION, K.READ, K.NOT, K.DEFERRABLE]);

/** SET, RESET, USE, transactions, LISTEN, DISCARD. */
export abstract class SessionParser extends DmlParser {
  protected set: Rule<Statement> = this.RULE('set', (): Statement => {
    const start = this.here();
    this.CONSUME(K.SET);
    return this.OR([
      {
        GATE: () => this.at(2, K.CHARACTERISTICS),
        ALT: (): SetTransactionStatement => {
          this.CONSUME(K.SESSION);
          this.CONSUME(K.CHARACTERISTICS);
          this.CONSUME(K.AS);
          this.CONSUME(K.TRANSACTION);
          const modes = this.SUBRULE(this.transactionModes);
          return { kind: 'setTransaction', session: true, modes, span: this.span(start) };
        },
      },
      {
        GATE: () => this.atAny(2, MODE_START),
        ALT: (): SetTransactionStatement => {
          this.CONSUME2(K.TRANSACTION);
          const modes = this.SUBRULE2(this.transactionModes);
          return { kind: 'setTransaction', session: false, modes, span: this.span(start) };
        },
      },
      { ALT: (): SetStatement => this.SUBRULE(this.setVariable, { ARGS: [start] }) },
    ]);
  });

  protected setVariable: Rule<SetStatement, [start: number]> = this.RULE('setVariable', (start: number): SetStatement => {
    const scope =
      this.OPTION({
        GATE: () => !this.at(2, T.Eq) && !this.at(2, K.TO) && !this.at(2, T.Dot),
        DEF: () => this.OR([{ ALT: () => asConst(this.CONSUME(K.SESSION), 'session') }, { ALT: () => asConst(this.CONSUME(K.LOCAL), 'local') }]),
      }) ?? null;
    const at = this.here();
    const found = this.OPTION2(() =>
      this.OR2([
        {
          GATE: () => this.at(2, K.ZONE),
          ALT: () => {
            this.CONSUME(K.TIME);
            this.CONSUME(K.ZONE);
            const nameSpan = this.span(at);
            return { name: 'timezone', nameSpan, ...this.SUBRULE(this.settingValues) };
          },
        },
        {
          GATE: () => this.at(2, T.StringLit),
          ALT: () => {
            this.CONSUME(K.NAMES);
            const nameSpan = this.span(at);
            return { name: 'client_encoding', nameSpan, ...this.SUBRULE2(this.settingValues) };
          },
        },
        {
          ALT: () => {
            const name = this.SUBRULE(this.settingName);
            const nameSpan = this.span(at);
            this.OR3([{ ALT: () => this.CONSUME(T.Eq) }, { ALT: () => this.CONSUME(K.TO) }]);
            return { name, nameSpan, ...this.SUBRULE3(this.settingValues) };
          },
        },
      ]),
    );
    const span = this.span(start);
    if (found === undefined) return { kind: 'set', scope, name: null, values: [], isDefault: false, nameSpan: span, span };
    return { kind: 'set', scope, ...found, span };
  });

  /** `a.b`, `sql-client.verbose`, `'a.b'` */
  protected settingName: Rule<string> = this.RULE('settingName', (): string =>
    this.OR([
      { ALT: () => this.SUBRULE(this.stringLiteral) },
      {
        ALT: () => {
          let name = payload(this.CONSUME(T.Word));
          this.MANY(() => {
            const separator = this.OR2([{ ALT: () => asConst(this.CONSUME(T.Dot), '.') }, { ALT: () => asConst(this.CONSUME(T.Minus), '-') }]);
            name += separator + payload(this.CONSUME2(T.Word));
          });
          return name;
        },
      },
    ]));

  protected settingValues: Rule<{ values: string[]; isDefault: boolean }> = this.RULE('settingValues', () => {
    const values: string[] = [];
    let isDefault = false;
    this.OR([
      { IGNORE_AMBIGUITIES: true, ALT: () => asConst(this.CONSUME(K.DEFAULT), (isDefault = true)) },
      { ALT: () => this.AT_LEAST_ONE_SEP({ SEP: T.Comma, DEF: () => values.push(this.SUBRULE(this.settingValue)) }) },
    ]);
    return { values, isDefault };
  });

  /** `1`, `'x'`, `on`, `"$user"`, `a.b`, `INTERVAL '..' HOUR TO MINUTE`. */
  protected settingValue: Rule<string> = this.RULE('settingValue', (): string =>
    this.OR([
      { GATE: () => this.at(2, T.StringLit), ALT: () => this.SUBRULE(this.intervalText) },
      { ALT: () => this.SUBRULE(this.stringLiteral) },
      { ALT: () => this.SUBRULE(this.signedNumber) },
      {
        ALT: () => {
          let text = payload(this.CONSUME(T.Word));
          this.MANY(() => {
            this.CONSUME(T.Dot);
            text += `.${payload(this.CONSUME2(T.Word))}`;
          });
          return text;
        },
      },
    ]));

  protected intervalText: Rule<string> = this.RULE('intervalText', (): string => {
    this.CONSUME(K.INTERVAL);
    const text = this.SUBRULE(this.stringLiteral);
    this.OPTION({ GATE: () => this.atTimeUnit(1), DEF: () => this.SUBRULE(this.intervalQualifier) });
    return text;
  });

  protected resetSetting: Rule<ResetStatement> = this.RULE('resetSetting', (): ResetStatement => {
    const start = this.here();
    this.CONSUME(K.RESET);
    const name =
      this.OPTION(() =>
        this.OR([
          { GATE: () => !this.at(2, T.Dot), ALT: () => asConst(this.CONSUME(K.ALL), null) },
          { GATE: () => this.at(2, K.ZONE), ALT: () => asConst([this.CONSUME(K.TIME), this.CONSUME(K.ZONE)], 'timezone') },
          { ALT: () => this.SUBRULE(this.settingName) },
        ]),
      ) ?? null;
    return { kind: 'reset', name, span: this.span(start) };
  });

  protected use: Rule<UseStatement> = this.RULE('use', (): UseStatement => {
    const start = this.here();
    this.CONSUME(K.USE);
    return this.OR([
      {
        GATE: () => this.atIdent(2),
        ALT: (): UseStatement => {
          const what = this.OR2([
            { ALT: () => asConst(this.CONSUME(K.CATALOG), 'catalog') },
            { ALT: () => asConst(this.CONSUME(K.MODULES), 'modules') },
            { ALT: () => asConst(this.CONSUME(K.DATABASE), 'database') },
          ]);
          const names = this.SUBRULE(this.objectNames);
          return { kind: 'use', what, names, span: this.span(start) };
        },
      },
      {
        ALT: (): UseStatement => {
          const name: ObjectName = this.SUBRULE(this.objectName);
          return { kind: 'use', what: 'database', names: [name], span: this.span(start) };
        },
      },
    ]);
  });

  /** BEGIN, START TRANSACTION, COMMIT, END, ROLLBACK, ABORT, SAVEPOINT, RELEASE. */
  protected transaction: Rule<TransactionStatement> = this.RULE('transaction', (): TransactionStatement => {
    const start = this.here();
    return this.OR([
      {
        ALT: (): TransactionStatement => {
          this.OR2([{ ALT: () => this.SUBRULE(this.beginWords) }, { ALT: () => asConst(this.CONSUME(K.START), this.CONSUME(K.TRANSACTION)) }]);
          const modes = this.SUBRULE(this.transactionModes);
          return { kind: 'transaction', action: 'begin', savepoint: null, modes, chain: false, span: this.span(start) };
        },
      },
      {
        ALT: (): TransactionStatement => {
          this.OR3([{ ALT: () => this.CONSUME(K.COMMIT) }, { ALT: () => this.CONSUME(K.END) }]);
          this.SUBRULE(this.workWord);
          const chain = this.SUBRULE(this.chain);
          return { kind: 'transaction', action: 'commit', savepoint: null, modes: [], chain, span: this.span(start) };
        },
      },
      {
        ALT: (): TransactionStatement => {
          this.OR4([{ ALT: () => this.CONSUME(K.ROLLBACK) }, { ALT: () => this.CONSUME(K.ABORT) }]);
          this.SUBRULE2(this.workWord);
          const savepoint: Identifier | null =
            this.OPTION(() => {
              this.CONSUME(K.TO);
              this.OPTION2({ GATE: () => this.atIdent(2), DEF: () => this.CONSUME(K.SAVEPOINT) });
              return this.SUBRULE(this.identifier);
            }) ?? null;
          const chain = this.SUBRULE2(this.chain);
          return { kind: 'transaction', action: savepoint === null ? 'rollback' : 'rollbackTo', savepoint, modes: [], chain, span: this.span(start) };
        },
      },
      {
        ALT: (): TransactionStatement => {
          this.CONSUME2(K.SAVEPOINT);
          const savepoint = this.SUBRULE2(this.identifier);
          return { kind: 'transaction', action: 'savepoint', savepoint, modes: [], chain: false, span: this.span(start) };
        },
      },
      {
        ALT: (): TransactionStatement => {
          this.CONSUME(K.RELEASE);
          this.OPTION3({ GATE: () => this.atIdent(2), DEF: () => this.CONSUME3(K.SAVEPOINT) });
          const savepoint = this.SUBRULE3(this.identifier);
          return { kind: 'transaction', action: 'release', savepoint, modes: [], chain: false, span: this.span(start) };
        },
      },
    ]);
  });

  protected beginWords: Rule<void> = this.RULE('beginWords', (): void => {
    this.CONSUME(K.BEGIN);
    this.SUBRULE(this.workWord);
  });

  protected workWord: Rule<void> = this.RULE('workWord', (): void => {
    this.OPTION(() => this.OR([{ ALT: () => this.CONSUME(K.WORK) }, { ALT: () => this.CONSUME(K.TRANSACTION) }]));
  });

  protected chain: Rule<boolean> = this.RULE('chain', (): boolean =>
    this.OPTION(() => {
      this.CONSUME(K.AND);
      const no = this.OPTION2(() => asConst(this.CONSUME(K.NO), true)) ?? false;
      this.CONSUME(K.CHAIN);
      return !no;
    }) ?? false);

  protected transactionModes: Rule<TransactionMode[]> = this.RULE('transactionModes', (): TransactionMode[] => {
    const modes: TransactionMode[] = [];
    this.MANY(() => {
      modes.push(this.SUBRULE(this.transactionMode));
      this.OPTION(() => this.CONSUME(T.Comma));
    });
    return modes;
  });

  protected transactionMode: Rule<TransactionMode> = this.RULE('transactionMode', (): TransactionMode =>
    this.OR([
      {
        ALT: (): TransactionMode => {
          this.CONSUME(K.ISOLATION);
          this.CONSUME(K.LEVEL);
          const level = this.OR2([
            { ALT: () => asConst(this.CONSUME(K.SERIALIZABLE), 'serializable') },
            { ALT: () => asConst([this.CONSUME(K.REPEATABLE), this.CONSUME(K.READ)], 'repeatable read') },
            {
              ALT: () => {
                this.CONSUME2(K.READ);
                return this.OR3([{ ALT: () => asConst(this.CONSUME(K.COMMITTED), 'read committed') }, { ALT: () => asConst(this.CONSUME(K.UNCOMMITTED), 'read uncommitted') }]);
              },
            },
          ]);
          return { kind: 'isolation', level };
        },
      },
      {
        ALT: (): TransactionMode => {
          this.CONSUME3(K.READ);
          const kind = this.OR4([{ ALT: () => asConst(this.CONSUME(K.ONLY), 'readOnly') }, { ALT: () => asConst(this.CONSUME(K.WRITE), 'readWrite') }]);
          return { kind, level: null };
        },
      },
      {
        ALT: (): TransactionMode => {
          const not = this.OPTION(() => asConst(this.CONSUME(K.NOT), true)) ?? false;
          this.CONSUME(K.DEFERRABLE);
          return { kind: not ? 'notDeferrable' : 'deferrable', level: null };
        },
      },
    ]));

  protected listen: Rule<ListenStatement> = this.RULE('listen', (): ListenStatement => {
    const start = this.here();
    return this.OR([
      {
        ALT: (): ListenStatement => {
          this.CONSUME(K.LISTEN);
          const channel = this.SUBRULE(this.identifier);
          return { kind: 'listen', channel, payload: null, span: this.span(start) };
        },
      },
      {
        ALT: (): ListenStatement => {
          this.CONSUME(K.UNLISTEN);
          const channel = this.OR2([{ ALT: () => asConst(this.CONSUME(T.Star), null) }, { ALT: () => this.SUBRULE2(this.identifier) }]);
          return { kind: 'unlisten', channel, payload: null, span: this.span(start) };
        },
      },
      {
        ALT: (): ListenStatement => {
          this.CONSUME(K.NOTIFY);
          const channel = this.SUBRULE3(this.identifier);
          const text =
            this.OPTION(() => {
              this.CONSUME(T.Comma);
              return this.SUBRULE(this.stringLiteral);
            }) ?? null;
          return { kind: 'notify', channel, payload: text, span: this.span(start) };
        },
      },
    ]);
  });

  protected discard: Rule<Statement> = this.RULE('discard', (): Statement => {
    const start = this.here();
    this.CONSUME(K.DISCARD);
    const what = this.OR([
      { ALT: () => asConst(this.CONSUME(K.ALL), 'all') },
      { ALT: () => asConst(this.CONSUME(K.PLANS), 'plans') },
      { ALT: () => asConst(this.CONSUME(K.TEMP), 'temp') },
      { ALT: () => asConst(this.CONSUME(K.TEMPORARY), 'temp') },
      { GATE: () => this.atWord(1, 'SEQUENCES'), ALT: () => asConst(this.CONSUME(T.Name), 'sequences') },
    ]);
    return { kind: 'discard', what, span: this.span(start) };
  });
}

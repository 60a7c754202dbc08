import { notSupported, SqlError } from '../../common/errors.ts';
import type { Identifier, ObjectName, TypeName } from '../ast.ts';
import type { AlterAction, AlterStatement, ColumnPosition } from '../ast-alter.ts';
import type { CommentStatement, DropStatement, ObjectType } from '../ast-objects.ts';
import { asConst, payload, type Rule } from '../base.ts';
import type { TableElement } from './columns.ts';
import { CreateParser } from './create.ts';
import * as T from '../tokens.ts';

const { K } = T;

/** ALTER, DROP and COMMENT ON. */
export abstract class AlterParser extends CreateParser {
  protected drop: Rule<DropStatement> = this.RULE('drop', (): DropStatement => {
    const start = this.here();
    this.CONSUME(K.DROP);
    const temporary = this.OPTION(() => this.OR([{ ALT: () => asConst(this.CONSUME(K.TEMPORARY), true) }, { ALT: () => asConst(this.CONSUME(K.TEMP), true) }])) ?? false;
    const system = this.OPTION2(() => asConst(this.CONSUME(K.SYSTEM), true)) ?? false;
    const objectType = this.SUBRULE(this.objectType);
    this.OPTION3(() => this.CONSUME(K.CONCURRENTLY));
    const ifExists = this.SUBRULE(this.ifExists);
    const names: ObjectName[] = [];
    const argTypes: TypeName[] = [];
    let hasArgs = false;
    this.AT_LEAST_ONE_SEP({
      SEP: T.Comma,
      DEF: () => {
        names.push(this.SUBRULE(this.objectName));
        this.OPTION4(() => {
          hasArgs = true;
          this.CONSUME(T.LParen);
          this.MANY_SEP({ SEP: T.Comma, DEF: () => argTypes.push(this.SUBRULE(this.typeName)) });
          this.CONSUME(T.RParen);
        });
      },
    });
    const behavior = this.SUBRULE(this.cascade);
    if (hasArgs && names.length > 1 && !this.RECORDING_PHASE) throw notSupported('DROP of several functions with argument types', this.span(start), 'Drop them one by one.');
    return { kind: 'drop', objectType, temporary, system, ifExists, names, argTypes: hasArgs ? argTypes : null, behavior, span: this.span(start) };
  });

  protected commentOn: Rule<CommentStatement> = this.RULE('commentOn', (): CommentStatement => {
    const start = this.here();
    this.CONSUME(K.COMMENT);
    this.CONSUME(K.ON);
    const objectType = this.SUBRULE(this.objectType);
    const name = this.SUBRULE(this.objectName);
    this.CONSUME(K.IS);
    const text = this.OR([{ ALT: () => this.SUBRULE(this.stringLiteral) }, { ALT: () => asConst(this.CONSUME(K.NULL), null) }]);
    return { kind: 'comment', objectType, name, text, span: this.span(start) };
  });

  protected alter: Rule<AlterStatement> = this.RULE('alter', (): AlterStatement => {
    const start = this.here();
    const actions: AlterAction[] = [];
    this.CONSUME(K.ALTER);
    this.OPTION(() => this.CONSUME(K.TEMPORARY));
    const objectType: ObjectType = this.SUBRULE(this.objectType);
    const ifExists = this.SUBRULE(this.ifExists);
    const name = this.SUBRULE(this.objectName);
    this.AT_LEAST_ONE_SEP({ SEP: T.Comma, DEF: () => this.SUBRULE(this.alterActions, { ARGS: [actions] }) });
    return { kind: 'alter', objectType, ifExists, name, actions, span: this.span(start) };
  });

  protected alterActions: Rule<void, [actions?: AlterAction[]]> = this.RULE('alterActions', (actions: AlterAction[] = []): void => {
    const start = this.here();
    this.OR([
      { ALT: () => this.SUBRULE(this.alterAdd, { ARGS: [actions] }) },
      { ALT: () => actions.push(this.SUBRULE(this.alterDrop)) },
      { ALT: () => actions.push(this.SUBRULE(this.alterRename)) },
      { ALT: () => actions.push(this.SUBRULE(this.alterSet)) },
      { ALT: () => actions.push(this.SUBRULE(this.alterColumn)) },
      {
        ALT: () => {
          const keys: string[] = [];
          this.CONSUME(K.RESET);
          this.CONSUME(T.LParen);
          this.MANY_SEP({ SEP: T.Comma, DEF: () => keys.push(this.SUBRULE(this.dottedKey)) });
          this.CONSUME(T.RParen);
          actions.push({ kind: 'resetOptions', keys, span: this.span(start) });
        },
      },
      {
        ALT: () => {
          this.CONSUME(K.OWNER);
          this.CONSUME(K.TO);
          const owner = this.SUBRULE(this.label);
          actions.push({ kind: 'ownerTo', owner, span: this.span(start) });
        },
      },
      {
        ALT: () => {
          this.CONSUME(K.SWAP);
          this.CONSUME(K.WITH);
          const other = this.SUBRULE(this.objectName);
          actions.push({ kind: 'swapWith', other, span: this.span(start) });
        },
      },
      {
        ALT: () => {
          this.CONSUME(K.COMMENT);
          const comment = this.SUBRULE(this.stringLiteral);
          actions.push({ kind: 'setComment', comment, span: this.span(start) });
        },
      },
      { ALT: () => asConst(this.CONSUME(K.SUSPEND), actions.push({ kind: 'suspend', span: this.span(start) })) },
      { ALT: () => asConst(this.CONSUME(K.RESUME), actions.push({ kind: 'resume', span: this.span(start) })) },
      {
        ALT: () => {
          this.CONSUME(K.REFRESH);
          this.CONSUME(K.SCHEMA);
          actions.push({ kind: 'refreshSchema', span: this.span(start) });
        },
      },
      {
        ALT: () => {
          this.CONSUME(K.AS);
          const query = this.SUBRULE(this.query);
          actions.push({ kind: 'asQuery', query, span: this.span(start) });
        },
      },
    ]);
  });

  /** `ADD x`, `ADD (x, y)`, and the same with MODIFY. */
  protected alterAdd: Rule<void, [actions?: AlterAction[]]> = this.RULE('alterAdd', (actions: AlterAction[] = []): void => {
    const start = this.here();
    const modify = this.OR([{ ALT: () => asConst(this.CONSUME(K.ADD), false) }, { ALT: () => asConst(this.CONSUME(K.MODIFY), true) }]);
    if (!this.RECORDING_PHASE && this.atPartition()) throw notSupported('ALTER TABLE with ADD PARTITION', this.span(start), 'A partition comes with its first row: INSERT INTO.');
    this.OR2([
      {
        ALT: () => {
          this.CONSUME(T.LParen);
          this.AT_LEAST_ONE_SEP({ SEP: T.Comma, DEF: () => actions.push(this.SUBRULE(this.alterElement, { ARGS: [modify] })) });
          this.CONSUME(T.RParen);
        },
      },
      { ALT: () => actions.push(this.SUBRULE2(this.alterElement, { ARGS: [modify] })) },
    ]);
  });

  protected alterElement: Rule<AlterAction, [modify: boolean]> = this.RULE('alterElement', (modify: boolean): AlterAction => {
    const start = this.here();
    return this.OR([
      {
        GATE: () => !this.at(2, K.FOR),
        ALT: (): AlterAction => {
          const distribution = this.SUBRULE(this.distribution);
          return { kind: 'setDistribution', distribution, modify, span: this.span(start) };
        },
      },
      {
        ALT: (): AlterAction => {
          this.OPTION(() => this.CONSUME(K.COLUMN));
          const ifNotExists = this.SUBRULE(this.ifNotExists);
          const element = this.SUBRULE(this.tableElement);
          const position = this.SUBRULE(this.columnPosition);
          return toAction(element, position, modify, ifNotExists, this.span(start));
        },
      },
    ]);
  });

  protected columnPosition: Rule<ColumnPosition | null> = this.RULE('columnPosition', (): ColumnPosition | null =>
    this.OPTION(() =>
      this.OR([
        { ALT: (): ColumnPosition => asConst(this.CONSUME(K.FIRST), { kind: 'first' }) },
        {
          ALT: (): ColumnPosition => {
            this.CONSUME(K.AFTER);
            return { kind: 'after', column: this.SUBRULE(this.identifier) };
          },
        },
      ]),
    ) ?? null);

  protected alterDrop: Rule<AlterAction> = this.RULE('alterDrop', (): AlterAction => {
    const start = this.here();
    this.CONSUME(K.DROP);
    if (!this.RECORDING_PHASE && this.atPartition()) throw notSupported('ALTER TABLE with DROP PARTITION', this.span(start), 'Remove the folder of the partition: SHOW PARTITIONS gives its name.');
    return this.OR([
      {
        GATE: () => this.at(2, K.KEY),
        ALT: (): AlterAction => {
          this.CONSUME(K.PRIMARY);
          this.CONSUME(K.KEY);
          return { kind: 'dropConstraint', name: null, ifExists: false, span: this.span(start) };
        },
      },
      {
        ALT: (): AlterAction => {
          this.CONSUME(K.CONSTRAINT);
          const ifExists = this.SUBRULE(this.ifExists);
          const name = this.SUBRULE(this.identifier);
          this.SUBRULE(this.cascade);
          return { kind: 'dropConstraint', name, ifExists, span: this.span(start) };
        },
      },
      { GATE: () => this.atEnd(2), ALT: (): AlterAction => asConst(this.CONSUME(K.WATERMARK), { kind: 'dropWatermark', span: this.span(start) }) },
      { GATE: () => this.atEnd(2), ALT: (): AlterAction => asConst(this.CONSUME(K.DISTRIBUTION), { kind: 'dropDistribution', span: this.span(start) }) },
      {
        ALT: (): AlterAction => {
          const columns = this.SUBRULE(this.identifierList);
          return { kind: 'dropColumns', columns, ifExists: false, behavior: null, span: this.span(start) };
        },
      },
      {
        ALT: (): AlterAction => {
          this.OPTION(() => this.CONSUME(K.COLUMN));
          const ifExists = this.SUBRULE2(this.ifExists);
          const column = this.SUBRULE2(this.identifier);
          const behavior = this.SUBRULE2(this.cascade);
          return { kind: 'dropColumns', columns: [column], ifExists, behavior, span: this.span(start) };
        },
      },
    ]);
  });

  /** At Flink's `[IF [NOT] EXISTS] PARTITION (`; without the parenthesis it is a column. */
  private atPartition(): boolean {
    const k = !this.at(1, K.IF) ? 1 : this.at(2, K.NOT) ? 4 : 3;
    return this.at(k, K.PARTITION) && this.at(k + 1, T.LParen);
  }

  private atEnd(k: number): boolean {
    return this.at(k, T.Comma) || this.LA(k).tokenType.name === 'EOF';
  }

  protected alterRename: Rule<AlterAction> = this.RULE('alterRename', (): AlterAction => {
    const start = this.here();
    this.CONSUME(K.RENAME);
    return this.OR([
      {
        ALT: (): AlterAction => {
          this.CONSUME(K.TO);
          const to = this.SUBRULE(this.objectName);
          return { kind: 'rename', to, span: this.span(start) };
        },
      },
      {
        ALT: (): AlterAction => {
          this.OPTION(() => this.CONSUME(K.COLUMN));
          const from = this.SUBRULE(this.identifier);
          this.CONSUME2(K.TO);
          const to = this.SUBRULE2(this.identifier);
          return { kind: 'renameColumn', from, to, span: this.span(start) };
        },
      },
    ]);
  });

  /** `SET ('k' = 'v')`, `SET COMMENT 'x'`, `SET name [=|TO] value`. */
  protected alterSet: Rule<AlterAction> = this.RULE('alterSet', (): AlterAction => {
    const start = this.here();
    this.CONSUME(K.SET);
    return this.OR([
      {
        ALT: (): AlterAction => {
          const options = this.SUBRULE(this.options);
          return { kind: 'setOptions', options, span: this.span(start) };
        },
      },
      {
        GATE: () => this.at(2, T.StringLit),
        ALT: (): AlterAction => {
          this.CONSUME(K.COMMENT);
          const comment = this.SUBRULE(this.stringLiteral);
          return { kind: 'setComment', comment, span: this.span(start) };
        },
      },
      {
        ALT: (): AlterAction => {
          const property = this.SUBRULE(this.lowerWord);
          this.OPTION(() => this.OR2([{ ALT: () => this.CONSUME(T.Eq) }, { ALT: () => this.CONSUME(K.TO) }]));
          const { value } = this.SUBRULE(this.optionValue);
          return { kind: 'setProperty', property, value, span: this.span(start) };
        },
      },
    ]);
  });

  /** `ALTER [COLUMN] c TYPE t`, `SET DEFAULT`, `DROP NOT NULL`, ... */
  protected alterColumn: Rule<AlterAction> = this.RULE('alterColumn', (): AlterAction => {
    const start = this.here();
    this.CONSUME(K.ALTER);
    this.OPTION(() => this.CONSUME(K.COLUMN));
    const column: Identifier = this.SUBRULE(this.identifier);
    return this.OR([
      {
        GATE: () => this.at(1, K.TYPE) || this.at(2, K.DATA),
        ALT: (): AlterAction => {
          this.OPTION2(() => {
            this.CONSUME(K.SET);
            this.CONSUME(K.DATA);
          });
          this.CONSUME(K.TYPE);
          const type = this.SUBRULE(this.typeName);
          const using =
            this.OPTION3(() => {
              this.CONSUME(K.USING);
              return this.SUBRULE(this.expr);
            }) ?? null;
          return { kind: 'alterColumnType', column, type, using, span: this.span(start) };
        },
      },
      {
        GATE: () => this.at(2, K.DEFAULT) && this.at(1, K.SET),
        ALT: (): AlterAction => {
          this.CONSUME2(K.SET);
          this.CONSUME(K.DEFAULT);
          const expr = this.SUBRULE2(this.expr);
          return { kind: 'setDefault', column, expr, span: this.span(start) };
        },
      },
      {
        ALT: (): AlterAction => {
          const word = this.OR2([{ ALT: () => this.CONSUME3(K.SET) }, { ALT: () => this.CONSUME(K.DROP) }]);
          const set = payload(word).toLowerCase() === 'set';
          const kind = this.OR3([
            { GATE: () => !set, ALT: () => asConst(this.CONSUME2(K.DEFAULT), 'dropDefault') },
            { ALT: () => asConst([this.CONSUME(K.NOT), this.CONSUME(K.NULL)], set ? 'setNotNull' : 'dropNotNull') },
          ]);
          return { kind, column, span: this.span(start) };
        },
      },
    ]);
  });
}

/** `LIKE` and a bare name are read by `tableElement`, but add nothing to a table. */
function toAction(element: TableElement, position: ColumnPosition | null, modify: boolean, ifNotExists: boolean, span: AlterAction['span']): AlterAction {
  if (element.kind === 'column') {
    const { column } = element;
    return modify ? { kind: 'modifyColumn', column, position, span } : { kind: 'addColumn', column, position, ifNotExists, span };
  }
  if (element.kind === 'constraint') return { kind: 'addConstraint', constraint: element.constraint, modify, span };
  if (element.kind === 'watermark') return { kind: 'setWatermark', watermark: element.watermark, modify, span };
  if (element.kind === undefined) return { kind: 'suspend', span };
  throw new SqlError('syntax_error', 'a column needs a name and a type', { span });
}

import { notSupported } from '../../common/errors.ts';
import type { CreateNamespaceStatement, CreateOptionsObjectStatement, OptionItem } from '../ast-objects.ts';
import type { Statement } from '../ast-statements.ts';
import { asConst, payload, type Rule, syntaxErrorAt } from '../base.ts';
import * as T from '../tokens.ts';
import { flags, PLAIN_HEAD, type CreateHead } from './create-head.ts';
import { CreateRelationParser } from './create-relations.ts';

const { K } = T;

/** CREATE: the words before the kind of object, and the objects that are a name with options. */
export abstract class CreateParser extends CreateRelationParser {
  protected create: Rule<Statement> = this.RULE('create', (): Statement => {
    const head = this.SUBRULE(this.createHead);
    if (!this.RECORDING_PHASE) this.checkHead(head);
    return this.OR([
      { IGNORE_AMBIGUITIES: true, ALT: (): Statement => this.SUBRULE(this.createTable, { ARGS: [head] }) },
      { ALT: (): Statement => this.SUBRULE(this.createView, { ARGS: [head] }) },
      { ALT: (): Statement => this.SUBRULE(this.createFunction, { ARGS: [head] }) },
      { ALT: (): Statement => this.SUBRULE(this.createNamespace, { ARGS: [head] }) },
      { ALT: (): Statement => this.SUBRULE(this.createOptionsObject, { ARGS: [head] }) },
      { ALT: (): Statement => this.SUBRULE(this.createIndex, { ARGS: [head] }) },
      { ALT: (): Statement => this.SUBRULE(this.createSink, { ARGS: [head] }) },
      { ALT: (): Statement => this.SUBRULE(this.createSubscription, { ARGS: [head] }) },
      {
        GATE: () => UNSUPPORTED.has(this.LA(1).image.toUpperCase()),
        ALT: (): Statement => {
          const word = payload(this.CONSUME(T.Ident));
          if (!this.RECORDING_PHASE) throw notSupported(`CREATE ${word.toUpperCase()}`, this.span(head.start));
          return NEVER;
        },
      },
    ]);
  });

  /** Words before the kind of object count only for some kinds; elsewhere they are errors at that kind. */
  private checkHead({ unique, orAlter, mustExist, system }: CreateHead): void {
    const fits =
      (!unique || this.at(1, K.INDEX)) &&
      (!orAlter || this.at(1, K.MATERIALIZED)) &&
      (!mustExist || this.at(1, K.TABLE) || this.at(1, K.SINK)) &&
      (!system || this.at(1, K.FUNCTION) || this.at(1, K.AGGREGATE) || this.at(1, K.CONNECTION));
    if (!fits) throw syntaxErrorAt(this.LA(1));
  }

  protected createHead: Rule<CreateHead> = this.RULE('createHead', (): CreateHead => {
    const start = this.here();
    let orReplace = false;
    let orAlter = false;
    const mustExist = this.OR([
      {
        ALT: () => {
          this.CONSUME(K.CREATE);
          this.OPTION2(() => {
            this.CONSUME(K.OR);
            this.OR3([{ ALT: () => asConst(this.CONSUME(K.REPLACE), (orReplace = true)) }, { ALT: () => asConst(this.CONSUME(K.ALTER), (orAlter = true)) }]);
          });
          return false;
        },
      },
      { ALT: () => asConst(this.CONSUME2(K.REPLACE), true) },
    ]);
    this.OPTION4(() => this.CONSUME(K.LOCAL));
    const temporary = this.OPTION5(() => this.OR2([{ ALT: () => asConst(this.CONSUME(K.TEMPORARY), true) }, { ALT: () => asConst(this.CONSUME(K.TEMP), true) }])) ?? false;
    const system = this.OPTION6(() => asConst(this.CONSUME(K.SYSTEM), true)) ?? false;
    const unique = this.OPTION7(() => asConst(this.CONSUME(K.UNIQUE), true)) ?? false;
    return { start, orReplace: orReplace || mustExist, orAlter, mustExist, temporary, system, unique };
  });

  protected createNamespace: Rule<CreateNamespaceStatement, [head?: CreateHead]> = this.RULE('createNamespace', (head: CreateHead = PLAIN_HEAD): CreateNamespaceStatement => {
    const objectType = this.OR([{ ALT: () => asConst(this.CONSUME(K.DATABASE), 'database') }, { ALT: () => asConst(this.CONSUME(K.SCHEMA), 'schema') }]);
    const ifNotExists = this.SUBRULE(this.ifNotExists);
    const name = this.SUBRULE(this.objectName);
    const comment = this.SUBRULE(this.comment);
    const options = this.SUBRULE(this.withOptions);
    return { kind: 'createNamespace', objectType, ...flags(head, ifNotExists), name, comment, options, span: this.span(head.start) };
  });

  protected createOptionsObject: Rule<CreateOptionsObjectStatement, [head?: CreateHead]> = this.RULE('createOptionsObject', (head: CreateHead = PLAIN_HEAD): CreateOptionsObjectStatement => {
    const objectType = this.OR([
      { ALT: () => asConst(this.CONSUME(K.CATALOG), 'catalog') },
      { ALT: () => asConst(this.CONSUME(K.CONNECTION), 'connection') },
      { ALT: () => asConst(this.CONSUME(K.SECRET), 'secret') },
    ]);
    const ifNotExists = this.SUBRULE(this.ifNotExists);
    const name = this.SUBRULE(this.objectName);
    const comment = this.SUBRULE(this.comment);
    let target: string | null = null;
    const options = this.OR2([
      {
        GATE: () => objectType === 'connection',
        ALT: (): OptionItem[] => {
          this.CONSUME(K.TO);
          target = this.SUBRULE(this.lowerWord);
          return this.SUBRULE(this.wordOptions);
        },
      },
      { ALT: (): OptionItem[] => this.SUBRULE(this.withOptions) },
    ]);
    const value =
      this.OPTION(() => {
        this.CONSUME(K.AS);
        return this.SUBRULE(this.expr);
      }) ?? null;
    return { kind: 'createObject', objectType, ...flags(head, ifNotExists), name, comment, options, target, value, span: this.span(head.start) };
  });
}

const UNSUPPORTED: ReadonlySet<string> = new Set(['ROLE', 'TYPE', 'DOMAIN', 'SEQUENCE', 'TRIGGER', 'EXTENSION', 'MODEL', 'PUBLICATION', 'RULE', 'POLICY', 'CLUSTER']);

/** Returned only while the grammar is recorded. */
const NEVER: Statement = { kind: 'flush', name: null, span: { start: 0, end: 0 } };

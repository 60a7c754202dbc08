import type { IToken } from 'chevrotain';
import type { Expr, Identifier, ObjectName } from '../ast.ts';
import type { CreateFlags, CreateNamespaceStatement, CreateOptionsObjectStatement, OptionItem } from '../ast-objects.ts';
import type { Query } from '../ast-queries.ts';
import type { Statement } from '../ast-statements.ts';
import type { ColumnDef, CreateTableStatement, Distribution, LikeClause, LikePart, TableConstraint, WatermarkDef } from '../ast-tables.ts';
import type { CreateIndexStatement, CreateSinkStatement, CreateSubscriptionStatement, CreateViewStatement } from '../ast-views.ts';
import { asConst, payload, type Rule, syntaxErrorAt } from '../base.ts';
import { notSupported } from '../../common/errors.ts';
import * as T from '../tokens.ts';
import { FunctionStatementParser } from './create-function.ts';
import type { TableElement } from './columns.ts';
import { type CreateHead, PLAIN_HEAD } from './create-head.ts';

const { K } = T;

type Format = NonNullable<CreateTableStatement['format']>;

/** What may follow a table's columns, in any order. */
interface TableTail {
  comment?: string;
  distribution?: Distribution;
  partitionedBy?: Identifier[];
  options?: OptionItem[];
  format?: Format;
  like?: LikeClause;
  appendOnly?: boolean;
  onConflict?: CreateTableStatement['onConflict'];
}

/** CREATE of everything but functions. */
export abstract class CreateParser extends FunctionStatementParser {
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

  protected createTable: Rule<CreateTableStatement, [head?: CreateHead]> = this.RULE('createTable', (head: CreateHead = PLAIN_HEAD): CreateTableStatement => {
    const objectType = this.OR([{ ALT: () => asConst(this.CONSUME(K.TABLE), 'table') }, { ALT: () => asConst(this.CONSUME(K.SOURCE), 'source') }]);
    const ifNotExists = this.SUBRULE(this.ifNotExists);
    const name = this.SUBRULE(this.objectName);
    const elements: TableElement[] = [];
    this.OPTION(() => {
      this.CONSUME(T.LParen);
      this.MANY_SEP({ SEP: T.Comma, DEF: () => elements.push(this.SUBRULE(this.tableElement)) });
      this.CONSUME(T.RParen);
    });
    let tail: TableTail = {};
    this.MANY(() => {
      tail = this.mergeTail(tail, this.LA(1), this.SUBRULE(this.tableTail));
    });
    const as =
      this.OPTION2(() => {
        this.CONSUME(K.AS);
        return this.SUBRULE(this.query);
      }) ?? null;
    const sorted = sortElements(elements);
    if (sorted.names.length > 0 && (as === null || sorted.columns.length > 0)) throw syntaxErrorAt(this.LA(0), 'A column needs a type.');
    return {
      kind: 'createTable',
      objectType,
      ...flags(head, ifNotExists),
      mustExist: head.mustExist,
      name,
      columns: sorted.columns,
      columnNames: sorted.names,
      constraints: sorted.constraints,
      watermark: sorted.watermark,
      comment: tail.comment ?? null,
      distribution: tail.distribution ?? null,
      partitionedBy: tail.partitionedBy ?? [],
      options: tail.options ?? [],
      format: tail.format ?? null,
      like: tail.like ?? sorted.like,
      appendOnly: tail.appendOnly ?? false,
      onConflict: tail.onConflict ?? null,
      as,
      span: this.span(head.start),
    };
  });

  /** A clause given twice is an error where it comes again. */
  private mergeTail(tail: TableTail, at: IToken, next: TableTail): TableTail {
    if (!this.RECORDING_PHASE && Object.keys(next).some((key) => key in tail)) throw syntaxErrorAt(at);
    return { ...tail, ...next };
  }

  protected tableTail: Rule<TableTail> = this.RULE('tableTail', (): TableTail =>
    this.OR([
      {
        ALT: (): TableTail => {
          this.CONSUME(K.COMMENT);
          return { comment: this.SUBRULE(this.stringLiteral) };
        },
      },
      { ALT: (): TableTail => ({ distribution: this.SUBRULE(this.distribution) }) },
      {
        ALT: (): TableTail => {
          this.CONSUME(K.PARTITIONED);
          this.CONSUME(K.BY);
          return { partitionedBy: this.SUBRULE(this.identifierList) };
        },
      },
      {
        ALT: (): TableTail => {
          this.CONSUME(K.WITH);
          return { options: this.SUBRULE(this.options) };
        },
      },
      { ALT: (): TableTail => ({ format: this.SUBRULE(this.format) }) },
      { ALT: (): TableTail => ({ like: this.SUBRULE(this.like) }) },
      {
        ALT: (): TableTail => {
          this.CONSUME(K.APPEND);
          this.CONSUME(K.ONLY);
          return { appendOnly: true };
        },
      },
      {
        ALT: (): TableTail => {
          this.CONSUME(K.ON);
          this.CONSUME(K.CONFLICT);
          this.OPTION(() => this.CONSUME(K.DO));
          const onConflict = this.OR2([
            { ALT: () => asConst(this.CONSUME(K.NOTHING), 'nothing') },
            { ALT: () => asConst(this.CONSUME(K.OVERWRITE), 'overwrite') },
            { ALT: () => asConst([this.CONSUME(K.UPDATE), this.CONSUME(K.IF), this.CONSUME(K.NOT), this.CONSUME(K.NULL)], 'update if not null') },
          ]);
          return { onConflict };
        },
      },
    ]));

  /** `FORMAT f ENCODE e [(options)]` */
  protected format: Rule<Format> = this.RULE('format', (): Format => {
    this.CONSUME(K.FORMAT);
    const format = this.SUBRULE(this.lowerWord);
    this.CONSUME(K.ENCODE);
    const encode = this.SUBRULE2(this.lowerWord);
    const options = this.OPTION(() => this.SUBRULE(this.options)) ?? [];
    return { format, encode, options };
  });

  protected like: Rule<LikeClause> = this.RULE('like', (): LikeClause => {
    const start = this.here();
    const options: { action: 'including' | 'excluding' | 'overwriting'; part: LikePart }[] = [];
    this.CONSUME(K.LIKE);
    const source = this.SUBRULE(this.objectName);
    this.OPTION(() => {
      this.CONSUME(T.LParen);
      this.MANY(() => {
        const action = this.OR([
          { ALT: () => asConst(this.CONSUME(K.INCLUDING), 'including') },
          { ALT: () => asConst(this.CONSUME(K.EXCLUDING), 'excluding') },
          { ALT: () => asConst(this.CONSUME(K.OVERWRITING), 'overwriting') },
        ]);
        const word = this.CONSUME(T.Word);
        const part = LIKE_PARTS.find((known) => known === payload(word).toLowerCase());
        if (part === undefined && !this.RECORDING_PHASE) throw syntaxErrorAt(word, `One of: ${LIKE_PARTS.join(', ').toUpperCase()}.`);
        if (part !== undefined) options.push({ action, part });
      });
      this.CONSUME(T.RParen);
    });
    return { source, options, span: this.span(start) };
  });

  protected createView: Rule<CreateViewStatement, [head?: CreateHead]> = this.RULE('createView', (head: CreateHead = PLAIN_HEAD): CreateViewStatement => {
    const materialized = this.OPTION(() => asConst(this.CONSUME(K.MATERIALIZED), true)) ?? false;
    this.OR([{ ALT: () => this.CONSUME(K.VIEW) }, { GATE: () => materialized, ALT: () => this.CONSUME(K.TABLE) }]);
    const ifNotExists = this.SUBRULE(this.ifNotExists);
    const name = this.SUBRULE(this.objectName);
    const columns: { name: Identifier; comment: string | null }[] = [];
    const constraints: TableConstraint[] = [];
    this.OPTION2(() => {
      this.CONSUME(T.LParen);
      this.AT_LEAST_ONE_SEP({
        SEP: T.Comma,
        DEF: () =>
          this.OR2([
            { ALT: () => constraints.push(this.SUBRULE(this.tableConstraint)) },
            { ALT: () => columns.push({ name: this.SUBRULE(this.identifier), comment: this.SUBRULE(this.comment) }) },
          ]),
      });
      this.CONSUME(T.RParen);
    });
    let tail: TableTail = {};
    let freshness: Expr | null = null;
    let refreshMode: CreateViewStatement['refreshMode'] = null;
    this.MANY(() =>
      this.OR3([
        {
          ALT: () => {
            tail = this.mergeTail(tail, this.LA(1), this.SUBRULE(this.tableTail));
          },
        },
        {
          ALT: () => {
            this.CONSUME(K.FRESHNESS);
            this.CONSUME(T.Eq);
            freshness = this.SUBRULE(this.expr);
          },
        },
        {
          ALT: () => {
            this.CONSUME(K.REFRESH_MODE);
            this.CONSUME2(T.Eq);
            refreshMode = this.OR4([{ ALT: () => asConst(this.CONSUME(K.FULL), 'full') }, { ALT: () => asConst(this.CONSUME(K.CONTINUOUS), 'continuous') }]);
          },
        },
      ]),
    );
    const misplaced = tail.format ?? tail.like ?? tail.onConflict ?? tail.appendOnly;
    if (misplaced !== undefined && !this.RECORDING_PHASE) throw syntaxErrorAt(this.LA(0), 'That clause is for tables.');
    this.CONSUME(K.AS);
    const query = this.SUBRULE(this.query);
    const withNoData =
      this.OPTION3(() => {
        this.CONSUME(K.WITH);
        const no = this.OPTION4(() => asConst(this.CONSUME(K.NO), true)) ?? false;
        this.CONSUME(K.DATA);
        return no;
      }) ?? false;
    const { comment = null, partitionedBy = [], distribution = null, options = [] } = tail;
    const span = this.span(head.start);
    return { kind: 'createView', materialized, ...flags(head, ifNotExists), orAlter: head.orAlter, name, columns, constraints, comment, partitionedBy, distribution, options, freshness, refreshMode, query, withNoData, span };
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

  protected createIndex: Rule<CreateIndexStatement, [head?: CreateHead]> = this.RULE('createIndex', (head: CreateHead = PLAIN_HEAD): CreateIndexStatement => {
    this.CONSUME(K.INDEX);
    this.OPTION(() => this.CONSUME(K.CONCURRENTLY));
    const ifNotExists = this.SUBRULE(this.ifNotExists);
    const name = this.OPTION2(() => this.SUBRULE(this.identifier)) ?? null;
    this.CONSUME(K.ON);
    const table = this.SUBRULE(this.objectName);
    const method =
      this.OPTION3(() => {
        this.CONSUME(K.USING);
        return this.SUBRULE(this.lowerWord);
      }) ?? null;
    const keys: { expr: Expr; direction: 'asc' | 'desc' | null; nulls: 'first' | 'last' | null }[] = [];
    this.CONSUME(T.LParen);
    this.AT_LEAST_ONE_SEP({
      SEP: T.Comma,
      DEF: () => {
        const { expr, direction, nulls } = this.SUBRULE(this.orderItem);
        keys.push({ expr, direction, nulls });
      },
    });
    this.CONSUME(T.RParen);
    const include =
      this.OPTION4(() => {
        this.CONSUME(K.INCLUDE);
        return this.SUBRULE(this.identifierList);
      }) ?? [];
    const distributedBy =
      this.OPTION5(() => {
        this.CONSUME(K.DISTRIBUTED);
        this.CONSUME(K.BY);
        this.CONSUME2(T.LParen);
        const list = this.SUBRULE(this.exprList);
        this.CONSUME2(T.RParen);
        return list;
      }) ?? [];
    const options = this.SUBRULE(this.withOptions);
    const where =
      this.OPTION6(() => {
        this.CONSUME(K.WHERE);
        return this.SUBRULE(this.expr);
      }) ?? null;
    return { kind: 'createIndex', ...flags(head, ifNotExists), unique: head.unique, name, table, method, keys, include, distributedBy, options, where, span: this.span(head.start) };
  });

  protected createSink: Rule<CreateSinkStatement, [head?: CreateHead]> = this.RULE('createSink', (head: CreateHead = PLAIN_HEAD): CreateSinkStatement => {
    this.CONSUME(K.SINK);
    const ifNotExists = this.SUBRULE(this.ifNotExists);
    const name = this.SUBRULE(this.objectName);
    const into =
      this.OPTION(() => {
        this.CONSUME(K.INTO);
        return this.SUBRULE2(this.objectName);
      }) ?? null;
    const from = this.OR([
      {
        ALT: (): ObjectName | Query => {
          this.CONSUME(K.FROM);
          return this.SUBRULE3(this.objectName);
        },
      },
      {
        ALT: (): ObjectName | Query => {
          this.CONSUME(K.AS);
          return this.SUBRULE(this.query);
        },
      },
    ]);
    const options = this.SUBRULE(this.withOptions);
    const format = this.OPTION2(() => this.SUBRULE(this.format)) ?? null;
    return { kind: 'createSink', ...flags(head, ifNotExists), mustExist: head.mustExist, name, into, from, options, format, span: this.span(head.start) };
  });

  protected createSubscription: Rule<CreateSubscriptionStatement, [head?: CreateHead]> = this.RULE('createSubscription', (head: CreateHead = PLAIN_HEAD): CreateSubscriptionStatement => {
    this.CONSUME(K.SUBSCRIPTION);
    const ifNotExists = this.SUBRULE(this.ifNotExists);
    const name = this.SUBRULE(this.objectName);
    this.CONSUME(K.FROM);
    const from = this.SUBRULE2(this.objectName);
    const options = this.SUBRULE(this.withOptions);
    return { kind: 'createSubscription', ...flags(head, ifNotExists), name, from, options, span: this.span(head.start) };
  });
}

const LIKE_PARTS: readonly LikePart[] = ['all', 'constraints', 'distribution', 'generated', 'metadata', 'options', 'partitions', 'watermarks', 'comments', 'defaults', 'indexes', 'identity', 'storage'];

const UNSUPPORTED: ReadonlySet<string> = new Set(['ROLE', 'TYPE', 'DOMAIN', 'SEQUENCE', 'TRIGGER', 'EXTENSION', 'MODEL', 'PUBLICATION', 'RULE', 'POLICY', 'CLUSTER']);

/** Returned only while the grammar is recorded. */
const NEVER: Statement = { kind: 'flush', name: null, span: { start: 0, end: 0 } };

function flags(head: CreateHead, ifNotExists: boolean): CreateFlags {
  const { temporary, system, orReplace } = head;
  return { temporary, system, orReplace, ifNotExists };
}

interface SortedElements {
  readonly columns: ColumnDef[];
  readonly names: Identifier[];
  readonly constraints: TableConstraint[];
  readonly watermark: WatermarkDef | null;
  readonly like: LikeClause | null;
}

/** A second watermark is an error at its place. */
function sortElements(elements: readonly TableElement[]): SortedElements {
  const columns: ColumnDef[] = [];
  const names: Identifier[] = [];
  const constraints: TableConstraint[] = [];
  let watermark: WatermarkDef | null = null;
  let like: LikeClause | null = null;
  for (const element of elements) {
    if (element.kind === 'column') columns.push(element.column);
    else if (element.kind === 'name') names.push(element.name);
    else if (element.kind === 'constraint') constraints.push(element.constraint);
    else if (element.kind === 'like') like = { source: element.source, options: [], span: element.source.span };
    else {
      if (watermark !== null) throw notSupported('a second watermark on one table', element.watermark.span);
      watermark = element.watermark;
    }
  }
  return { columns, names, constraints, watermark, like };
}

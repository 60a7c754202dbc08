import type { IToken } from 'chevrotain';
import { notSupported } from '../../common/errors.ts';
import type { OptionItem } from '../ast-objects.ts';
import type { ColumnDef, CreateTableStatement, Distribution, LikeClause, LikePart, TableConstraint, WatermarkDef } from '../ast-tables.ts';
import type { Identifier } from '../ast.ts';
import { asConst, payload, type Rule, syntaxErrorAt } from '../base.ts';
import * as T from '../tokens.ts';
import type { TableElement } from './columns.ts';
import { FunctionStatementParser } from './create-function.ts';
import { flags, PLAIN_HEAD, type CreateHead } from './create-head.ts';

const { K } = T;

type Format = NonNullable<CreateTableStatement['format']>;

/** What may follow a table's columns, in any order. */
export interface TableTail {
  comment?: string;
  distribution?: Distribution;
  partitionedBy?: Identifier[];
  options?: OptionItem[];
  format?: Format;
  like?: LikeClause;
  appendOnly?: boolean;
  onConflict?: CreateTableStatement['onConflict'];
}

/** CREATE TABLE and CREATE SOURCE. */
export abstract class CreateTableParser extends FunctionStatementParser {
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
  protected mergeTail(tail: TableTail, at: IToken, next: TableTail): TableTail {
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
}

const LIKE_PARTS: readonly LikePart[] = ['all', 'constraints', 'distribution', 'generated', 'metadata', 'options', 'partitions', 'watermarks', 'comments', 'defaults', 'indexes', 'identity', 'storage'];

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

import type { Expr, Identifier, ObjectName, TypeName } from '../ast.ts';
import type { ColumnConstraint, ColumnDef, Distribution, TableConstraint, WatermarkDef } from '../ast-tables.ts';
import { asConst, payload, type Rule, toIdentifier } from '../base.ts';
import * as T from '../tokens.ts';
import { StatementBase } from './common.ts';

const { K } = T;

/** One entry of a table's parenthesised list. */
export type TableElement =
  | { readonly kind: 'column'; readonly column: ColumnDef }
  | { readonly kind: 'constraint'; readonly constraint: TableConstraint }
  | { readonly kind: 'watermark'; readonly watermark: WatermarkDef }
  | { readonly kind: 'like'; readonly source: ObjectName }
  /** A bare name: `CREATE TABLE t (a, b) AS SELECT`. */
  | { readonly kind: 'name'; readonly name: Identifier };

/** Columns, constraints and watermarks, for CREATE TABLE and ALTER TABLE. */
export abstract class ColumnParser extends StatementBase {
  protected tableElement: Rule<TableElement> = this.RULE('tableElement', (): TableElement =>
    this.OR([
      { GATE: () => this.at(2, K.FOR), ALT: (): TableElement => ({ kind: 'watermark', watermark: this.SUBRULE(this.watermark) }) },
      { ALT: (): TableElement => ({ kind: 'constraint', constraint: this.SUBRULE(this.tableConstraint) }) },
      {
        ALT: (): TableElement => {
          this.CONSUME(K.LIKE);
          return { kind: 'like', source: this.SUBRULE(this.objectName) };
        },
      },
      { GATE: () => this.at(2, T.Comma) || this.at(2, T.RParen), ALT: (): TableElement => ({ kind: 'name', name: this.SUBRULE(this.identifier) }) },
      { ALT: (): TableElement => ({ kind: 'column', column: this.SUBRULE(this.columnDef) }) },
    ]));

  protected watermark: Rule<WatermarkDef> = this.RULE('watermark', (): WatermarkDef => {
    const start = this.here();
    const column: Identifier[] = [];
    this.CONSUME(K.WATERMARK);
    this.CONSUME(K.FOR);
    this.AT_LEAST_ONE_SEP({ SEP: T.Dot, DEF: () => column.push(this.SUBRULE(this.identifier)) });
    this.CONSUME(K.AS);
    const expr = this.SUBRULE(this.expr);
    return { column, expr, span: this.span(start) };
  });

  protected constraintName: Rule<Identifier | null> = this.RULE('constraintName', (): Identifier | null =>
    this.OPTION(() => {
      this.CONSUME(K.CONSTRAINT);
      return this.SUBRULE(this.identifier);
    }) ?? null);

  /** `[NOT] ENFORCED`; null when not said. Deferral, which only Postgres has, is read over. */
  protected enforced: Rule<boolean | null> = this.RULE('enforced', (): boolean | null =>
    this.OPTION({
      GATE: () => this.at(1, K.ENFORCED) || this.at(2, K.ENFORCED),
      DEF: () => {
        const not = this.OPTION2(() => this.CONSUME(K.NOT)) !== undefined;
        this.CONSUME(K.ENFORCED);
        return !not;
      },
    }) ?? null);

  protected tableConstraint: Rule<TableConstraint> = this.RULE('tableConstraint', (): TableConstraint => {
    const start = this.here();
    const name = this.SUBRULE(this.constraintName);
    return this.OR([
      {
        ALT: (): TableConstraint => {
          const kind = this.SUBRULE(this.keyWords);
          const nulls = this.SUBRULE(this.nullsDistinct);
          const columns = this.SUBRULE(this.identifierList);
          const enforced = this.SUBRULE(this.enforced);
          return { kind, name, columns, enforced, ...nulls, span: this.span(start) };
        },
      },
      {
        ALT: (): TableConstraint => {
          const expr = this.SUBRULE(this.check);
          return { kind: 'check', name, expr, span: this.span(start) };
        },
      },
      {
        ALT: (): TableConstraint => {
          this.CONSUME(K.FOREIGN);
          this.CONSUME(K.KEY);
          const columns = this.SUBRULE2(this.identifierList);
          this.CONSUME(K.REFERENCES);
          const table = this.SUBRULE(this.objectName);
          const references = this.OPTION(() => this.SUBRULE3(this.identifierList)) ?? [];
          const enforced = this.SUBRULE2(this.enforced);
          return { kind: 'foreignKey', name, columns, table, references, enforced, span: this.span(start) };
        },
      },
    ]);
  });

  protected keyWords: Rule<'primaryKey' | 'unique'> = this.RULE('keyWords', () =>
    this.OR([{ ALT: () => asConst([this.CONSUME(K.PRIMARY), this.CONSUME(K.KEY)], 'primaryKey') }, { ALT: () => asConst(this.CONSUME(K.UNIQUE), 'unique') }]));

  /** `NULLS [NOT] DISTINCT` of UNIQUE. */
  protected nullsDistinct: Rule<{ readonly nullsNotDistinct?: true }> = this.RULE('nullsDistinct', (): { readonly nullsNotDistinct?: true } =>
    this.OPTION(() => {
      this.CONSUME(K.NULLS);
      const not = this.OPTION2(() => this.CONSUME(K.NOT)) !== undefined;
      this.CONSUME(K.DISTINCT);
      return not ? { nullsNotDistinct: true as const } : {};
    }) ?? {});

  protected check: Rule<Expr> = this.RULE('check', (): Expr => {
    this.CONSUME(K.CHECK);
    this.CONSUME(T.LParen);
    const expr = this.SUBRULE(this.expr);
    this.CONSUME(T.RParen);
    return expr;
  });

  protected columnDef: Rule<ColumnDef> = this.RULE('columnDef', (): ColumnDef => {
    const start = this.here();
    const name = this.OR([{ ALT: () => toIdentifier(this.CONSUME(K.USER)) }, { ALT: () => this.SUBRULE(this.identifier) }]);
    return this.OR2([
      { ALT: (): ColumnDef => this.SUBRULE(this.computed, { ARGS: [name, null, start] }) },
      {
        ALT: (): ColumnDef => {
          const type = this.SUBRULE(this.typeName);
          return this.SUBRULE(this.typedColumn, { ARGS: [name, type, start] });
        },
      },
    ]);
  });

  /** `AS expr` */
  protected computed: Rule<ColumnDef, [name: Identifier, type: TypeName | null, start: number]> = this.RULE('computed', (name: Identifier, type: TypeName | null, start: number): ColumnDef => {
    this.CONSUME(K.AS);
    const expr = this.SUBRULE(this.expr);
    const stored = this.OPTION(() => this.OR([{ ALT: () => asConst(this.CONSUME(K.STORED), true) }, { ALT: () => asConst(this.CONSUME(K.VIRTUAL), false) }])) ?? false;
    const comment = this.SUBRULE(this.comment);
    return { kind: 'computed', name, type, expr, stored, comment, span: this.span(start) };
  });

  /** What follows a column's type: METADATA, a generated expression, or constraints in any order. */
  protected typedColumn: Rule<ColumnDef, [name: Identifier, type: TypeName, start: number]> = this.RULE('typedColumn', (name: Identifier, type: TypeName, start: number): ColumnDef => {
    const constraints: ColumnConstraint[] = [];
    let expr: Expr | null = null;
    let collation: ObjectName | null = null;
    let comment: string | null = null;
    let computed: ColumnDef | null = null;
    let metadata: { key: string | null } | null = null;
    let flag: 'stored' | 'virtual' | null = null;
    this.MANY(() =>
      this.OR([
        { ALT: () => constraints.push(this.SUBRULE(this.columnConstraint)) },
        {
          ALT: () => {
            this.CONSUME(K.DEFAULT);
            expr = this.SUBRULE(this.expr);
          },
        },
        {
          ALT: () => {
            this.CONSUME(K.COLLATE);
            collation = this.SUBRULE(this.objectName);
          },
        },
        {
          ALT: () => {
            this.CONSUME(K.COMMENT);
            comment = this.SUBRULE(this.stringLiteral);
          },
        },
        {
          ALT: () => {
            computed = this.SUBRULE(this.computed, { ARGS: [name, type, start] });
          },
        },
        {
          ALT: () => {
            this.CONSUME(K.GENERATED);
            this.CONSUME(K.ALWAYS);
            this.CONSUME(K.AS);
            this.CONSUME(T.LParen);
            const generated = this.SUBRULE2(this.expr);
            this.CONSUME(T.RParen);
            computed = { kind: 'computed', name, type, expr: generated, stored: false, comment: null, span: this.span(start) };
          },
        },
        {
          ALT: () => {
            this.CONSUME(K.METADATA);
            const key =
              this.OPTION(() => {
                this.CONSUME(K.FROM);
                return this.SUBRULE2(this.stringLiteral);
              }) ?? null;
            metadata = { key };
          },
        },
        { ALT: () => asConst(this.CONSUME(K.VIRTUAL), (flag = 'virtual')) },
        { ALT: () => asConst(this.CONSUME(K.STORED), (flag = 'stored')) },
      ]),
    );
    return makeColumn({ name, type, constraints, default: expr, collation, comment, computed, metadata, flag, span: this.span(start) });
  });

  protected columnConstraint: Rule<ColumnConstraint> = this.RULE('columnConstraint', (): ColumnConstraint => {
    const start = this.here();
    const name = this.SUBRULE(this.constraintName);
    return this.OR([
      {
        ALT: (): ColumnConstraint => {
          this.CONSUME(K.NOT);
          this.CONSUME(K.NULL);
          return { kind: 'notNull', span: this.span(start) };
        },
      },
      { ALT: (): ColumnConstraint => asConst(this.CONSUME2(K.NULL), { kind: 'null', span: this.span(start) }) },
      {
        ALT: (): ColumnConstraint => {
          const kind = this.SUBRULE(this.keyWords);
          const nulls = this.SUBRULE(this.nullsDistinct);
          const enforced = this.SUBRULE(this.enforced);
          return { kind, name, enforced, ...nulls, span: this.span(start) };
        },
      },
      {
        ALT: (): ColumnConstraint => {
          const expr = this.SUBRULE(this.check);
          return { kind: 'check', name, expr, span: this.span(start) };
        },
      },
      {
        ALT: (): ColumnConstraint => {
          this.CONSUME(K.REFERENCES);
          const table = this.SUBRULE(this.objectName);
          const columns = this.OPTION(() => this.SUBRULE(this.identifierList)) ?? [];
          return { kind: 'references', name, table, columns, span: this.span(start) };
        },
      },
    ]);
  });

  /** `DISTRIBUTED BY [HASH|RANGE] (c) [INTO n BUCKETS]`, `DISTRIBUTED INTO n BUCKETS`, from after `DISTRIBUTED`. */
  protected distribution: Rule<Distribution> = this.RULE('distribution', (): Distribution => {
    const start = this.here();
    this.OR([{ ALT: () => this.CONSUME(K.DISTRIBUTED) }, { ALT: () => this.CONSUME(K.DISTRIBUTION) }]);
    let method: Distribution['method'] = null;
    let columns: Identifier[] = [];
    this.OPTION(() => {
      this.OPTION2(() => this.CONSUME(K.BY));
      const word = this.OPTION3(() => this.OR2([{ ALT: () => this.CONSUME(K.HASH) }, { ALT: () => this.CONSUME(K.RANGE) }]));
      if (word !== undefined) method = payload(word).toLowerCase() === 'hash' ? 'hash' : 'range';
      columns = this.SUBRULE(this.identifierList);
    });
    const buckets =
      this.OPTION4(() => {
        this.CONSUME(K.INTO);
        const count = this.SUBRULE(this.integer);
        this.CONSUME(K.BUCKETS);
        return count;
      }) ?? null;
    return { method, columns, buckets, span: this.span(start) };
  });
}

interface ColumnParts extends Omit<Extract<ColumnDef, { kind: 'physical' }>, 'kind'> {
  readonly computed: ColumnDef | null;
  readonly metadata: { readonly key: string | null } | null;
  readonly flag: 'stored' | 'virtual' | null;
}

function makeColumn(parts: ColumnParts): ColumnDef {
  const { name, type, constraints, collation, comment, computed, metadata, flag, span } = parts;
  if (computed?.kind === 'computed') return { ...computed, stored: computed.stored || flag === 'stored', comment: comment ?? computed.comment, span };
  if (metadata !== null) {
    const notNull = constraints.some(({ kind }) => kind === 'notNull');
    return { kind: 'metadata', name, type, key: metadata.key, virtual: flag === 'virtual', notNull, comment, span };
  }
  return { kind: 'physical', name, type, constraints, default: parts.default, collation, comment, span };
}

import { unreachable } from '../../common/errors.ts';
import type { Expr, Identifier } from '../ast.ts';
import type { AlterAction, ColumnPosition } from '../ast-alter.ts';
import type { CreateFlags, CreateFunctionStatement, CreateOptionsObjectStatement, OptionItem } from '../ast-objects.ts';
import type { OrderItem } from '../ast-queries.ts';
import type { ColumnConstraint, ColumnDef, CreateTableStatement, Distribution, LikeClause, TableConstraint, WatermarkDef } from '../ast-tables.ts';
import type { CreateIndexStatement, CreateSinkStatement, CreateViewStatement } from '../ast-views.ts';
import { QueryPrinter } from './queries.ts';

type Format = NonNullable<CreateTableStatement['format']>;
type ColumnPart = Pick<CreateIndexStatement['keys'][number], 'expr' | 'direction' | 'nulls'>;

/** CREATE, and the actions of ALTER. */
export abstract class DdlPrinter extends QueryPrinter {
  protected head(what: string, flags: CreateFlags, orReplace = 'OR REPLACE '): string {
    const temporary = flags.temporary ? `TEMPORARY ${flags.system ? 'SYSTEM ' : ''}` : '';
    return `CREATE ${flags.orReplace ? orReplace : ''}${temporary}${what}${flags.ifNotExists ? ' IF NOT EXISTS' : ''}`;
  }

  protected options(options: readonly OptionItem[]): string {
    const item = ({ key, value, secret }: OptionItem): string => {
      if (value === null) return this.optionKey(key);
      return `${this.optionKey(key)} = ${secret ? `SECRET ${value.split('.').map((name) => this.ident(plain(name))).join('.')}` : this.string(value)}`;
    };
    return `(${options.map(item).join(', ')})`;
  }

  protected wordOptions(options: readonly OptionItem[]): string {
    const value = ({ value, secret }: OptionItem): string => (secret ? `SECRET ${(value ?? '').split('.').map((name) => this.ident(plain(name))).join('.')}` : this.string(value ?? ''));
    return `(${options.map((o) => `${o.key} = ${value(o)}`).join(', ')})`;
  }

  protected optionKey(key: string): string {
    return this.string(key);
  }

  /** ` WITH (..)`; empty without options. */
  protected withOptions(options: readonly OptionItem[]): string {
    return options.length === 0 ? '' : ` WITH ${this.options(options)}`;
  }

  protected comment(comment: string | null): string {
    return comment === null ? '' : ` COMMENT ${this.string(comment)}`;
  }

  protected createTable(create: CreateTableStatement): string {
    const { objectType, columns, columnNames, constraints, watermark, partitionedBy, distribution, format, like, onConflict, as } = create;
    const elements = [...columns.map((column) => this.column(column)), ...columnNames.map((name) => this.ident(name))];
    elements.push(...constraints.map((constraint) => this.constraint(constraint)));
    if (watermark !== null) elements.push(this.watermark(watermark));
    const start = create.mustExist ? `REPLACE ${objectType.toUpperCase()}` : this.head(objectType.toUpperCase(), create);
    const parts = [
      `${start} ${this.name(create.name)}`,
      elements.length === 0 ? '' : ` (${elements.join(', ')})`,
      create.appendOnly ? ' APPEND ONLY' : '',
      onConflict === null ? '' : ` ON CONFLICT DO ${onConflict.toUpperCase()}`,
      this.comment(create.comment),
      distribution === null ? '' : ` ${this.distribution(distribution)}`,
      partitionedBy.length === 0 ? '' : ` PARTITIONED BY (${this.idents(partitionedBy)})`,
      this.withOptions(create.options),
      format === null ? '' : this.format(format),
      like === null ? '' : ` ${this.like(like)}`,
      as === null ? '' : ` AS ${this.query(as)}`,
    ];
    return parts.join('');
  }

  protected format({ format, encode, options }: Format): string {
    return ` FORMAT ${format.toUpperCase()} ENCODE ${encode.toUpperCase()}${options.length === 0 ? '' : ` ${this.options(options)}`}`;
  }

  protected like({ source, options }: LikeClause): string {
    const parts = options.map(({ action, part }) => `${action.toUpperCase()} ${part.toUpperCase()}`);
    return `LIKE ${this.name(source)}${parts.length === 0 ? '' : ` (${parts.join(' ')})`}`;
  }

  protected column(column: ColumnDef): string {
    const name = this.ident(column.name);
    const comment = this.comment(column.comment);
    switch (column.kind) {
      case 'physical': {
        const collation = column.collation === null ? '' : ` COLLATE ${this.name(column.collation)}`;
        const initial = column.default === null ? '' : ` DEFAULT ${this.expr(column.default)}`;
        return `${name} ${this.type(column.type)}${collation}${initial}${column.constraints.map((item) => ` ${this.columnConstraint(item)}`).join('')}${comment}`;
      }
      case 'computed':
        if (column.type !== null) return `${name} ${this.type(column.type)} GENERATED ALWAYS AS (${this.expr(column.expr)})${column.stored ? ' STORED' : ''}${comment}`;
        return `${name} AS ${this.expr(column.expr)}${column.stored ? ' STORED' : ''}${comment}`;
      case 'metadata': {
        const key = column.key === null ? '' : ` FROM ${this.string(column.key)}`;
        return `${name} ${this.type(column.type)}${column.notNull ? ' NOT NULL' : ''} METADATA${key}${column.virtual ? ' VIRTUAL' : ''}${comment}`;
      }
      default:
        return unreachable(column);
    }
  }

  private columnConstraint(constraint: ColumnConstraint): string {
    const name = 'name' in constraint ? this.constraintName(constraint.name) : '';
    switch (constraint.kind) {
      case 'notNull':
        return 'NOT NULL';
      case 'null':
        return 'NULL';
      case 'primaryKey':
      case 'unique':
        return name + keyWords(constraint) + enforced(constraint.enforced);
      case 'check':
        return `${name}CHECK (${this.expr(constraint.expr)})`;
      case 'references':
        return `${name}REFERENCES ${this.name(constraint.table)}${this.list(constraint.columns)}`;
      default:
        return unreachable(constraint);
    }
  }

  private constraintName(name: Identifier | null): string {
    return name === null ? '' : `CONSTRAINT ${this.ident(name)} `;
  }

  /** ` (a, b)`; empty without names. */
  protected list(names: readonly Identifier[]): string {
    return names.length === 0 ? '' : ` (${this.idents(names)})`;
  }

  protected constraint(constraint: TableConstraint): string {
    const name = this.constraintName(constraint.name);
    switch (constraint.kind) {
      case 'primaryKey':
      case 'unique':
        return `${name}${keyWords(constraint)} (${this.idents(constraint.columns)})${enforced(constraint.enforced)}`;
      case 'check':
        return `${name}CHECK (${this.expr(constraint.expr)})`;
      case 'foreignKey':
        return `${name}FOREIGN KEY (${this.idents(constraint.columns)}) REFERENCES ${this.name(constraint.table)}${this.list(constraint.references)}${enforced(constraint.enforced)}`;
      default:
        return unreachable(constraint);
    }
  }

  protected watermark({ column, expr }: WatermarkDef): string {
    return `WATERMARK FOR ${column.map((part) => this.ident(part)).join('.')} AS ${this.expr(expr)}`;
  }

  protected distribution({ method, columns, buckets }: Distribution): string {
    const by = columns.length === 0 ? '' : ` BY ${method === null ? '' : `${method.toUpperCase()} `}(${this.idents(columns)})`;
    return `DISTRIBUTED${by}${buckets === null ? '' : ` INTO ${buckets} BUCKETS`}`;
  }

  protected createView(create: CreateViewStatement): string {
    const { columns, constraints, partitionedBy, distribution, freshness, refreshMode } = create;
    const isTable = create.materialized && (this.dialect === 'flink' || freshness !== null || refreshMode !== null);
    const what = create.materialized ? `MATERIALIZED ${isTable ? 'TABLE' : 'VIEW'}` : 'VIEW';
    const head = create.orAlter ? this.head(what, { ...create, orReplace: true }, 'OR ALTER ') : this.head(what, create);
    const elements = [...columns.map(({ name, comment }) => this.ident(name) + this.comment(comment)), ...constraints.map((constraint) => this.constraint(constraint))];
    const parts = [
      `${head} ${this.name(create.name)}`,
      elements.length === 0 ? '' : ` (${elements.join(', ')})`,
      this.comment(create.comment),
      distribution === null ? '' : ` ${this.distribution(distribution)}`,
      partitionedBy.length === 0 ? '' : ` PARTITIONED BY (${this.idents(partitionedBy)})`,
      this.withOptions(create.options),
      freshness === null ? '' : ` FRESHNESS = ${this.expr(freshness)}`,
      refreshMode === null ? '' : ` REFRESH_MODE = ${refreshMode.toUpperCase()}`,
      ` AS ${this.query(create.query)}`,
      create.withNoData ? ' WITH NO DATA' : '',
    ];
    return parts.join('');
  }

  protected createFunction(create: CreateFunctionStatement): string {
    const { params, returns, returnsTable, language, volatility, nullInput, body, resources, options } = create;
    const columns = (list: readonly { readonly name: Identifier | null; readonly type: Parameters<DdlPrinter['type']>[0]; readonly default?: Expr | null }[]): string =>
      list.map((item) => `${item.name === null ? '' : `${this.ident(item.name)} `}${this.type(item.type)}${item.default == null ? '' : ` DEFAULT ${this.expr(item.default)}`}`).join(', ');
    const parts = [
      `${this.head(create.aggregate ? 'AGGREGATE' : 'FUNCTION', create)} ${this.name(create.name)}`,
      params === null ? '' : `(${columns(params)})`,
      returns === null ? '' : ` RETURNS ${create.setOf ? 'SETOF ' : ''}${this.type(returns)}`,
      returnsTable === null ? '' : ` RETURNS TABLE (${columns(returnsTable)})`,
      volatility === null ? '' : ` ${volatility.toUpperCase()}`,
      nullInput === null ? '' : nullInput === 'strict' ? ' STRICT' : ' CALLED ON NULL INPUT',
      body === null ? '' : ` AS ${this.string(body)}`,
      language === null ? '' : ` LANGUAGE ${/^[a-z]\w*$/.test(language) ? language.toUpperCase() : this.string(language)}`,
      resources.length === 0 ? '' : ` USING ${resources.map(({ type, path }) => `${type.toUpperCase()} ${this.string(path)}`).join(', ')}`,
      this.withOptions(options),
    ];
    return parts.join('');
  }

  protected createObject(create: CreateOptionsObjectStatement): string {
    const value = create.value === null ? '' : ` AS ${this.expr(create.value)}`;
    return `${this.head(create.objectType.toUpperCase(), create)} ${this.name(create.name)}${this.comment(create.comment)}${create.target === null ? this.withOptions(create.options) : ` TO ${create.target.toUpperCase()} ${this.wordOptions(create.options)}`}${value}`;
  }

  protected createIndex(create: CreateIndexStatement): string {
    const keys = create.keys.map((key) => this.orderItem(keyItem(key))).join(', ');
    const parts = [
      this.head(`${create.unique ? 'UNIQUE ' : ''}INDEX`, create),
      create.name === null ? '' : ` ${this.ident(create.name)}`,
      ` ON ${this.name(create.table)}`,
      create.method === null ? '' : ` USING ${create.method}`,
      ` (${keys})`,
      create.include.length === 0 ? '' : ` INCLUDE (${this.idents(create.include)})`,
      create.distributedBy.length === 0 ? '' : ` DISTRIBUTED BY (${this.exprs(create.distributedBy)})`,
      this.withOptions(create.options),
      create.where === null ? '' : ` WHERE ${this.expr(create.where)}`,
    ];
    return parts.join('');
  }

  protected createSink(create: CreateSinkStatement): string {
    const { from, into, format } = create;
    const source = 'kind' in from ? ` AS ${this.query(from)}` : ` FROM ${this.name(from)}`;
    return `${create.mustExist ? 'REPLACE SINK' : this.head('SINK', create)} ${this.name(create.name)}${into === null ? '' : ` INTO ${this.name(into)}`}${source}${this.withOptions(create.options)}${format === null ? '' : this.format(format)}`;
  }

  protected alterAction(action: AlterAction): string {
    switch (action.kind) {
      case 'rename':
        return `RENAME TO ${this.name(action.to)}`;
      case 'renameColumn':
        return `RENAME COLUMN ${this.ident(action.from)} TO ${this.ident(action.to)}`;
      case 'addColumn':
        return `ADD ${action.ifNotExists ? 'COLUMN IF NOT EXISTS ' : ''}${this.column(action.column)}${this.position(action.position)}`;
      case 'modifyColumn':
        return `MODIFY ${this.column(action.column)}${this.position(action.position)}`;
      case 'dropColumns':
        if (action.columns.length > 1) return `DROP (${this.idents(action.columns)})`;
        return `DROP COLUMN ${action.ifExists ? 'IF EXISTS ' : ''}${this.idents(action.columns)}${action.behavior === null ? '' : ` ${action.behavior.toUpperCase()}`}`;
      case 'alterColumnType':
        return `ALTER COLUMN ${this.ident(action.column)} TYPE ${this.type(action.type)}${action.using === null ? '' : ` USING ${this.expr(action.using)}`}`;
      case 'setDefault':
        return `ALTER COLUMN ${this.ident(action.column)} SET DEFAULT ${this.expr(action.expr)}`;
      case 'dropDefault':
        return `ALTER COLUMN ${this.ident(action.column)} DROP DEFAULT`;
      case 'setNotNull':
        return `ALTER COLUMN ${this.ident(action.column)} SET NOT NULL`;
      case 'dropNotNull':
        return `ALTER COLUMN ${this.ident(action.column)} DROP NOT NULL`;
      case 'addConstraint':
        return `${action.modify ? 'MODIFY' : 'ADD'} ${this.constraint(action.constraint)}`;
      case 'dropConstraint':
        return action.name === null ? 'DROP PRIMARY KEY' : `DROP CONSTRAINT ${action.ifExists ? 'IF EXISTS ' : ''}${this.ident(action.name)}`;
      case 'setWatermark':
        return `${action.modify ? 'MODIFY' : 'ADD'} ${this.watermark(action.watermark)}`;
      case 'setDistribution':
        return `${action.modify ? 'MODIFY' : 'ADD'} ${this.distribution(action.distribution)}`;
      case 'dropWatermark':
        return 'DROP WATERMARK';
      case 'dropDistribution':
        return 'DROP DISTRIBUTION';
      case 'refreshSchema':
        return 'REFRESH SCHEMA';
      case 'suspend':
      case 'resume':
        return action.kind.toUpperCase();
      case 'setOptions':
        return `SET ${this.options(action.options)}`;
      case 'resetOptions':
        return `RESET (${action.keys.map((key) => this.string(key)).join(', ')})`;
      case 'setProperty':
        return `SET ${action.property.toUpperCase()} = ${this.string(action.value)}`;
      case 'ownerTo':
        return `OWNER TO ${this.ident(action.owner)}`;
      case 'setComment':
        return `SET COMMENT ${this.string(action.comment)}`;
      case 'swapWith':
        return `SWAP WITH ${this.name(action.other)}`;
      case 'asQuery':
        return `AS ${this.query(action.query)}`;
      default:
        return unreachable(action);
    }
  }

  private position(position: ColumnPosition | null): string {
    if (position === null) return '';
    return position.kind === 'first' ? ' FIRST' : ` AFTER ${this.ident(position.column)}`;
  }
}

function plain(name: string): Identifier {
  return { name, quoted: false, span: { start: 0, end: 0 } };
}

function keyItem({ expr, direction, nulls }: ColumnPart): OrderItem {
  return { expr, direction, nulls, span: expr.span };
}

function keyWords({ kind, nullsNotDistinct }: { readonly kind: 'primaryKey' | 'unique'; readonly nullsNotDistinct?: true }): string {
  return kind === 'primaryKey' ? 'PRIMARY KEY' : `UNIQUE${nullsNotDistinct === true ? ' NULLS NOT DISTINCT' : ''}`;
}

function enforced(value: boolean | null): string {
  return value === null ? '' : value ? ' ENFORCED' : ' NOT ENFORCED';
}

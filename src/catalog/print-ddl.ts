import { typeName } from '../common/types/sql-type.ts';
import type { Options } from '../connectors/api.ts';
import { InternalError } from '../common/errors.ts';
import { quoteName } from './names.ts';
import { isCatalog, isTemporary, type CatalogObject, type FunctionObject, type TableColumn, type PrimaryKey, type TableObject } from './objects.ts';

/** The statement that would create an object anew. `options` are already masked. */
export function createStatement(object: CatalogObject, options: Options): string {
  const comment = object.comment === null ? '' : `\nCOMMENT ${text(object.comment)}`;
  if (object.kind === 'database') return `CREATE ${isCatalog(object) ? 'CATALOG' : 'DATABASE'} ${quoteName(object.name)}${comment}${optionText(options)}`;
  if (object.kind === 'schema') return `CREATE DATABASE ${quoteName(object.database)}.${quoteName(object.name)}${comment}${optionText(options)}`;
  const name = `${quoteName(object.schema)}.${quoteName(object.name)}`;
  const temporary = isTemporary(object) ? 'TEMPORARY ' : '';
  switch (object.kind) {
    case 'connection':
      return `CREATE ${temporary}CONNECTION ${name}${comment}${optionText(options)}`;
    case 'index':
      throw new InternalError('an index is printed with its relation');
    case 'secret':
      return `CREATE SECRET ${name}${comment} AS '******'`;
    case 'function':
      return functionText(object, name, temporary);
    case 'table':
      return tableText(object, name, temporary, options);
    case 'view':
      return `CREATE ${temporary}VIEW ${name}${columnList(object.columns)}${comment} AS\n${object.sql}`;
    case 'materializedView':
      if (object.subscription !== undefined) return `CREATE SUBSCRIPTION ${name} FROM ${object.sql.replace('SELECT * FROM ', '')}\nWITH (\n  'retention' = '${object.subscription.retentionMs} ms'\n)`;
      return `CREATE MATERIALIZED VIEW ${name}${columnList(object.columns)}${comment}${optionText(options)} AS\n${object.sql}`;
    case 'sink':
      return object.sql;
  }
}

const columnList = (columns: readonly { readonly name: string }[]): string => ` (${columns.map((c) => quoteName(c.name)).join(', ')})`;
const text = (s: string): string => `'${s.replaceAll("'", "''")}'`;

const MEGABYTE = 1 << 20;

/** The body between dollars that do not occur in it. */
function dollarQuoted(body: string): string {
  let quote = '$$';
  for (let n = 1; body.includes(quote); n++) quote = `$f${n}$`;
  return `${quote}${body}${quote}`;
}

/** The body of a function in SQL is kept without its SELECT. */
function functionText(f: FunctionObject, name: string, temporary: string): string {
  const params = f.params.map((p) => `${p.name === null ? '' : `${quoteName(p.name)} `}${typeName(p.type)}`).join(', ');
  const returns = f.columns === null ? typeName(f.returns) : `TABLE (${f.columns.map((c) => `${quoteName(c.name)} ${typeName(c.type)}`).join(', ')})`;
  const limits = f.language === 'sql' ? '' : `\nWITH ('max-steps' = '${f.steps}', 'max-memory' = '${f.memoryBytes / MEGABYTE}')`;
  const body = f.language === 'sql' && f.form === 'scalar' ? `SELECT ${f.sql}` : f.sql;
  return `CREATE ${temporary}${f.form === 'aggregate' ? 'AGGREGATE' : 'FUNCTION'} ${name}(${params})\nRETURNS ${returns}\nLANGUAGE ${f.language}\n${f.volatility.toUpperCase()} ${f.strict ? 'STRICT' : 'CALLED ON NULL INPUT'}${limits}\nAS ${dollarQuoted(body)}`;
}

function tableText(table: TableObject, name: string, temporary: string, options: Options): string {
  const lines = table.columns.map(columnText);
  if (table.watermark !== null) lines.push(`WATERMARK FOR ${quoteName(table.columns[table.watermark.column]?.name ?? '')} AS ${table.watermark.sql}`);
  const constraint = (words: string, key: PrimaryKey): void => {
    const columns = key.columns.map((i) => quoteName(table.columns[i]?.name ?? '')).join(', ');
    lines.push(`CONSTRAINT ${quoteName(key.name)} ${words} (${columns})${key.enforced ? '' : ' NOT ENFORCED'}`);
  };
  if (table.primaryKey !== null) constraint('PRIMARY KEY', table.primaryKey);
  for (const u of table.uniques ?? []) constraint(u.nullsNotDistinct ? 'UNIQUE NULLS NOT DISTINCT' : 'UNIQUE', u);
  const parts = [`CREATE ${temporary}TABLE ${name} (\n${lines.map((l) => `  ${l}`).join(',\n')}\n)`];
  if (table.appendOnly) parts.push('APPEND ONLY');
  if (table.comment !== null) parts.push(`COMMENT ${text(table.comment)}`);
  if (table.partitionedBy.length > 0) parts.push(`PARTITIONED BY (${table.partitionedBy.map(quoteName).join(', ')})`);
  return parts.join('\n') + optionText(options);
}

function optionText(options: Options): string {
  const items = Object.entries(options).map(([k, v]) => (v.startsWith('secret:') ? `${text(k)} = SECRET ${quoteName(v.slice('secret:'.length))}` : `${text(k)} = ${text(v)}`));
  return items.length === 0 ? '' : `\nWITH (\n${items.map((i) => `  ${i}`).join(',\n')}\n)`;
}

function columnText(c: TableColumn): string {
  const name = quoteName(c.name);
  const comment = c.comment === null ? '' : ` COMMENT ${text(c.comment)}`;
  switch (c.kind) {
    case 'physical':
      return `${name} ${typeName(c.type)}${c.nullable ? '' : ' NOT NULL'}${c.default === null ? '' : ` DEFAULT ${c.default}`}${comment}`;
    case 'computed':
      return `${name} ${typeName(c.type)} AS ${c.sql}${comment}`;
    case 'metadata':
      return `${name} ${typeName(c.type)}${c.nullable ? '' : ' NOT NULL'} METADATA${c.key === c.name ? '' : ` FROM ${text(c.key)}`}${c.virtual ? ' VIRTUAL' : ''}${comment}`;
  }
}

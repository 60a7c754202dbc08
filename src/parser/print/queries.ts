import { unreachable } from '../../common/errors.ts';
import type { StarExpr } from '../ast.ts';
import type { AfterMatch, GroupingElement, Hint, JoinTable, LockingClause, MatchRecognizeTable, NamedTable, Pattern, Query, QueryBody, Select, SelectItem, SetOperation, TableAlias, TableRef, WindowTable, WithClause } from '../ast-queries.ts';
import { POWER } from '../operators.ts';
import { ExpressionPrinter } from './expressions.ts';

/** Queries and tables. */
export abstract class QueryPrinter extends ExpressionPrinter {
  query(query: Query): string {
    const { offset, limit, withTies, emit } = query;
    const parts = [
      query.with === null ? '' : `${this.with(query.with)} `,
      this.body(query.body, 0),
      this.orderBy(query.orderBy),
      limit === null || withTies ? '' : ` LIMIT ${this.expr(limit)}`,
      offset === null ? '' : ` OFFSET ${this.expr(offset)}`,
      limit !== null && withTies ? ` FETCH FIRST ${this.expr(limit, POWER.subscript)} ROWS WITH TIES` : '',
      emit === null ? '' : ` EMIT ${emit.mode.toUpperCase()}`,
      ...query.locking.map((clause) => this.locking(clause)),
    ];
    return parts.join('');
  }

  protected with({ recursive, tables }: WithClause): string {
    const list = tables.map(({ name, columns, materialized, query }) => {
      const hint = materialized === null ? '' : materialized ? 'MATERIALIZED ' : 'NOT MATERIALIZED ';
      return `${this.ident(name)}${columns.length === 0 ? '' : ` (${this.idents(columns)})`} AS ${hint}(${this.query(query)})`;
    });
    return `WITH ${recursive ? 'RECURSIVE ' : ''}${list.join(', ')}`;
  }

  private locking({ strength, of, wait }: LockingClause): string {
    return ` FOR ${strength.toUpperCase()}${of.length === 0 ? '' : ` OF ${this.names(of)}`}${wait === null ? '' : ` ${wait.toUpperCase()}`}`;
  }

  /** `min`: 0 at the top, 1 under UNION and EXCEPT, 2 to their right and under INTERSECT, 3 to its right. */
  private body(body: QueryBody, min: number): string {
    switch (body.kind) {
      case 'query':
        return `(${this.query(body)})`;
      case 'select':
        return this.select(body);
      case 'values':
        return `VALUES ${body.rows.map((row) => `(${this.exprs(row)})`).join(', ')}`;
      case 'tableQuery':
        return `TABLE ${this.name(body.name)}`;
      case 'setOperation': {
        const level = body.operator === 'intersect' ? 2 : 1;
        const text = `${this.body(body.left, level)} ${body.operator.toUpperCase()}${body.all ? ' ALL' : ''}${this.corresponding(body)} ${this.body(body.right, level + 1)}`;
        return level < min ? `(${text})` : text;
      }
      default:
        return unreachable(body);
    }
  }

  private corresponding({ corresponding }: SetOperation): string {
    if (corresponding === undefined) return '';
    return corresponding.length === 0 ? ' CORRESPONDING' : ` CORRESPONDING BY (${this.idents(corresponding)})`;
  }

  private select(select: Select): string {
    const { hints, distinct, distinctOn, items, from, where, groupBy, having, windows, qualify } = select;
    const on = distinctOn.length === 0 ? '' : ` ON (${this.exprs(distinctOn)})`;
    const parts = [
      `SELECT${this.hints(hints)}${distinct ? ` DISTINCT${on}` : ''}`,
      items.length === 0 ? '' : ` ${this.items(items)}`,
      from.length === 0 ? '' : ` FROM ${this.tables(from)}`,
      where === null ? '' : ` WHERE ${this.expr(where)}`,
      groupBy === null ? '' : ` GROUP BY ${select.groupByDistinct === true ? 'DISTINCT ' : ''}${groupBy.map((element) => this.grouping(element)).join(', ')}`,
      having === null ? '' : ` HAVING ${this.expr(having)}`,
      windows.length === 0 ? '' : ` WINDOW ${windows.map(({ name, spec }) => `${this.ident(name)} AS ${this.window(spec)}`).join(', ')}`,
      qualify === null ? '' : ` QUALIFY ${this.expr(qualify)}`,
    ];
    return parts.join('');
  }

  protected items(items: readonly SelectItem[]): string {
    return items.map(({ expr, alias }) => `${this.expr(expr)}${expr.kind === 'star' ? this.starChanges(expr) : ''}${alias === null ? '' : ` AS ${this.ident(alias)}`}`).join(', ');
  }

  private starChanges({ exclude = [], replace = [] }: StarExpr): string {
    const replaced = replace.map(({ expr, alias }) => `${this.expr(expr)} AS ${alias === null ? '' : this.ident(alias)}`).join(', ');
    return `${exclude.length === 0 ? '' : ` EXCLUDE (${this.idents(exclude)})`}${replace.length === 0 ? '' : ` REPLACE (${replaced})`}`;
  }

  /** With the space before it; empty without hints. */
  protected hints(hints: readonly Hint[]): string {
    if (hints.length === 0) return '';
    const list = hints.map(({ name, args, options }) => {
      const inside = [...args.map((arg) => (/^[\w.]+$/.test(arg) ? arg : this.string(arg))), ...options.map(({ key, value }) => `${this.string(key)} = ${this.string(value)}`)];
      return inside.length === 0 ? name : `${name}(${inside.join(', ')})`;
    });
    return ` /*+ ${list.join(', ')} */`;
  }

  private grouping(element: GroupingElement): string {
    switch (element.kind) {
      case 'expr':
        return this.expr(element.expr);
      case 'empty':
        return '()';
      case 'all':
        return 'ALL';
      case 'rollup':
      case 'cube':
        return `${element.kind.toUpperCase()} (${element.sets.map((set) => (set.length === 1 ? this.exprs(set) : `(${this.exprs(set)})`)).join(', ')})`;
      case 'groupingSets':
        return `GROUPING SETS (${element.elements.map((item) => this.grouping(item)).join(', ')})`;
      case 'set':
        return `(${this.exprs(element.exprs)})`;
      default:
        return unreachable(element);
    }
  }

  protected tables(tables: readonly TableRef[]): string {
    return tables.map((table) => this.table(table)).join(', ');
  }

  private table(table: TableRef): string {
    switch (table.kind) {
      case 'table':
        return this.namedTable(table);
      case 'subqueryTable':
        return `${table.lateral ? 'LATERAL ' : ''}(${this.query(table.query)})${this.alias(table.alias)}`;
      case 'functionTable': {
        const call = this.dialect === 'flink' ? `TABLE(${this.call(table.call)})` : this.call(table.call);
        return `${table.lateral ? 'LATERAL ' : ''}${call}${table.withOrdinality ? ' WITH ORDINALITY' : ''}${this.alias(table.alias)}`;
      }
      case 'unnest':
        return `${table.lateral ? 'LATERAL ' : ''}UNNEST(${this.exprs(table.args)})${table.withOrdinality ? ' WITH ORDINALITY' : ''}${this.alias(table.alias)}`;
      case 'windowTable':
        return this.windowTable(table);
      case 'join':
        return this.join(table);
      case 'matchRecognize':
        return this.matchRecognize(table);
      default:
        return unreachable(table);
    }
  }

  private namedTable({ name, hints, asOf, sample, alias }: NamedTable): string {
    const at = asOf === null ? '' : ` FOR SYSTEM_TIME AS OF ${this.expr(asOf, POWER.other)}`;
    const repeatable = sample?.repeatable == null ? '' : ` REPEATABLE (${this.expr(sample.repeatable)})`;
    const sampled = sample === null ? '' : ` TABLESAMPLE ${this.ident(sample.method)} (${this.exprs(sample.args)})${repeatable}`;
    return this.name(name) + this.hints(hints) + at + sampled + this.alias(alias);
  }

  protected alias(alias: TableAlias | null): string {
    if (alias === null) return '';
    const { name, columns, columnDefs } = alias;
    const list = columnDefs.length > 0 ? columnDefs.map((column) => `${this.ident(column.name)} ${this.type(column.type)}`).join(', ') : this.idents(columns);
    return ` AS ${this.ident(name)}${list === '' ? '' : ` (${list})`}`;
  }

  private windowTable({ window, input, timeColumn, step, size, offset, alias }: WindowTable): string {
    const times = [step, size, offset].filter((value) => value !== null).map((value) => this.expr(value));
    const bare = this.dialect === 'postgres' && input.partitionBy.length === 0 && input.orderBy.length === 0;
    const { source } = input;
    const table = bare ? ('kind' in source ? `(${this.query(source)})` : this.name(source)) : this.tableArg(input);
    const column = bare ? this.ident(timeColumn) : `DESCRIPTOR(${this.ident(timeColumn)})`;
    const call = `${window.toUpperCase()}(${[table, column, ...times].join(', ')})`;
    return (this.dialect === 'flink' ? `TABLE(${call})` : call) + this.alias(alias);
  }

  private join(join: JoinTable): string {
    const { type, natural, asof, match, left, right, on, using, usingAlias, alias } = join;
    const word = type === 'inner' ? '' : `${type.toUpperCase()} `;
    const nested = (table: TableRef): string => (table.kind === 'join' && table.alias === null ? `(${this.table(table)})` : this.table(table));
    const condition = on === null ? (using.length === 0 ? '' : ` USING (${this.idents(using)})${usingAlias === null ? '' : ` AS ${this.ident(usingAlias)}`}`) : ` ON ${this.expr(on)}`;
    const text = `${this.table(left)} ${natural ? 'NATURAL ' : ''}${asof ? 'ASOF ' : ''}${word}JOIN ${nested(right)}${match === null ? '' : ` MATCH_CONDITION (${this.expr(match)})`}${condition}`;
    return alias === null ? text : `(${text})${this.alias(alias)}`;
  }

  private matchRecognize(match: MatchRecognizeTable): string {
    const { input, partitionBy, orderBy, measures, rowsPerMatch, afterMatch, pattern, within, subsets, define, alias } = match;
    const clauses = [
      partitionBy.length === 0 ? '' : `PARTITION BY ${this.exprs(partitionBy)}`,
      this.orderBy(orderBy).trimStart(),
      measures.length === 0 ? '' : `MEASURES ${measures.map((item) => `${this.expr(item.expr)} AS ${this.ident(item.alias)}`).join(', ')}`,
      rowsPerMatch === 'one' ? 'ONE ROW PER MATCH' : 'ALL ROWS PER MATCH',
      `AFTER MATCH SKIP ${this.afterMatch(afterMatch)}`,
      `PATTERN (${this.pattern(pattern)})`,
      within === null ? '' : `WITHIN ${this.expr(within)}`,
      subsets.length === 0 ? '' : `SUBSET ${subsets.map(({ name, variables }) => `${this.ident(name)} = (${this.idents(variables)})`).join(', ')}`,
      define.length === 0 ? '' : `DEFINE ${define.map(({ name, condition }) => `${this.ident(name)} AS ${this.expr(condition)}`).join(', ')}`,
    ];
    const table = input.kind === 'join' ? `(${this.table(input)})` : this.table(input);
    return `${table} MATCH_RECOGNIZE (${clauses.filter((clause) => clause !== '').join(' ')})${this.alias(alias)}`;
  }

  private afterMatch(after: AfterMatch): string {
    if (!('variable' in after)) return after.kind === 'pastLastRow' ? 'PAST LAST ROW' : 'TO NEXT ROW';
    return `TO ${after.kind === 'toFirst' ? 'FIRST' : 'LAST'} ${this.ident(after.variable)}`;
  }

  private pattern(pattern: Pattern): string {
    switch (pattern.kind) {
      case 'variable':
        return this.ident(pattern.name);
      case 'sequence':
        return pattern.items.map((item) => (item.kind === 'variable' || item.kind === 'repeat' ? this.pattern(item) : `(${this.pattern(item)})`)).join(' ');
      case 'alternation':
        return pattern.items.map((item) => (item.kind === 'alternation' ? `(${this.pattern(item)})` : this.pattern(item))).join(' | ');
      case 'repeat': {
        const { item, min, max, reluctant } = pattern;
        const inner = item.kind === 'variable' ? this.pattern(item) : `(${this.pattern(item)})`;
        return `${inner}{${min}${max === min ? '' : `,${max ?? ''}`}}${reluctant ? '?' : ''}`;
      }
      default:
        return unreachable(pattern);
    }
  }
}

import type { Choices } from './choices.ts';
import type { Construct } from './constructs.ts';
import { condition, expression } from './expressions.ts';
import type { Column, Kind } from './tables.ts';
import { javascriptAggregate } from './user-functions.ts';

/**
 * Random window functions. Rows that an order leaves tied are alike in every column in sight, so that any order of them gives the
 * same bag; two functions might order them in two ways.
 * @param tied whether what it gives may differ among tied rows.
 */
export function overCall(c: Choices, columns: readonly Column[], tied: boolean): Column {
  const total = totalOrder(c, columns);
  const partition = partitionBy(c, columns);
  const int = expression(c, 'int', columns, 1);
  const filter = c.rarely(5) ? ` FILTER (WHERE ${condition(c, columns, 1)})` : '';
  const which = c.int(tied ? 11 : 2);
  c.mark(...overMarks(which));
  if (which === 1 || which === 3) {
    if (filter !== '') c.mark('over filter');
  }
  switch (which) {
    case 0:
      return { sql: `${c.pick(['RANK', 'DENSE_RANK'])}() OVER (${partition}ORDER BY ${int}${c.pick(['', ' DESC'])})`, kind: 'bigint' };
    case 1:
      return { sql: `${c.pick(['SUM', 'COUNT'])}(${int})${filter} OVER (${partition.trim()})`, kind: 'bigint' };
    case 2:
      return { sql: `ROW_NUMBER() OVER (${partition}ORDER BY ${total})`, kind: 'bigint' };
    case 3:
      return { sql: `${c.pick(['SUM', 'COUNT'])}(${int})${filter} OVER (${partition}ORDER BY ${total}${framed(c)})`, kind: 'bigint' };
    case 4:
      return { sql: `${c.pick(['MIN', 'MAX'])}(${int}) OVER (${partition}ORDER BY ${c.int(2) === 0 ? `${int}` : `${total}${frame(c)}`})`, kind: 'int' };
    case 5:
      return { sql: `${c.pick(['LAG', 'LEAD'])}(${int}${c.pick(['', ', 1, 0', ', 2'])}) OVER (${partition}ORDER BY ${total})`, kind: 'int' };
    case 7:
      c.mark('over range');
      return { sql: `${c.pick(['SUM', 'COUNT'])}(${int})${filter} OVER (${partition}ORDER BY ${int} RANGE BETWEEN ${c.pick(['1 PRECEDING AND CURRENT ROW', '1 PRECEDING AND 2 FOLLOWING', 'UNBOUNDED PRECEDING AND 1 PRECEDING', 'CURRENT ROW AND UNBOUNDED FOLLOWING'])})`, kind: 'bigint' };
    case 8:
      c.mark('over groups');
      return { sql: `${c.pick(['SUM', 'COUNT'])}(${int})${filter} OVER (${partition}ORDER BY ${int}${c.pick(['', ' DESC'])} GROUPS BETWEEN ${c.pick(['1 PRECEDING AND CURRENT ROW', '1 PRECEDING AND 1 FOLLOWING', 'CURRENT ROW AND 1 FOLLOWING'])}${exclude(c)})`, kind: 'bigint' };
    case 9:
      c.mark('ignore nulls');
      return { sql: `${c.pick([`LAG(${int})`, `LEAD(${int})`, `FIRST_VALUE(${int})`, `LAST_VALUE(${int})`])} IGNORE NULLS OVER (${partition}ORDER BY ${total})`, kind: 'int' };
    case 10: {
      const call = javascriptAggregate(c, columns, '', filter);
      c.mark('javascript over');
      return { sql: `${call.sql} OVER (${partition}ORDER BY ${total}${frame(c)})`, kind: call.kind };
    }
    default:
      return { sql: `${c.pick(['FIRST_VALUE', 'LAST_VALUE'])}(${int}) OVER (${partition}ORDER BY ${total}${frame(c)})`, kind: 'int' };
  }
}

const frame = (c: Choices): string => c.pick(['', ' ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW', ' ROWS BETWEEN 1 PRECEDING AND CURRENT ROW', ' ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING', ' ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING']);

const framed = (c: Choices): string => {
  const rows = frame(c);
  return rows === '' ? '' : `${rows}${exclude(c)}`;
};

/** Only behind a frame that says how it is counted. */
const exclude = (c: Choices): string => {
  if (!c.rarely(4)) return '';
  c.mark('over exclude');
  return c.pick([' EXCLUDE CURRENT ROW', ' EXCLUDE TIES', ' EXCLUDE GROUP', ' EXCLUDE NO OTHERS']);
};

function overMarks(which: number): Construct[] {
  switch (which) {
    case 0:
    case 2:
      return ['ranking'];
    case 3:
      return ['over rows'];
    case 5:
      return ['lag or lead'];
    default:
      return [];
  }
}

function partitionBy(c: Choices, columns: readonly Column[]): string {
  if (c.rarely(4)) return '';
  return `PARTITION BY ${(columns[c.int(columns.length)] ?? { sql: '1' }).sql} `;
}

/** By a column first, then by all. */
export function totalOrder(c: Choices, columns: readonly Column[]): string {
  const first = c.int(columns.length);
  const rest = columns.filter((_, i) => i !== first);
  return [`${columns[first]?.sql ?? '1'}${c.pick(['', ' DESC', ' NULLS FIRST', ' DESC NULLS LAST'])}`, ...rest.map((x) => x.sql)].join(', ');
}

/** `ROW_NUMBER() … <= n` in its spellings over a FROM clause; columns are passed on as o1, o2… */
export function topPerGroup(c: Choices, from: { readonly sql: string; readonly columns: readonly Column[] }, alias: string): { readonly sql: string; readonly kinds: readonly Kind[] } {
  const kept = Array.from({ length: 1 + c.int(2) }, () => from.columns[c.int(from.columns.length)]).flatMap((x) => (x === undefined ? [] : [x]));
  const items = kept.map((x, i) => `${x.sql} AS o${i + 1}`).join(', ');
  const kinds = kept.map((x) => x.kind);
  const key = from.columns[c.int(from.columns.length)] ?? { sql: '1' };
  const number = `ROW_NUMBER() OVER (PARTITION BY ${key.sql} ORDER BY ${totalOrder(c, from.columns)})`;
  const most = 1 + c.int(3);
  const which = c.int(6);
  c.mark((['top-n', 'top-n with its number', 'qualify', 'distinct on', 'rank limit', 'with ties'] as const)[which] ?? 'top-n');
  switch (which) {
    case 0:
      return { sql: `SELECT ${kept.map((_, i) => `o${i + 1}`).join(', ')} FROM (SELECT ${items}, ${number} AS rn FROM ${from.sql}) AS ${alias} WHERE rn <= ${most}`, kinds };
    case 1:
      return { sql: `SELECT ${kept.map((_, i) => `o${i + 1}`).join(', ')}, rn AS o${kept.length + 1} FROM (SELECT ${items}, ${number} AS rn FROM ${from.sql}) AS ${alias} WHERE rn ${c.pick(['<=', '='])} ${most}`, kinds: [...kinds, 'bigint'] };
    case 2:
      return { sql: `SELECT ${items} FROM ${from.sql} QUALIFY ${number} <= ${most}`, kinds };
    case 4:
      return { sql: `SELECT ${items} FROM ${from.sql} QUALIFY ${c.pick(['RANK', 'DENSE_RANK'])}() OVER (PARTITION BY ${key.sql} ORDER BY ${(from.columns[c.int(from.columns.length)] ?? key).sql}) ${c.pick(['<= ', '= '])}${most}`, kinds };
    case 5:
      return { sql: `SELECT ${items} FROM ${from.sql} ORDER BY ${key.sql}${c.pick(['', ' DESC'])} FETCH FIRST ${most} ROWS WITH TIES`, kinds };
    default:
      return { sql: `SELECT DISTINCT ON (${key.sql}) ${items} FROM ${from.sql} ORDER BY ${key.sql}, ${totalOrder(c, from.columns)}`, kinds };
  }
}

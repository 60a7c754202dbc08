import type { Choices } from './choices.ts';
import type { Construct } from './constructs.ts';
import { literal, type Column, type Kind } from './tables.ts';

/** Random expressions of a wanted type over the columns in sight. Nothing that can fail on a value: no division, no cast of text. */
export function expression(c: Choices, kind: Kind, columns: readonly Column[], depth: number): string {
  const fit = columns.filter((x) => x.kind === kind);
  const sub = (k: Kind): string => expression(c, k, columns, depth - 1);
  const leaf = (): string => (fit.length === 0 || c.rarely(5) ? literal(c, kind) : (fit[c.int(fit.length)] ?? { sql: 'NULL' }).sql);
  if (depth <= 0 || c.int(2) === 0) return leaf();
  const general = (): string => {
    switch (c.int(4)) {
      case 0:
        return `COALESCE(${sub(kind)}, ${literal(c, kind)})`;
      case 1:
        return `CASE WHEN ${condition(c, columns, depth - 1)} THEN ${sub(kind)} ELSE ${sub(kind)} END`;
      case 2:
        return `NULLIF(${sub(kind)}, ${literal(c, kind)})`;
      default:
        return `${c.pick(['GREATEST', 'LEAST'])}(${sub(kind)}, ${sub(kind)})`;
    }
  };
  if (c.int(2) === 0) return general();
  const marked = (construct: Construct, sql: () => string) => (): string => {
    c.mark(construct);
    return sql();
  };
  switch (kind) {
    case 'int':
      return c.pick([
        () => `(${sub('int')} + ${c.int(3)})`, () => `(${sub('int')} - ${sub('int')})`, () => `ABS(${sub('int')})`, () => `CHAR_LENGTH(${sub('text')})`, () => `MOD(${sub('int')}, 3)`,
        marked('array function', () => `CARDINALITY(${sub('ints')})`), () => `(${sub('ints')})[${1 + c.int(2)}]`, () => `(${sub('date')} - ${sub('date')})`, marked('time function', () => `CAST(EXTRACT(SECOND FROM ${sub('time')}) AS INT)`),
        marked('sql function', () => `${c.pick(['f_twice', 'f_or_zero'])}(${sub('int')})`), marked('text function', () => `POSITION('a' IN ${sub('text')})`), marked('json function', () => `JSONB_ARRAY_LENGTH(JSONB_BUILD_ARRAY(${sub('text')}, ${sub('int')}))`),
        marked('array function', () => `ARRAY_POSITION(${sub('ints')}, ${literal(c, 'int')})`), marked('time function', () => `CAST(EXTRACT(HOUR FROM ${sub('instant')}) AS INT)`),
        marked('javascript function', () => c.pick([() => `j_mix(${sub('int')})`, () => `j_first(${sub('int')}, ${sub('int')})`])()), marked('lambda', () => c.pick([() => `REDUCE(${sub('ints')}, 0, (carried, e) -> carried + COALESCE(e, ${sub('int')}))`, () => `CARDINALITY(FILTER(${sub('ints')}, e -> e <= ${sub('int')}))`])()),
      ])();
    case 'bigint':
      return c.pick([() => `(${sub('bigint')} + ${sub('int')})`, () => `CAST(${sub('int')} AS BIGINT)`, marked('javascript function', () => `j_long(${sub('bigint')})`)])();
    case 'text':
      return c.pick([
        () => `(${sub('text')} || ${sub('text')})`, () => `UPPER(${sub('text')})`, () => `SUBSTRING(${sub('text')} FROM 1 FOR 1)`, () => `CAST(${sub('int')} AS TEXT)`,
        () => `(${sub('json')} ->> 'a')`, marked('array function', () => `ARRAY_TO_STRING(${sub('ints')}, ',', '*')`), marked('sql function', () => `f_marked(${sub('text')}, ${sub('int')})`), marked('javascript function', () => `j_label(${sub('text')}, ${sub('int')})`),
        marked('json function', () => `${c.pick(['JSON_VALUE', 'JSON_QUERY'])}(${sub('json')}, ${c.pick(["'$.a'", "'$.b'", "'lax $.b[1]'", "'$'"])})`), marked('json function', () => `JSONB_TYPEOF(${sub('json')})`),
        marked('text function', () => c.pick([() => `LPAD(${sub('text')}, 3, '.')`, () => `REPLACE(${sub('text')}, 'a', 'xy')`, () => `REVERSE(${sub('text')})`, () => `SPLIT_PART(${sub('text')}, '-', 1)`, () => `REGEXP_REPLACE(${sub('text')}, '[ab]', '<>')`, () => `CONCAT_WS('-', ${sub('text')}, ${sub('int')})`, () => `MD5(${sub('text')})`])()),
        marked('time function', () => c.pick([() => `TO_CHAR(${sub('time')}, 'YYYY-MM-DD HH24:MI:SS')`, () => `TO_CHAR(${sub('instant')}, 'HH24:MI')`, () => `DATE_FORMAT(${sub('time')}, 'yyyy/MM/dd')`])()), () => `TRIM(${sub('text')})`, () => `CAST(${sub(c.pick<Kind>(['date', 'time', 'decimal', 'bool', 'ints', 'json', 'instant']))} AS TEXT)`,
      ])();
    case 'bool':
      return `(${condition(c, columns, depth - 1)})`;
    case 'decimal':
      return c.pick([() => `CAST(${sub('int')} AS DECIMAL(10, 2))`, () => `CAST(${sub('decimal')} + ${sub('decimal')} AS DECIMAL(10, 2))`, () => `CAST(ROUND(${sub('decimal')}, 1) AS DECIMAL(10, 2))`])();
    case 'time':
      return c.pick([() => `(${sub('time')} + INTERVAL '${c.int(3)}' SECOND)`, () => `DATE_TRUNC('second', ${sub('time')})`, () => `CAST(${sub('date')} AS TIMESTAMP(3))`, marked('time function', () => `CAST(${sub('instant')} AS TIMESTAMP(3))`), marked('time function', () => `DATE_BIN(INTERVAL '2' SECOND, ${sub('time')}, TIMESTAMP '2024-01-01 00:00:01')`)])();
    case 'instant':
      return c.pick([() => `(${sub('instant')} + INTERVAL '${c.pick(['1 hour', '1 day', '30 minutes'])}')`, marked('time function', () => `DATE_TRUNC('${c.pick(['hour', 'day', 'month'])}', ${sub('instant')})`), () => `CAST(${sub('time')} AS TIMESTAMPTZ(3))`])();
    case 'date':
      return c.pick([() => `(${sub('date')} + ${c.int(3)})`, () => `CAST(${sub('time')} AS DATE)`, () => `CAST(${sub('instant')} AS DATE)`])();
    case 'ints':
      return c.pick([() => `ARRAY[${sub('int')}, ${sub('int')}]`, () => `(${sub('ints')} || ${sub('ints')})`, () => `ARRAY_REMOVE(${sub('ints')}, ${literal(c, 'int')})`, marked('array function', () => c.pick([() => `ARRAY_DISTINCT(${sub('ints')})`, () => `ARRAY_APPEND(${sub('ints')}, ${sub('int')})`, () => `ARRAY_REVERSE(${sub('ints')})`])()),
        marked('lambda', () => c.pick([() => `TRANSFORM(${sub('ints')}, e -> e + ${sub('int')})`, () => `FILTER(${sub('ints')}, e -> e > ${sub('int')} OR ${condition(c, columns, depth - 1)})`])()), marked('javascript function', () => `j_sorted(${sub('ints')})`)])();
    case 'json':
      return c.pick([() => `(${sub('json')} -> 'b')`, () => `TO_JSONB(${sub('int')})`, () => `JSONB_BUILD_OBJECT('a', ${sub('text')}, 'n', ${sub('int')})`, marked('json function', () => c.pick([() => `JSONB_STRIP_NULLS(${sub('json')})`, () => `JSONB_PATH_QUERY_FIRST(${sub('json')}, '$.b[*]')`, () => `TO_JSONB(${sub('ints')})`])())])();
  }
}

export function condition(c: Choices, columns: readonly Column[], depth: number): string {
  const sub = (): string => condition(c, columns, depth - 1);
  const kind = (columns[c.int(columns.length)] ?? { kind: 'int' as const }).kind;
  const e = (k: Kind = kind): string => expression(c, k, columns, depth - 1);
  switch (c.int(depth > 0 ? 13 : 6)) {
    case 0:
    case 1:
      return `${e()} ${c.pick(['=', '<', '>=', '<>', '>'])} ${e()}`;
    case 2:
      return `${e()} IS ${c.pick(['NULL', 'NOT NULL'])}`;
    case 3:
      return `${e()} ${c.pick(['IN', 'NOT IN'])} (${literal(c, kind)}, ${literal(c, kind)})`;
    case 4:
      return kind === 'bool' ? e() : `${e()} BETWEEN ${literal(c, kind)} AND ${literal(c, kind)}`;
    case 5:
      return `${e()} IS ${c.pick(['', 'NOT '])}DISTINCT FROM ${e()}`;
    case 6:
      return `(${sub()} AND ${sub()})`;
    case 7:
      return `(${sub()} OR ${sub()})`;
    case 8:
      return `NOT (${sub()})`;
    case 9:
      return `${e('int')} = ANY (${e('ints')})`;
    case 10:
      return c.pick([() => `${e('json')} @> '{"a": 1}'::JSONB`, () => `${e('json')} ? 'a'`, () => `${e('ints')} @> ARRAY[2]`, () => `JSON_EXISTS(${e('json')}, '$.a')`, () => `${e('bool')} IS ${c.pick(['', 'NOT '])}${c.pick(['TRUE', 'FALSE', 'UNKNOWN'])}`])();
    case 11:
      c.mark('lambda');
      return `${c.pick(['ANY_MATCH', 'ALL_MATCH', 'NONE_MATCH'])}(${e('ints')}, e -> e ${c.pick(['=', '<'])} ${e('int')})`;
    default:
      return `${e('text')} LIKE ${c.pick(["'a%'", "'%b'", "'_'"])}`;
  }
}

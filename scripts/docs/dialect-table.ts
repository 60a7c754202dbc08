/** Where Flink and PostgreSQL answer differently, and what is done here. Each example is run as a test. */
export interface DialectRule {
  readonly what: string;
  readonly flink: string;
  readonly postgres: string;
  readonly here: string;
  /** A select list or a statement, and its rows: cells are parted by ` | `, rows by ` / `; `ERROR` and a SQLSTATE. */
  readonly examples: readonly (readonly [sql: string, gives: string])[];
}

export const DIALECT: readonly { readonly title: string; readonly rules: readonly DialectRule[] }[] = [
  {
    title: 'Names and literals',
    rules: [
      {
        what: 'Case of names', flink: 'kept and matched exactly', postgres: 'folds to lower case unless quoted',
        here: 'Kept as written. A name without quotes finds the exact match first, else the only one that differs in case; with quotes (double or back) the exact one alone.',
        examples: [['SELECT itemname, "itemName", `itemName` FROM (VALUES (1)) t("itemName")', '1 | 1 | 1'], ['SELECT "itemname" FROM (VALUES (1)) t("itemName")', 'ERROR 42703']],
      },
      { what: 'Case of function names', flink: 'any, with quotes too', postgres: 'lower case with quotes', here: 'Any, with quotes too; a function of your own is looked for as a table is.', examples: [["`UPPER`('a'), \"Left\"('abc', 2)", 'A | ab']] },
      { what: 'Columns that nobody named', flink: 'EXPR$0, EXPR$1, … by their places', postgres: 'called after the function or the column inside; two of one name are an error in views', here: 'PostgreSQL; in a view, and in a table made of a query, those that would be of one name are called as in Flink.', examples: [["SELECT count FROM (SELECT count(*) FROM (VALUES (1)) t(x)) s", '1']] },
      { what: 'USER', flink: 'a column', postgres: 'the session’s user unless quoted', here: 'Without quotes the column of that name where there is one, else the session’s user.', examples: [["SELECT user FROM (VALUES ('ann')) t(\"user\")", 'ann'], ['SELECT user = current_user', 't']] },
      { what: 'Text literals', flink: "'' is a quote; E'…' and U&'…'", postgres: 'the same', here: 'The same; a backslash is a backslash outside of E\'…\'.', examples: [["'it''s', 'a\\n', U&'\\0041'", "it's | a\\n | A"]] },
      {
        what: 'Intervals', flink: "INTERVAL '5' SECOND; months and days are two types", postgres: "INTERVAL '5 seconds'; one type", here: 'Both spellings, one type of months, days and microseconds. A day stays a day: it is not 24 hours where clocks change.',
        examples: [["INTERVAL '5' SECOND, INTERVAL '5 seconds', INTERVAL '1-2' YEAR TO MONTH, INTERVAL '1 2' DAY TO HOUR, INTERVAL '500' MILLISECOND", '00:00:05 | 00:00:05 | 1 year 2 mons | 1 day 02:00:00 | 00:00:00.5']],
      },
      { what: 'Numbers with a point', flink: 'DECIMAL', postgres: 'numeric', here: '`1.50` is DECIMAL(3,2); with an exponent, numeric. Neither is a double.', examples: [['typeof(1.50), typeof(15e-1)', 'numeric(3,2) | numeric']] },
    ],
  },
  {
    title: 'NULL',
    rules: [
      { what: 'GREATEST, LEAST', flink: 'NULL if any argument is', postgres: 'skip NULLs', here: 'PostgreSQL: NULLs are skipped.', examples: [['greatest(1, NULL, 3), least(NULL, NULL)', '3 | NULL']] },
      { what: 'CONCAT', flink: 'NULL if any argument is', postgres: 'skips NULLs', here: 'PostgreSQL; `||` gives NULL in all three.', examples: [["concat('a', NULL, 'b'), 'a' || NULL, concat_ws(',', 'a', NULL, 'b')", 'ab | NULL | a,b']] },
      {
        what: 'NULLs in ORDER BY', flink: 'count as smallest', postgres: 'count as largest', here: 'PostgreSQL; NULLS FIRST and NULLS LAST say otherwise.',
        examples: [['SELECT x FROM (VALUES (2), (NULL), (1)) t(x) ORDER BY x', '1 / 2 / NULL'], ['SELECT x FROM (VALUES (2), (NULL), (1)) t(x) ORDER BY x DESC', 'NULL / 2 / 1']],
      },
      { what: 'Rows and arrays with NULLs', flink: 'three-valued', postgres: 'rows three-valued, arrays not', here: 'PostgreSQL: ARRAY[NULL] equals itself, ROW(NULL) = ROW(NULL) is NULL.', examples: [['ARRAY[1, NULL] = ARRAY[1, NULL], ROW(1, NULL) = ROW(1, NULL)', 't | NULL']] },
      { what: 'Rows IS NULL', flink: 'when the row is NULL', postgres: 'when all its fields are; IS NOT NULL when none is', here: 'PostgreSQL.', examples: [["ROW(1, NULL) IS NULL, ROW(1, NULL) IS NOT NULL, ROW(NULL, NULL) IS NULL", 'f | f | t']] },
      { what: 'FIRST_VALUE as an aggregate', flink: 'the first value that is not NULL', postgres: 'no aggregate', here: 'Flink.', examples: [['SELECT first_value(x) FROM (VALUES (CAST(NULL AS INT)), (2)) t(x)', '2']] },
    ],
  },
  {
    title: 'Numbers',
    rules: [
      { what: 'Overflow', flink: 'wraps around', postgres: 'an error', here: 'An error; TRY_CAST gives NULL.', examples: [['2147483647 + 1', 'ERROR 22003'], ["try_cast('2147483648' AS INT)", 'NULL']] },
      { what: 'Integer division', flink: 'truncates', postgres: 'truncates', here: 'Truncates towards zero; a remainder has the sign of the dividend.', examples: [['7 / 2, -7 / 2, -7 % 2', '3 | -3 | -1']] },
      {
        what: 'Scale of a quotient', flink: 'DECIMAL: max(6, s1 + p2 + 1), cut to 38 digits', postgres: 'at least 16 significant digits', here: 'Flink between DECIMAL(p, s); PostgreSQL where a bare numeric takes part.',
        examples: [['CAST(1 AS DECIMAL(10,2)) / CAST(3 AS DECIMAL(10,2)), numeric \'1\' / 3', '0.3333333333333 | 0.33333333333333333333']],
      },
      { what: 'Division by zero', flink: 'an error; Infinity of doubles', postgres: 'an error', here: 'An error, of doubles too.', examples: [['1 / 0', 'ERROR 22012'], ["DOUBLE '1' / 0", 'ERROR 22012']] },
      { what: 'Cast to an integer', flink: 'cuts the fraction off', postgres: 'rounds', here: 'PostgreSQL: exact numbers half away from zero, doubles half to even. TRUNCATE cuts.', examples: [["CAST(2.5 AS INT), CAST(DOUBLE '2.5' AS INT), CAST(truncate(2.9) AS INT)", '3 | 2 | 2']] },
      { what: 'AVG and SUM of integers', flink: 'AVG is an integer, SUM has the argument’s type', postgres: 'AVG is numeric, SUM a wider type', here: 'PostgreSQL.', examples: [['SELECT avg(x), sum(x), pg_typeof(sum(x)) FROM (VALUES (1), (2)) t(x)', '1.5000000000000000 | 3 | bigint']] },
      { what: 'NaN, -0', flink: 'NaN differs from NaN', postgres: 'NaN equals NaN and is the largest; -0 equals 0', here: 'PostgreSQL, in keys and sorting too.', examples: [["DOUBLE 'NaN' = DOUBLE 'NaN', DOUBLE 'NaN' > DOUBLE 'Infinity', DOUBLE '-0' = 0", 't | t | t']] },
      { what: 'LOG(x)', flink: 'natural', postgres: 'to base 10', here: 'PostgreSQL; LN is natural, LOG(base, x) is the same in both.', examples: [['log(100), ln(1), round(log(2, 8))', '2 | 0 | 3']] },
      { what: 'RAND(seed)', flink: 'Java’s sequence, one per call', postgres: 'setseed, random()', here: 'Both: RAND(seed) gives Java’s numbers; setseed is for random() in its session.', examples: [['rand(1), rand_integer(1, 16)', '0.7308781907032909 | 11']] },
    ],
  },
  {
    title: 'Text',
    rules: [
      { what: 'Order of text', flink: 'by UTF-16 units', postgres: 'by the collation', here: 'By code points, as PostgreSQL with COLLATE "C", which is the only collation.', examples: [["SELECT x FROM (VALUES ('b'), ('B'), ('é'), ('a')) t(x) ORDER BY x", 'B / a / b / é']] },
      { what: 'CHAR(n)', flink: 'pads with blanks', postgres: 'pads; blanks at the end don’t count', here: 'PostgreSQL: stored padded; compared, measured and joined without the blanks at the end.', examples: [["CAST('ab' AS CHAR(4)) = 'ab', length(CAST('ab' AS CHAR(4))), CAST('ab' AS CHAR(4)) || '|'", 't | 2 | ab|']] },
      { what: 'Too long for VARCHAR(n)', flink: 'cut by casts; stored whole unless configured', postgres: 'cut by casts, an error when stored', here: 'PostgreSQL. Length is in code points.', examples: [["CAST('abcdef' AS VARCHAR(3))", 'abc']] },
      { what: 'LIKE’s escape', flink: 'none unless ESCAPE', postgres: 'the backslash unless ESCAPE', here: 'PostgreSQL; ESCAPE \'\' turns it off.', examples: [["'a%b' LIKE 'a\\%b', 'a%b' LIKE 'a!%b' ESCAPE '!', 'a%b' LIKE 'a\\%b' ESCAPE ''", 't | t | f']] },
      { what: 'SPLIT_INDEX', flink: 'counts from 0', postgres: 'SPLIT_PART counts from 1', here: 'Each as where it comes from.', examples: [["split_index('a,b,c', ',', 0), split_part('a,b,c', ',', 1)", 'a | a']] },
      { what: 'Places before the first character', flink: 'SUBSTRING(s, -2) counts from the end, 0 is as 1, a negative length gives the empty text', postgres: 'lie before the text; a negative length is an error', here: 'PostgreSQL; RIGHT(s, 2) counts from the end.', examples: [["substring('stream', -2), substring('stream', 0, 3), right('stream', 2)", 'stream | st | am'], ["substring('stream', 2, -1)", 'ERROR 22011']] },
      { what: 'LEFT, RIGHT of a negative length', flink: 'the empty text', postgres: 'all but so many characters', here: 'PostgreSQL.', examples: [["left('stream', -2), right('stream', -2)", 'stre | ream']] },
      { what: 'LPAD, RPAD', flink: 'NULL for a negative length, and for an empty text to fill up with', postgres: 'the empty text, and the text itself', here: 'PostgreSQL.', examples: [["lpad('ab', -1, 'x') = '', rpad('ab', 5, '')", 't | ab']] },
      { what: 'TRANSLATE with NULL', flink: 'counts as the empty text', postgres: 'gives NULL', here: 'PostgreSQL.', examples: [["translate('abc', NULL, '1')", 'NULL']] },
      { what: 'SIMILAR TO', flink: 'a point stands for any character', postgres: 'a point stands for itself, _ for any character', here: 'PostgreSQL.', examples: [["'rest' SIMILAR TO '.est', 'rest' SIMILAR TO '_est'", 'f | t']] },
      { what: 'IS_ALPHA, IS_DIGIT, IS_DECIMAL of NULL', flink: 'FALSE', postgres: 'not there', here: 'Flink.', examples: [['is_alpha(NULL), is_digit(NULL), is_decimal(NULL)', 'f | f | f']] },
      { what: 'CHR above 255', flink: 'takes the remainder by 255', postgres: 'the code point', here: 'PostgreSQL.', examples: [['chr(353)', 'š']] },
      { what: 'REGEXP_EXTRACT, REGEXP_EXTRACT_ALL', flink: 'group 0 and group 1 by default', postgres: 'not there', here: 'Flink.', examples: [["regexp_extract('a1b2', '([a-z])([0-9])'), regexp_extract_all('a1b2', '([a-z])([0-9])')", 'a1 | {a,b}']] },
      { what: 'REGEXP_REPLACE', flink: 'replaces every match', postgres: 'the first, or all with the flag g', here: 'PostgreSQL.', examples: [["regexp_replace('aaa', 'a', 'b'), regexp_replace('aaa', 'a', 'b', 'g')", 'baa | bbb']] },
      {
        what: 'A bad regular expression', flink: 'a literal is refused when planned; from a column it gives NULL, FALSE of REGEXP', postgres: 'an error', here: 'Flink for REGEXP, REGEXP_EXTRACT and REGEXP_EXTRACT_ALL, which take Java’s expressions; PostgreSQL for all others.',
        examples: [["regexp('a', '(')", 'ERROR 2201B'], ["SELECT regexp('a', p), regexp_extract('a', p) FROM (VALUES ('(')) t(p)", 'f | NULL'], ["SELECT regexp_count('a', p) FROM (VALUES ('(')) t(p)", 'ERROR 2201B']],
      },
      { what: 'ENCODE, DECODE', flink: 'take a character set', postgres: 'take hex, base64 or escape', here: 'Both, by the name given.', examples: [["encode('é', 'ISO-8859-1'), decode(x'00e9', 'UTF-16BE'), encode(x'4a4b', 'hex')", '\\xe9 | é | 4a4b']] },
      { what: 'Bytes as text', flink: "x'4A4B', cast as UTF-8", postgres: '\\x4a4b', here: 'PostgreSQL; DECODE(b, \'UTF-8\') or convert_from gives the text they hold.', examples: [["x'4A4B', CAST(x'4A4B' AS VARCHAR), decode(x'4A4B', 'UTF-8')", '\\x4a4b | \\x4a4b | JK']] },
      { what: 'BINARY(n), VARBINARY(n)', flink: 'types of a length', postgres: 'not there', here: 'Flink; a value too long for a column is an error, as for VARCHAR(n). Casts cut to the length, BINARY(n) fills up with zero bytes. Without a length both are BYTES, and on the wire all are bytea.', examples: [["CAST(x'616263' AS BINARY(5)), CAST(x'616263' AS VARBINARY(2))", '\\x6162630000 | \\x6162']] },
      { what: 'SHA1 and its like', flink: 'hexadecimal text of text', postgres: 'bytes of bytes', here: 'By the argument.', examples: [["sha224('') = encode(sha224(''::bytea), 'hex')", 't']] },
    ],
  },
  {
    title: 'Dates and times',
    rules: [
      { what: 'Digits of a second', flink: '0 to 9', postgres: '0 to 6', here: 'Six at most; TIMESTAMP(7) to TIMESTAMP(9) are refused.', examples: [["CAST('2024-01-01 00:00:00.1234567' AS TIMESTAMP(3))", '2024-01-01 00:00:00.123'], ["CAST('2024-01-01 00:00:00' AS TIMESTAMP(9))", 'ERROR 0A000']] },
      { what: 'A date and an interval', flink: 'a date', postgres: 'a timestamp', here: 'PostgreSQL; TIMESTAMPADD of a date by days or more gives a date, as in Flink; date - date is days.', examples: [["DATE '2024-01-31' + INTERVAL '1' DAY, timestampadd(DAY, 1, DATE '2024-01-31'), DATE '2024-03-01' - DATE '2024-02-01'", '2024-02-01 00:00:00 | 2024-02-01 | 29']] },
      { what: 'Day of week', flink: 'DAYOFWEEK and DOW: Sunday is 1', postgres: 'DOW: Sunday is 0', here: 'DAYOFWEEK 1 to 7 from Sunday, DOW 0 to 6 from Sunday, ISODOW 1 to 7 from Monday.', examples: [["dayofweek(DATE '2024-05-05'), extract(DOW FROM DATE '2024-05-05'), extract(ISODOW FROM DATE '2024-05-05')", '1 | 0 | 7']] },
      { what: 'Weeks', flink: 'FLOOR TO WEEK begins on Sunday', postgres: 'date_trunc begins on Monday', here: 'Monday; week 1 is ISO’s.', examples: [["floor(TIMESTAMP '2024-05-08 10:00:00' TO WEEK), extract(WEEK FROM DATE '2023-01-01')", '2024-05-06 00:00:00 | 52']] },
      { what: 'EXTRACT', flink: 'an integer', postgres: 'numeric, seconds with their fraction', here: 'PostgreSQL; SECOND(t) and the like are integers.', examples: [["extract(SECOND FROM TIMESTAMP '2024-01-01 00:00:01.5'), second(TIMESTAMP '2024-01-01 00:00:01.5')", '1.500000 | 1']] },
      { what: 'UNIX_TIMESTAMP of no time', flink: 'the smallest BIGINT', postgres: 'not there', here: 'Flink; TO_TIMESTAMP(text) gives NULL.', examples: [["unix_timestamp('bad'), to_timestamp('bad')", '-9223372036854775808 | NULL']] },
      { what: 'TO_TIMESTAMP_LTZ(text)', flink: 'reads UTC', postgres: 'not there', here: 'Flink: UTC unless a zone is given; a cast reads the session’s zone.', examples: [["to_timestamp_ltz('2024-01-01 00:00:00'), to_timestamp_ltz('2024-01-01 09:00:00', 'yyyy-MM-dd HH:mm:ss', 'Asia/Tokyo') AT TIME ZONE 'UTC'", '2024-01-01 00:00:00+00 | 2024-01-01 00:00:00']] },
      { what: 'Patterns of times', flink: 'Java’s, in DATE_FORMAT, TO_DATE, TO_TIMESTAMP', postgres: 'templates, in to_char, to_date, to_timestamp', here: 'DATE_FORMAT takes Java’s, to_char templates; to_date and to_timestamp tell one from the other by their letters.', examples: [["date_format(TIMESTAMP '2024-05-06 07:08:09', 'yyyy-MM-dd'), to_char(TIMESTAMP '2024-05-06 07:08:09', 'YYYY-MM-DD'), to_date('06.05.2024', 'dd.MM.yyyy'), to_date('06.05.2024', 'DD.MM.YYYY')", '2024-05-06 | 2024-05-06 | 2024-05-06 | 2024-05-06']] },
      { what: 'TO_TIMESTAMP with a pattern', flink: 'TIMESTAMP(3), NULL for a text that does not fit', postgres: 'timestamptz, or an error', here: 'Flink where the pattern is a literal of Java’s letters, PostgreSQL elsewhere.', examples: [["pg_typeof(to_timestamp('2024-05-06', 'yyyy-MM-dd')), to_timestamp('bad', 'yyyy-MM-dd'), to_timestamp('2024-05-06', 'YYYY-MM-DD')", 'timestamp without time zone | NULL | 2024-05-06 00:00:00+00'], ["to_timestamp('bad', 'YYYY-MM-DD')", 'ERROR 22007']] },
      { what: 'Times as text', flink: 'as many digits of the second as the type has', postgres: 'no zeros at the end', here: 'PostgreSQL; DATE_FORMAT writes as many as its pattern says.', examples: [["CAST(CAST('2024-05-06 07:08:00' AS TIMESTAMP(3)) AS VARCHAR), date_format(TIMESTAMP '2024-05-06 07:08:00', 'HH:mm:ss.SSS')", '2024-05-06 07:08:00 | 07:08:00.000']] },
      { what: 'TIME', flink: 'TIME(0), to the second', postgres: 'time(6)', here: 'PostgreSQL; a cast to TIME(0) rounds.', examples: [["CAST(TIMESTAMP '2024-05-06 07:08:09.25' AS TIME), CAST(TIMESTAMP '2024-05-06 07:08:09.25' AS TIME(0))", '07:08:09.25 | 07:08:09']] },
      { what: 'CEIL of what is whole', flink: 'a day, week or month on', postgres: 'not there', here: 'The time itself, when it is the beginning of one.', examples: [["ceil(DATE '2024-05-06' TO DAY), ceil(DATE '2024-05-01' TO MONTH), ceil(TIMESTAMP '2024-05-06 07:00:01' TO HOUR)", '2024-05-06 | 2024-05-01 | 2024-05-06 08:00:00']] },
      { what: 'OVERLAPS at one end', flink: 'times that only touch overlap', postgres: 'the end of a period is no part of it', here: 'PostgreSQL.', examples: [["(TIME '01:00:00', TIME '02:00:00') OVERLAPS (TIME '02:00:00', TIME '03:00:00')", 'f']] },
      { what: 'TIMESTAMP_LTZ, TIMESTAMPTZ', flink: 'shown in table.local-time-zone', postgres: 'shown in TimeZone', here: 'One type and one setting, by either name.', examples: [["CAST(CAST('1970-01-01 00:00:00+00' AS TIMESTAMP_LTZ) AS VARCHAR) = CAST(TIMESTAMPTZ '1970-01-01 00:00:00+00' AS VARCHAR)", 't']] },
    ],
  },
  {
    title: 'JSON, arrays and maps',
    rules: [
      { what: 'NULLs in JSON_OBJECT, JSON_ARRAY', flink: 'kept, dropped', postgres: '(16) kept, dropped', here: 'Kept in objects, dropped in arrays, unless NULL ON NULL or ABSENT ON NULL is said.', examples: [["json_object('a' VALUE NULL), json_array(1, NULL), json_array(1, NULL NULL ON NULL)", '{"a":null} | [1] | [1, null]']] },
      { what: 'JSON inside JSON', flink: 'JSON_OBJECT, JSON_ARRAY and JSON() are put in as they are', postgres: 'values of type json are', here: 'Both; other texts become JSON strings.', examples: [["json_object('a' VALUE '[1]'), json_object('a' VALUE json('[1]')), json_array(json_object('b' VALUE 1))", '{"a":"[1]"} | {"a":[1]} | [{"b":1}]']] },
      { what: 'Mode of a JSON path', flink: 'strict by default', postgres: 'lax by default', here: 'Lax, as the standard has it: a member is looked for in the items of an array, and nothing found is EMPTY, not an ERROR.', examples: [["json_value('[{\"a\":1}]', '$.a'), json_value('[{\"a\":1}]', 'strict $.a'), json_value('{}', '$.a' DEFAULT 'none' ON EMPTY DEFAULT 'bad' ON ERROR)", '1 | NULL | none']] },
      { what: 'Subscripts of JSON', flink: 'VARIANT: from 1', postgres: 'jsonb: from 0', here: 'PostgreSQL: VARIANT is JSONB. Arrays count from 1 in both.', examples: [["parse_json('[5,6]')[0], (ARRAY[5,6])[1]", '5 | 5']] },
      { what: 'Outside of an array', flink: 'NULL', postgres: 'NULL', here: 'NULL.', examples: [['(ARRAY[1,2])[3]', 'NULL']] },
      { what: 'Arrays of arrays', flink: 'a type of their own', postgres: 'INT[] has any number of dimensions', here: 'A type of their own: a column of INT[] takes no INT[][]. A cast to an array keeps the dimensions of what is cast.', examples: [["typeof('{{1,2},{3,4}}'::INT[]), CAST(ARRAY[ARRAY[1,2], ARRAY[3,4]] AS TEXT[])", 'integer[][] | {{1,2},{3,4}}']] },
      { what: 'Appending to a NULL array', flink: 'NULL', postgres: 'an array of one', here: 'Flink for ARRAY_APPEND; `||` with NULL gives the other side, as in PostgreSQL.', examples: [['array_append(CAST(NULL AS INT[]), 1), CAST(NULL AS INT[]) || 1', 'NULL | {1}']] },
      { what: 'ARRAY_POSITION of what is not there', flink: '0', postgres: 'NULL', here: 'PostgreSQL.', examples: [['array_position(ARRAY[1,2], 3)', 'NULL']] },
      { what: 'Arrays that are NULL, put together', flink: 'ARRAY_CONCAT gives NULL', postgres: 'array_cat gives the other one', here: 'Each as where it comes from.', examples: [['array_concat(ARRAY[1], CAST(NULL AS INT[])), array_cat(ARRAY[1], CAST(NULL AS INT[]))', 'NULL | {1}']] },
      { what: 'Delimiters', flink: 'regular expressions in STR_TO_MAP', postgres: 'not there', here: 'Flink: Java’s expressions.', examples: [["str_to_map('a=1|b=2', '\\|', '=')", '{a=1, b=2}']] },
      { what: 'Maps and multisets as text', flink: '{a=1}', postgres: 'not there', here: 'Flink. A MULTISET is a map of each value to how often it occurs.', examples: [["MAP['a', 1]", '{a=1}'], ['SELECT collect(x) FROM (VALUES (1), (1), (2)) t(x)', '{1=2, 2=1}']] },
    ],
  },
  {
    title: 'Queries',
    rules: [
      { what: 'A cast that fails', flink: 'the job fails; TRY_CAST gives NULL', postgres: 'the statement fails', here: 'The statement or the job fails; TRY_CAST gives NULL.', examples: [["CAST('x' AS INT)", 'ERROR 22P02'], ["TRY_CAST('x' AS INT)", 'NULL']] },
      { what: 'SELECT over a stream', flink: 'runs for ever', postgres: 'ends', here: 'Ends with what there is; EMIT CHANGES, SUBSCRIBE and views go on.', examples: [['SELECT count(*) FROM (SELECT 1 FROM generate_series(1, 10) LIMIT 3) t', '3']] },
      { what: 'Type names', flink: 'INT NOT NULL, STRING', postgres: 'integer, text', here: 'Both are understood; TYPEOF shows PostgreSQL’s.', examples: [["typeof(CAST(1 AS BIGINT)), typeof(CAST('a' AS STRING))", 'bigint | text']] },
      { what: 'Comparison of different types', flink: 'casts implicitly', postgres: 'literals only', here: 'PostgreSQL: an untyped literal takes the other side’s type; a text column and a number have no operator.', examples: [["1 = '1'", 't'], ["SELECT x = 1 FROM (VALUES (CAST('1' AS VARCHAR))) t(x)", 'ERROR 42883']] },
      { what: 'Booleans as text', flink: 'TRUE', postgres: 't on the wire, true by a cast', here: 'PostgreSQL.', examples: [['TRUE, CAST(TRUE AS VARCHAR)', 't | true']] },
    ],
  },
];

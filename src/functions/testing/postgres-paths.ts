import { call, textOf, typed } from '../testing.ts';
import { quote, type Case } from './postgres-case.ts';

/** JSON paths over documents. */

const PATH_DOCUMENTS = ['{"a": [1, 2.5, "x", null, true, [7, 8]], "b": {"c": 3, "d": "hello"}, "e": -4}', '[{"k": 1}, {"k": "two"}, {"j": []}, 5]', '"text"', '[[1, 2], [3, [4]]]', '{"a": {"a": {"a": 1}}, "s": "1.5"}'];
const PATHS = [
  '$', '$.a', '$.*', '$.a[*]', '$.a[0]', '$.a[last]', '$.a[last - 1]', '$.a[1 to 3]', '$.a[0, 2 to last]', '$[*].k', '$.**', '$.**{2}', '$.**{1 to 2}.c', '$.**{last}', '$.a[*] ? (@ > 1)', '$.a[*] ? (@ >= 2.5 || @ == "x")',
  '$.a[*] ? (@ == null)', '$.a[*] ? (@ != null)', '$.b ? (@.c == 3 && @.d starts with "he")', '$.b.d ? (@ like_regex "^H" flag "i")', '$.b.d ? (@ like_regex "^H")', '$.a[*] ? (!(@ > 1))', '$[*] ? (exists(@.k))',
  '$[*] ? ((@.k > 0) is unknown)', '$.a.size()', '$.a[*].type()', '$.e.abs()', '$.a[1].floor()', '$.a[1].ceiling()', '$.s.double()', '$.a[2].double()', '-$.e', '+$.e', '$.e + 1', '1 - $.e * 2', '$.b.c / 2', '$.b.c % 2', '$.b.c / 0',
  '$.a[*] + 1', '$.b.c > 1', '$.a[*] > 7', '$.a[*] == "x"', 'strict $.a', 'strict $.nope', 'lax $.nope', 'strict $[*].k', 'strict $.a[9]', '$.a[9]', '$.a[-1]', 'strict $.a[*] ? (@ > 1)', 'strict $.a.size()', 'strict $.e.size()',
  '$.a ? (@ == 2.5)', '$.*.c', '$[*] ? (@.k == "two").k', '$ ? (@.b.c == 3).e', '"lit"', '$.a[*] ? (@ < true)', '$.b ? (@ == @)', '$.a[*] ? (@.type() == "number")', '$.a[$.b.c]', '$.a[$.b]', 'exists($.a)', '$.a[*] ? (@ > 1 && @ < 3)',
  '$.', '$.a[', '$ ? (1)', '$.a ? ()', '@', '$.a[1 to 0]', '$."a"[0]', '$.a[*] ? (1 == 1)', 'last', '$.foo()', '$.b.keyvalue().key', '$ ? (@.a[*] > 2)', '$.a[*] ? (@ == 1 || @ == true)', '$.b.d ? (@ starts with "x")', '(($.e))', '$.a[*].k', '$.e == -4', '!($.e == 1)',
];
export const PATH_CASES: readonly Case[] = PATH_DOCUMENTS.flatMap((document) =>
  PATHS.filter((path) => !path.includes('keyvalue')).map((path): Case => ({
    sql: `(jsonb_path_query_array(${quote(document)}::jsonb, ${quote(path)}::jsonpath))`,
    ours: () => textOf(call('jsonb_path_query_array', [typed(document, 'jsonb'), typed(path, 'text')])),
  })),
);

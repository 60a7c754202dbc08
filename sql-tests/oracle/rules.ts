/** Where Millrace answers otherwise than PostgreSQL on purpose: the rule's name, and what it says. */
export const RULES: Readonly<Record<string, string>> = {
  'real-widens': 'REAL together with an exact number has DOUBLE as common type, not REAL: no digit is lost.',
  'exact-sums': 'Sums of doubles are exact: partial sums neither overflow nor round, whatever the order.',
  'interval-overflow': 'Intervals and ages that leave their range are an error; PostgreSQL 15 wraps around.',
  'unicode-case': 'Upper and lower case are those of Unicode; the recorded PostgreSQL runs in the C locale, which knows ASCII alone.',
  'nested-arrays': 'An array of arrays need not be rectangular.',
  'decimal-derivation': 'DECIMAL(p, s) follows the derivation rules of Flink: results have a declared scale.',
  accepted: 'PostgreSQL 15 refuses it; here it has a meaning, that of Flink or of later versions of PostgreSQL.',
  'untyped-is-text': 'An untyped literal that nothing gives a type is text, as it is in results.',
  'escape-at-end': 'A LIKE pattern that ends in its escape character is an error whatever it is held against; PostgreSQL notices only when it gets there.',
  'interval-fraction': 'A fraction in INTERVAL \'1.5\' DAY counts; PostgreSQL drops it.',
  'timestamp-range': 'Timestamps count microseconds since 1970 in 64 bits, PostgreSQL since 2000: the last years differ.',
  'json-blanks': 'JSON that is made, not copied, has one way of writing blanks.',
  'zone-names': 'to_char shows a zone by its offset.',
  'row-types': 'A row of a table is of type record; tables have no types of their own.',
  'text-widens': 'VARCHAR(n) and TEXT have TEXT in common.',
  'group-by-key': 'A column outside of aggregates must be in GROUP BY, also where a key in it determines the column.',
  'which-error': 'Both refuse it, with another code of error.',
  'last-digit': 'Transcendental functions may differ in the last digit, as mathematical libraries do.',
  'nan-statistics': 'Statistics of pairs over a NaN or an infinity are NaN, also where the other side is constant.',
  'rounds-doubles': 'ROUND(double, n) exists, as in Flink: an untyped literal is read as a double.',
  'more-overloads': 'An untyped literal may fit more functions than in PostgreSQL, such as Flink’s of the same name.',
  'dollar': 'The currency of to_char is the dollar; PostgreSQL’s C locale has none.',
  'empty-template': 'to_char by an empty template is empty, not NULL.',
  'text-search': 'There is no text search: `@@` is of JSON alone.',
  'offset-range': 'Zones by offset go up to 15:59:59.',
  refused: 'Not supported, and said so.',
};

const NON_ASCII = /[^\x20-\x7e\n]/;

/** The rule that a disagreement comes under, for made cases. */
export function ruleOf(sql: string, theirs: string, ours: string): string | undefined {
  if (/float4/.test(theirs) && /float8/.test(ours) && /::real/.test(sql)) return 'real-widens';
  if (NON_ASCII.test(sql + theirs) && /\b(upper|lower|initcap)\(/i.test(sql) && theirs.toLowerCase() === ours.toLowerCase()) return 'unicode-case';
  if (/make_interval|age\(/.test(sql) && ours === 'ERROR 22008') return 'interval-overflow';
  if (/avg|stddev|var|regr|covar|corr/.test(sql) && /double/.test(sql) && (theirs === 'ERROR 22003' || nearly(theirs, ours))) return 'exact-sums';
  if (/numeric/.test(theirs) && sameNumbers(theirs, ours)) return 'decimal-derivation';
  if (theirs === 'ERROR 2202E' && ours.includes('{{')) return 'nested-arrays';
  if (theirs.startsWith('ERROR 22') && ours.startsWith('ERROR 22')) return 'which-error';
  if (theirs === 'ERROR 42725' && ours === 'ERROR 42883') return 'which-error';
  if (theirs === 'ERROR 42883' && ours === 'ERROR 22012') return 'accepted';
  if (/\b(?:exp|ln|log|log10|log2|power|sqrt|cbrt|a?(?:sin|cos|tan|cot)[hd]?|atan2d?)\(/.test(sql) && /float8/.test(ours) && nearly(theirs, ours)) return 'last-digit';
  if (/\b(?:corr|regr_\w+)\(/.test(sql) && /NaN|Infinity/.test(sql) && /NaN/.test(ours)) return 'nan-statistics';
  if (sql.replace(/^SELECT /i, '').startsWith("round('") && /numeric/.test(theirs) && /float8/.test(ours)) return 'rounds-doubles';
  if (ours === 'ERROR 42725' || /to_timestamp\('[^']*'\)/.test(sql)) return 'more-overloads';
  if (/to_char\(/.test(sql) && ours.includes('$') && !theirs.includes('$')) return 'dollar';
  if (/to_char\(.*, ''(?:::text)?\)/.test(sql) && theirs.endsWith('NULL')) return 'empty-template';
  if (/ @@ /.test(sql) && ours === 'ERROR 42601') return 'text-search';
  if (/timezone\('\d+:/.test(sql) && ours === 'ERROR 22023') return 'offset-range';
  if (/date_trunc\(/.test(sql) && /infinity/.test(theirs) && ours === 'ERROR 22023') return 'refused';
  return undefined;
}

/** The same up to the last digits of a number. */
function nearly(a: string, b: string): boolean {
  const [x, y] = [Number(a.split('\n').at(-1)), Number(b.split('\n').at(-1))];
  return Math.abs(x - y) <= 1e-14 * Math.abs(x);
}

/** Rows of which only digits after the point differ. */
function sameNumbers(a: string, b: string): boolean {
  const fields = (s: string): string[] => s.split(/[\n|{},]/).map((f) => (/^-?\d+\.?\d*$/.test(f) ? String(Number(Number(f).toPrecision(6))) : f)).sort();
  return fields(a).join() === fields(b).join();
}

/** The same for cases that were written by hand: what is not there yet is marked too. */
export function ruleOfWritten(sql: string, theirs: string, ours: string): string | undefined {
  if (theirs.startsWith('ERROR') && !ours.startsWith('ERROR') && !ours.startsWith('BROKEN')) return 'accepted';
  if (!theirs.startsWith('ERROR') && /^ERROR (0A000|42883)$/.test(ours)) return 'refused';
  return ruleOf(sql, theirs, ours);
}

import type { FunctionDef, ScalarOverload } from './define.ts';
import { aggregateFunctions } from './aggregates.ts';
import { arithmeticFunctions } from './arithmetic.ts';
import { arrayFunctions } from './array.ts';
import { arrayOrderFunctions } from './array-order.ts';
import { arraySearchFunctions } from './array-search.ts';
import { catalogFunctions } from './catalog.ts';
import { compareFunctions } from './compare.ts';
import { condFunctions } from './cond.ts';
import { encodingFunctions } from './encoding.ts';
import { codingFunctions } from './codings.ts';
import { internetFunctions } from './internet.ts';
import { sqlJsonFunctions } from './sql-json.ts';
import { jsonFunctions } from './json.ts';
import { jsonbFunctions } from './jsonb.ts';
import { lambdaFunctions } from './lambda.ts';
import { mapFunctions } from './maps.ts';
import { mathFunctions } from './math.ts';
import { moreAggregates } from './more-aggregates.ts';
import { patternFunctions } from './pattern.ts';
import { hashFunctions } from './hashes.ts';
import { recordFunctions } from './records.ts';
import { byteFunctions } from './bytes.ts';
import { regexPositionFunctions } from './regex-positions.ts';
import { trigonometryFunctions } from './trigonometry.ts';
import { javaRegexFunctions } from './java-regex.ts';
import { randomFunctions } from './random.ts';
import type { FunctionLookup } from './resolve.ts';
import { subqueryFunctions } from './subquery.ts';
import { tableFunctions } from './tables.ts';
import { timeFunctions } from './time.ts';
import { timeOperators } from './time-operators.ts';
import { timeValueFunctions } from './time-values.ts';
import { storedFunctions } from './stored.ts';
import { statisticsFunctions } from './statistics.ts';
import { quoteFunctions } from './quote.ts';
import { stringFunctions } from './string.ts';
import { userFunction } from './user/javascript.ts';

/** Tables in the order their overloads are numbered: append at the end, plans name overloads by position. */
const TABLES: readonly (readonly [title: string, functions: readonly FunctionDef[]])[] = [
  ['Comparison', compareFunctions],
  ['Arithmetic', arithmeticFunctions],
  ['Text', stringFunctions],
  ['Digests and codings', encodingFunctions],
  ['Quoting', quoteFunctions],
  ['Patterns', patternFunctions],
  ['Java patterns', javaRegexFunctions],
  ['Date and time operators', timeOperators],
  ['Date and time', timeFunctions],
  ['Making dates, times and intervals', timeValueFunctions],
  ['Aggregates', aggregateFunctions],
  ['Statistics', statisticsFunctions],
  ['Conditions', condFunctions],
  ['Mathematics', mathFunctions],
  ['jsonb', jsonbFunctions],
  ['JSON', jsonFunctions],
  ['Arrays', arrayFunctions],
  ['Arrays as sets', arraySearchFunctions],
  ['Order and sums of arrays', arrayOrderFunctions],
  ['Maps', mapFunctions],
  ['Catalog and session', catalogFunctions],
  ['Set-returning', tableFunctions],
  ['Subqueries', subqueryFunctions],
  ['More aggregates', moreAggregates],
  ['Addresses, URLs and masks', internetFunctions],
  ['More digests and codings', codingFunctions],
  ['SQL/JSON', sqlJsonFunctions],
  ['Checksums and hashes', hashFunctions],
  ['Random numbers', randomFunctions],
  ['Bytes', byteFunctions],
  ['Patterns from a position', regexPositionFunctions],
  ['Angles in degrees', trigonometryFunctions],
  ['Records from JSON', recordFunctions],
  ['Lambdas', lambdaFunctions],
  ['Storing', storedFunctions],
];

/**
 * Names whose every overload gives a value for values: a test runs each on its edge values. Kept in one list, so that a new
 * function starts as one that may give NULL.
 */
const TOTAL: ReadonlySet<string> = new Set(
  ('= <> < <= > >= + - * / % mod abs ~~ !~~ ~~* !~~* ~ !~ ~* !~* similar_to regexp ^ & | # << >> floor ceil round trunc sign sqrt cbrt power exp ln ' +
    'log log10 log2 sin cos tan asin acos atan atan2 degrees radians pi e div gcd lcm length octet_length bit_length upper lower initcap reverse ' +
    'position strpos locate left right btrim ltrim rtrim lpad rpad repeat replace translate overlay split_part starts_with endswith ascii chr md5 sha1 ' +
    'sha224 sha256 sha384 sha512 encode decode to_base64 to_hex hex bin concat now clock_timestamp proctime localtimestamp current_date localtime date_trunc ' +
    'date_bin date_format to_char to_timestamp_ltz from_unixtime timestampadd timestampdiff age make_date make_time make_timestamp make_interval ' +
    'justify_hours justify_days justify_interval isfinite overlaps is_distinct is_not_distinct is_true is_false is_unknown regexp_count regexp_instr ' +
    'regexp_replace jsonb_typeof array_append array_to_string quote_ident num_nulls num_nonnulls random').split(' '),
);
/** Overloads of those names that may give NULL all the same: JSON members, texts read leniently. */
const mayBeNull = (overload: ScalarOverload, name: string): boolean =>
  (name === 'to_timestamp_ltz' && overload.args[0] === 'varchar') || (overload.nulls === 'custom' && !NEVER_NULL.has(name));
const NEVER_NULL: ReadonlySet<string> = new Set(['concat', 'is_distinct', 'is_not_distinct', 'is_true', 'is_false', 'is_unknown', 'num_nulls', 'num_nonnulls']);

function withTotality(def: FunctionDef): FunctionDef {
  if (def.kind !== 'scalar' || !TOTAL.has(def.name)) return def;
  return { ...def, overloads: def.overloads.map((o): ScalarOverload => (mayBeNull(o, def.name) ? o : { ...o, total: true })) };
}

/** Functions and operators by lower-case name and alias. */
export class FunctionRegistry implements FunctionLookup {
  readonly #byName = new Map<string, FunctionDef>();
  readonly #defs: readonly FunctionDef[];

  constructor(tables: readonly (readonly FunctionDef[])[]) {
    const merged = new Map<string, FunctionDef>();
    for (const def of tables.flat()) {
      const before = merged.get(def.name);
      merged.set(def.name, before === undefined ? def : merge(before, def));
    }
    this.#defs = [...merged.values()].map(withTotality);
    for (const def of this.#defs) this.#byName.set(def.name, def);
    for (const def of this.#defs) {
      if (def.kind === 'table') continue;
      for (const alias of def.aliases ?? []) {
        if (this.#byName.has(alias)) throw new Error(`function name ${alias} is taken`);
        this.#byName.set(alias, def);
      }
    }
  }

  /** @param name lower case; operators by their symbol, users' functions by their key. */
  find(name: string): FunctionDef | undefined {
    return this.#byName.get(name) ?? userFunction(name);
  }

  names(): Iterable<string> {
    return this.#byName.keys();
  }

  /** Every function once, in the order of the tables. */
  all(): readonly FunctionDef[] {
    return this.#defs;
  }
}

/** Tables may share an operator (`+` of numbers, of dates): their overloads are appended. */
function merge(a: FunctionDef, b: FunctionDef): FunctionDef {
  const doc = `${a.doc} ${b.doc}`;
  const examples = [...a.examples, ...b.examples];
  if (a.kind === 'scalar' && b.kind === 'scalar') {
    return { ...a, overloads: [...a.overloads, ...b.overloads], aliases: [...(a.aliases ?? []), ...(b.aliases ?? [])], doc, examples };
  }
  if (a.kind === 'aggregate' && b.kind === 'aggregate') return { ...a, overloads: [...a.overloads, ...b.overloads], doc, examples };
  throw new Error(`function ${a.name} is declared twice`);
}

/** The built-in functions. */
export const builtins: FunctionRegistry = new FunctionRegistry(TABLES.map(([, functions]) => functions));

/** Titles and names in the order of the tables, for the documentation. */
export function functionGroups(): readonly (readonly [title: string, names: readonly string[]])[] {
  return TABLES.map(([title, functions]) => [title, functions.map((f) => f.name)]);
}

/** Each example with the function it belongs to, for tests and documentation; those with lambdas are run by the planner's. */
export function allExamples(): { readonly name: string; readonly sql: string; readonly expected: string | null }[] {
  return builtins.all().filter((def) => def.overloads.length > 0).flatMap((def) => def.examples.map(([sql, expected]) => ({ name: def.name, sql, expected })));
}

import { SqlError, notSupported } from '../../common/errors.ts';
import type { Span } from '../../common/span.ts';
import { DATE, INT, TIMESTAMP } from '../../common/types/sql-type.ts';
import { isCharset } from '../../functions/bytes.ts';
import { isJavaPattern } from '../../functions/time-format.ts';
import { JAVA_PATTERNS, checkJavaPattern } from '../../functions/java-regex.ts';
import type { CallExpr, Expr as Ast } from '../../parser/ast.ts';
import type { Expr } from '../expr.ts';
import { typeOf } from '../interpret.ts';
import { scalarCall, textLiteral } from './calls.ts';
import { coerce } from './coerce.ts';
import type { ExprEnv } from './env.ts';

/** Calls whose meaning depends on how their arguments are written: units that are words, literal seeds, patterns and character sets. */

const WITH_UNIT: ReadonlySet<string> = new Set(['timestampadd', 'timestampdiff']);
const UNIT = /^(?:sql_tsi_)?(millennium|century|decade|year|quarter|month|week|day|hour|minute|second|millisecond|microsecond|nanosecond)s?$/i;
const DATE_UNITS: ReadonlySet<string> = new Set(['millennium', 'century', 'decade', 'year', 'quarter', 'month', 'week', 'day']);

/** TIMESTAMPADD(MONTH, …): the unit is a word. */
export function unitLiteral(name: string, position: number, arg: Ast): Expr | undefined {
  if (position !== 0 || !WITH_UNIT.has(name)) return undefined;
  const [word] = arg.kind === 'name' && arg.parts.length === 1 ? arg.parts : [];
  const unit = word === undefined || word.quoted ? undefined : UNIT.exec(word.name)?.[1]?.toLowerCase();
  if (unit === 'nanosecond') throw notSupported(`${name.toUpperCase()} in nanoseconds`, arg.span, 'Times have microseconds.');
  return unit === undefined ? undefined : textLiteral(unit);
}

const MAKES_JSON: ReadonlySet<string> = new Set(['json_object', 'json_array', 'json_objectagg', 'json_arrayagg']);
const JSON_NAME = { kind: 'type', schema: null, name: 'json', quoted: false, args: [], fields: null, key: null, element: null, interval: null, arrayDims: 0, nullable: null } as const;

/** JSON text that is made by one of SQL/JSON's constructors counts as JSON inside of another, not as a string. */
export function asJson(x: Ast): Ast {
  const name = x.kind === 'jsonFunction' ? x.name : x.kind === 'call' && x.name.parts.length === 1 ? (x.name.parts[0]?.name.toLowerCase() ?? '') : '';
  return MAKES_JSON.has(name) ? { kind: 'cast', arg: x, type: { ...JSON_NAME, span: x.span }, try: false, span: x.span } : x;
}

/** Functions that are known and not there, and what to write instead. */
const ABSENT: readonly (readonly [names: RegExp, what: (name: string) => string, hint: string])[] = [
  [/^object_(?:of|update)$/, (name) => name.toUpperCase(), 'Structured types are not there: cast a ROW(…) to ROW<a INT, b STRING>.'],
  [/^source_watermark$/, () => 'SOURCE_WATERMARK()', 'No connector has watermarks of its own: write WATERMARK FOR ts AS ts - INTERVAL \'5\' SECOND.'],
  [/^bitmap_/, (name) => name.toUpperCase(), 'Bitmaps are not there: keep an array, or count(DISTINCT x).'],
];

/** Errors: feature_not_supported for functions of the dialects that are not there. */
export function refuseByName(name: string, span: Span): void {
  const found = ABSENT.find(([names]) => names.test(name));
  if (found !== undefined) throw notSupported(found[1](name), span, found[2]);
}

const literalText = (e: Expr | undefined): string | undefined => (e?.kind === 'literal' && typeof e.value === 'string' ? e.value : undefined);

/** The call in its plain form, or undefined when it means what it says. Errors: invalid_regular_expression for a literal pattern that is none. */
export function bindDialectCall(env: ExprEnv, call: CallExpr, name: string, args: readonly Expr[]): Expr | undefined {
  const { span } = call;
  const pattern = JAVA_PATTERNS.get(name);
  if (pattern !== undefined) {
    const text = literalText(args[pattern]);
    try {
      if (text !== undefined) checkJavaPattern(text);
    } catch (error) {
      throw error instanceof SqlError ? error.at(call.args[pattern]?.value.span ?? span) : error;
    }
    return undefined;
  }
  switch (name) {
    case 'encode':
    case 'decode': {
      const charset = literalText(args[1]);
      const kind = args[0] === undefined ? undefined : typeOf(args[0]).kind;
      // Of a text that is no literal, or of bytes, only Flink's is there.
      const flinks = charset !== undefined ? isCharset(charset) : kind === (name === 'encode' ? 'varchar' : 'bytea');
      return args.length === 2 && flinks ? scalarCall(env, `${name}_charset`, args, span) : undefined;
    }
    case 'rand':
    case 'rand_integer': {
      const [seed] = args;
      if (seed === undefined || args.length !== (name === 'rand' ? 1 : 2)) return undefined;
      if (seed.kind !== 'literal') return scalarCall(env, `${name}_of`, args, span);
      // Where the call is written tells it from the others.
      return scalarCall(env, `${name}_seeded`, [...args, { kind: 'literal', value: span.start, type: INT }], span);
    }
    case 'array_prepend': {
      // Flink has the array first, PostgreSQL behind: an untyped literal beside it is an element.
      const types = args.map(typeOf);
      const of = types.find((t) => t.kind === 'array');
      if (args.length !== 2 || of === undefined || !types.some((t) => t.kind === 'unknown')) return undefined;
      return scalarCall(env, name, args.map((a, i) => (types[i]?.kind === 'unknown' ? coerce(env, a, of.element, 'implicit', span) : a)), span);
    }
    case 'to_timestamp': {
      const template = literalText(args[1]);
      return args.length === 2 && template !== undefined && isJavaPattern(template) ? scalarCall(env, 'to_timestamp_java', args, span) : undefined;
    }
    case 'log':
      return args.length === 2 && args.some((a) => typeOf(a).kind === 'double' || typeOf(a).kind === 'real') ? scalarCall(env, 'log_double', args, span) : undefined;
    case 'timestampadd': {
      const [unit, , time] = args;
      const moved = literalText(unit);
      if (moved === undefined || time === undefined || typeOf(time).kind !== 'date' || !DATE_UNITS.has(moved)) return undefined;
      return coerce(env, scalarCall(env, name, args, span), DATE, 'explicit', span);
    }
    case 'timestampdiff': {
      const kinds = args.map((a) => typeOf(a).kind);
      // A time of day beside a date is one of the first day.
      if (!kinds.includes('time') || !kinds.some((k) => k === 'date' || k === 'timestamp' || k === 'timestamptz')) return undefined;
      return scalarCall(env, name, args.map((a, i) => (kinds[i] === 'time' ? coerce(env, a, TIMESTAMP, 'explicit', span) : a)), span);
    }
    default:
      return undefined;
  }
}

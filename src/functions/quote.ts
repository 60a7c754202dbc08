import { SqlError } from '../common/errors.ts';
import { TEXT } from '../common/types/sql-type.ts';
import { codePointLength } from '../common/types/text-length.ts';
import { native } from './build.ts';
import type { FunctionDef } from './define.ts';
import { castTextsOf, textsOf } from './texts.ts';

/** Quoting identifiers and literals, and `format`. */

export const quoteIdent = (text: string): string => (/^[a-z_][a-z0-9_$]*$/.test(text) && !RESERVED.has(text) ? text : `"${text.replaceAll('"', '""')}"`);

/** Keywords that can't stand as a bare column name in PostgreSQL. */
const RESERVED: ReadonlySet<string> = new Set(
  ('all analyse analyze and any array as asc asymmetric authorization between bigint binary bit boolean both case cast char character ' +
    'check coalesce collate collation column concurrently constraint create cross current_catalog current_date current_role ' +
    'current_schema current_time current_timestamp current_user dec decimal default deferrable desc distinct do else end except exists ' +
    'extract false fetch float for foreign freeze from full grant greatest group grouping having ilike in initially inner inout int ' +
    'integer intersect interval into is isnull join lateral leading least left like limit localtime localtimestamp national natural ' +
    'nchar none normalize not notnull null nullif numeric offset on only or order out outer overlaps overlay placing position ' +
    'precision primary real references returning right row select session_user setof similar smallint some substring symmetric table ' +
    'tablesample then time timestamp to trailing treat trim true union unique user using values varchar variadic verbose when where ' +
    'window with xmlattributes xmlconcat xmlelement xmlexists xmlforest xmlnamespaces xmlparse xmlpi xmlroot xmlserialize xmltable').split(' '),
);

export function quoteLiteral(text: string): string {
  const quoted = `'${text.replaceAll("'", "''").replaceAll('\\', '\\\\')}'`;
  return text.includes('\\') ? `E${quoted}` : quoted;
}

/** `%s`, `%I`, `%L`, `%%`, positions `%2$s` and widths `%-10s`. */
function format(pattern: string, args: readonly (string | null)[]): string {
  let next = 0;
  let out = '';
  let last = 0;
  const spec = /%(?:(\d+)\$)?(-)?(\d+|\*)?(.?)/gs;
  for (let m = spec.exec(pattern); m !== null; m = spec.exec(pattern)) {
    out += pattern.slice(last, m.index);
    last = spec.lastIndex;
    const kind = m[4] ?? '';
    if (kind === '%') {
      out += '%';
      continue;
    }
    if (kind !== 's' && kind !== 'I' && kind !== 'L') {
      const detail = kind === '' ? 'unterminated format() type specifier' : `unrecognized format() type specifier "${kind}"`;
      throw new SqlError('invalid_parameter_value', detail, { hint: 'For a single "%" use "%%".' });
    }
    let width = m[3] === '*' ? Number(args[next++] ?? 0) : Number(m[3] ?? 0);
    let leftAlign = m[2] === '-';
    if (width < 0) {
      width = -width;
      leftAlign = true;
    }
    const at = m[1] === undefined ? next++ : Number(m[1]) - 1;
    if (m[1] !== undefined) next = at + 1;
    if (at < 0) throw new SqlError('invalid_parameter_value', 'format specifies argument 0, but arguments are numbered from 1');
    if (at >= args.length) throw new SqlError('invalid_parameter_value', 'too few arguments for format()');
    const value = args[at] ?? null;
    let text: string;
    if (kind === 'L') text = value === null ? 'NULL' : quoteLiteral(value);
    else if (kind === 'I') {
      if (value === null) throw new SqlError('null_value_not_allowed', 'null values cannot be formatted as an SQL identifier');
      text = quoteIdent(value);
    } else text = value ?? '';
    const padding = ' '.repeat(Math.max(0, width - codePointLength(text)));
    out += leftAlign ? text + padding : padding + text;
  }
  return out + pattern.slice(last);
}

export const quoteFunctions: readonly FunctionDef[] = [
  {
    kind: 'scalar',
    name: 'quote_ident',
    overloads: [native(['varchar'], TEXT, quoteIdent, { oid: 1282 })],
    doc: 'The text as an identifier, quoted if it must be.',
    examples: [[`quote_ident('Foo bar')`, '"Foo bar"']],
  },
  {
    kind: 'scalar',
    name: 'quote_literal',
    overloads: [{ args: ['any'], returns: TEXT, volatility: 'stable', nulls: 'strict', eval: castTextsOf(([s]) => quoteLiteral(s ?? '')) }],
    doc: 'The text as a string literal.',
    examples: [[`quote_literal('O''Reilly')`, `'O''Reilly'`]],
  },
  {
    kind: 'scalar',
    name: 'quote_nullable',
    overloads: [{ args: ['any'], returns: TEXT, volatility: 'stable', nulls: 'custom', eval: castTextsOf(([s]) => (s === null || s === undefined ? 'NULL' : quoteLiteral(s))) }],
    doc: 'As quote_literal; NULL gives the text NULL.',
    examples: [['quote_nullable(null)', 'NULL']],
  },
  {
    kind: 'scalar',
    name: 'format',
    overloads: [
      {
        args: ['varchar'],
        variadic: 'any',
        returns: TEXT,
        volatility: 'stable',
        nulls: 'custom',
        eval: textsOf(([pattern, ...rest]) => (pattern === null || pattern === undefined ? null : format(pattern, rest))),
      },
    ],
    doc: 'Fills `%s` (text), `%I` (quoted identifier) and `%L` (quoted literal) in a pattern.',
    examples: [[`format('Hello %s, %2$L', 'World', 'x')`, `Hello World, 'x'`]],
  },
];

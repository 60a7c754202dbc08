import { SqlError } from '../../common/errors.ts';
import type { Span } from '../../common/span.ts';
import type { Expr as Ast, FunctionArg } from '../../parser/ast.ts';
import { positional } from './positional.ts';

/** `make_interval(days => 3)`: arguments by name, of the functions whose parameters have names that are written. */

const PATH = 'target path vars silent';
const INTERVAL = 'years months weeks days hours mins secs';
const NAMES: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries({
    make_interval: INTERVAL, make_date: 'year month day', make_time: 'hour min sec', make_timestamp: 'year month mday hour min sec', make_timestamptz: 'year month mday hour min sec timezone',
    jsonb_set: 'jsonb_in path replacement create_if_missing', jsonb_set_lax: 'jsonb_in path replacement create_if_missing null_value_treatment', jsonb_insert: 'jsonb_in path replacement insert_after',
    jsonb_path_exists: PATH, jsonb_path_match: PATH, jsonb_path_query: PATH, jsonb_path_query_array: PATH, jsonb_path_query_first: PATH,
    jsonb_populate_record: 'base from_json', jsonb_populate_recordset: 'base from_json', parse_ident: 'str strict',
  }).map(([name, names]) => [name, names.split(' ')]),
);
/** What a parameter is that is left out before others. */
const DEFAULTS: ReadonlyMap<string, (span: Span) => Ast> = new Map<string, (span: Span) => Ast>([
  ...INTERVAL.split(' ').map((name): [string, (span: Span) => Ast] => [name, (span) => ({ kind: 'number', text: '0', span })]),
  ['vars', (span) => ({ kind: 'string', value: '{}', span })],
  ['create_if_missing', (span) => ({ kind: 'boolean', value: true, span })],
]);

/** The arguments in the order of the parameters. Errors: undefined_function for a name that is none, syntax_error for one given twice. */
export function argumentsInOrder(name: string, args: readonly FunctionArg[], span: Span): Ast[] {
  const names = NAMES.get(name);
  const first = args.findIndex((a) => a.name !== null);
  if (names === undefined || first < 0) return positional(args);
  const out: (Ast | undefined)[] = positional(args.slice(0, first));
  for (const arg of args.slice(first)) {
    if (arg.name === null) throw new SqlError('syntax_error', 'positional argument cannot follow named argument', { span: arg.value.span });
    const written = arg.name.quoted ? arg.name.name : arg.name.name.toLowerCase();
    const at = names.indexOf(written);
    if (at < 0) throw new SqlError('undefined_function', `function ${name} has no parameter "${written}"`, { span: arg.name.span, hint: `Its parameters are ${names.join(', ')}.` });
    if (out[at] !== undefined) throw new SqlError('syntax_error', `argument name "${written}" used more than once`, { span: arg.name.span });
    out[at] = positional([{ name: null, value: arg.value }])[0];
  }
  return Array.from(out, (value, i) => {
    const made = value ?? DEFAULTS.get(names[i] ?? '')?.(span);
    if (made === undefined) throw new SqlError('undefined_function', `function ${name} needs the argument "${names[i] ?? ''}"`, { span });
    return made;
  });
}

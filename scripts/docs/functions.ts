import { typeName, type SqlType } from '../../src/common/types/sql-type.ts';
import type { ArgType, FunctionDef } from '../../src/functions/define.ts';
import { LAMBDA_FORMS, lambdaShapes } from '../../src/functions/lambda.ts';
import { builtins, functionGroups } from '../../src/functions/registry.ts';
import { escape, generated } from './markdown.ts';

function argName(arg: ArgType): string {
  if (typeof arg === 'object') return `${argName(arg.array)}[]`;
  switch (arg) {
    case 'varchar':
      return 'text';
    case 'decimal':
      return 'decimal(p,s)';
    case 'int':
      return 'integer';
    case 'double':
      return 'double precision';
    case 'internalchar':
      return '"char"';
    case 'anynonarray':
    case 'anyelement':
      return 'any';
    default:
      return arg;
  }
}

/** Times are without precision here: any is accepted. */
const resultName = (type: SqlType): string => typeName(type).replace(' without time zone', '').replace('timestamp with time zone', 'timestamptz');

function signature(def: FunctionDef, overload: FunctionDef['overloads'][number]): string {
  const variadic = 'variadic' in overload && overload.variadic !== undefined ? [`${argName(overload.variadic)}...`] : [];
  const args = [...overload.args.map(argName), ...variadic];
  const result = def.kind === 'table' || typeof overload.returns === 'function' ? '' : ` → ${resultName(overload.returns)}`;
  if (def.kind === 'scalar' && def.operator === true) {
    const [a, b] = args;
    return b === undefined ? `${def.name} ${a ?? ''}${result}` : `${a ?? ''} ${def.name} ${b}${result}`;
  }
  return `${def.name}(${args.join(', ')})${result}`;
}

const SIGNATURES_MAX = 6;

function section(def: FunctionDef): string {
  const form = LAMBDA_FORMS.get(def.name);
  const signatures = form === undefined ? [...new Set(def.overloads.map((o) => signature(def, o)))] : lambdaShapes(form).map((s) => def.name + s);
  const shown = signatures.slice(0, SIGNATURES_MAX).map((s) => `\`${escape(s)}\``);
  if (signatures.length > SIGNATURES_MAX) shown.push(`and ${signatures.length - SIGNATURES_MAX} more`);
  const aliases = def.kind !== 'table' && def.aliases !== undefined && def.aliases.length > 0 ? ` Also: ${def.aliases.map((a) => `\`${escape(a)}\``).join(', ')}.` : '';
  const examples = def.examples.map(([sql, result]) => `\`${escape(sql)}\` gives ${result === null ? 'NULL' : `\`${escape(result) || ' '}\``}`);
  return `| ${shown.join('<br>')} | ${escape(def.doc)}${aliases} | ${examples.join('<br>')} |`;
}

/** docs/sql/functions.md from the tables of functions. */
export function functionsPage(): string {
  const lines = [
    '# Functions and operators',
    '',
    generated('the tables in `src/functions`'),
    '',
    'Each example is run as a test. `text` arguments take any text type, times any precision. Where PostgreSQL and Flink differ, the entry names the rule.',
  ];
  const listed = new Set<string>();
  for (const [title, names] of functionGroups()) {
    lines.push('', `## ${title}`, '', '| forms | meaning | examples |', '|---|---|---|');
    for (const name of names) {
      const def = builtins.find(name);
      if (def === undefined || listed.has(name)) continue;
      listed.add(name);
      lines.push(section(def));
    }
  }
  return `${lines.join('\n')}\n`;
}

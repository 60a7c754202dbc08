import { nameText } from '../../catalog/names.ts';
import { isTemporary, type FunctionObject } from '../../catalog/objects.ts';
import { typeName } from '../../common/types/sql-type.ts';
import type { ArgType, FunctionDef } from '../../functions/define.ts';
import type { DescribeStatement } from '../../parser/ast-session.ts';
import type { BoundQuery } from '../statement.ts';
import { constants } from './constants.ts';
import type { QueryEnv } from './env.ts';
import { missing } from './objects.ts';

type Rows = [name: string, value: string][];
const yes = (b: boolean): string => String(b);

/** DESCRIBE FUNCTION [EXTENDED], in Flink's words; of the server's own functions, too. */
export function describeFunction(env: QueryEnv, s: DescribeStatement): BoundQuery {
  const [only] = s.name.parts;
  const builtin = only !== undefined && s.name.parts.length === 1 ? env.cx.functions.find(only.quoted ? only.name : only.name.toLowerCase()) : undefined;
  const mine = env.cx.catalog.findFunctions(s.name, env.cx.scope);
  if (builtin === undefined && mine.length === 0) throw missing(env, 'function', s.name);
  const rows: Rows = builtin !== undefined ? ofServer(builtin, nameText(s.name).toLowerCase(), s.extended) : mine.flatMap((f) => ofUser(f, s.extended || mine.length > 1));
  return constants(env, ['info name', 'info value'], rows);
}

function ofUser(f: FunctionObject, extended: boolean): Rows {
  const params = f.params.map((p) => `${p.name === null ? '' : `${p.name} `}${typeName(p.type)}`).join(', ');
  const returns = f.columns === null ? typeName(f.returns) : `TABLE(${f.columns.map((c) => `${c.name} ${typeName(c.type)}`).join(', ')})`;
  const rows: Rows = [['is system function', 'false'], ['is temporary', yes(isTemporary(f))], ['function language', f.language.toUpperCase()]];
  if (!extended) return rows;
  rows.push(
    ['kind', f.form.toUpperCase()], ['is deterministic', yes(f.volatility !== 'volatile')], ['supports constant folding', yes(f.volatility === 'immutable' && f.form === 'scalar')],
    ['signature', `${f.name}(${params}) => ${returns}`], ['volatility', f.volatility.toUpperCase()], ['called on null input', yes(!f.strict)], ['body', f.sql],
  );
  if (f.language !== 'sql') rows.push(['max-steps', String(f.steps)], ['max-memory', `${f.memoryBytes / (1 << 20)} MB`]);
  return rows;
}

function ofServer(def: FunctionDef, name: string, extended: boolean): Rows {
  const rows: Rows = [['is system function', 'true'], ['is temporary', 'false']];
  if (!extended) return rows;
  const volatility = def.kind === 'aggregate' ? ['immutable'] : def.overloads.map((o) => o.volatility);
  rows.push(
    ['kind', def.kind.toUpperCase()], ['is deterministic', yes(!volatility.includes('volatile'))], ['supports constant folding', yes(def.kind === 'scalar' && volatility.every((v) => v === 'immutable'))],
    ...def.overloads.map((o): Rows[number] => ['signature', `${name}(${[...o.args.map(argText), ...('variadic' in o && o.variadic !== undefined ? [`${argText(o.variadic)}…`] : [])].join(', ')})`]),
    ['doc', def.doc],
  );
  return rows;
}

const argText = (a: ArgType): string => (typeof a === 'object' ? `${a.array}[]` : a);

import { arrayOf, TEXT, typeName, type SqlType } from '../../common/types/sql-type.ts';
import { typeOid } from '../../common/types/oids.ts';
import type { ArgType, FunctionDef } from '../../functions/define.ts';
import { PG_IO_FUNCTIONS } from './pg-type-data.ts';

/** Functions as rows of pg_proc: one for each overload. */

export interface ProcInfo {
  readonly oid: number;
  readonly name: string;
  /** pg_proc.prokind: f function, a aggregate. */
  readonly kind: 'f' | 'a';
  readonly args: readonly number[];
  readonly variadic: number;
  readonly returns: number;
  readonly returnsSet: boolean;
  readonly strict: boolean;
  readonly volatility: 'i' | 's' | 'v';
  readonly argText: string;
  readonly resultText: string;
}

const FIRST_OWN = 100_000;
const PSEUDO: Readonly<Record<string, readonly [number, string]>> = {
  any: [2276, '"any"'], anynonarray: [2776, 'anynonarray'], anyelement: [2283, 'anyelement'], anyarray: [2277, 'anyarray'],
};

function argument(arg: ArgType): readonly [number, string] {
  if (typeof arg === 'object') {
    const type = arrayOf(plain(arg.array));
    return [typeOid(type), typeName(type)];
  }
  const pseudo = PSEUDO[arg];
  if (pseudo !== undefined) return pseudo;
  const type = plain(arg as SqlType['kind']);
  return [typeOid(type), type.kind === 'decimal' ? 'numeric' : typeName(type)];
}

/** A type of a kind, for its number and name only. */
function plain(kind: SqlType['kind']): SqlType {
  switch (kind) {
    case 'decimal':
      return { kind: 'numeric' };
    case 'char':
      return { kind, length: 1 };
    case 'time':
    case 'timestamp':
    case 'timestamptz':
      return { kind, precision: 6 };
    case 'array':
      return arrayOf(TEXT);
    case 'map':
      return TEXT;
    case 'row':
      return { kind, fields: [] };
    default:
      return { kind };
  }
}

/** What an overload gives, where that can be told without a call; else a pseudo-type. */
function result(def: FunctionDef, index: number): readonly [number, string] {
  const overload = def.overloads[index];
  if (overload === undefined) return [2276, '"any"'];
  if (def.kind === 'table') return [2249, 'SETOF record'];
  const returns: unknown = 'returns' in overload ? overload.returns : undefined;
  if (typeof returns === 'object' && returns !== null) {
    const type = returns as SqlType;
    return [typeOid(type), typeName(type)];
  }
  return overload.args.includes('anyarray') ? [2277, 'anyarray'] : [2283, 'anyelement'];
}

export function* procsOf(defs: Iterable<FunctionDef>): Iterable<ProcInfo> {
  let next = FIRST_OWN;
  for (const def of defs) {
    if (def.kind === 'scalar' && (def.operator === true || !/^[a-z_]/.test(def.name))) continue;
    for (const [i, overload] of def.overloads.entries()) {
      const args = overload.args.map(argument);
      const variadic: ArgType | undefined = 'variadic' in overload ? overload.variadic : undefined;
      const more = variadic === undefined ? null : argument(variadic);
      const [returns, resultText] = result(def, i);
      yield {
        oid: overload.oid ?? next++, name: def.name, kind: def.kind === 'aggregate' ? 'a' : 'f', args: [...args.map(([oid]) => oid), ...(more === null ? [] : [more[0]])],
        variadic: more === null ? 0 : more[0], returns, returnsSet: def.kind === 'table',
        strict: def.kind === 'scalar' && def.overloads[i]?.nulls === 'strict', volatility: def.kind === 'aggregate' ? 'i' : letter(def.overloads[i]?.volatility),
        argText: [...args.map(([, name]) => name), ...(more === null ? [] : [`VARIADIC ${more[1]}`])].join(', '), resultText,
      };
    }
  }
  for (const item of PG_IO_FUNCTIONS.trim().split(',')) {
    const [oid = '0', name = ''] = item.trim().split(' ');
    yield { oid: Number(oid), name, kind: 'f', args: [2275], variadic: 0, returns: 2276, returnsSet: false, strict: true, volatility: 'i', argText: 'cstring', resultText: '"any"' };
  }
}

const letter = (v: string | undefined): 'i' | 's' | 'v' => (v === 'immutable' ? 'i' : v === 'stable' ? 's' : 'v');

import { compareBytes, compareText } from '../common/types/bytes-text.ts';
import { compareDouble, compareValues } from '../common/types/compare.ts';
import { numericFromScaled, pow10 } from '../common/types/numeric.ts';
import { numericCompare } from '../common/types/numeric-math.ts';
import { BOOLEAN, type SqlType, type TypeKind } from '../common/types/sql-type.ts';
import type { Numeric, Value } from '../common/types/value.ts';
import { numericCode } from './build.ts';
import type { ArgType, Emit, EmitContext, EmitValue, FunctionDef, ScalarOverload } from './define.ts';

/** Comparison operators for every type that has an order, three-valued: NULL with anything is NULL. */

type Operator = '=' | '<>' | '<' | '<=' | '>' | '>=';

const JS: Readonly<Record<Operator, string>> = { '=': '===', '<>': '!==', '<': '<', '<=': '<=', '>': '>', '>=': '>=' };

const TEST: Readonly<Record<Operator, (order: number) => boolean>> = {
  '=': (c) => c === 0,
  '<>': (c) => c !== 0,
  '<': (c) => c < 0,
  '<=': (c) => c <= 0,
  '>': (c) => c > 0,
  '>=': (c) => c >= 0,
};

/** Kinds held as plain JS numbers or bigints whose JS order is the SQL order. */
const DIRECT: readonly TypeKind[] = [
  'tinyint', 'smallint', 'int', 'bigint', 'date', 'time', 'timestamp', 'timestamptz',
  'oid', 'regclass', 'regtype', 'regproc', 'regnamespace',
];
const TEXTS: readonly TypeKind[] = ['varchar', 'name', 'internalchar'];
const GENERAL: readonly TypeKind[] = ['char', 'bytea', 'uuid', 'interval', 'jsonb', 'row', 'map'];

function bytesEqual(a: Uint8Array, aOffset: number, aLength: number, b: Uint8Array, bOffset: number, bLength: number): boolean {
  if (aLength !== bLength) return false;
  for (let i = 0; i < aLength; i++) if (a[aOffset + i] !== b[bOffset + i]) return false;
  return true;
}

const directEmit =
  (op: Operator): Emit =>
  ([a, b]) =>
    `(${a?.code} ${JS[op]} ${b?.code} ? 1 : 0)`;

/** NaN equals NaN and is greater than every number. */
function doubleEmit(op: Operator): Emit {
  return ([x, y]) => {
    const a = x?.code ?? '';
    const b = y?.code ?? '';
    switch (op) {
      case '=':
        return `(${a} === ${b} || (${a} !== ${a} && ${b} !== ${b}) ? 1 : 0)`;
      case '<>':
        return `(${a} === ${b} || (${a} !== ${a} && ${b} !== ${b}) ? 0 : 1)`;
      case '<':
        return `(${a} < ${b} || (${b} !== ${b} && ${a} === ${a}) ? 1 : 0)`;
      case '<=':
        return `(${a} <= ${b} || ${b} !== ${b} ? 1 : 0)`;
      case '>':
        return `(${a} > ${b} || (${a} !== ${a} && ${b} === ${b}) ? 1 : 0)`;
      case '>=':
        return `(${a} >= ${b} || ${a} !== ${a} ? 1 : 0)`;
    }
  };
}

function textEmit(op: Operator): Emit {
  return ([a, b], cx) => {
    if (a === undefined || b === undefined) return '0';
    if (op === '=' || op === '<>') {
      if (a.ref !== undefined && b.ref !== undefined) {
        const call = `${cx.constant(bytesEqual)}(${a.ref.data}, ${a.ref.offset}, ${a.ref.length}, ${b.ref.data}, ${b.ref.offset}, ${b.ref.length})`;
        return `(${call} ? ${op === '=' ? '1 : 0' : '0 : 1'})`;
      }
      return `(${a.code} ${JS[op]} ${b.code} ? 1 : 0)`;
    }
    return `(${cx.constant(compareText)}(${a.code}, ${b.code}) ${JS[op]} 0 ? 1 : 0)`;
  };
}

/** Scaled integers compare as they are once they have one scale. */
function decimalEmit(op: Operator): Emit {
  return ([a, b], cx) => {
    if (a === undefined || b === undefined) return '0';
    const scaled = (v: EmitValue): number | undefined => (v.type.kind === 'decimal' && v.type.precision <= 18 ? v.type.scale : undefined);
    const x = scaled(a);
    const y = scaled(b);
    if (x === undefined || y === undefined) return generalCode(op, cx, numericCompare, numericCode(a, cx, numericFromScaled), numericCode(b, cx, numericFromScaled));
    const left = x < y ? `(${a.code} * ${pow10(y - x)}n)` : a.code;
    const right = y < x ? `(${b.code} * ${pow10(x - y)}n)` : b.code;
    return `(${left} ${JS[op]} ${right} ? 1 : 0)`;
  };
}

const generalCode = (op: Operator, cx: EmitContext, compare: unknown, a: string, b: string): string =>
  `(${cx.constant(compare)}(${a}, ${b}) ${JS[op]} 0 ? 1 : 0)`;

const numericEmit =
  (op: Operator): Emit =>
  ([a, b], cx) =>
    generalCode(op, cx, numericCompare, a?.code ?? '', b?.code ?? '');

const bytesEmit =
  (op: Operator): Emit =>
  ([a, b], cx) =>
    generalCode(op, cx, compareBytes, a?.code ?? '', b?.code ?? '');

/** pg_operator's functions' OIDs matter to no client we know; only the common ones would be listed, so none is. */
function overload(op: Operator, a: ArgType, b: ArgType, compare: (x: Value, y: Value, types: readonly SqlType[]) => number, emit?: Emit): ScalarOverload {
  const test = TEST[op];
  return {
    args: [a, b],
    returns: BOOLEAN,
    volatility: 'immutable',
    nulls: 'strict',
    eval: ([x = null, y = null], _cx, types) => test(compare(x, y, types)),
    ...(emit === undefined ? {} : { emit }),
  };
}

function overloads(op: Operator): ScalarOverload[] {
  const out: ScalarOverload[] = [overload(op, 'boolean', 'boolean', (a, b) => Number(a) - Number(b), directEmit(op))];
  const numbers = (a: Value, b: Value): number => ((a as number) < (b as number) ? -1 : (a as number) > (b as number) ? 1 : 0);
  for (const kind of DIRECT) out.push(overload(op, kind, kind, numbers, directEmit(op)));
  const doubles = (a: Value, b: Value): number => compareDouble(a as number, b as number);
  for (const [a, b] of [['real', 'real'], ['double', 'double'], ['real', 'double'], ['double', 'real']] as const) {
    out.push(overload(op, a, b, doubles, doubleEmit(op)));
  }
  out.push(overload(op, 'decimal', 'decimal', (a, b) => numericCompare(a as Numeric, b as Numeric), decimalEmit(op)));
  out.push(overload(op, 'numeric', 'numeric', (a, b) => numericCompare(a as Numeric, b as Numeric), numericEmit(op)));
  for (const kind of TEXTS) out.push(overload(op, kind, kind, (a, b) => compareText(a as string, b as string), textEmit(op)));
  for (const kind of GENERAL) {
    const bytes = kind === 'bytea' || kind === 'uuid';
    out.push(overload(op, kind, kind, (a, b, types) => compareValues(a, b, types[0] ?? BOOLEAN), bytes ? bytesEmit(op) : undefined));
  }
  out.push(overload(op, 'anyarray', 'anyarray', (a, b, types) => compareValues(a, b, types[0] ?? BOOLEAN)));
  return out;
}

const DOC: Readonly<Record<Operator, string>> = {
  '=': 'Equal. NULL when either side is NULL; NaN equals NaN; numbers compare by value whatever their type.',
  '<>': 'Not equal. NULL when either side is NULL.',
  '<': 'Less than. Text compares by code points (C collation).',
  '<=': 'Less than or equal.',
  '>': 'Greater than.',
  '>=': 'Greater than or equal.',
};

const EXAMPLES: Readonly<Record<Operator, readonly (readonly [string, string | null])[]>> = {
  '=': [['1 = 1.0', 't'], [`'a' = 'b'`, 'f'], ['1 = null', null]],
  '<>': [['1 <> 2', 't']],
  '<': [[`'a' < 'b'`, 't'], [`date '2024-01-01' < timestamp '2024-01-01 00:00:01'`, 't']],
  '<=': [['2 <= 2', 't']],
  '>': [[`double precision 'NaN' > 1`, 't']],
  '>=': [['1 >= 2', 'f']],
};

function distinct(name: string, negated: boolean): FunctionDef {
  return {
    kind: 'scalar',
    name,
    doc: negated
      ? '`a IS NOT DISTINCT FROM b`: equality in which NULL equals NULL; never NULL.'
      : '`a IS DISTINCT FROM b`: inequality in which NULL equals NULL; never NULL.',
    examples: [[`${name}(1, null)`, negated ? 'f' : 't'], [`${name}(1, 1)`, negated ? 't' : 'f']],
    overloads: [
      {
        args: ['anyelement', 'anyelement'],
        returns: BOOLEAN,
        volatility: 'immutable',
        nulls: 'custom',
        eval: ([a = null, b = null], _cx, types) => {
          const equal = a === null || b === null ? a === b : compareValues(a, b, types[0] ?? BOOLEAN) === 0;
          return equal === negated;
        },
      },
    ],
  };
}

const operator = (name: Operator): FunctionDef => ({
  kind: 'scalar',
  name,
  operator: true,
  overloads: overloads(name),
  doc: DOC[name],
  examples: EXAMPLES[name],
});

export const compareFunctions: readonly FunctionDef[] = [
  operator('='),
  operator('<>'),
  operator('<'),
  operator('<='),
  operator('>'),
  operator('>='),
  distinct('is_distinct', false),
  distinct('is_not_distinct', true),
];

import { SqlError } from '../common/errors.ts';
import {
  numericAbs,
  numericAdd,
  numericDivide,
  numericModulo,
  numericMultiply,
  numericNegate,
  numericSubtract,
} from '../common/types/numeric-math.ts';
import { BIGINT, DOUBLE, INT, NUMERIC, REAL, SMALLINT, TINYINT } from '../common/types/sql-type.ts';
import { native, template } from './build.ts';
import { decimalOverload, decimalUnary } from './decimal.ts';
import type { EmitContext, EmitValue, FunctionDef, ScalarOverload } from './define.ts';
import {
  absBig, absInt, addBig, addInt, divBig, divInt, modBig, modInt, mulBig, mulInt, negBig, negInt, subBig, subInt,
  toInt16, toInt8, zeroDivide,
} from './integer.ts';

/** `+ - * / %` on numbers. Overflow is an error, never a wrap-around. */

function overflow(): never {
  throw new SqlError('numeric_value_out_of_range', 'value out of range: overflow');
}
function underflow(): never {
  throw new SqlError('numeric_value_out_of_range', 'value out of range: underflow');
}

/** An infinite result of finite operands is an overflow. */
function checkFloat(r: number, a: number, b: number): number {
  return Number.isFinite(r) || !Number.isFinite(a) || !Number.isFinite(b) ? r : overflow();
}
const addDouble = (a: number, b: number): number => checkFloat(a + b, a, b);
const subDouble = (a: number, b: number): number => checkFloat(a - b, a, b);
function mulDouble(a: number, b: number): number {
  const r = a * b;
  if (r === 0 && a !== 0 && b !== 0) underflow();
  return Number.isNaN(r) ? r : checkFloat(r, a, b);
}
function divDouble(a: number, b: number): number {
  if (b === 0 && !Number.isNaN(a)) zeroDivide();
  const r = a / b;
  if (r === 0 && a !== 0 && Number.isFinite(b)) underflow();
  return Number.isNaN(r) ? r : checkFloat(r, a, b);
}
function modDouble(a: number, b: number): number {
  if (b === 0 && !Number.isNaN(a)) zeroDivide();
  return a % b;
}
/** float32 arithmetic: the double result rounded, with the same checks on the rounded value. */
const single =
  (fn: (a: number, b: number) => number) =>
  (a: number, b: number): number => {
    const r = fn(a, b);
    const f = Math.fround(r);
    if (!Number.isFinite(f) && Number.isFinite(r)) overflow();
    if (f === 0 && r !== 0) underflow();
    return f;
  };

/** `x % 123` on an int64 column, through its words: int32 arithmetic when the value fits, else the bigint. */
function modEmit([a, b]: readonly EmitValue[], cx: EmitContext): string {
  if (a === undefined || b === undefined) return '0n';
  return `${cx.constant(modBig)}(${a.code}, ${b.code})`;
}

interface Family {
  readonly int: (a: number, b: number) => number;
  readonly big: (a: bigint, b: bigint) => bigint;
  readonly double?: (a: number, b: number) => number;
  readonly numeric: ScalarOverload;
}

function binary(op: '+' | '-' | '*' | '/' | '%', family: Family): ScalarOverload[] {
  const { int, big, double, numeric } = family;
  const out: ScalarOverload[] = [
    native(['tinyint', 'tinyint'], TINYINT, (a, b) => toInt8(int(a, b))),
    native(['smallint', 'smallint'], SMALLINT, (a, b) => toInt16(int(a, b))),
    native(['int', 'int'], INT, int),
    native(['bigint', 'bigint'], BIGINT, big, op === '%' ? { emit: modEmit } : {}),
    decimalOverload(op),
    numeric,
  ];
  if (double !== undefined) {
    out.push(
      native(['real', 'real'], REAL, single(double)),
      native(['double', 'double'], DOUBLE, double),
      native(['real', 'double'], DOUBLE, double),
      native(['double', 'real'], DOUBLE, double),
    );
  }
  return out;
}

const modOverloads = binary('%', { int: modInt, big: modBig, double: modDouble, numeric: native(['numeric', 'numeric'], NUMERIC, numericModulo) }).filter(
  // PostgreSQL has no remainder of floats; Flink does.
  (o) => o.args[0] === o.args[1] && o.args[0] !== 'real',
);

export const arithmeticFunctions: readonly FunctionDef[] = [
  {
    kind: 'scalar',
    name: '+',
    operator: true,
    overloads: [
      ...binary('+', { int: addInt, big: addBig, double: addDouble, numeric: native(['numeric', 'numeric'], NUMERIC, numericAdd) }),
      ...(['tinyint', 'smallint', 'int', 'bigint', 'real', 'double', 'numeric'] as const).map((kind) =>
        native([kind], { kind }, (a) => a, { emit: template((a) => a) }),
      ),
      decimalUnary((a) => a, (a) => a, (a) => a),
    ],
    doc: 'Addition. Overflow is an error.',
    examples: [['1 + 2', '3'], ['1.5 + 1', '2.5'], ['+4', '4']],
  },
  {
    kind: 'scalar',
    name: '-',
    operator: true,
    overloads: [
      ...binary('-', { int: subInt, big: subBig, double: subDouble, numeric: native(['numeric', 'numeric'], NUMERIC, numericSubtract) }),
      native(['tinyint'], TINYINT, (a) => toInt8(negInt(a))),
      native(['smallint'], SMALLINT, (a) => toInt16(negInt(a))),
      native(['int'], INT, negInt),
      native(['bigint'], BIGINT, negBig),
      native(['real'], REAL, (a) => -a, { emit: template((a) => `(-${a})`) }),
      native(['double'], DOUBLE, (a) => -a, { emit: template((a) => `(-${a})`) }),
      native(['numeric'], NUMERIC, numericNegate),
      decimalUnary((a) => a, numericNegate, (a) => `BigInt.asIntN(64, -${a})`),
    ],
    doc: 'Subtraction and negation.',
    examples: [['3 - 5', '-2'], ['-(4)', '-4'], ['2.50 - 1', '1.50']],
  },
  {
    kind: 'scalar',
    name: '*',
    operator: true,
    overloads: binary('*', { int: mulInt, big: mulBig, double: mulDouble, numeric: native(['numeric', 'numeric'], NUMERIC, numericMultiply) }),
    doc: 'Multiplication. DECIMAL operands give DECIMAL(p1+p2+1, s1+s2).',
    examples: [['6 * 7', '42'], ['0.908 * 1000', '908.000']],
  },
  {
    kind: 'scalar',
    name: '/',
    operator: true,
    overloads: binary('/', { int: divInt, big: divBig, double: divDouble, numeric: native(['numeric', 'numeric'], NUMERIC, (a, b) => numericDivide(a, b)) }),
    doc: 'Division. Integers give the truncated quotient; DECIMAL operands at least six digits after the point.',
    examples: [['7 / 2', '3'], ['-7 / 2', '-3'], ['numeric \'1\' / 3', '0.33333333333333333333']],
  },
  {
    kind: 'scalar',
    name: '%',
    operator: true,
    overloads: modOverloads,
    doc: 'Remainder of the truncated quotient; has the sign of the dividend.',
    examples: [['7 % 3', '1'], ['-7 % 3', '-1']],
  },
  {
    kind: 'scalar',
    name: 'mod',
    overloads: modOverloads,
    doc: 'The remainder, as `%`.',
    examples: [['mod(2007, 123)', '39']],
  },
  {
    kind: 'scalar',
    name: 'abs',
    aliases: ['@'],
    overloads: [
      native(['tinyint'], TINYINT, (a) => toInt8(absInt(a))),
      native(['smallint'], SMALLINT, (a) => toInt16(absInt(a)), { oid: 1398 }),
      native(['int'], INT, absInt, { oid: 1397 }),
      native(['bigint'], BIGINT, absBig, { oid: 1396 }),
      native(['real'], REAL, (a) => Math.abs(a), { oid: 1394, emit: template((a) => `Math.abs(${a})`) }),
      native(['double'], DOUBLE, (a) => Math.abs(a), { oid: 1395, emit: template((a) => `Math.abs(${a})`) }),
      native(['numeric'], NUMERIC, numericAbs, { oid: 1705 }),
      decimalUnary((a) => a, numericAbs, (a) => `(${a} < 0n ? -${a} : ${a})`),
    ],
    doc: 'Absolute value.',
    examples: [['abs(-5)', '5'], ['abs(-1.50)', '1.50']],
  },
];

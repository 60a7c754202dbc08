import { SqlError } from '../common/errors.ts';
import { addType, divideType, fitDecimal, moduloType, multiplyType, type DecimalType } from '../common/types/decimal-rules.ts';
import { numericFromScaled, numericToScaled, pow10, rescale } from '../common/types/numeric.ts';
import { divisionByZero, numericDivide, numericModulo } from '../common/types/numeric-math.ts';
import type { SqlType } from '../common/types/sql-type.ts';
import type { Numeric } from '../common/types/value.ts';
import { numericCode } from './build.ts';
import type { Emit, EmitValue, ScalarOverload } from './define.ts';

/**
 * Arithmetic on DECIMAL(p, s), results by Flink's rules (common/types/decimal-rules.ts). Up to 18 digits a cell is a scaled
 * 64-bit integer and generated code stays on those.
 */

export type DecimalOperator = '+' | '-' | '*' | '/' | '%';

const RESULT: Readonly<Record<DecimalOperator, (a: DecimalType, b: DecimalType) => SqlType>> = {
  '+': addType,
  '-': addType,
  '*': multiplyType,
  '/': divideType,
  '%': moduloType,
};

const asDecimalType = (type: SqlType | undefined): DecimalType => {
  if (type?.kind !== 'decimal') throw new SqlError('internal_error', 'a decimal argument was expected');
  return type;
};

function compute(op: DecimalOperator, a: Numeric, b: Numeric, result: DecimalType): Numeric {
  const { precision, scale } = result;
  switch (op) {
    case '+':
    case '-': {
      const at = Math.max(a.scale, b.scale);
      const y = rescale(b, at).unscaled;
      return fitDecimal({ unscaled: rescale(a, at).unscaled + (op === '+' ? y : -y), scale: at }, precision, scale);
    }
    case '*':
      return fitDecimal({ unscaled: a.unscaled * b.unscaled, scale: a.scale + b.scale }, precision, scale);
    case '/':
      return fitDecimal(numericDivide(a, b, scale), precision, scale);
    case '%':
      return fitDecimal(numericModulo(a, b), precision, scale);
  }
}

const scaledScale = (v: EmitValue | undefined): number | undefined =>
  v?.type.kind === 'decimal' && v.type.precision <= 18 ? v.type.scale : undefined;

const at = (code: string, from: number, to: number): string => (from === to ? code : `(${code} * ${pow10(to - from)}n)`);

function remainder(a: bigint, b: bigint): bigint {
  if (b === 0n) throw divisionByZero();
  return a % b;
}

function emit(op: DecimalOperator): Emit {
  return (args, cx, returns) => {
    const [a, b] = args;
    const result = asDecimalType(returns);
    const x = scaledScale(a);
    const y = scaledScale(b);
    if (a !== undefined && b !== undefined && x !== undefined && y !== undefined && result.precision <= 18) {
      const scale = Math.max(x, y);
      // The derived precision leaves room for every result, so none of these can overflow.
      if (op === '+' || op === '-') return `BigInt.asIntN(64, ${at(a.code, x, scale)} ${op} ${at(b.code, y, scale)})`;
      if (op === '*') return `BigInt.asIntN(64, ${a.code} * ${b.code})`;
      if (op === '%') return `${cx.constant(remainder)}(${at(a.code, x, scale)}, ${at(b.code, y, scale)})`;
    }
    const [left, right] = args.map((v) => numericCode(v, cx, numericFromScaled));
    const call = `${cx.constant((p: Numeric, q: Numeric) => compute(op, p, q, result))}(${left}, ${right})`;
    return result.precision <= 18 ? `${cx.constant(numericToScaled)}(${call}, ${result.scale})` : call;
  };
}

export function decimalOverload(op: DecimalOperator): ScalarOverload {
  const rule = RESULT[op];
  return {
    args: ['decimal', 'decimal'],
    returns: ([a, b]) => rule(asDecimalType(a), asDecimalType(b)),
    volatility: 'immutable',
    nulls: 'strict',
    eval: ([a, b], _cx, _types, returns) => compute(op, a as Numeric, b as Numeric, asDecimalType(returns)),
    emit: emit(op),
  };
}

/** A one-argument function of a decimal that gives a decimal, e.g. negation. */
export function decimalUnary(rule: (a: DecimalType) => SqlType, fn: (a: Numeric) => Numeric, scaled?: (code: string) => string): ScalarOverload {
  return {
    args: ['decimal'],
    returns: ([a]) => rule(asDecimalType(a)),
    volatility: 'immutable',
    nulls: 'strict',
    eval: ([a], _cx, _types, returns) => {
      const { precision, scale } = asDecimalType(returns);
      return fitDecimal(fn(a as Numeric), precision, scale);
    },
    emit: ([a], cx, returns) => {
      if (a === undefined) return '0n';
      const result = asDecimalType(returns);
      const small = scaledScale(a) !== undefined && result.precision <= 18;
      if (scaled !== undefined && small) return scaled(a.code);
      const call = `${cx.constant((p: Numeric) => fitDecimal(fn(p), result.precision, result.scale))}(${numericCode(a, cx, numericFromScaled)})`;
      return result.precision <= 18 ? `${cx.constant(numericToScaled)}(${call}, ${result.scale})` : call;
    },
  };
}

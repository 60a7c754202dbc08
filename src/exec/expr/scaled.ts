import { numericToScaled } from '../../common/types/numeric.ts';
import type { SqlType } from '../../common/types/sql-type.ts';
import type { Expr } from '../../planner/expr.ts';
import type { ExprGenerator } from './generate.ts';
import { typeOf } from './interpret.ts';

const COLUMN_BOUND = 1n << 52n;
const BOUND_MAX = (1n << 63n) - 1n;
const digits = (n: number): bigint => 10n ** BigInt(n);

/**
 * DECIMAL arithmetic beyond 18 digits in 64-bit integers, where the operands at hand are small. Columns of 64 bits are taken
 * to be below 2^52; the code returns -1 from the loop at the first row that isn't, and the batch is done the general way.
 *
 * Whether it can be tried: only literals, columns, casts and + - * of integers and decimals of fixed scale.
 */
export function canScale(expr: Expr): boolean {
  return wideDecimal(typeOf(expr)) && expr.kind !== 'column' && expr.kind !== 'literal' && boundOf(expr) !== null;
}

const wideDecimal = (type: SqlType): type is SqlType & { kind: 'decimal' } => type.kind === 'decimal' && type.precision > 18;

function scaleOf(type: SqlType): number | null {
  switch (type.kind) {
    case 'tinyint':
    case 'smallint':
    case 'int':
    case 'bigint':
      return 0;
    case 'decimal':
      return type.scale;
    default:
      return null;
  }
}

/** The bound of the value under the assumption on columns, or null where it is not supported or may exceed 64 bits. */
function boundOf(expr: Expr): bigint | null {
  const type = typeOf(expr);
  const scale = scaleOf(type);
  if (scale === null) return null;
  const within = (bound: bigint | null): bigint | null => {
    if (bound === null || bound > BOUND_MAX) return null;
    return type.kind === 'decimal' && bound >= digits(type.precision) ? null : bound;
  };
  switch (expr.kind) {
    case 'column':
      if (type.kind === 'bigint' || (type.kind === 'decimal' && type.precision <= 18)) return COLUMN_BOUND;
      return type.kind === 'decimal' ? null : 1n << 31n;
    case 'literal': {
      const value = literalOf(expr.value, scale);
      return value === null ? null : within(value < 0n ? -value : value);
    }
    case 'cast': {
      const from = scaleOf(typeOf(expr.arg));
      const arg = boundOf(expr.arg);
      return expr.try || type.kind !== 'decimal' || from === null || from > scale || arg === null ? null : within(arg * digits(scale - from));
    }
    case 'call': {
      if (type.kind !== 'decimal' || expr.args.length !== 2) return null;
      const [a, b] = expr.args.map((arg) => ({ bound: boundOf(arg), scale: scaleOf(typeOf(arg)) }));
      if (a === undefined || b === undefined || a.bound === null || b.bound === null || a.scale === null || b.scale === null) return null;
      if (expr.name === '*') return a.scale + b.scale === scale ? within(a.bound * b.bound) : null;
      if (expr.name !== '+' && expr.name !== '-') return null;
      return Math.max(a.scale, b.scale) === scale ? within(a.bound * digits(scale - a.scale) + b.bound * digits(scale - b.scale)) : null;
    }
    default:
      return null;
  }
}

function literalOf(value: unknown, scale: number): bigint | null {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number') return BigInt(value);
  if (value === null || typeof value !== 'object' || !('unscaled' in value) || 'special' in value) return null;
  const { unscaled, scale: own } = value as { readonly unscaled: bigint; readonly scale: number };
  return own > scale ? null : numericToScaled({ unscaled, scale: own }, scale);
}

/** Writes the code of an expression that `canScale`: a scaled integer of its type's scale, and conditions for NULL. */
export function emitScaled(expr: Expr, cx: ExprGenerator): { readonly code: string; readonly nuls: readonly string[] } {
  const nuls: string[] = [];
  const moved = (code: string, by: number): string => (by === 0 ? code : `(${code} * ${digits(by)}n)`);
  const emit = (e: Expr): string => {
    const type = typeOf(e);
    const scale = scaleOf(type) ?? 0;
    switch (e.kind) {
      case 'literal': {
        const value = literalOf(e.value, scale) ?? 0n;
        return value < 0n ? `(${value}n)` : `${value}n`;
      }
      case 'cast':
        return moved(emit(e.arg), scale - (scaleOf(typeOf(e.arg)) ?? 0));
      case 'call': {
        const [a, b] = e.args.map((arg) => {
          const code = emit(arg);
          return e.name === '*' ? code : moved(code, scale - (scaleOf(typeOf(arg)) ?? 0));
        });
        return `(${a} ${e.name} ${b})`;
      }
      default: {
        const { nul, value } = cx.gen(e);
        if (nul !== null && !nuls.includes(nul)) nuls.push(nul);
        if (value.words === undefined) return `BigInt(${value.code})`;
        const high = cx.local('h');
        cx.statement(`const ${high} = ${value.words.high};`);
        cx.statement(`if (${high} >= 1048576 || ${high} < -1048576) return -1;`);
        return value.code;
      }
    }
  };
  return { code: emit(expr), nuls };
}

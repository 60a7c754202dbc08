import { SqlError, notSupported } from '../../common/errors.ts';
import { fromHex } from '../../common/types/bytes-text.ts';
import { literalDecimal } from '../../common/types/decimal-rules.ts';
import { intervalFromText, type IntervalField } from '../../common/types/interval-parse.ts';
import { intervalNegate } from '../../common/types/interval.ts';
import { numericFromText } from '../../common/types/numeric-text.ts';
import { BIGINT, BOOLEAN, BYTEA, INT, INTERVAL, NUMERIC, UNKNOWN } from '../../common/types/sql-type.ts';
import type { IntervalQualifier, LiteralExpr } from '../../parser/ast.ts';
import type { Expr } from '../expr.ts';
import { coerce } from './coerce.ts';
import type { ExprEnv } from './env.ts';
import { bindType } from './types.ts';

/** Constants. Whole numbers are int, bigint or numeric by size; `0.908` is DECIMAL(3,3); with an exponent, numeric. */
export function bindLiteral(env: ExprEnv, e: LiteralExpr): Expr {
  switch (e.kind) {
    case 'null':
      return { kind: 'literal', value: null, type: UNKNOWN };
    case 'boolean':
      return { kind: 'literal', value: e.value, type: BOOLEAN };
    case 'number':
      return numberLiteral(e.text);
    case 'string':
      return { kind: 'literal', value: e.value, type: UNKNOWN };
    case 'bytes':
      return { kind: 'literal', value: fromHex(e.hex), type: BYTEA };
    case 'bits':
      throw notSupported('type bit', e.span, 'Use an integer or BYTES.');
    case 'typedLiteral': {
      const type = bindType(e.type);
      return coerce(env, { kind: 'literal', value: e.value, type: UNKNOWN }, type, 'explicit', e.span);
    }
    case 'interval': {
      try {
        const [from, to] = fields(e.qualifier);
        const value = intervalFromText(e.value, from, to);
        return { kind: 'literal', value: e.negative ? intervalNegate(value) : value, type: INTERVAL };
      } catch (error) {
        throw error instanceof SqlError ? error.at(e.span) : error;
      }
    }
  }
}

export function numberLiteral(text: string): Expr {
  if (/^-?\d+$/.test(text)) {
    const n = BigInt(text);
    if (n === BigInt.asIntN(32, n)) return { kind: 'literal', value: Number(n), type: INT };
    if (n === BigInt.asIntN(64, n)) return { kind: 'literal', value: n, type: BIGINT };
    return { kind: 'literal', value: { unscaled: n, scale: 0 }, type: NUMERIC };
  }
  const value = numericFromText(text);
  const type = /e/i.test(text) ? undefined : literalDecimal(value);
  return { kind: 'literal', value, type: type ?? NUMERIC };
}

const FIELDS: Readonly<Record<string, IntervalField>> = {
  MILLENNIUM: 'millennium', CENTURY: 'century', DECADE: 'decade', YEAR: 'year', QUARTER: 'quarter', MONTH: 'month', WEEK: 'week', DAY: 'day', HOUR: 'hour', MINUTE: 'minute', SECOND: 'second',
  MILLISECOND: 'millisecond', MICROSECOND: 'microsecond',
};

function fields(q: IntervalQualifier | null): [IntervalField | undefined, IntervalField | undefined] {
  if (q === null) return [undefined, undefined];
  const from = FIELDS[q.from];
  if (from === undefined) throw notSupported(`INTERVAL ... ${q.from}`, undefined, 'Times have microseconds: write INTERVAL \'1\' MICROSECOND for 1000 nanoseconds.');
  return [from, q.to === null ? undefined : FIELDS[q.to]];
}

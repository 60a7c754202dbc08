import { describe, expect, it } from 'vitest';
import { SqlError } from '../common/errors.ts';
import { typeFromText } from '../common/types/literal-type.ts';
import { numericFromScaled, numericToScaled } from '../common/types/numeric.ts';
import { physicalOf, typeName, type SqlType } from '../common/types/sql-type.ts';
import { textOut } from '../common/types/text-codec.ts';
import type { Numeric, Value } from '../common/types/value.ts';
import { castEmit } from './cast-emit.ts';
import { castFunction, requireCast } from './casts.ts';
import { commonType } from './common-type.ts';
import type { EmitContext } from './define.ts';
import { testContext, typed } from './testing.ts';
import { canCast } from './types.ts';

const t = (name: string): SqlType => typeFromText(name);

function message(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof SqlError) return `${error.condition}: ${error.message}`;
    throw error;
  }
  return 'no error';
}

describe('the cast matrix', () => {
  it('follows PostgreSQL’s contexts', () => {
    expect(canCast(t('int'), t('bigint'), 'implicit')).toBe(true);
    expect(canCast(t('bigint'), t('int'), 'implicit')).toBe(false);
    expect(canCast(t('bigint'), t('int'), 'assignment')).toBe(true);
    expect(canCast(t('text'), t('int'), 'assignment')).toBe(false);
    expect(canCast(t('text'), t('int'), 'explicit')).toBe(true);
    expect(canCast(t('int'), t('text'), 'assignment')).toBe(true);
    expect(canCast(t('int'), t('text'), 'implicit')).toBe(false);
    expect(canCast(t('date'), t('int'), 'explicit')).toBe(false);
    expect(canCast(t('int[]'), t('bigint[]'), 'implicit')).toBe(true);
  });

  it('names both types when there is no cast', () => {
    expect(message(() => requireCast(t('date'), t('int'), 'explicit'))).toBe('cannot_coerce: cannot cast type date to integer');
    expect(message(() => requireCast(t('text'), t('int'), 'assignment', undefined, 'n'))).toBe('datatype_mismatch: column "n" is of type integer but expression is of type text');
  });

  it('reads text with PostgreSQL’s messages', () => {
    const read = (text: string, name: string): string => message(() => typed(text, name));
    expect(read('abc', 'int')).toBe('invalid_text_representation: invalid input syntax for type integer: "abc"');
    expect(read('99999999999', 'int')).toBe('numeric_value_out_of_range: value "99999999999" is out of range for type integer');
    expect(read('x', 'date')).toBe('invalid_datetime_format: invalid input syntax for type date: "x"');
    expect(read('1000', 'numeric(3,0)')).toBe('numeric_value_out_of_range: numeric field overflow');
  });
});

describe('type names', () => {
  it('knows both dialects', () => {
    const names = ['STRING', 'INT8', 'BYTES', 'TIMESTAMP_LTZ(3)', 'TIMESTAMPTZ', 'VARCHAR(10)', 'BINARY(4)', 'VARBINARY(10)', 'BINARY', 'VARBINARY(2147483647)', 'BINARY(2)[]', 'NUMERIC', 'DECIMAL', 'DECIMAL(10,2)', 'double precision', 'float', '_int4', 'text[]', 'timestamp(3) with time zone'];
    expect(names.map((n) => typeName(t(n)))).toEqual([
      'text', 'bigint', 'bytea', 'timestamp(3) with time zone', 'timestamp with time zone', 'character varying(10)', 'binary(4)', 'varbinary(10)', 'bytea', 'bytea', 'binary(2)[]', 'numeric', 'numeric(10,0)', 'numeric(10,2)', 'double precision', 'double precision', 'integer[]', 'text[]', 'timestamp(3) with time zone',
    ]);
  });

  it('refuses what it would have to cut, and suggests', () => {
    expect(message(() => t('TIMESTAMP(9)'))).toBe('feature_not_supported: TIMESTAMP(9) is not supported yet');
    expect(message(() => t('BINARY(0)'))).toBe('invalid_parameter_value: length for type binary must be at least 1');
    expect(message(() => t('BINARY(20000000)'))).toBe('invalid_parameter_value: length for type binary cannot exceed 10485760');
    expect(message(() => t('serial'))).toMatch(/^feature_not_supported/);
    try {
      t('integr');
    } catch (error) {
      expect(error).toMatchObject({ condition: 'undefined_object', hint: 'Perhaps you meant "integer".' });
    }
  });
});

describe('common types', () => {
  it('are PostgreSQL’s, and Flink’s for DECIMAL', () => {
    const common = (...names: string[]): string => typeName(commonType(names.map(t), 'CASE'));
    expect(common('int', 'bigint')).toBe('bigint');
    expect(common('int', 'numeric(5,2)')).toBe('numeric(12,2)');
    expect(common('numeric(5,2)', 'numeric(10,4)')).toBe('numeric(10,4)');
    expect(common('numeric(5,2)', 'numeric')).toBe('numeric');
    expect(common('date', 'timestamp(3)')).toBe('timestamp(3) without time zone');
    expect(common('varchar(3)', 'text')).toBe('text');
    expect(common('binary(3)', 'binary(3)')).toBe('binary(3)');
    expect(common('binary(3)', 'varbinary(3)')).toBe('bytea');
    expect(common('varbinary(3)', 'bytea')).toBe('bytea');
    expect(common('unknown', 'unknown')).toBe('text');
    expect(common('real', 'int')).toBe('double precision');
    expect(message(() => common('int', 'text'))).toBe('datatype_mismatch: CASE types integer and text cannot be matched');
  });
});

describe('generated casts equal the interpreter', () => {
  const values: Readonly<Record<string, readonly string[]>> = {
    tinyint: ['0', '127', '-128'], smallint: ['0', '32767', '-32768'], int: ['0', '7', '2147483647', '-2147483648'],
    bigint: ['0', '-1', '2147483648', '9223372036854775807', '-9223372036854775808'], real: ['0', '1.5', '-2.5', 'NaN', '3e38'],
    double: ['0', '0.5', '1.5', '-2.5', '9.3e18', 'NaN', '-Infinity'], 'numeric(5,2)': ['0', '1.25', '-999.99', '2.50'], 'numeric(18,6)': ['123456789012.345678', '-0.5', '9007199254.740993'],
    date: ['2024-02-29', 'infinity'], timestamp: ['2024-02-29 12:34:56.7895', 'infinity', '1969-12-31 23:59:59.9'], timestamptz: ['2024-02-29 12:34:56.7895+00', '-infinity'], 'timestamp(3)': ['2024-02-29 12:34:56.789'], text: ['a'],
  };
  const targets = [...Object.keys(values), 'numeric', 'numeric(19,0)', 'numeric(12,2)', 'numeric(3,1)', 'timestamp(0)', 'timestamptz(3)'];
  const small = (type: SqlType): boolean => type.kind === 'decimal' && physicalOf(type) === 'i64';
  const cx = { ...testContext, timeZone: 'America/New_York' };
  let tried = 0;

  for (const [fromName, texts] of Object.entries(values)) {
    it(`from ${fromName}`, () => {
      const from = t(fromName);
      for (const to of targets.map(t)) {
        for (const words of [false, true]) {
          const constants: unknown[] = [];
          const emit: EmitContext = { constant: (v) => `k[${constants.push(v) - 1}]`, local: (h) => h, statement: () => {}, context: 'cx' };
          const code = castEmit({ type: from, code: 'a', ...(words && from.kind === 'bigint' ? { words: { low: 'Number(a & 0xffffffffn) | 0', high: 'Number(a >> 32n)' } } : {}) }, to, emit);
          if (code === undefined) continue;
          const run = new Function('k', 'cx', 'a', `return ${code};`) as (k: unknown[], cx: unknown, a: unknown) => unknown;
          for (const text of texts) {
            const value = typed(text, fromName).value;
            const expected = outcome(() => castFunction(from, to)(value, cx), to);
            const actual = outcome(() => {
              const result = run(constants, cx, small(from) ? numericToScaled(value as Numeric, from.kind === 'decimal' ? from.scale : 0) : value);
              return small(to) && to.kind === 'decimal' ? numericFromScaled(result as bigint, to.scale) : (result as Value);
            }, to);
            expect(`${fromName} ${text} to ${typeName(to)}: ${actual}`).toBe(`${fromName} ${text} to ${typeName(to)}: ${expected}`);
            tried++;
          }
        }
      }
    });
  }

  function outcome(run: () => Value, type: SqlType): string {
    try {
      return textOut(run(), type);
    } catch (error) {
      if (error instanceof SqlError) return `${error.condition}: ${error.message}`;
      throw error;
    }
  }

  it('has tried many', () => expect(tried).toBeGreaterThan(200));
});

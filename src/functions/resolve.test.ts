import { describe, expect, it } from 'vitest';
import { didYouMean, editDistance } from '../common/did-you-mean.ts';
import { SqlError } from '../common/errors.ts';
import { typeFromText } from '../common/types/literal-type.ts';
import { typeName } from '../common/types/sql-type.ts';
import { builtins } from './registry.ts';
import { resolveFunction } from './resolve.ts';

/** The chosen argument types and result, or the error with its hint. */
function resolve(name: string, ...args: string[]): string {
  try {
    const found = resolveFunction(builtins, name, args.map((a) => typeFromText(a)));
    const returns = 'columns' in found ? found.columns.map((c) => typeName(c.type)).join(', ') : typeName(found.returns);
    return `(${found.argTypes.map(typeName).join(', ')}) -> ${returns}`;
  } catch (error) {
    if (error instanceof SqlError) return `${error.message} | ${error.hint ?? ''}`;
    throw error;
  }
}

describe('overload resolution', () => {
  it('prefers exact matches, then widening', () => {
    expect(resolve('+', 'int', 'bigint')).toBe('(bigint, bigint) -> bigint');
    expect(resolve('+', 'smallint', 'double precision')).toBe('(double precision, double precision) -> double precision');
    expect(resolve('+', 'real', 'numeric')).toBe('(real, double precision) -> double precision');
    expect(resolve('<', 'date', 'timestamp(3)')).toBe('(timestamp without time zone, timestamp(3) without time zone) -> boolean');
    expect(resolve('=', 'name', 'text')).toBe('(text, text) -> boolean');
    expect(resolve('sqrt', 'int')).toBe('(double precision) -> double precision');
    expect(resolve('sqrt', 'numeric(5,2)')).toBe('(numeric) -> numeric');
  });

  it('derives DECIMAL as Flink does', () => {
    expect(resolve('*', 'numeric(3,3)', 'bigint')).toBe('(numeric(3,3), numeric(19,0)) -> numeric(23,3)');
    expect(resolve('+', 'numeric(10,2)', 'numeric(8,3)')).toBe('(numeric(10,2), numeric(8,3)) -> numeric(12,3)');
    expect(resolve('/', 'numeric(10,2)', 'numeric(8,3)')).toBe('(numeric(10,2), numeric(8,3)) -> numeric(22,11)');
    expect(resolve('/', 'numeric(38,10)', 'numeric(38,10)')).toBe('(numeric(38,10), numeric(38,10)) -> numeric(38,6)');
    expect(resolve('+', 'numeric(10,2)', 'numeric')).toBe('(numeric, numeric) -> numeric');
    expect(resolve('sum', 'numeric(10,2)')).toBe('(numeric(10,2)) -> numeric(38,2)');
    expect(resolve('avg', 'numeric(10,2)')).toBe('(numeric(10,2)) -> numeric(38,6)');
  });

  it('reads untyped literals by their neighbour, as numeric beside a DECIMAL', () => {
    expect(resolve('+', 'int', 'unknown')).toBe('(integer, integer) -> integer');
    expect(resolve('=', 'numeric(3,1)', 'unknown')).toBe('(numeric, numeric) -> boolean');
    expect(resolve('||', 'unknown', 'unknown')).toBe('(text, text) -> text');
    expect(resolve('upper', 'unknown')).toBe('(text) -> text');
    expect(resolve('||', 'text', 'int')).toBe('(text, integer) -> text');
    expect(resolve('||', 'int[]', 'int')).toBe('(integer[], integer) -> integer[]');
    expect(resolve('||', 'text[]', 'text')).toBe('(text[], text) -> text[]');
    expect(resolve('+', 'unknown', 'unknown')).toMatch(/^operator is not unique: unknown \+ unknown/);
  });

  it('gives aggregates PostgreSQL’s result types', () => {
    expect(resolve('sum', 'int')).toBe('(integer) -> bigint');
    expect(resolve('sum', 'bigint')).toBe('(bigint) -> numeric');
    expect(resolve('avg', 'int')).toBe('(integer) -> numeric');
    expect(resolve('max', 'timestamp(3)')).toBe('(timestamp(3) without time zone) -> timestamp(3) without time zone');
    expect(resolve('count')).toBe('() -> bigint');
    expect(resolve('array_agg', 'int')).toBe('(integer) -> integer[]');
    expect(resolve('unnest', 'text[]')).toBe('(text[]) -> text');
    expect(resolve('generate_series', 'int', 'int')).toBe('(integer, integer) -> integer');
  });

  it('says what is missing, and what was perhaps meant', () => {
    expect(resolve('foo', 'int')).toMatch(/^function foo\(integer\) does not exist \| /);
    expect(resolve('uper', 'text')).toBe('function uper(text) does not exist | Perhaps you meant "upper".');
    expect(resolve('+', 'int', 'text')).toBe(
      'operator does not exist: integer + text | No operator matches the given name and argument types. You might need to add explicit type casts.',
    );
    expect(resolve('upper', 'int')).toMatch(/^function upper\(integer\) does not exist \| No function matches/);
  });
});

describe('did you mean', () => {
  it('counts edits, with swaps as one', () => {
    expect(editDistance('connetcor', 'connector', 3)).toBe(1);
    expect(editDistance('abc', 'xyz', 2)).toBe(3);
    expect(didYouMean('tumbel', ['hop', 'tumble'])).toBe('tumble');
    expect(didYouMean('x', ['y', 'completely'])).toBe('y');
    expect(didYouMean('zzz', ['a'])).toBeUndefined();
  });
});

describe('the registry', () => {
  it('gives each PostgreSQL OID to one overload', () => {
    const seen = new Map<number, string>();
    for (const def of builtins.all()) {
      for (const overload of def.overloads) {
        if (overload.oid === undefined) continue;
        expect(`${overload.oid} ${seen.get(overload.oid) ?? def.name}`).toBe(`${overload.oid} ${def.name}`);
        expect(seen.has(overload.oid)).toBe(false);
        seen.set(overload.oid, def.name);
      }
    }
  });

  it('documents every function', () => {
    for (const def of builtins.all()) expect(def.doc, def.name).toMatch(/\S/);
  });
});

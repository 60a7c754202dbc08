import { compareValues } from '../common/types/compare.ts';
import { BOOLEAN, TEXT, typeName, type SqlType } from '../common/types/sql-type.ts';
import type { Value } from '../common/types/value.ts';
import { typeOfArgument } from './build.ts';
import type { ArgType, FunctionDef, ScalarOverload } from './define.ts';

/** Conditional functions. CASE, COALESCE, AND, OR, NOT and IS NULL are expressions of their own, not functions. */

const typeText = (args: readonly ArgType[]): ScalarOverload => ({
  args, returns: TEXT, volatility: 'stable', nulls: 'custom', eval: (_v, _cx, types) => typeName(types[0] ?? ({ kind: 'unknown' } satisfies SqlType)),
});

function extreme(name: 'greatest' | 'least', sign: 1 | -1, example: readonly [string, string]): FunctionDef {
  return {
    kind: 'scalar',
    name,
    overloads: [
      {
        args: ['anyelement'],
        variadic: 'anyelement',
        returns: typeOfArgument(0),
        volatility: 'immutable',
        nulls: 'custom',
        eval: (values, _cx, types) => {
          const type = types[0] ?? TEXT;
          let best: Value = null;
          for (const v of values) {
            if (v !== null && (best === null || Math.sign(compareValues(v, best, type)) === sign)) best = v;
          }
          return best;
        },
      },
    ],
    doc: `The ${sign === 1 ? 'largest' : 'smallest'} argument; NULLs are skipped (PostgreSQL’s rule, not Flink’s).`,
    examples: [example],
  };
}

const truth = (name: string, test: (v: Value) => boolean, doc: string, example: readonly [string, string]): FunctionDef => ({
  kind: 'scalar',
  name,
  overloads: [{ args: ['boolean'], returns: BOOLEAN, volatility: 'immutable', nulls: 'custom', eval: ([v = null]) => test(v) }],
  doc,
  examples: [example],
});

export const condFunctions: readonly FunctionDef[] = [
  {
    kind: 'scalar',
    name: 'nullif',
    overloads: [
      {
        args: ['anyelement', 'anyelement'],
        returns: typeOfArgument(0),
        volatility: 'immutable',
        nulls: 'custom',
        eval: ([a = null, b = null], _cx, types) => (a !== null && b !== null && compareValues(a, b, types[0] ?? TEXT) === 0 ? null : a),
      },
    ],
    doc: 'NULL when both are equal, else the first.',
    examples: [['nullif(1, 1)', null], ['nullif(1, 2)', '1']],
  },
  extreme('greatest', 1, ['greatest(1, null, 3)', '3']),
  extreme('least', -1, ['least(2, null, 3)', '2']),
  {
    kind: 'scalar',
    name: 'if',
    overloads: [
      {
        args: ['boolean', 'anyelement', 'anyelement'],
        returns: typeOfArgument(1),
        volatility: 'immutable',
        nulls: 'custom',
        eval: ([test = null, a = null, b = null]) => (test === true ? a : b),
      },
    ],
    doc: 'The second argument when the first is true, else the third.',
    examples: [[`if(true, 'a', 'b')`, 'a']],
  },
  {
    kind: 'scalar',
    name: 'ifnull',
    aliases: ['nvl'],
    overloads: [
      { args: ['anyelement', 'anyelement'], returns: typeOfArgument(0), volatility: 'immutable', nulls: 'custom', eval: ([a = null, b = null]) => a ?? b },
    ],
    doc: 'The first argument, or the second when that is NULL.',
    examples: [[`ifnull(null, 5)`, '5']],
  },
  {
    kind: 'scalar',
    name: 'num_nulls',
    overloads: [{ args: [], variadic: 'any', returns: { kind: 'int' }, volatility: 'immutable', nulls: 'custom', eval: (v) => v.filter((x) => x === null).length }],
    doc: 'How many arguments are NULL.',
    examples: [['num_nulls(1, null, 2)', '1']],
  },
  {
    kind: 'scalar',
    name: 'num_nonnulls',
    overloads: [{ args: [], variadic: 'any', returns: { kind: 'int' }, volatility: 'immutable', nulls: 'custom', eval: (v) => v.filter((x) => x !== null).length }],
    doc: 'How many arguments are not NULL.',
    examples: [['num_nonnulls(1, null, 2)', '2']],
  },
  truth('is_true', (v) => v === true, '`x IS TRUE`: never NULL.', ['is_true(null)', 'f']),
  truth('is_false', (v) => v === false, '`x IS FALSE`: never NULL.', ['is_false(false)', 't']),
  truth('is_unknown', (v) => v === null, '`x IS UNKNOWN`: never NULL.', ['is_unknown(null)', 't']),
  {
    kind: 'scalar',
    name: 'typeof',
    overloads: [typeText(['any']), typeText(['any', 'boolean'])],
    doc: 'The name of the argument’s type, as PostgreSQL and CREATE TABLE spell it; Flink’s second argument changes nothing, as every type can be written down.',
    examples: [['typeof(1)', 'integer']],
  },
];

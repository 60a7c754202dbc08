import type { FunctionDef, ScalarFunction } from './define.ts';

/**
 * Functions that take a lambda. The binder gives them their types and the evaluators run them (`planner/lambda.ts`), as a body is
 * an expression of the query: entries here have no overloads, only names, documentation and examples.
 */

/** What a function over elements does. */
export type LambdaForm = 'transform' | 'filter' | 'reduce' | 'any' | 'all' | 'none';

export const LAMBDA_FORMS: ReadonlyMap<string, LambdaForm> = new Map<string, LambdaForm>([
  ['array_transform', 'transform'], ['transform', 'transform'], ['array_filter', 'filter'], ['filter', 'filter'], ['array_reduce', 'reduce'], ['reduce', 'reduce'],
  ['any_match', 'any'], ['array_exists', 'any'], ['all_match', 'all'], ['none_match', 'none'],
]);

/** What is written after the name, for an array and for a map. */
export function lambdaShapes(form: LambdaForm): readonly [array: string, map: string] {
  switch (form) {
    case 'transform':
      return ['(array, x -> …)', '(map, (k, v) -> …, (k, v) -> …)'];
    case 'reduce':
      return ['(array, initial, (carried, x) -> …)', '(map, initial, (carried, k, v) -> …)'];
    default:
      return ['(array, x -> …)', '(map, (k, v) -> …)'];
  }
}

const entry = (name: string, aliases: readonly string[], doc: string, examples: ScalarFunction['examples']): ScalarFunction => ({ kind: 'scalar', name, aliases, overloads: [], doc, examples });

export const lambdaFunctions: readonly FunctionDef[] = [
  entry(
    'array_transform',
    ['transform'],
    'The array of what a lambda gives for each element; of a map, with one lambda for the keys and one for the values, both of key and value. A lambda is `x -> e`, `x => e`, `(x, y) -> e` or `|x| e`, and sees the columns of the query.',
    [['array_transform(ARRAY[1, 2, NULL], x -> x * 10)', '{10,20,NULL}'], [`transform(MAP['a', 1], (k, v) -> upper(k), (k, v) -> v + 1)`, '{A=2}'], [`array_transform(ARRAY['a', 'b'], |x| x || x)`, '{aa,bb}']],
  ),
  entry(
    'array_filter',
    ['filter'],
    'The elements of an array for which a lambda is true; the entries of a map, with a lambda of key and value.',
    [['array_filter(ARRAY[1, 2, 3, NULL], x -> x > 1)', '{2,3}'], [`filter(MAP['a', 1, 'b', 2], (k, v) => v > 1)`, '{b=2}']],
  ),
  entry(
    'array_reduce',
    ['reduce'],
    'A value carried through an array: begins as the second argument and becomes what a lambda gives for it and each element, for it and each key and value of a map. NULL for NULL arrays.',
    [['array_reduce(ARRAY[1, 2, 3], 0, (sum, x) -> sum + x)', '6'], [`reduce(MAP['a', 1, 'b', 2], '', (s, k, v) => s || k || v)`, 'a1b2']],
  ),
  entry('any_match', ['array_exists'], 'Whether a lambda is true for any element, or key and value; NULL when it is for none and NULL for some.', [['any_match(ARRAY[1, 2], x -> x > 1)', 't'], ['any_match(ARRAY[1, NULL], x -> x > 1)', null]]),
  entry('all_match', [], 'Whether a lambda is true for all elements, or keys and values; NULL when it is false for none and NULL for some.', [['all_match(ARRAY[1, 2], x -> x > 1)', 'f']]),
  entry('none_match', [], 'Whether a lambda is true for no element, or key and value; NULL when it is so and NULL for some.', [['none_match(ARRAY[1, 2], x -> x > 2)', 't']]),
];

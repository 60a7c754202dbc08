import { SqlError } from '../common/errors.ts';
import { DOUBLE, INT, TEXT } from '../common/types/sql-type.ts';
import { contextual, native } from './build.ts';
import type { EvalContext, FunctionDef } from './define.ts';

/**
 * RAND and RAND_INTEGER with a seed, which give what Java's java.util.Random gives (Flink). With a literal seed each call in a
 * statement runs through a sequence of its own, which begins anew with the statement or the job; any other seed gives the first
 * number of its sequence. The binder tells the two apart and numbers the calls.
 */

const MASK = (1n << 48n) - 1n;
const MULTIPLIER = 0x5deece66dn;

/** Java's linear congruential generator. */
class JavaRandom {
  #seed: bigint;

  constructor(seed: bigint) {
    this.#seed = (seed ^ MULTIPLIER) & MASK;
  }

  /** The top `bits` of the next state, as a signed 32-bit number. */
  #next(bits: number): number {
    this.#seed = (this.#seed * MULTIPLIER + 0xbn) & MASK;
    return Number(BigInt.asIntN(32, this.#seed >> BigInt(48 - bits)));
  }

  double(): number {
    const high = this.#next(26);
    return (high * 0x800_0000 + this.#next(27)) / 2 ** 53;
  }

  int(bound: number): number {
    if ((bound & -bound) === bound) return Number((BigInt(bound) * BigInt(this.#next(31))) >> 31n);
    for (;;) {
      const bits = this.#next(31);
      const value = bits % bound;
      if (bits - value + (bound - 1) <= 0x7fffffff) return value;
    }
  }
}

/** The sequences under way: by the generator of a statement or job, then by call. */
const sequences = new WeakMap<EvalContext['random'], Map<string, JavaRandom>>();

function sequence(cx: EvalContext, seed: number, call: number): JavaRandom {
  let calls = sequences.get(cx.random);
  if (calls === undefined) sequences.set(cx.random, (calls = new Map<string, JavaRandom>()));
  const key = `${call}/${seed}`;
  let random = calls.get(key);
  if (random === undefined) calls.set(key, (random = new JavaRandom(BigInt(seed))));
  return random;
}

function bounded(bound: number): number {
  if (bound <= 0) throw new SqlError('invalid_parameter_value', 'RAND_INTEGER needs a bound above zero');
  return bound;
}

const VOLATILE = { volatility: 'volatile' } as const;

export const randomFunctions: readonly FunctionDef[] = [
  {
    kind: 'scalar', name: 'rand_seeded',
    overloads: [contextual(['int', 'int'], DOUBLE, (cx, seed, call) => sequence(cx, seed, call).double(), VOLATILE)],
    doc: 'RAND(seed) with a literal seed: the next number of the call’s sequence. The second argument numbers the call.', examples: [],
  },
  {
    kind: 'scalar', name: 'rand_integer_seeded',
    overloads: [contextual(['int', 'int', 'int'], INT, (cx, seed, bound, call) => sequence(cx, seed, call).int(bounded(bound)), VOLATILE)],
    doc: 'RAND_INTEGER(seed, bound) with a literal seed.', examples: [],
  },
  {
    kind: 'scalar', name: 'rand_of',
    overloads: [native(['int'], DOUBLE, (seed) => new JavaRandom(BigInt(seed)).double())],
    doc: 'RAND(seed) with a seed that is no literal: the first number of its sequence.', examples: [['rand_of(1)', '0.7308781907032909']],
  },
  {
    kind: 'scalar', name: 'rand_integer_of',
    overloads: [native(['int', 'int'], INT, (seed, bound) => new JavaRandom(BigInt(seed)).int(bounded(bound)))],
    doc: 'RAND_INTEGER(seed, bound) with a seed that is no literal.', examples: [['rand_integer_of(42, 10)', '0'], ['rand_integer_of(1, 16)', '11']],
  },
  {
    kind: 'scalar', name: 'setseed',
    overloads: [contextual(['double'], TEXT, (cx, seed) => {
      if (!(seed >= -1 && seed <= 1)) throw new SqlError('invalid_parameter_value', `setseed parameter ${seed} is out of allowed range [-1,1]`);
      if (cx.session?.seedRandom === undefined) throw new SqlError('feature_not_supported', 'setseed() is not supported in a job', { hint: 'Call it in the session.' });
      cx.session.seedRandom(seed);
      return '';
    }, VOLATILE)],
    doc: 'Seeds the session’s random(): what follows is the same after the same seed. The numbers are not PostgreSQL’s; queries over tables draw from their job’s generator.', examples: [],
  },
];

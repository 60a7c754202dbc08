import type { SqlType } from '../common/types/sql-type.ts';
import { typeFromText } from '../common/types/literal-type.ts';
import { textIn, textOut } from '../common/types/text-codec.ts';
import type { Value } from '../common/types/value.ts';
import { castValue } from './casts.ts';
import type { EvalContext } from './define.ts';
import { builtins } from './registry.ts';
import { resolveScalar } from './resolve.ts';
import { textContext } from './session-text.ts';

/** Helpers of this folder's tests: calls on typed values without a parser or binder. */

export interface Typed {
  readonly value: Value;
  readonly type: SqlType;
}

export const testContext: EvalContext = {
  nowMicros: 1_700_000_000_000_000n,
  procMicros: 1_700_000_000_000_000n,
  timeZone: 'UTC',
  watermark: null,
  random: () => 0.5,
};

/** Resolves, casts the arguments and evaluates. */
export function call(name: string, args: readonly Typed[], cx: EvalContext = testContext): Typed {
  const found = resolveScalar(builtins, name, args.map((a) => a.type));
  const values = args.map((a, i) => castValue(a.value, a.type, found.argTypes[i] ?? a.type, cx));
  const overload = found.def.overloads[found.overload];
  if (overload === undefined) throw new Error(`no overload ${found.overload} of ${name}`);
  if (overload.nulls === 'strict' && values.includes(null)) return { value: null, type: found.returns };
  return { value: overload.eval(values, cx, found.argTypes, found.returns), type: found.returns };
}

/** A value from its text and type name; null is SQL NULL. */
export function typed(text: string | null, typeName: string, cx: EvalContext = testContext): Typed {
  const type = typeFromText(typeName);
  return { value: text === null ? null : textIn(text, type, textContext(cx)), type };
}

export function textOf({ value, type }: Typed, cx: EvalContext = testContext): string | null {
  return value === null ? null : textOut(value, type, textContext(cx));
}

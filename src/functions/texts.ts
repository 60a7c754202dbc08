import { TEXT, type SqlType } from '../common/types/sql-type.ts';
import { textOut, type TextOutput } from '../common/types/text-codec.ts';
import { trimBlanks } from '../common/types/text-length.ts';
import type { Value } from '../common/types/value.ts';
import type { ScalarOverload } from './define.ts';
import { textContext } from './session-text.ts';

/** An `eval` over the texts of arguments of any type; NULL is null. */
export const textsOf =
  (fn: (values: readonly (string | null)[]) => Value): ScalarOverload['eval'] =>
  (values, cx, types) =>
    fn(values.map((v, i) => (v === null ? null : asText(v, types[i] ?? TEXT, textContext(cx)))));

/** As a cast to text: without the blanks that pad char(n). */
function asText(value: Value, type: SqlType, cx: TextOutput): string {
  return type.kind === 'char' ? trimBlanks(value as string) : textOut(value, type, cx);
}

/** As `textsOf`, with the cast to text in place of the text form: a boolean is `true`, not `t`. */
export const castTextsOf = (fn: (values: readonly (string | null)[]) => Value): ScalarOverload['eval'] => {
  const call = textsOf(fn);
  return (values, cx, types, returns) =>
    values.some((_, i) => types[i]?.kind === 'boolean')
      ? call(values.map((v, i) => (v !== null && types[i]?.kind === 'boolean' ? String(v) : v)), cx, types.map((t) => (t.kind === 'boolean' ? TEXT : t)), returns)
      : call(values, cx, types, returns);
};

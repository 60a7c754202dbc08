import type { Schema } from '../common/batch/batch.ts';
import { TEXT, type SqlType } from '../common/types/sql-type.ts';
import type { Value } from '../common/types/value.ts';
import { buildMap } from '../functions/maps.ts';
import type { Expr, LambdaCall } from './expr.ts';

/** What functions over elements mean; generated code must agree. */

/** Types of a body's parameters: an element, or a key and a value; before them what is carried. */
export function parameterTypes(form: LambdaCall['form'], over: SqlType, carried: SqlType): readonly SqlType[] {
  const each = over.kind === 'map' ? [over.key, over.value] : [over.kind === 'array' ? over.element : TEXT];
  return form === 'reduce' ? [carried, ...each] : each;
}

/** The row that a body is over, for its checks and its text. */
export function bodyRow(e: LambdaCall, body: LambdaCall['bodies'][number], name: (captured: Expr, at: number) => string): Schema {
  const [over, initial] = e.args.map((a) => ('type' in a ? a.type : ({ kind: 'boolean' } as const)));
  const types = parameterTypes(e.form, over ?? TEXT, initial ?? TEXT);
  return [
    ...types.map((type, i) => ({ name: body.params[i] ?? '', type, nullable: true })),
    ...e.captured.map((c, i) => ({ name: name(c, i), type: 'type' in c ? c.type : ({ kind: 'boolean' } as const), nullable: true })),
  ];
}

/**
 * The call's value for arguments that are not NULL.
 * @param apply the value of a body for its parameters.
 * Errors: those of the bodies; null_value_not_allowed for a map's key.
 */
export function overElements(e: LambdaCall, list: readonly Value[], initial: Value, apply: (body: number, params: readonly Value[]) => Value): Value {
  const isMap = 'type' in (e.args[0] as Expr) && (e.args[0] as Expr & { type: SqlType }).type.kind === 'map';
  const params = (item: Value): readonly Value[] => (isMap ? (item as Value[]) : [item]);
  switch (e.form) {
    case 'transform':
      if (isMap) return buildMap(list.map((item): [Value, Value] => [apply(0, params(item)), apply(1, params(item))]), e.type.kind === 'map' ? e.type.key : TEXT);
      return list.map((item) => apply(0, params(item)));
    case 'filter':
      return list.filter((item) => apply(0, params(item)) === true) as Value;
    case 'reduce': {
      let carried = initial;
      for (const item of list) carried = apply(0, [carried, ...params(item)]);
      return carried;
    }
    case 'any':
    case 'all':
    case 'none': {
      const stop = e.form !== 'all';
      let unknown = false;
      for (const item of list) {
        const v = apply(0, params(item));
        if (v === stop) return e.form === 'any';
        if (v === null) unknown = true;
      }
      return unknown ? null : e.form !== 'any';
    }
  }
}

import type { SqlType } from '../../common/types/sql-type.ts';
import type { Value } from '../../common/types/value.ts';
import type { AggregateOverload } from '../../functions/define.ts';
import { rowKeyOf } from '../../planner/row-key.ts';

interface Distinct {
  state: unknown;
  /** Of the values counted in, how often each is there. */
  readonly times: Map<string, number>;
}

const COUNTED: ReadonlySet<string> = new Set(['smallint', 'int', 'bigint']);

/**
 * An aggregate that takes equal values once. Rows are let go of one by one only where the result does not hang on the order in which
 * values came: a value that stays may have come first with the row that goes.
 */
export function distinctOverload(name: string, of: AggregateOverload, argTypes: readonly SqlType[]): AggregateOverload {
  const keyOf = rowKeyOf(argTypes);
  const { retract } = of;
  const orderless = name === 'count' || ((name === 'sum' || name === 'avg') && argTypes.every((t) => COUNTED.has(t.kind)));
  return {
    ...of,
    init: (): Distinct => ({ state: of.init(), times: new Map() }),
    insert: (given, values, types) => {
      const own = given as Distinct;
      const key = keyOf(values);
      const times = own.times.get(key) ?? 0;
      own.times.set(key, times + 1);
      if (times === 0) own.state = of.insert(own.state, values, types);
      return own;
    },
    retract: retract === null || !orderless ? null : (given, values: readonly Value[], types) => {
      const own = given as Distinct;
      const key = keyOf(values);
      const times = own.times.get(key) ?? 0;
      if (times > 1) own.times.set(key, times - 1);
      else {
        own.times.delete(key);
        own.state = retract(own.state, values, types);
      }
      return own;
    },
    result: (given, returns, types) => of.result((given as Distinct).state, returns, types),
  };
}

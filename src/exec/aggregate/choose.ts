import { InternalError } from '../../common/errors.ts';
import type { AggregateOverload } from '../../functions/define.ts';
import { builtins } from '../../functions/registry.ts';
import type { PhysicalAggregateCall } from '../../planner/physical.ts';
import { isExactInteger } from '../../planner/physical/partial.ts';
import type { Accumulator } from './accumulator.ts';
import { boxedAccumulator } from './boxed.ts';
import { doubleSumAccumulator } from './double-sum.ts';
import { extremeAccumulator } from './extreme.ts';
import { routineInstance } from '../../functions/user/javascript.ts';
import { boolAccumulator, countAccumulator, sumAccumulator } from './kernels.ts';
import { userAccumulator } from './user.ts';

type CallShape = Pick<PhysicalAggregateCall, 'name' | 'overload' | 'argTypes' | 'type'>;

export function aggregateOverload(call: Pick<PhysicalAggregateCall, 'name' | 'overload'>): AggregateOverload {
  const def = builtins.find(call.name);
  const found = def?.kind === 'aggregate' ? def.overloads[call.overload] : undefined;
  if (found === undefined) throw new InternalError(`no overload ${call.overload} of aggregate "${call.name}"`);
  return found;
}

/** The accumulator of a call, not counting DISTINCT, ORDER BY and retracted extremes. */
export function accumulatorFor(call: CallShape): Accumulator {
  const overload = aggregateOverload(call);
  const arg = call.argTypes[0];
  switch (overload.kernel) {
    case 'count':
      return countAccumulator;
    case 'sum':
    case 'avg':
      if (arg !== undefined && isExactInteger(arg)) return sumAccumulator(overload.kernel, arg, call.type);
      if (arg?.kind === 'double' || arg?.kind === 'real') return doubleSumAccumulator(overload, arg.kind === 'real');
      break;
    case 'min':
    case 'max':
      if (arg !== undefined) return extremeAccumulator(overload.kernel, arg);
      break;
    case 'bool_and':
    case 'bool_or':
      return boolAccumulator(overload.kernel);
    case undefined:
      break;
  }
  const user = routineInstance(call.name);
  return user === undefined ? boxedAccumulator(overload, call.argTypes, call.type) : userAccumulator(user, overload, call.argTypes, call.type);
}

import type { Field } from '../../common/batch/batch.ts';
import { BYTEA, DOUBLE, physicalOf, type SqlType } from '../../common/types/sql-type.ts';
import { builtins } from '../../functions/registry.ts';
import { functionTitle } from '../../functions/user/routine.ts';
import type { PhysicalAggregateCall } from '../physical.ts';

/**
 * The columns that a call's partial aggregate sends to the final one, or null when the call has to be computed in one
 * phase (DISTINCT, ORDER BY, no partial state). Only inputs that never retract may be aggregated in two phases: partial
 * rows do not say when a group has lost its last row.
 */
export function partialFields(call: PhysicalAggregateCall): Field[] | null {
  if (call.distinct || call.orderBy.length > 0) return null;
  return partialTypes(call)?.map((type, i) => ({ name: `${functionTitle(call.name)}_partial${i}`, type, nullable: true })) ?? null;
}

/** Integers and DECIMAL(p <= 18): summed exactly in two halves and a count. */
export const isExactInteger = (type: SqlType): boolean =>
  type.kind === 'tinyint' || type.kind === 'smallint' || type.kind === 'int' || type.kind === 'bigint' || (type.kind === 'decimal' && physicalOf(type) === 'i64');

function partialTypes(call: PhysicalAggregateCall): SqlType[] | null {
  const def = builtins.find(call.name);
  const overload = def?.kind === 'aggregate' ? def.overloads[call.overload] : undefined;
  const arg = call.argTypes[0];
  switch (overload?.kernel) {
    case 'count':
      return [DOUBLE];
    case 'sum':
    case 'avg':
      if (arg !== undefined && isExactInteger(arg)) return [DOUBLE, DOUBLE, DOUBLE];
      break;
    case 'min':
    case 'max':
      if (arg !== undefined) return [arg];
      break;
    case 'bool_and':
    case 'bool_or':
      return [DOUBLE, DOUBLE];
    case undefined:
      break;
  }
  return overload === undefined || overload.merge === null ? null : [BYTEA];
}

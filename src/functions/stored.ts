import { storedWithin } from '../common/types/lengths.ts';
import { scalar, typeOfArgument } from './build.ts';
import type { FunctionDef } from './define.ts';

/** What the binder puts between values and the columns they are stored in; the call's type is the column's. */
export const storedFunctions: readonly FunctionDef[] = [
  scalar(
    'assign_elements',
    [{ args: ['any'], returns: typeOfArgument(0), volatility: 'immutable', nulls: 'strict', eval: ([v = null], _cx, _types, returns) => storedWithin(v, returns) }],
    'What storing into a column of an array, a map or a row with texts or bytes of limited length does: an error when one is too long.',
    [],
  ),
  scalar(
    'assign_unchecked',
    [{ args: ['any'], returns: typeOfArgument(0), volatility: 'immutable', nulls: 'strict', eval: ([v = null]) => v, emit: ([v]) => v?.code ?? 'null' }],
    'What storing into a sink’s column does under table.exec.sink.type-length-enforcer = IGNORE: nothing.',
    [],
  ),
];

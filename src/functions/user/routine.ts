import type { SqlType } from '../../common/types/sql-type.ts';
import type { Volatility } from '../define.ts';

/**
 * A user's function in JavaScript, as plans carry it. A call names it by its *key*, text that holds the whole definition: any
 * thread can make the function of it, a plan means the same after a restart, and another body is another name for states.
 */
export interface UserRoutine {
  readonly kind: 'scalar' | 'table' | 'aggregate';
  readonly name: string;
  readonly params: readonly { readonly name: string | null; readonly type: SqlType }[];
  /** The result, or the columns of a table. */
  readonly returns: readonly { readonly name: string; readonly type: SqlType }[];
  /** JavaScript, types stripped: statements, or a module that exports functions. */
  readonly source: string;
  /** NULL where an argument is; an aggregate leaves such rows out. */
  readonly strict: boolean;
  readonly volatility: Volatility;
  readonly memoryBytes: number;
  readonly steps: number;
}

const PREFIX = 'user {';

export const routineKey = (routine: UserRoutine): string => `user ${JSON.stringify(routine)}`;

const known = new Map<string, UserRoutine>();
/** Keys come and go with statements: the parsed ones are not kept for ever. */
const KNOWN_MAX = 1000;

/** The routine of a key; undefined for the name of a built-in function. */
export function routineOf(key: string): UserRoutine | undefined {
  if (!key.startsWith(PREFIX)) return undefined;
  let found = known.get(key);
  if (found === undefined) {
    if (known.size >= KNOWN_MAX) known.clear();
    // Only `routineKey` writes such names.
    found = JSON.parse(key.slice(PREFIX.length - 1)) as UserRoutine;
    known.set(key, found);
  }
  return found;
}

/** What people call the function that a plan names so. */
export const functionTitle = (name: string): string => routineOf(name)?.name ?? name;

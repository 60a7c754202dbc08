import type { CreateFlags } from '../ast-objects.ts';

/** What was said between CREATE and the kind of object. */
export interface CreateHead {
  readonly start: number;
  readonly orReplace: boolean;
  readonly orAlter: boolean;
  /** `REPLACE TABLE` without CREATE. */
  readonly mustExist: boolean;
  readonly temporary: boolean;
  readonly system: boolean;
  readonly unique: boolean;
}

/** Nothing said; stands in while the grammar is recorded. */
export const PLAIN_HEAD: CreateHead = { start: 0, orReplace: false, orAlter: false, mustExist: false, temporary: false, system: false, unique: false };

/** What of it the statement keeps, whatever its kind. */
export function flags({ temporary, system, orReplace }: CreateHead, ifNotExists: boolean): CreateFlags {
  return { temporary, system, orReplace, ifNotExists };
}

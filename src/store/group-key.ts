import type { JobId } from '../common/ids.ts';

/** One key group of one state table of one job: the unit of checkpoints. */
export interface GroupKey {
  readonly job: JobId;
  readonly stateId: string;
  readonly keyGroup: number;
}

/** Unique for the three: the numbers have no slash, so what is left is the state's id. */
export function groupKey(job: JobId, stateId: string, keyGroup: number): string {
  return `${job}/${keyGroup}/${stateId}`;
}

import type { JobStatus } from './api.ts';
import type { Job } from './job.ts';

const shown = (job: Job): JobStatus['state'] => (job.state === 'running' && job.paused ? 'paused' : job.state === 'finished' && !job.committed ? 'running' : job.state);

/** As of the job's last barrier. */
export function statusOf(job: Job): JobStatus {
  const sum = (of: (ack: NonNullable<Job['acks'][number]>) => number): number => job.acks.reduce((total, ack) => total + (ack === null ? 0 : of(ack)), 0);
  return {
    id: job.spec.id, name: job.spec.name, state: shown(job), error: job.error?.message ?? null, domain: job.domain?.id ?? 0,
    rowsIn: sum((a) => a.rowsIn), rowsOut: sum((a) => a.rowsOut), rowsLate: sum((a) => a.rowsLate), rowsBad: sum((a) => a.rowsBad),
    stateEntries: sum((a) => a.stateEntries), stateBytes: sum((a) => a.stateBytes), splits: job.acks.flatMap((a) => a?.splits ?? []),
  };
}

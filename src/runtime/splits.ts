import type { Clock } from '../common/clock.ts';
import type { Split, SplitEnumerator } from '../connectors/api.ts';
import { connectorNamed } from '../connectors/registry.ts';
import type { PhysicalSource } from '../planner/physical.ts';
import { savedSplits, type Job } from './job.ts';

export interface SplitOptions {
  readonly parallelism: number;
  readonly clock: Clock;
  readonly workDir: string;
  readonly log: (level: 'info' | 'warn' | 'error', message: string) => void;
  readonly found: (job: Job, source: PhysicalSource, splits: readonly Split[]) => void;
  readonly failed: (job: Job, error: Error) => void;
}

/** Generators number their splits `i/n`: these stay as they were first made, or rows would come twice. */
const isGenerated = (id: string): boolean => /^\d+\/\d+$/.test(id);

/** The splits of a job's source: those of the checkpoint where they stopped, and what has come since from its start. */
export async function findSplits(job: Job, source: PhysicalSource, options: SplitOptions): Promise<{ readonly splits: readonly Split[]; readonly enumerator: SplitEnumerator }> {
  const { source: descriptor } = connectorNamed(source.spec.connector);
  if (descriptor === undefined) throw new Error(`connector "${source.spec.connector}" cannot be read`);
  const enumerator = descriptor.enumerator(source.spec, {
    clock: options.clock, seed: job.spec.seed, workDir: options.workDir, log: options.log, fail: (error) => options.failed(job, error),
  });
  try {
    const saved = savedSplits(job.progress, source.props.stateId);
    if (saved.length > 0 && saved.every((s) => isGenerated(s.id))) {
      return { enumerator, splits: saved.map((s) => ({ id: s.id, position: s.position, bounded: source.props.bounded })) };
    }
    const restored = saved.map((s): Split => ({ id: s.id, position: s.position, bounded: source.props.bounded }));
    const discovered = await enumerator.discover(source.spec.limit === undefined ? options.parallelism : 1, restored);
    const known = new Map(discovered.map((s) => [s.id, s]));
    const splits = [
      ...saved.map((s): Split => ({ id: s.id, position: s.position, bounded: known.get(s.id)?.bounded ?? source.props.bounded })),
      ...discovered.filter((s) => !saved.some((p) => p.id === s.id)),
    ];
    return { enumerator, splits };
  } catch (error) {
    await enumerator.close();
    throw error;
  }
}

/** Splits are dealt by their place. */
export const dealt = (splits: readonly Split[], worker: number, parallelism: number): readonly Split[] => splits.filter((_, i) => i % parallelism === worker);

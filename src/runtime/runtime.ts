import { tuneHeap } from '../common/tune-heap.ts';
import type { RuntimeOptions, RuntimeRecords, Runtime } from './api.ts';
import { Coordinator } from './coordinator.ts';

/** A runtime with its error and late-row records. `start` opens the workers. */
export function createRuntime(options: RuntimeOptions): Runtime & { readonly records: RuntimeRecords } {
  tuneHeap();
  return new Coordinator(options);
}

import v8 from 'node:v8';

/** V8 14 has the flags; an older one would complain about them on stderr. */
const V8_MAJOR_MIN = 14;
let done = false;

/**
 * Lets buffers outside the JavaScript heap count towards its limit as a whole. By default V8 collects garbage after every
 * few tens of MB of them, however large the heap: batches, file chunks and network buffers are all of that kind, and
 * reading JSON out of Kafka spent more than a third of its CPU on it. Call once, before worker threads start.
 */
export function tuneHeap(): void {
  if (done || Number(process.versions.v8.split('.')[0]) < V8_MAJOR_MIN) return;
  done = true;
  v8.setFlagsFromString('--external-memory-accounted-in-global-limit');
  v8.setFlagsFromString('--external-memory-max-growing-factor=2');
}

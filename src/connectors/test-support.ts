import { rowsFromBatch } from '../common/batch/builder.ts';
import type { Schema } from '../common/batch/batch.ts';
import { systemClock, type Clock } from '../common/clock.ts';
import type { Value } from '../common/types/value.ts';
import type { BadRecord, ConnectorContext, Options, SourceReader, SourceSpec } from './api.ts';
import { resolveOptions } from './registry.ts';

/** Helpers for tests of connectors. */

/** A clock that moves only when told; timers fire while it moves. */
export class ManualClock implements Clock {
  micros = 1_700_000_000_000_000n;
  #ms = 0;
  #timers: { at: number; fn: () => void }[] = [];

  nowMicros(): bigint {
    return this.micros;
  }
  monotonicMs(): number {
    return this.#ms;
  }
  setTimer(delayMs: number, fn: () => void): () => void {
    const timer = { at: this.#ms + delayMs, fn };
    this.#timers.push(timer);
    return () => void (this.#timers = this.#timers.filter((t) => t !== timer));
  }
  advance(ms: number): void {
    this.#ms += ms;
    this.micros += BigInt(ms) * 1000n;
    const due = this.#timers.filter((t) => t.at <= this.#ms);
    this.#timers = this.#timers.filter((t) => t.at > this.#ms);
    for (const t of due) t.fn();
  }
}

export function testContext(over: Partial<ConnectorContext> = {}): ConnectorContext {
  return {
    clock: systemClock,
    seed: 7,
    workDir: '/tmp',
    log: () => undefined,
    fail: (e) => {
      throw e;
    },
    ...over,
  };
}

/** A checked source spec that reads all physical columns unless told otherwise. */
export function sourceSpec(given: Options, physical: Schema, over: Partial<SourceSpec> = {}): SourceSpec {
  const { connector, options } = resolveOptions(given);
  connector.validate?.(options, physical, 'source');
  return { connector: connector.name, options, physical, projection: physical.map((_, i) => i), metadata: [], ...over };
}

export const outputSchema = (spec: SourceSpec): Schema => [
  ...spec.projection.map((p) => spec.physical[p] as Schema[number]),
  ...spec.metadata.map((m) => ({ name: m.key, type: m.type, nullable: true })),
];

export interface ReadRow {
  readonly splitId: string;
  readonly row: readonly Value[];
}

/** Polls until the source ends or `limit` rows have come. */
export async function readAll(spec: SourceSpec, reader: SourceReader, limit: number = Infinity, maxRows = 100): Promise<{ rows: ReadRow[]; bad: BadRecord[] }> {
  const rows: ReadRow[] = [];
  const bad: BadRecord[] = [];
  const schema = outputSchema(spec);
  for (;;) {
    const got = reader.poll(maxRows);
    if (got === 'ended') break;
    if (got === 'idle') await new Promise<void>((wake) => reader.onReady(wake));
    else {
      for (const row of rowsFromBatch(schema, got.batch)) rows.push({ splitId: got.splitId, row });
      bad.push(...got.bad);
    }
    if (rows.length + bad.length >= limit) break;
  }
  return { rows, bad };
}

/** The source of `given` from its beginning, with its splits. */
export async function openSource(spec: SourceSpec, context: ConnectorContext, parallelism = 1): Promise<SourceReader> {
  const { connector } = resolveOptions({ connector: spec.connector, ...spec.options });
  const source = connector.source;
  if (source === undefined) throw new Error('no source');
  const enumerator = source.enumerator(spec, context);
  const splits = await enumerator.discover(parallelism);
  await enumerator.close();
  return source.reader(spec, splits, context);
}

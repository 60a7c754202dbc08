import type { Batch, Schema } from '../common/batch/batch.ts';
import { batchFromRows, rowsFromBatch } from '../common/batch/builder.ts';
import { afterIo } from '../common/event-loop.ts';
import type { Row } from '../common/types/value.ts';
import type { QueryHandle } from '../runtime/api.ts';
import { PAUSE, type Sliced } from '../planner/naive.ts';
import { checkAborted } from './abort.ts';
import type { RowSource } from './api.ts';

const BATCH_ROWS = 1024;

/** Rows at hand as a source; an iterable is drained as it is asked for. */
export function rowsOf(schema: Schema, rows: Iterable<Row>): RowSource {
  const iterator = rows[Symbol.iterator]();
  let done = false;
  return {
    // eslint-disable-next-line @typescript-eslint/require-await
    async next() {
      if (done) return null;
      const part: Row[] = [];
      while (part.length < BATCH_ROWS) {
        const step = iterator.next();
        if (step.done === true) {
          done = true;
          break;
        }
        part.push(step.value);
      }
      return part.length === 0 ? null : batchFromRows(schema, part);
    },
    async close() {
      done = true;
      iterator.return?.();
      await Promise.resolve();
    },
  };
}

/** A snapshot's rows. */
export function handleRows(handle: QueryHandle): RowSource {
  return {
    async next() {
      for (let chunk = await handle.next(); chunk !== null; chunk = await handle.next()) {
        if (chunk.kind === 'rows' && chunk.batch.rowCount > 0) return chunk.batch;
      }
      return null;
    },
    close: () => handle.close(),
  };
}

/**
 * Rows of the evaluator as a source. At each pause the event loop has its turn, so that other sessions go on and the signal
 * comes through. Errors: the signal's.
 */
export function slicedRows(schema: Schema, rows: Sliced, signal: AbortSignal): RowSource {
  const iterator = rows[Symbol.iterator]();
  let done = false;
  const end = (): void => {
    done = true;
    iterator.return?.();
  };
  return {
    async next() {
      const part: Row[] = [];
      while (!done && part.length < BATCH_ROWS) {
        const step = iterator.next();
        if (step.done === true) done = true;
        else if (step.value !== PAUSE) part.push(step.value);
        else {
          await new Promise<void>(afterIo);
          if (signal.aborted) end();
          checkAborted(signal);
        }
      }
      return part.length === 0 ? null : batchFromRows(schema, part);
    },
    async close() {
      end();
      await Promise.resolve();
    },
  };
}

/** All rows of a source, which is closed. */
export async function drain(schema: Schema, source: RowSource): Promise<Row[]> {
  const out: Row[] = [];
  try {
    for (let batch = await source.next(); batch !== null; batch = await source.next()) for (const row of rowsFromBatch(schema, batch)) out.push(row);
  } finally {
    await source.close();
  }
  return out;
}

/** Calls `done` once, at the end, at an error or when closed. */
export function whenOver(source: RowSource, done: (error: unknown) => void): RowSource {
  let over = false;
  const end = (error: unknown): void => {
    if (over) return;
    over = true;
    done(error);
  };
  return {
    async next(): Promise<Batch | null> {
      try {
        const batch = await source.next();
        if (batch === null) end(undefined);
        return batch;
      } catch (error) {
        end(error);
        throw error;
      }
    },
    async close() {
      try {
        await source.close();
      } finally {
        end(undefined);
      }
    },
  };
}

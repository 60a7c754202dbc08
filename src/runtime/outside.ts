import type { Batch } from '../common/batch/batch.ts';
import { InternalError, SqlError } from '../common/errors.ts';
import type { ConnectorContext, LookupSpec } from '../connectors/api.ts';
import { connectorNamed } from '../connectors/registry.ts';
import type { Outside } from '../exec/operator.ts';

/** The way of a job's operators to connectors. */
export function outsideOf(context: ConnectorContext, wake: () => void): Outside {
  return {
    clock: context.clock,
    wake,
    fail: context.fail,
    lookup: (spec) => {
      const { lookup } = connectorNamed(spec.connector);
      if (lookup === undefined) throw new InternalError(`connector "${spec.connector}" finds no rows by key`);
      return lookup.reader(spec, context);
    },
    readAll: (spec, signal) => readAll(spec, signal, context),
  };
}

/** All rows of a source that ends. Errors: those of the source, and of a record that cannot be read. */
async function readAll(spec: LookupSpec, signal: AbortSignal, context: ConnectorContext): Promise<readonly Batch[]> {
  const { source } = connectorNamed(spec.connector);
  if (source === undefined) throw new InternalError(`connector "${spec.connector}" cannot be read`);
  let failure: Error | null = null;
  let wake: () => void = () => {};
  const own: ConnectorContext = {
    ...context,
    fail: (error) => {
      failure ??= error;
      wake();
    },
  };
  const enumerator = source.enumerator(spec, own);
  try {
    const reader = source.reader(spec, await enumerator.discover(1), own);
    try {
      const out: Batch[] = [];
      for (;;) {
        signal.throwIfAborted();
        if (failure !== null) throw failure as Error;
        const got = reader.poll(4096);
        if (got === 'ended') return out;
        if (got === 'idle') {
          await new Promise<void>((resolve) => {
            wake = resolve;
            signal.addEventListener('abort', () => resolve(), { once: true });
            reader.onReady(resolve);
          });
          continue;
        }
        const [bad] = got.bad;
        if (bad !== undefined) throw new SqlError('invalid_text_representation', `a record to be looked up cannot be read: ${bad.reason}`, { detail: `Split ${bad.splitId}, offset ${bad.offset}.` });
        out.push(got.batch);
      }
    } finally {
      await reader.close();
    }
  } finally {
    await enumerator.close();
  }
}

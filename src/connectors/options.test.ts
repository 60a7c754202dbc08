import { describe, expect, it } from 'vitest';
import { SqlError } from '../common/errors.ts';
import { parseDurationMs, parseMemoryBytes } from './options.ts';
import { maskedOptions, resolveOptions, schemaFromOptions } from './registry.ts';

const failure = (fn: () => unknown): SqlError => {
  try {
    fn();
  } catch (e) {
    if (e instanceof SqlError) return e;
    throw e;
  }
  throw new Error('no error');
};

describe('options', () => {
  it('reads Flink durations and sizes', () => {
    expect(['5 s', '1 min', '100 ms', '7', '2h', '1 day', 'x', '5 parsecs'].map(parseDurationMs)).toEqual([5000, 60_000, 100, 7, 7_200_000, 86_400_000, null, null]);
    expect(['128MB', '64 kb', '1g', '12', '-1'].map(parseMemoryBytes)).toEqual([134217728, 65536, 2 ** 30, 12, null]);
  });

  it('fills in defaults', () => {
    expect(resolveOptions({ connector: 'datagen' }).options).toEqual({ connector: 'datagen', 'rows-per-second': '10000' });
  });

  it('names the nearest option, connector and format', () => {
    const e = failure(() => resolveOptions({ connector: 'datagen', 'rows-per-secnd': '5' }));
    expect([e.condition, e.message, e.hint]).toEqual(['invalid_parameter_value', 'unknown option "rows-per-secnd" for connector "datagen"', 'Perhaps you meant "rows-per-second".']);
    expect(failure(() => resolveOptions({ connector: 'datgen' })).hint).toBe('Perhaps you meant "datagen".');
    expect(failure(() => resolveOptions({})).message).toBe('option "connector" is required');
    expect(failure(() => resolveOptions({ connector: 'print', 'standard-error': 'yes' })).hint).toBe('The option takes true or false.');
  });

  it('gives the schema a connector dictates', () => {
    expect(schemaFromOptions({ connector: 'nexmark', 'nexmark.table': 'bid' })?.map((f) => f.name)).toEqual(['auction', 'bidder', 'price', 'channel', 'url', 'dateTime', 'extra']);
    expect(schemaFromOptions({ connector: 'nexmark' })?.[0]?.name).toBe('event_type');
    expect(schemaFromOptions({ connector: 'print' })).toBeUndefined();
  });

  it('masks secrets', () => {
    expect(maskedOptions({ connector: 'print', 'some.password': 'x', 'print-identifier': 'a' })).toEqual({ connector: 'print', 'some.password': '******', 'print-identifier': 'a' });
  });
});

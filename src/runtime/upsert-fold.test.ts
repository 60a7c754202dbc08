import { expect, it } from 'vitest';
import { DELETE, INSERT, UPDATE_AFTER, UPDATE_BEFORE } from '../common/batch/batch.ts';
import { batchFromRows, rowsFromBatch } from '../common/batch/builder.ts';
import { INT, TEXT, type SqlType } from '../common/types/sql-type.ts';
import type { Row } from '../common/types/value.ts';
import { UpsertFold } from './upsert-fold.ts';

const types: SqlType[] = [INT, TEXT];
const net = (...changes: readonly (readonly [number, Row])[]): string[] => {
  const fold = new UpsertFold(types, [0]);
  for (const [op, row] of changes) fold.add(batchFromRows(types, [row], Uint8Array.of(op)));
  const batch = fold.take();
  expect(fold.take()).toBe(null);
  return batch === null ? [] : rowsFromBatch(types, batch).map((row, i) => `${batch.ops?.[i] ?? INSERT} ${row.join('|')}`);
};

it('is the net change per key, in whatever order its parts come', () => {
  expect(net([INSERT, [1, 'new']], [DELETE, [1, 'old']])).toEqual([`${UPDATE_AFTER} 1|new`]);
  expect(net([DELETE, [1, 'old']], [INSERT, [1, 'new']])).toEqual([`${UPDATE_AFTER} 1|new`]);
  expect(net([UPDATE_BEFORE, [1, 'b']], [UPDATE_AFTER, [1, 'c']], [UPDATE_BEFORE, [1, 'a']], [UPDATE_AFTER, [1, 'b']])).toEqual([`${UPDATE_AFTER} 1|c`]);
  expect(net([INSERT, [1, 'x']], [DELETE, [1, 'x']])).toEqual([]);
  expect(net([DELETE, [1, 'x']], [INSERT, [1, 'x']])).toEqual([]);
  expect(net([DELETE, [1, 'x']], [INSERT, [2, 'y']])).toEqual([`${DELETE} 1|x`, `${INSERT} 2|y`]);
});

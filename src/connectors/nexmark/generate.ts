import { readValue } from '../../common/batch/builder.ts';
import type { Batch, Schema } from '../../common/batch/batch.ts';
import type { Column } from '../../common/batch/column.ts';
import { assert } from '../../common/errors.ts';
import type { Value } from '../../common/types/value.ts';
import type { RowGenerator } from '../generator.ts';
import { AUCTION_KERNELS, BID_KERNELS, PERSON_KERNELS, type Events, type Kernel, type NexmarkConfig } from './kernels.ts';
import { AUCTION_SCHEMA, BID_SCHEMA, PERSON_SCHEMA, type NexmarkTable } from './schema.ts';

export const KERNELS: Readonly<Record<NexmarkTable, Readonly<Record<string, Kernel>>>> = {
  person: PERSON_KERNELS,
  auction: AUCTION_KERNELS,
  bid: BID_KERNELS,
};

/** How many of one round's events are of a kind, and the first one's offset in the round. */
export function kindRange(c: NexmarkConfig, table: NexmarkTable): { readonly per: number; readonly start: number } {
  switch (table) {
    case 'person':
      return { per: c.person, start: 0 };
    case 'auction':
      return { per: c.auction, start: c.person };
    case 'bid':
      return { per: c.bid, start: c.person + c.auction };
  }
}

/** How many events of a kind are among the first `events`. */
export function countOf(c: NexmarkConfig, table: NexmarkTable, events: number): number {
  if (events === Infinity) return Infinity;
  const { per, start } = kindRange(c, table);
  const rounds = Math.floor(events / c.total);
  return rounds * per + Math.min(per, Math.max(0, events - rounds * c.total - start));
}

/** One kind as a flat table: row j is the j-th event of the kind; only projected columns are made. */
export function flatGenerator(c: NexmarkConfig, table: NexmarkTable, names: readonly string[]): RowGenerator {
  const { per, start } = kindRange(c, table);
  const kernels = names.map((n) => {
    const k = KERNELS[table][n];
    assert(k !== undefined, `no Nexmark column ${n}`);
    return k;
  });
  let epoch = new Float64Array(0);
  let offset = new Int32Array(0);
  return {
    generate(first, step, count, baseMs): Batch {
      // Scratch of this generator only: kernels do not keep it.
      if (epoch.length < count) {
        epoch = new Float64Array(count);
        offset = new Int32Array(count);
      }
      let round = Math.floor(first / per);
      let rest = first - round * per;
      for (let i = 0; i < count; i++) {
        epoch[i] = round;
        offset[i] = start + rest;
        rest += step;
        while (rest >= per) {
          rest -= per;
          round++;
        }
      }
      const events: Events = { count, epoch, offset, baseMs };
      return { rowCount: count, ops: null, columns: kernels.map((k) => k(c, events)) };
    },
  };
}

const SCHEMAS: readonly [NexmarkTable, Schema][] = [['person', PERSON_SCHEMA], ['auction', AUCTION_SCHEMA], ['bid', BID_SCHEMA]];

/** The benchmark's one table with a nested row per kind: boxed values, so much slower than the flat tables. */
export function eventGenerator(c: NexmarkConfig, projection: readonly number[]): RowGenerator {
  return {
    generate(first, step, count, baseMs): Batch {
      const epoch = new Float64Array(count);
      const offset = new Int32Array(count);
      const types = new Int32Array(count);
      for (let i = 0; i < count; i++) {
        const n = first + i * step;
        const round = Math.floor(n / c.total);
        const rest = n - round * c.total;
        epoch[i] = round;
        offset[i] = rest;
        types[i] = rest < c.person ? 0 : rest < c.person + c.auction ? 1 : 2;
      }
      const events: Events = { count, epoch, offset, baseMs };
      const columns = projection.map((p): Column => {
        if (p === 0) return { physical: 'i32', values: types, nulls: null };
        const kind = SCHEMAS[p - 1];
        assert(kind !== undefined, 'no such Nexmark column');
        return boxedRows(c, events, types, p - 1, kind[0], kind[1]);
      });
      return { rowCount: count, ops: null, columns };
    },
  };
}

function boxedRows(c: NexmarkConfig, all: Events, types: Int32Array, code: number, table: NexmarkTable, schema: Schema): Column {
  const rows: number[] = [];
  for (let i = 0; i < all.count; i++) if (types[i] === code) rows.push(i);
  const events: Events = {
    count: rows.length,
    epoch: Float64Array.from(rows, (r) => all.epoch[r] as number),
    offset: Int32Array.from(rows, (r) => all.offset[r] as number),
    baseMs: all.baseMs,
  };
  const columns = schema.map((f) => (KERNELS[table][f.name] as Kernel)(c, events));
  const values: Value[] = new Array<Value>(all.count).fill(null);
  const nulls = new Uint8Array(all.count).fill(1);
  rows.forEach((r, k) => {
    values[r] = schema.map((f, j) => readValue(f.type, columns[j] as Column, k));
    nulls[r] = 0;
  });
  return { physical: 'boxed', values, nulls };
}

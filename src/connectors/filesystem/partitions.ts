import type { Batch, Schema } from '../../common/batch/batch.ts';
import { readValue } from '../../common/batch/builder.ts';
import type { Column } from '../../common/batch/column.ts';
import { textOut } from '../../common/types/text-codec.ts';
import { timestampFromText } from '../../common/types/datetime-parse.ts';
import { fromLocal } from '../../common/types/time-zone.ts';
import { SqlError } from '../../common/errors.ts';
import type { Options } from '../api.ts';
import { read } from '../options.ts';

/** Partitions as folders, `dt=2024-01-01/hm=10%3A30`: names and values as Hive and Flink write them. */

/** Characters that cannot stand in a folder's name everywhere. */
// oxlint-disable-next-line no-control-regex
const SPECIAL = /[\u0001-\u001f"#%'*/:=?\\{[\]^\u007f]/g;

const escape = (text: string): string => text.replaceAll(SPECIAL, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);
const unescape = (text: string): string => text.replaceAll(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));

const folderName = (column: string, text: string, nullName: string): string => `${escape(column)}=${text === '' ? nullName : escape(text)}`;

/** The folders of a partition as they are written, relative to the table's. @param values by column, as `partitionValues` gives them. */
export const partitionName = (columns: readonly string[], values: readonly (string | null)[], nullName: string): string =>
  columns.map((c, i) => folderName(c, values[i] ?? '', nullName)).join('/');

export const defaultName = (o: Options): string => o['partition.default-name'] ?? '__DEFAULT_PARTITION__';

/** The folder of each row, relative to the table's; rows that follow one another in a partition share one string. */
export class PartitionPaths {
  readonly #schema: Schema;
  readonly #columns: readonly number[];
  readonly #null: string;

  constructor(schema: Schema, columns: readonly number[], nullName: string) {
    this.#schema = schema;
    this.#columns = columns;
    this.#null = nullName;
  }

  /** True when the row is in the partition of the row before it in the batch. */
  sameAsBefore(batch: Batch, row: number): boolean {
    return this.#columns.every((c) => sameValue(this.#schema[c]?.type ?? { kind: 'varchar' }, batch.columns[c] as Column, row));
  }

  of(batch: Batch, row: number): string {
    return this.#columns.map((c) => {
      const { name, type } = this.#schema[c] as Schema[number];
      const value = readValue(type, batch.columns[c] as Column, row);
      const text = value === null ? '' : textOut(value, type);
      return folderName(name, text, this.#null);
    }).join('/');
  }
}

function sameValue(type: Schema[number]['type'], column: Column, row: number): boolean {
  if (column.nulls !== null && column.nulls[row] !== column.nulls[row - 1]) return false;
  if (column.physical !== 'bytes') return textOf(type, column, row) === textOf(type, column, row - 1);
  const { data, offsets, lengths } = column;
  const n = lengths[row] as number;
  if (n !== lengths[row - 1]) return false;
  const a = offsets[row] as number;
  const b = offsets[row - 1] as number;
  for (let i = 0; i < n; i++) if (data[a + i] !== data[b + i]) return false;
  return true;
}

function textOf(type: Schema[number]['type'], column: Column, row: number): string | null {
  const value = readValue(type, column, row);
  return value === null ? null : textOut(value, type);
}

/** The values in a path's folders by column; null where the default name stands. */
export function partitionValues(path: string, columns: readonly string[], nullName: string): ReadonlyMap<string, string | null> {
  const out = new Map<string, string | null>();
  for (const part of path.split(/[/\\]/)) {
    const at = part.indexOf('=');
    if (at <= 0) continue;
    const name = unescape(part.slice(0, at));
    if (!columns.includes(name)) continue;
    const text = unescape(part.slice(at + 1));
    out.set(name, text === nullName ? null : text);
  }
  return out;
}

/** When a partition began, from the values in its path: microseconds since 1970 UTC. */
export class PartitionTime {
  readonly #columns: readonly string[];
  readonly #pattern: string;
  readonly #formatter: string | undefined;
  readonly #zone: string;
  readonly #null: string;

  constructor(o: Options, columns: readonly string[]) {
    this.#columns = columns;
    this.#pattern = o['partition.time-extractor.timestamp-pattern'] ?? `$${columns[0] ?? ''}`;
    this.#formatter = o['partition.time-extractor.timestamp-formatter'];
    this.#zone = o['sink.partition-commit.watermark-time-zone'] ?? 'UTC';
    this.#null = defaultName(o);
  }

  /** Errors: invalid_parameter_value where the values make no timestamp. */
  of(path: string): bigint {
    const values = partitionValues(path, this.#columns, this.#null);
    let text = this.#pattern;
    // The longest name first: $day is not $d.
    for (const c of this.#columns.toSorted((a, b) => b.length - a.length)) text = text.replaceAll(`$${c}`, () => values.get(c) ?? '');
    try {
      return fromLocal(timestampFromText(this.#formatter === undefined ? text : reordered(text, this.#formatter), 6, { timeZone: 'UTC' }), this.#zone);
    } catch (error) {
      throw new SqlError('invalid_parameter_value', `partition "${path}" has no time: "${text}" is no timestamp`, {
        hint: 'Options partition.time-extractor.timestamp-pattern and partition.time-extractor.timestamp-formatter say how the columns make one.', cause: error,
      });
    }
  }
}

const PARTS = ['yyyy', 'MM', 'dd', 'HH', 'mm', 'ss'] as const;

/** A text of the shape `yyyyMMddHH` as `yyyy-MM-dd HH:00:00`. */
function reordered(text: string, formatter: string): string {
  const part = (name: (typeof PARTS)[number], absent: string): string => {
    const at = formatter.indexOf(name);
    return at < 0 ? absent : text.slice(at, at + name.length);
  };
  return `${part('yyyy', '1970')}-${part('MM', '01')}-${part('dd', '01')} ${part('HH', '00')}:${part('mm', '00')}:${part('ss', '00')}`;
}

/** When partitions are marked as complete, or null when they are not. Errors: invalid_parameter_value, feature_not_supported. */
export function commitOptions(o: Options): { readonly byEventTime: boolean; readonly delayMicros: bigint; readonly successFile: string } | null {
  const kind = o['sink.partition-commit.policy.kind'];
  if (kind === undefined) return null;
  return {
    byEventTime: o['sink.partition-commit.trigger'] === 'partition-time',
    delayMicros: BigInt(Math.round((read.durationMs(o, 'sink.partition-commit.delay') ?? 0) * 1000)),
    successFile: o['sink.partition-commit.success-file.name'] ?? '_SUCCESS',
  };
}

import type { Schema } from '../../common/batch/batch.ts';
import type { ObjectId } from '../../common/ids.ts';
import type { ChangelogKind, SourceSpec } from '../../connectors/api.ts';
import type { Expr } from '../expr.ts';
import type { PhysicalSource, PhysicalTableScan, PhysicalValues } from '../physical.ts';
import { stateIdOf } from './canonical.ts';
import { ANY, SINGLE } from './props.ts';

/** Nodes without inputs. */

export interface SourceParts {
  readonly spec: SourceSpec;
  readonly table: string;
  readonly tableId: ObjectId;
  readonly exprs: readonly Expr[];
  readonly schema: Schema;
  readonly watermark: PhysicalSource['watermark'];
  readonly changelog: ChangelogKind;
  readonly bounded: boolean;
  /** Output columns that identify a row, where the changelog itself keeps to them (upsert). */
  readonly key: readonly number[] | null;
}

/**
 * A declared, unenforced key is believed only where the changelog makes it true (upsert): a repeated key in an append-only
 * source would otherwise lose rows silently. Event time is carried by append-only sources alone, since a retraction's time
 * may lie below the watermark.
 */
export function source(parts: SourceParts): PhysicalSource {
  const { spec, table, tableId, exprs, schema, watermark, changelog, bounded, key } = parts;
  const watermarkColumns = watermark !== null && changelog === 'append-only' ? [watermark.column] : [];
  const stateId = stateIdOf('source', { tableId, spec: { ...spec, physical: spec.physical.map((f) => f.type) }, exprs, watermark }, []);
  return {
    kind: 'source', spec, table, tableId, exprs, watermark,
    props: { schema, streamKey: changelog === 'upsert' ? key : null, changelog, watermarkColumns, bounded, distribution: ANY, stateId },
  };
}

export interface ScanParts {
  readonly relation: ObjectId;
  readonly name: string;
  /** Columns of the relation, in output order. */
  readonly columns: readonly number[];
  readonly schema: Schema;
  /** The relation's key, as its own columns. */
  readonly primaryKey: readonly number[] | null;
  readonly snapshotOnly: boolean;
  readonly changelog: ChangelogKind;
  /** Columns of the relation that carry event time. */
  readonly watermarkColumns?: readonly number[];
}

/** The whole row of a relation without a key is its identity only with multiplicity, hence null. */
export function tableScan(parts: ScanParts): PhysicalTableScan {
  const { relation, name, columns, schema, primaryKey, snapshotOnly, changelog, watermarkColumns = [] } = parts;
  const key = primaryKey?.map((k) => columns.indexOf(k)) ?? null;
  return {
    kind: 'tableScan', relation, name, columns, snapshotOnly,
    props: {
      schema,
      streamKey: key === null || key.includes(-1) ? null : key,
      changelog: snapshotOnly ? 'append-only' : changelog,
      watermarkColumns: snapshotOnly ? [] : watermarkColumns.map((c) => columns.indexOf(c)).filter((c) => c >= 0),
      bounded: snapshotOnly,
      distribution: ANY,
      stateId: stateIdOf('tableScan', { relation, columns, types: schema.map((f) => f.type), snapshotOnly }, []),
    },
  };
}

/** Sent once, by the owner of key group 0. */
export function values(rows: readonly (readonly Expr[])[], schema: Schema): PhysicalValues {
  return {
    kind: 'values', rows,
    props: {
      schema,
      streamKey: rows.length <= 1 ? [] : null,
      changelog: 'append-only',
      watermarkColumns: [],
      bounded: true,
      distribution: SINGLE,
      stateId: stateIdOf('values', { rows, types: schema.map((f) => f.type) }, []),
    },
  };
}

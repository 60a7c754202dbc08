import type { Schema } from '../../common/batch/batch.ts';
import type { ObjectId } from '../../common/ids.ts';
import type { PhysicalMaterialize, PhysicalTableInput, TableWatermark } from '../physical.ts';
import { stateIdOf } from './canonical.ts';
import { placed } from './exchange.ts';
import { ANY, hashBy } from './props.ts';
import { materialize } from './roots.ts';

function tableInput(relation: ObjectId, schema: Schema, primaryKey: readonly number[] | null, watermark: TableWatermark | null): PhysicalTableInput {
  return {
    kind: 'tableInput', relation, watermark,
    props: {
      schema, streamKey: primaryKey, changelog: 'retract', watermarkColumns: [], bounded: false, distribution: ANY,
      stateId: stateIdOf('tableInput', { relation, types: schema.map((f) => f.type) }, []),
    },
  };
}

/** What keeps a stored table: the changes of its log, placed by its key (without one by the whole row). */
export function storedTable(relation: ObjectId, schema: Schema, primaryKey: readonly number[] | null, watermark: TableWatermark | null = null): PhysicalMaterialize {
  const input = tableInput(relation, schema, primaryKey, watermark);
  return materialize(placed(input, hashBy(primaryKey ?? schema.map((_, i) => i))), relation, primaryKey, 'checked');
}

import type { Schema } from '../../common/batch/batch.ts';
import type { ObjectId } from '../../common/ids.ts';
import type { Value } from '../../common/types/value.ts';
import type { PhysicalMaterialize, PhysicalTableInput, TableWatermark } from '../physical.ts';
import { stateIdOf } from './canonical.ts';
import { placed } from './exchange.ts';
import { ANY, hashBy } from './props.ts';
import { materialize } from './roots.ts';

function tableInput(relation: ObjectId, schema: Schema, primaryKey: readonly number[] | null, watermark: TableWatermark | null, added: readonly Value[]): PhysicalTableInput {
  return {
    kind: 'tableInput', relation, watermark, ...(added.length === 0 ? {} : { added }),
    props: {
      schema, streamKey: primaryKey, changelog: 'retract', watermarkColumns: [], bounded: false, distribution: ANY,
      stateId: stateIdOf('tableInput', { relation, types: withoutLast(schema, added.length).map((f) => f.type) }, []),
    },
  };
}

const withoutLast = (schema: Schema, n: number): Schema => schema.slice(0, schema.length - n);

/**
 * What keeps a stored table: the changes of its log, placed by its key (without one by the whole row). By key the last one counts:
 * statements have looked before what is there, jobs that write the table have not.
 * @param added what rows from before the last so many columns were there hold in them. Names of states, and where rows lie, go by the
 * columns before these: a table that gets more of them finds what it has kept.
 */
export function storedTable(relation: ObjectId, schema: Schema, primaryKey: readonly number[] | null, watermark: TableWatermark | null = null, added: readonly Value[] = []): PhysicalMaterialize {
  const input = tableInput(relation, schema, primaryKey, watermark, added);
  return materialize(placed(input, hashBy(primaryKey ?? withoutLast(schema, added.length).map((_, i) => i))), relation, primaryKey, 'overwrite', added);
}

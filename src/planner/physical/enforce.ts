import type { Schema } from '../../common/batch/batch.ts';
import type { PhysicalEnforce, PhysicalPlan } from '../physical.ts';
import { stateIdOf } from './canonical.ts';

/** @param schema of the sink. */
export function enforce(input: PhysicalPlan, schema: Schema, notNull: readonly number[], table: string, onNull: PhysicalEnforce['onNull']): PhysicalEnforce {
  const { props } = input;
  return {
    kind: 'enforce', input, notNull, table, onNull,
    props: { ...props, schema: props.schema.map((f, i) => (notNull.includes(i) ? { ...f, name: schema[i]?.name ?? f.name, nullable: false } : f)), stateId: stateIdOf('enforce', { notNull, onNull }, [props.stateId]) },
  };
}

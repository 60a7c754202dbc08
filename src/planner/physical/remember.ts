import { BIGINT } from '../../common/types/sql-type.ts';
import type { Expr } from '../expr.ts';
import { isNullable } from '../bind/coerce.ts';
import { typeOf } from '../interpret.ts';
import type { PhysicalPlan, PhysicalRemember } from '../physical.ts';
import { stateIdOf } from './canonical.ts';
import { placed } from './exchange.ts';
import { hashBy } from './props.ts';

/** A row and its retraction have to meet: rows that lie anywhere are placed by what identifies them. */
export function remember(from: PhysicalPlan, exprs: readonly Expr[], arrival = false): PhysicalRemember {
  const key = from.props.streamKey ?? from.props.schema.map((_, i) => i);
  const input = from.props.distribution.kind === 'any' && from.props.changelog !== 'append-only' ? placed(from, hashBy(key)) : from;
  const { props } = input;
  const values = exprs.map((e, i) => ({ name: `value${i + 1}`, type: typeOf(e), nullable: isNullable(e) }));
  return {
    kind: 'remember', input, exprs, arrival,
    props: {
      ...props,
      schema: [...props.schema, ...values, ...(arrival ? [{ name: 'arrival', type: BIGINT, nullable: false }] : [])],
      stateId: stateIdOf('remember', { exprs, ...(arrival ? { arrival } : {}) }, [props.stateId]),
    },
  };
}

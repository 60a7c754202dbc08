import { systemRelationNamed } from '../catalog/system/registry.ts';
import { InternalError } from '../common/errors.ts';
import type { Row } from '../common/types/value.ts';
import type { LogicalScan } from '../planner/logical.ts';
import type { SessionState } from './session-state.ts';

/** Rows of the server's own relations. */
export function systemRows(session: SessionState): (scan: LogicalScan) => Iterable<Row> {
  return (scan) => {
    const relation = scan.relation.kind === 'system' ? systemRelationNamed(scan.relation.name) : undefined;
    if (relation?.kind !== 'rows') throw new InternalError('a scan that is not of the system');
    return relation.rows(session.system());
  };
}

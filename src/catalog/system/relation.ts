import type { Schema } from '../../common/batch/batch.ts';
import type { Row } from '../../common/types/value.ts';
import type { SystemContext } from './context.ts';

/** A relation the server itself shows: rows made on demand, or a query over other relations. */
export type SystemRelation = RowsRelation | SqlRelation;

interface Base {
  readonly schema: string;
  readonly name: string;
  /** Its number in pg_class: PostgreSQL's own where PostgreSQL has the relation. */
  readonly oid: number;
  readonly doc: string;
}

export interface RowsRelation extends Base {
  readonly kind: 'rows';
  readonly columns: Schema;
  readonly rows: (cx: SystemContext) => Iterable<Row>;
}

export interface SqlRelation extends Base {
  readonly kind: 'sql';
  /** A SELECT over other system relations. */
  readonly sql: string;
}

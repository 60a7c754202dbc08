import { notSupported, SqlError } from '../../common/errors.ts';
import type { Expr, ObjectName } from '../../parser/ast.ts';
import type { ShowStatement } from '../../parser/ast-session.ts';
import type { BoundShowPartitions } from '../statement.ts';
import { coerce } from './coerce.ts';
import { tableColumn, targetTable } from './dml.ts';
import type { QueryEnv } from './env.ts';
import { bindExpr } from './expr.ts';
import { EMPTY_SCOPE } from './scope.ts';
import { exprEnv } from './sources.ts';
import { tableOptions } from './tables.ts';

/** SHOW PARTITIONS t [PARTITION (a = 'x')]. Errors: wrong_object_type of a table without PARTITIONED BY; feature_not_supported. */
export function showPartitions(env: QueryEnv, name: ObjectName, s: ShowStatement): BoundShowPartitions {
  const table = targetTable(env, name, 'show partitions of');
  const { partitionedBy } = table;
  if (partitionedBy.length === 0) throw new SqlError('wrong_object_type', `table "${table.name}" is not partitioned`, { span: name.span });
  const connected = table.connector === null ? null : tableOptions(env, table, {});
  if (connected?.connector.partitions === undefined) throw notSupported('SHOW PARTITIONS of a stored table', s.span, `Its rows are not kept apart: SELECT DISTINCT ${partitionedBy.join(', ')} gives the values.`);
  const wanted = s.partition.map(({ column: id, value }) => {
    const column = table.columns[tableColumn(table, id)];
    if (column === undefined || !partitionedBy.includes(column.name)) {
      throw new SqlError('invalid_column_reference', `table "${table.name}" is not partitioned by column "${id.name}"`, { span: id.span, hint: `It is partitioned by ${partitionedBy.join(', ')}.` });
    }
    if (value === null) throw new SqlError('syntax_error', `PARTITION needs a value of column "${id.name}"`, { span: id.span });
    return { column: column.name, type: column.type, value: coerce(env, bindExpr(exprEnv({ ...env, bindQuery: () => refuseQuery(value) }, EMPTY_SCOPE, 'PARTITION'), value), column.type, 'assignment', value.span, column.name) };
  });
  const repeated = wanted.findIndex((w, i) => wanted.findIndex((v) => v.column === w.column) !== i);
  if (repeated >= 0) throw new SqlError('duplicate_column', `column "${wanted[repeated]?.column ?? ''}" specified more than once`, { span: s.partition[repeated]?.column.span });
  return { kind: 'showPartitions', table, options: connected.options, wanted, like: s.like };
}

function refuseQuery(value: Expr): never {
  throw notSupported('a subquery in PARTITION', value.span, 'Give a value, or a parameter.');
}

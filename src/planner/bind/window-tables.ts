import { SqlError, notSupported } from '../../common/errors.ts';
import type { ObjectName } from '../../parser/ast.ts';
import type { Query, WindowTable } from '../../parser/ast-queries.ts';
import type { LogicalPlan } from '../logical.ts';
import type { QueryEnv } from './env.ts';
import { bindExpr } from './expr.ts';
import { EMPTY_SCOPE, pickColumn } from './scope.ts';
import { aliased, bindTableName, exprEnv, type Source } from './sources.ts';
import { requireTime, windowSpec } from './window-spec.ts';

/** The windowing table functions TUMBLE, HOP, CUMULATE and SESSION. */

export function bindWindowTable(env: QueryEnv, item: WindowTable): Source {
  const { span } = item;
  const name = item.window.toUpperCase();
  if (item.window !== 'session' && item.input.partitionBy.length > 0) throw new SqlError('syntax_error', `${name} takes no PARTITION BY`, { span: item.input.span });
  if (item.input.orderBy.length > 0) throw new SqlError('syntax_error', `${name} takes no ORDER BY`, { span: item.input.span });
  const input = isName(item.input.source) ? bindTableName(env, item.input.source, [], null) : aliased(env.bindQuery(item.input.source, env), null, 'input', null, null);
  const found = pickColumn(input.scope.columns, item.timeColumn);
  if (found === undefined) throw new SqlError('undefined_column', `column "${item.timeColumn.name}" does not exist`, { span: item.timeColumn.span });
  requireTime(found.type, `the time column of ${name}`, item.timeColumn.span);
  const window = windowSpec(env, { kind: item.window, step: item.step, size: item.size, offset: item.offset }, found.type, sessionKeys(item, input), (e, what) => bindExpr(exprEnv(env, EMPTY_SCOPE, what), e));
  const schema = [
    ...input.plan.schema,
    { name: 'window_start', type: found.type, nullable: false },
    { name: 'window_end', type: found.type, nullable: false },
    { name: 'window_time', type: found.type, nullable: false },
  ];
  const plan: LogicalPlan = { kind: 'window', input: input.plan, timeColumn: found.index, window, schema, span };
  const table = isName(item.input.source) ? (item.input.source.parts.at(-1)?.name ?? 'window') : 'window';
  return aliased(plan, item.alias, table, null, null);
}

/** PARTITION BY of a session: columns of the table. */
function sessionKeys(item: WindowTable, input: Source): number[] {
  return item.input.partitionBy.map((e) => {
    const part = e.kind === 'name' ? e.parts.at(-1) : undefined;
    if (part === undefined) throw notSupported('an expression in the PARTITION BY of SESSION', e.span, 'Compute it in a subquery and name the column.');
    const found = pickColumn(input.scope.columns, part);
    if (found === undefined) throw new SqlError('undefined_column', `column "${part.name}" does not exist`, { span: part.span });
    return found.index;
  });
}

const isName = (source: ObjectName | Query): source is ObjectName => 'parts' in source;

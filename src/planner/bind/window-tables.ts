import { SqlError, notSupported } from '../../common/errors.ts';
import { fixedMicros } from '../../common/types/interval.ts';
import { INTERVAL } from '../../common/types/sql-type.ts';
import type { Interval } from '../../common/types/value.ts';
import type { Expr as Ast, ObjectName, Query, WindowTable } from '../../parser/ast.ts';
import { evaluate } from '../interpret.ts';
import type { LogicalPlan, WindowSpec } from '../logical.ts';
import { coerce } from './coerce.ts';
import type { QueryEnv } from './env.ts';
import { bindExpr } from './expr.ts';
import { EMPTY_SCOPE, pickColumn } from './scope.ts';
import { aliased, bindTableName, exprEnv, type Source } from './sources.ts';
import { requireTime } from './tables.ts';

/** The windowing table functions TUMBLE and HOP. */

function constantMicros(env: QueryEnv, e: Ast, what: string): bigint {
  const { span } = e;
  const bound = coerce({ cx: env.cx, notes: env.notes }, bindExpr(exprEnv(env, EMPTY_SCOPE, what), e), INTERVAL, 'implicit', span);
  const value = evaluate(bound, [], { functions: env.cx.functions, eval: env.cx.eval, params: [] });
  if (value === null) throw new SqlError('null_value_not_allowed', `${what} must not be null`, { span });
  const micros = fixedMicros(value as Interval);
  if (micros === undefined) throw notSupported(`a ${what} in months or years`, span, 'Give it in days or smaller units.');
  return micros;
}

export function bindWindowTable(env: QueryEnv, item: WindowTable): Source {
  const { span } = item;
  if (item.window === 'cumulate' || item.window === 'session') {
    throw notSupported(item.window.toUpperCase(), span, item.window === 'session' ? 'Use TUMBLE or HOP; session windows are to come.' : 'Use TUMBLE or HOP windows.');
  }
  if (item.input.partitionBy.length > 0) throw new SqlError('syntax_error', `${item.window.toUpperCase()} takes no PARTITION BY`, { span: item.input.span });
  const input = isName(item.input.source) ? bindTableName(env, item.input.source, [], null) : aliased(env.bindQuery(item.input.source, env), null, 'input', null, null);
  const found = pickColumn(input.scope.columns, item.timeColumn);
  if (found === undefined) throw new SqlError('undefined_column', `column "${item.timeColumn.name}" does not exist`, { span: item.timeColumn.span });
  requireTime(found.type, `the time column of ${item.window.toUpperCase()}`, item.timeColumn.span);
  const positive = (e: Ast, what: string): bigint => {
    const n = constantMicros(env, e, what);
    if (n <= 0n) throw new SqlError('invalid_parameter_value', `${what} must be positive`, { span: e.span });
    return n;
  };
  const sizeMicros = positive(item.size, 'window size');
  const offsetMicros = item.offset === null ? 0n : constantMicros(env, item.offset, 'window offset');
  const window: WindowSpec =
    item.window === 'tumble' || item.step === null
      ? { kind: 'tumble', sizeMicros, offsetMicros }
      : { kind: 'hop', sizeMicros, slideMicros: positive(item.step, 'window slide'), offsetMicros };
  const schema = [
    ...input.plan.schema,
    { name: 'window_start', type: found.type, nullable: false },
    { name: 'window_end', type: found.type, nullable: false },
    { name: 'window_time', type: found.type, nullable: false },
  ];
  const plan: LogicalPlan = { kind: 'window', input: input.plan, timeColumn: found.index, window, schema, span };
  const name = isName(item.input.source) ? (item.input.source.parts.at(-1)?.name ?? 'window') : 'window';
  return aliased(plan, item.alias, name, null, null);
}

const isName = (source: ObjectName | Query): source is ObjectName => 'parts' in source;

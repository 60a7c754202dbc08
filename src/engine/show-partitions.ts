import { InternalError } from '../common/errors.ts';
import { textOut } from '../common/types/text-codec.ts';
import type { SqlType } from '../common/types/sql-type.ts';
import { parseScalar, ValueError } from '../connectors/parse-value.ts';
import { connectorNamed } from '../connectors/registry.ts';
import { builtins } from '../functions/registry.ts';
import { likeTest } from '../planner/bind/describe.ts';
import { evaluate } from '../planner/interpret.ts';
import { PARTITIONS_SCHEMA, type BoundShowPartitions } from '../planner/statement.ts';
import { abortable } from './abort.ts';
import type { StatementResult } from './api.ts';
import { revealed } from './planning.ts';
import { rowsOf } from './rows.ts';
import type { Run } from './run.ts';

/** The partitions that a table's connector finds, of those asked for. Errors: the connector's. */
export async function showPartitions(run: Run, s: BoundShowPartitions): Promise<StatementResult> {
  const { core } = run;
  const { table, options, like } = s;
  const connector = connectorNamed(options['connector'] ?? '');
  if (connector.partitions === undefined) throw new InternalError(`connector "${connector.name}" has no partitions`);
  const cx = { functions: builtins, eval: run.eval, params: run.params };
  const wanted = s.wanted.map(({ column, type, value }) => {
    const is = evaluate(value, [], cx);
    return { at: table.partitionedBy.indexOf(column), type, text: is === null ? null : textOut(is, type) };
  });
  const listed = connector.partitions({ options: revealed(core, options, table.dependsOn), partitionedBy: table.partitionedBy }, {
    clock: core.clock, seed: 0, workDir: core.workDir, log: core.log, fail: (error) => core.log('error', error.message),
  });
  const asked = likeTest(like);
  const found = (await abortable(listed, run.signal)).filter((p) => asked(p.name) && wanted.every((w) => canonical(p.values[w.at] ?? null, w.type) === w.text));
  return { kind: 'rows', schema: PARTITIONS_SCHEMA, rows: rowsOf(PARTITIONS_SCHEMA, found.map((p) => [p.name])), live: false, tag: () => 'SHOW' };
}

/** A value's text as its type writes it: `07` of an INT is 7. What is no value of the type equals none; undefined. */
function canonical(text: string | null, type: SqlType): string | null | undefined {
  if (text === null) return null;
  try {
    const value = parseScalar(type, text);
    return value === null ? null : textOut(value, type);
  } catch (error) {
    if (!(error instanceof ValueError)) throw error;
    return undefined;
  }
}

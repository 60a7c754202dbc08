import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Catalog } from '../../src/catalog/catalog.ts';
import { systemRelations } from '../../src/catalog/system/registry.ts';
import { systemClock } from '../../src/common/clock.ts';
import { epoch } from '../../src/common/ids.ts';
import { rowsFromBatch } from '../../src/common/batch/builder.ts';
import { textOut } from '../../src/common/types/text-codec.ts';
import type { ConnectorContext, SourceReader } from '../../src/connectors/api.ts';
import * as connectors from '../../src/connectors/registry.ts';
import { buildOperator } from '../../src/exec/build.ts';
import type { Operator, OperatorContext, Output } from '../../src/exec/operator.ts';
import { MaterializeOperator } from '../../src/exec/operators/materialize.ts';
import { builtins } from '../../src/functions/registry.ts';
import { textContext } from '../../src/functions/session-text.ts';
import { optimize } from '../../src/optimizer/optimizer.ts';
import { toPhysical } from '../../src/optimizer/physical/to-physical.ts';
import { parseScript } from '../../src/parser/parser.ts';
import { Params } from '../../src/planner/bind/context.ts';
import { bindStatement } from '../../src/planner/bind/statement.ts';
import type { PhysicalPlan } from '../../src/planner/physical.ts';
import { inputsOf } from '../../src/planner/physical/props.ts';

/** Runs views.sql on generated events in this thread and shows the views after every epoch, until the events end. */
const text = readFileSync(join(import.meta.dirname, 'views.sql'), 'utf8');
const catalog = new Catalog('millrace');
const evaluation = { nowMicros: systemClock.nowMicros(), procMicros: systemClock.nowMicros(), timeZone: 'UTC', watermark: null, random: () => 0.5 };
const outside: ConnectorContext = {
  clock: systemClock, seed: 1, workDir: process.cwd(),
  log: (level, message) => console.error(`${level}: ${message}`),
  fail: (error) => { throw error; },
};

interface Pump { readonly reader: SourceReader; readonly push: Operator }
const pumps: Pump[] = [];
const chains: Operator[][] = [];
const views: { name: string; columns: readonly number[]; operator: MaterializeOperator; schema: PhysicalPlan['props']['schema'] }[] = [];

/** Builds the operators from the leaves up; returns the chain in barrier order. */
async function build(node: PhysicalPlan, output: Output, chain: Operator[]): Promise<Operator> {
  const context: OperatorContext = {
    output, eval: evaluation, state: { register: () => undefined },
    rowError: (e) => console.error(e.error.message), late: () => undefined, worker: 0, parallelism: 1,
  };
  if (node.kind === 'source') {
    const calc: PhysicalPlan = { kind: 'calc', props: node.props, input: { kind: 'values', props: node.props, rows: [] }, filter: null, exprs: node.exprs };
    const push = buildOperator(calc, context);
    const descriptor = connectors.connectorNamed(node.spec.connector);
    if (descriptor?.source === undefined) throw new Error(`no source ${node.spec.connector}`);
    const splits = await descriptor.source.enumerator(node.spec, outside).discover(1);
    pumps.push({ reader: descriptor.source.reader(node.spec, splits, outside), push });
    chain.push(push);
    return push;
  }
  if (node.kind === 'exchange' || node.kind === 'shared') return build(node.input, output, chain);
  const operator = buildOperator(node, context);
  for (const [port, input] of inputsOf(node).entries()) {
    await build(input, { emit: (b) => operator.onBatch(port, b), watermark: (w) => operator.onWatermark(port, w) }, chain);
  }
  chain.push(operator);
  return operator;
}

for (const statement of parseScript(text)) {
  const bound = bindStatement(statement, {
    catalog: catalog.snapshot(), system: systemRelations, functions: builtins, connectors,
    scope: { database: 'millrace', searchPath: ['public'], session: 1 }, eval: evaluation, text, params: new Params(), idleTimeoutMs: 30_000, user: 'millrace',
  });
  if (bound.kind !== 'create') throw new Error(`views.sql holds only CREATE statements, not ${bound.kind}`);
  const { object } = catalog.create(bound.object);
  if (object.kind !== 'materializedView' || bound.source === null) continue;
  const logical = optimize(bound.source.plan, { functions: builtins, eval: evaluation }).plan;
  const { plan } = toPhysical(logical, { kind: 'materialize', relation: object.id, name: object.name });
  const chain: Operator[] = [];
  const root = await build(plan, { emit: () => undefined, watermark: () => undefined }, chain);
  if (!(root instanceof MaterializeOperator)) throw new Error('the root is not a view');
  chains.push(chain);
  views.push({ name: object.name, columns: plan.props.schema.map((_, i) => i), operator: root, schema: plan.props.schema });
}

const cx = textContext(evaluation);
for (let e = 1, ended = false; !ended; e++) {
  ended = true;
  for (const { reader, push } of pumps) {
    for (;;) {
      const polled = reader.poll(4096);
      if (polled === 'ended') break;
      if (polled === 'idle') { ended = false; break; }
      push.onBatch(0, polled.batch);
    }
  }
  for (const chain of chains) for (const operator of chain) operator.onBarrier({ epoch: epoch(e), checkpoint: false, nowMicros: systemClock.nowMicros() });
  console.log(`-- epoch ${e}`);
  for (const view of views) {
    console.log(`${view.name} (${view.schema.map((f) => f.name).join(', ')})`);
    for (const batch of view.operator.snapshot(view.columns)) {
      for (const row of rowsFromBatch(view.schema, batch)) console.log(`  ${row.map((v, i) => (v === null ? '' : textOut(v, view.schema[i]?.type ?? { kind: 'varchar' }, cx))).join(' | ')}`);
    }
  }
  await new Promise((resolve) => systemClock.setTimer(500, () => resolve(undefined)));
}

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Catalog } from '../../src/catalog/catalog.ts';
import { systemRelations } from '../../src/catalog/system/registry.ts';
import type { Batch, Schema } from '../../src/common/batch/batch.ts';
import { systemClock } from '../../src/common/clock.ts';
import { epoch } from '../../src/common/ids.ts';
import { tuneHeap } from '../../src/common/tune-heap.ts';
import type { ConnectorContext, SinkSpec, SourceReader, SourceSpec } from '../../src/connectors/api.ts';
import * as connectors from '../../src/connectors/registry.ts';
import { buildOperator } from '../../src/exec/build.ts';
import { compileCalc } from '../../src/exec/expr/compile.ts';
import { compileWatermark } from '../../src/exec/expr/watermark.ts';
import type { Operator, OperatorContext, Output } from '../../src/exec/operator.ts';
import { builtins } from '../../src/functions/registry.ts';
import { planQuery } from '../../src/optimizer/plan.ts';
import { parseScript } from '../../src/parser/parser.ts';
import { Params } from '../../src/planner/bind/context.ts';
import { bindStatement } from '../../src/planner/bind/statement.ts';
import type { LogicalPlan } from '../../src/planner/logical.ts';
import type { PhysicalPlan, PhysicalSource } from '../../src/planner/physical.ts';
import { mergePhases } from '../../src/planner/physical/merge-phases.ts';
import { inputsOf } from '../../src/planner/physical/props.ts';
import { timed, type Run } from './measure.ts';

/** A plan's operators driven in this thread: no runtime, no exchanges, no store. For measuring the data plane alone. */

const evaluation = { nowMicros: systemClock.nowMicros(), procMicros: systemClock.nowMicros(), timeZone: 'UTC', watermark: null, random: () => 0.5 };
const outside: ConnectorContext = {
  clock: systemClock, seed: 1, workDir: process.cwd(),
  log: (level, message) => console.error(`${level}: ${message}`),
  fail: (error) => { throw error; },
};
const FOLDER = join(import.meta.dirname, '../../examples/nexmark');
/** Events of one kind among 50. */
export const SHARES: Readonly<Record<string, number>> = { person: 1, auction: 3, bid: 46 };

/** The script of a query with its tables; `events` in all, `rate` events per second of event time. */
export function nexmarkScript(query: string, events: number, rate: number): string {
  const tables = readFileSync(join(FOLDER, 'tables.sql'), 'utf8').replaceAll('${EVENTS}', String(events)).replaceAll('${RATE}', String(rate));
  return `${tables}\n${readFileSync(join(FOLDER, `${query}.sql`), 'utf8')}`;
}

/** The plan of the INSERT or the query that ends a script, for one worker. */
export function planOf(text: string, oneWorker = true): PhysicalPlan {
  const catalog = new Catalog('millrace');
  let plan: PhysicalPlan | null = null;
  for (const statement of parseScript(text)) {
    const bound = bindStatement(statement, {
      catalog: catalog.snapshot(), system: systemRelations, functions: builtins, connectors,
      scope: { database: 'millrace', searchPath: ['public'], session: 1 }, eval: evaluation, text, params: new Params(), idleTimeoutMs: 30_000, user: 'millrace',
    });
    if (bound.kind === 'create') catalog.create(bound.object);
    else if (bound.kind === 'insert') {
      const columns = bound.columns.map((k) => bound.target.columns[k]);
      const spec = {
        connector: 'blackhole', options: {}, metadata: [], primaryKey: [], table: bound.target.name,
        schema: columns.map((c) => ({ name: c?.name ?? '', type: c?.type ?? { kind: 'boolean' as const }, nullable: true })),
      };
      plan = sunk(bound.plan, spec);
    } else if (bound.kind === 'query') plan = sunk(bound.plan, { connector: 'blackhole', options: {}, metadata: [], primaryKey: [], table: 'out', schema: bound.plan.schema });
  }
  if (plan === null) throw new Error('the script holds no INSERT and no query');
  return oneWorker ? mergePhases(plan) : plan;
}

const sunk = (plan: LogicalPlan, spec: SinkSpec): PhysicalPlan =>
  planQuery(plan, { kind: 'sink', spec, accepts: ['append-only', 'retract', 'upsert'] }, { functions: builtins, eval: evaluation }).plan;

interface Pump {
  readonly reader: SourceReader;
  readonly share: number;
  readonly push: (batch: Batch) => void;
  readonly end: () => void;
  rows: number;
  ended: boolean;
}

export interface Pipeline {
  /** Runs up to `rows` rows; 'idle' while a source waits. */
  step(rows: number): 'more' | 'idle' | 'ended';
  /** Resolves when a source may have rows. */
  ready(): Promise<void>;
  /** Ends an epoch; returns the bytes of a checkpoint's deltas. */
  barrier(checkpoint: boolean): number;
  close(): Promise<void>;
  readonly rowsIn: () => number;
  readonly rowsOut: () => number;
  readonly stateEntries: () => number;
  readonly stateBytes: () => number;
}

/** @param onOutput sees every batch that reaches the sink. */
export async function pipeline(plan: PhysicalPlan, onOutput: (batch: Batch) => void = () => undefined): Promise<Pipeline> {
  tuneHeap();
  const pumps: Pump[] = [];
  const chain: Operator[] = [];
  let out = 0;
  const shared = new Map<string, Output[]>();
  const contextFor = (output: Output): OperatorContext => ({
    output, eval: evaluation, state: { register: () => undefined },
    rowError: (e) => { throw e.error; }, late: () => undefined, worker: 0, parallelism: 1,
  });
  const build = async (node: PhysicalPlan, output: Output, end: () => void): Promise<void> => {
    if (node.kind === 'source') {
      pumps.push(await sourcePump(node, output, end));
      return;
    }
    if (node.kind === 'shared') {
      const known = shared.get(node.props.stateId);
      if (known !== undefined) {
        known.push({ ...output, ...{ end } } as Output);
        return;
      }
      const uses: Output[] = [{ ...output, ...{ end } } as Output];
      shared.set(node.props.stateId, uses);
      await build(
        node.input,
        { emit: (b) => { for (const u of uses) u.emit(b); }, watermark: (w) => { for (const u of uses) u.watermark(w); } },
        () => { for (const u of uses) (u as unknown as { end: () => void }).end(); },
      );
      return;
    }
    if (node.kind === 'exchange' || node.kind === 'sink') return build(node.input, output, end);
    const operator = buildOperator(node, contextFor(output));
    let open = 0;
    for (const [port, input] of inputsOf(node).entries()) {
      open++;
      await build(input, { emit: (b) => operator.onBatch(port, b), watermark: (w) => operator.onWatermark(port, w) }, () => {
        operator.onEnd(port);
        if (--open === 0) end();
      });
    }
    chain.push(operator);
  };
  await build(plan, { emit: (b) => { out += b.rowCount; onOutput(b); }, watermark: () => undefined }, () => undefined);
  let n = 0;
  const barrier = (checkpoint: boolean): number => {
    n++;
    let bytes = 0;
    for (const operator of chain) operator.onBarrier({ epoch: epoch(n), checkpoint, nowMicros: systemClock.nowMicros() });
    if (checkpoint) for (const operator of chain) for (const state of operator.states) for (const block of state.takeDelta()) bytes += block.bytes.length;
    return bytes;
  };
  const sum = (f: (o: Operator) => number): number => chain.reduce((t, o) => t + f(o), 0);
  return {
    step(rows) {
      // The source that lags most in the common numbering of events goes next.
      let next: Pump | null = null;
      for (const p of pumps) if (!p.ended && (next === null || p.rows / p.share < next.rows / next.share)) next = p;
      if (next === null) return 'ended';
      const most = pumps.reduce((m, p) => Math.max(m, p.share), 0);
      const polled = next.reader.poll(Math.max(1, Math.round((rows * next.share) / most)));
      if (polled === 'idle') return 'idle';
      if (polled === 'ended') {
        next.ended = true;
        next.end();
        return pumps.some((p) => !p.ended) ? 'more' : 'ended';
      }
      next.rows += polled.batch.rowCount;
      next.push(polled.batch);
      return 'more';
    },
    ready: () => new Promise((resolve) => {
      for (const p of pumps) if (!p.ended) p.reader.onReady(resolve);
    }),
    close: async () => {
      for (const p of pumps) await p.reader.close();
    },
    barrier,
    rowsIn: () => pumps.reduce((t, p) => t + p.rows, 0),
    rowsOut: () => out,
    stateEntries: () => sum((o) => o.states.reduce((t, s) => t + s.entryCount, 0)),
    stateBytes: () => sum((o) => o.states.reduce((t, s) => t + s.byteCount, 0)),
  };
}

/** The columns of a Nexmark table. */
export const nexmarkSchema = (table: string): Schema => connectors.connectorNamed('nexmark')?.source?.schemaFromOptions?.({ 'nexmark.table': table }) ?? [];

/** A reader of some columns of a Nexmark table. */
export function openTable(table: string, columns: readonly string[], events: number, rate: number): Promise<SourceReader> {
  const options = { 'nexmark.table': table, 'events.num': String(events), 'first-event.rate': String(rate), 'max-emit-speed': 'true', 'nexmark.base-time-millis': '1700000000000' };
  const physical = nexmarkSchema(table);
  return openReader({ connector: 'nexmark', options, physical, projection: columns.map((c) => physical.findIndex((f) => f.name === c)), metadata: [] });
}

/** Opens the reader of a source with one split per its own count. */
export async function openReader(spec: SourceSpec): Promise<SourceReader> {
  const descriptor = connectors.connectorNamed(spec.connector);
  if (descriptor?.source === undefined) throw new Error(`no source ${spec.connector}`);
  return descriptor.source.reader(spec, await descriptor.source.enumerator(spec, outside).discover(1), outside);
}

/** Runs a plan to the end of its sources: a barrier every 100 ms, a checkpoint's deltas every tenth one. */
export async function runToEnd(plan: PhysicalPlan, rows: number): Promise<Run> {
  const p = await pipeline(plan);
  const result = await timed(rows, async () => {
    let mark = performance.now();
    let epochs = 0;
    for (;;) {
      const state = p.step(4096);
      if (state === 'ended') break;
      if (state === 'idle') await p.ready();
      if (performance.now() - mark < 100) continue;
      mark = performance.now();
      p.barrier(++epochs % 10 === 0);
    }
    p.barrier(true);
  });
  await p.close();
  if (p.rowsIn() !== rows) throw new Error(`${p.rowsIn()} of ${rows} rows were read`);
  return result;
}

async function sourcePump(node: PhysicalSource, output: Output, end: () => void): Promise<Pump> {
  const types = [...node.spec.projection.map((p) => node.spec.physical[p]), ...node.spec.metadata].map((f) => f?.type ?? { kind: 'boolean' as const });
  const calc = compileCalc(types, null, node.exprs);
  const mark = node.watermark;
  const markOf = mark === null ? null : compileWatermark(node.props.schema, mark.expr);
  let watermark: bigint | null = null;
  return {
    reader: await openReader(node.spec), share: SHARES[node.spec.options['nexmark.table'] ?? ''] ?? 1, end, rows: 0, ended: false,
    push(read) {
      const batch = calc.run(read, evaluation);
      output.emit(batch);
      const max = markOf?.(batch, evaluation) ?? null;
      if (max !== null && (watermark === null || max > watermark)) output.watermark((watermark = max));
    },
  };
}

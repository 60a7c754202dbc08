import { InternalError } from '../common/errors.ts';
import type { ObjectId } from '../common/ids.ts';
import type { SinkWriter } from '../connectors/api.ts';
import { connectorNamed } from '../connectors/registry.ts';
import { buildOperator } from '../exec/build.ts';
import type { Operator, Output } from '../exec/operator.ts';
import { MaterializeOperator } from '../exec/operators/materialize.ts';
import { ownerOf } from '../exec/state-api.ts';
import type { PhysicalPlan, PhysicalSink } from '../planner/physical.ts';
import { LocalChannel, type Receiver, type Sender } from './exchange/channel.ts';
import { fragmentsOf, type Edge, type Fragment, type FragmentInput, type JobGraph } from './fragment.ts';
import { ChannelInput, PulseInput, type InputTarget, type TaskInput } from './input.ts';
import { scanInput, sourceInput, tableInput, type Scan } from './job-inputs.ts';
import type { JobSite } from './job-site.ts';
import { TaskOutput } from './output.ts';
import { outsideOf } from './outside.ts';
import { ResultOperator } from './result-operator.ts';
import type { ScanInput } from './scan-input.ts';
import { SinkOperator } from './sink-operator.ts';
import type { SourceInput } from './source-input.ts';
import type { TableInput } from './table-input.ts';
import { TableWriter } from './table-writer.ts';
import { Task } from './task.ts';
import { UpsertFold } from './upsert-fold.ts';

/** A relation that a job keeps on this worker. */
export interface Relation {
  readonly task: Task;
  readonly operator: MaterializeOperator;
  readonly node: PhysicalPlan;
}

/** What a job consists of on one worker; by `stateId` where nothing else is said. */
export interface JobParts {
  readonly tasks: readonly Task[];
  readonly scans: ReadonlyMap<string, Scan>;
  readonly relations: ReadonlyMap<ObjectId, Relation>;
  /** Where the log of a stored table comes in, by table. */
  readonly tables: ReadonlyMap<ObjectId, LocalChannel>;
  readonly sources: ReadonlyMap<string, SourceInput>;
  readonly tableInputs: ReadonlyMap<string, TableInput>;
  readonly scanInputs: readonly ScanInput[];
  readonly sinks: ReadonlyMap<string, SinkOperator>;
  readonly results: readonly ResultOperator[];
  /** Inputs to which no other task brings barriers. */
  readonly injected: readonly TaskInput[];
}

/** Makes the tasks of the job's plans and connects them. */
export function buildParts(site: JobSite): JobParts {
  const { deploy, host } = site;
  const graph = fragmentsOf(deploy.spec.plans, host.parallelism);
  const builder = new PartsBuilder(site, graph);
  const tasks = graph.fragments.map((fragment) => builder.makeTask(fragment));
  graph.fragments.forEach((fragment, i) => builder.connect(tasks[i] as Task, fragment));
  return { ...builder.made, tasks };
}

class PartsBuilder {
  readonly #site: JobSite;
  readonly #graph: JobGraph;
  /** Edges that do not leave the worker, by number. */
  readonly #local = new Map<number, LocalChannel>();
  readonly made = {
    scans: new Map<string, Scan>(),
    relations: new Map<ObjectId, Relation>(),
    tables: new Map<ObjectId, LocalChannel>(),
    sources: new Map<string, SourceInput>(),
    tableInputs: new Map<string, TableInput>(),
    scanInputs: new Array<ScanInput>(),
    sinks: new Map<string, SinkOperator>(),
    results: new Array<ResultOperator>(),
    injected: new Array<TaskInput>(),
  };

  constructor(site: JobSite, graph: JobGraph) {
    this.#site = site;
    this.#graph = graph;
  }

  makeTask(fragment: Fragment): Task {
    const site = this.#site;
    const { worker, parallelism, taskHooks } = site.host;
    let task: Task | null = null;
    const wake = (): void => {
      if (task !== null) site.host.wake(task);
    };
    const output = new TaskOutput(fragment.outputs.map((edge) => ({ edge, senders: this.#senders(edge) })), worker, parallelism, wake);
    const outputs: LateOutput[] = [];
    const operator = (node: PhysicalPlan, index: number): Operator => {
      const out: LateOutput = { index, to: null };
      outputs.push(out);
      return this.#operator(node, this.#counted(node, out), wake);
    };
    task = new Task(fragment, output, operator, taskHooks, (node) => site.activityOf(node));
    for (const out of outputs) out.to = task.outputOf(out.index);
    for (const { node, operator: made } of task.stations) {
      if (node.kind === 'materialize' && made instanceof MaterializeOperator) this.made.relations.set(node.relation, { task, operator: made, node });
    }
    return task;
  }
  #counted(node: PhysicalPlan, out: LateOutput): Output {
    const activity = this.#site.activityOf(node);
    return {
      emit: (batch) => {
        activity.sent(batch);
        out.to?.emit(batch);
      },
      watermark: (micros) => {
        activity.watermark = micros;
        out.to?.watermark(micros);
      },
    };
  }
  #senders(edge: Edge): Sender[] {
    const { host, deploy } = this.#site;
    if (edge.distribution === null) return [this.#localChannel(edge.number)];
    return Array.from({ length: host.parallelism }, (_, to) => host.sender(deploy, edge, to));
  }
  #localChannel(edge: number): LocalChannel {
    let channel = this.#local.get(edge);
    if (channel === undefined) this.#local.set(edge, (channel = new LocalChannel()));
    return channel;
  }

  #operator(node: PhysicalPlan, output: Output, wake: () => void): Operator {
    switch (node.kind) {
      case 'sink':
        return this.#sink(node, wake);
      case 'result':
        return this.#result();
      default:
        return buildOperator(node, { ...this.#site.operatorContext(node, output), outside: outsideOf(this.#site.connectorContext(), wake) });
    }
  }
  #sink(node: PhysicalSink, wake: () => void): SinkOperator {
    const site = this.#site;
    const { spec, recovered } = site.deploy;
    const sink = new SinkOperator(writerOf(node, site), wake, (message) => site.log('warn', message), foldOf(node), spec.skipsBeginning === true && !recovered);
    this.made.sinks.set(node.props.stateId, sink);
    return sink;
  }
  #result(): ResultOperator {
    const { deploy: { result }, host, job } = this.#site;
    if (result === null) throw new InternalError('a result without a reader');
    // The rows are all on one worker; the others' ends say nothing.
    const here = host.worker === ownerOf(0, host.parallelism);
    const made = new ResultOperator(result, {
      rows: (batch, bytes, epoch) => host.post({ kind: 'rows', job, batch, bytes, epoch }),
      progress: (epoch) => here && host.post({ kind: 'progress', job, epoch }),
      end: () => here && host.post({ kind: 'resultEnd', job }),
    });
    this.made.results.push(made);
    return made;
  }

  connect(task: Task, { inputs }: Fragment): void {
    const wake = (): void => this.#site.host.wake(task);
    task.setInputs(
      inputs.map((input) => ({
        feed: input.kind === 'pulse' ? null : input.feed,
        input: this.#input(task, input, wake),
        activity: input.kind === 'pulse' || input.kind === 'edge' ? null : this.#site.activityOf(input.node),
      })),
    );
  }
  #input(task: Task, input: FragmentInput, wake: () => void): TaskInput {
    switch (input.kind) {
      case 'pulse':
        return this.#inject(new PulseInput());
      case 'edge':
        return this.#edgeInput(task, input, wake);
      default:
        return this.#leafInput(input, this.#site.activityOf(input.node).counted(task.target(input.feed)), wake);
    }
  }
  #edgeInput(task: Task, { edge: number, feed, remote }: Extract<FragmentInput, { kind: 'edge' }>, wake: () => void): ChannelInput {
    const { host, deploy } = this.#site;
    const edge = this.#graph.edges[number] as Edge;
    const receivers: Receiver[] = remote ? Array.from({ length: host.parallelism }, (_, from) => host.receiver(deploy, edge, from)) : [this.#localChannel(edge.number)];
    const target = task.target(feed);
    const to = feed === null || edge.distribution?.kind !== 'hash' ? undefined : task.stations[feed.index]?.node;
    return new ChannelInput(to === undefined ? target : this.#site.activityOf(to).dealt(target), receivers, wake);
  }
  #leafInput(input: Extract<FragmentInput, { kind: 'source' | 'scan' | 'table' }>, target: InputTarget, wake: () => void): TaskInput {
    const { made } = this;
    const id = input.node.props.stateId;
    switch (input.kind) {
      case 'source': {
        const source = this.#inject(sourceInput(this.#site, input.node, target, wake));
        made.sources.set(id, source);
        return source;
      }
      case 'scan': {
        const { scan, input: reader } = scanInput(this.#site, input.node, target, wake);
        made.scans.set(id, scan);
        made.scanInputs.push(reader);
        return input.node.snapshotOnly ? this.#inject(reader) : reader;
      }
      case 'table': {
        const { channel, input: reader } = tableInput(this.#site, input.node, target, wake);
        made.tables.set(input.node.relation, channel);
        made.tableInputs.set(id, reader);
        return this.#inject(reader);
      }
    }
  }
  #inject<T extends TaskInput>(input: T): T {
    this.made.injected.push(input);
    return input;
  }
}

/** The outputs of an operator that is made before its task is: they are there at the first row. */
interface LateOutput {
  readonly index: number;
  to: Output | null;
}

function writerOf(node: PhysicalSink, site: JobSite): SinkWriter {
  if (node.spec.stored !== undefined) return new TableWriter();
  const { sink } = connectorNamed(node.spec.connector);
  if (sink === undefined) throw new InternalError(`connector "${node.spec.connector}" cannot be written to`);
  return sink.writer(node.spec, site.host.worker, site.connectorContext());
}

/** A changelog with retractions into a sink that only overwrites: one change per key and epoch. */
function foldOf(node: PhysicalSink): UpsertFold | null {
  const accepts = node.spec.stored !== undefined ? ['upsert'] : (connectorNamed(node.spec.connector).sink?.accepts(node.spec) ?? []);
  if (node.input.props.changelog !== 'retract' || accepts.includes('retract') || !accepts.includes('upsert')) return null;
  return new UpsertFold(node.spec.schema.map((f) => f.type), node.spec.primaryKey);
}

import { unreachable } from '../common/errors.ts';
import type { Distribution, PhysicalPlan, PhysicalSource, PhysicalTableInput, PhysicalTableScan } from '../planner/physical.ts';
import { mergePhases } from '../planner/physical/merge-phases.ts';
import { inputsOf } from '../planner/physical/props.ts';

/**
 * Cuts a job's plans into fragments: trees of operators that run as one task per worker. A fragment's root sends to any
 * number of edges. Cuts are at exchanges (with more than one worker) and wherever several operators read one node, so
 * that the graph of fragments has no cycle and barriers can be aligned.
 */
export interface Fragment {
  readonly number: number;
  /** Operators, inputs before those that read them. Empty when a leaf's rows go straight out. */
  readonly nodes: readonly FragmentNode[];
  readonly inputs: readonly FragmentInput[];
  /** Edges on which the root's rows leave. */
  readonly outputs: readonly Edge[];
  /** Whose rows leave. */
  readonly root: PhysicalPlan;
}
export interface FragmentNode {
  readonly node: PhysicalPlan;
  /** Who reads it within the fragment; null for the root. */
  readonly to: Feed | null;
}
/** A port of an operator of the fragment, by its place in `nodes`. */
export interface Feed {
  readonly index: number;
  readonly port: number;
}
export type FragmentInput =
  | { readonly kind: 'edge'; readonly edge: number; readonly remote: boolean; readonly feed: Feed | null }
  | { readonly kind: 'source'; readonly node: PhysicalSource; readonly feed: Feed | null }
  | { readonly kind: 'scan'; readonly node: PhysicalTableScan; readonly feed: Feed | null }
  | { readonly kind: 'table'; readonly node: PhysicalTableInput; readonly feed: Feed | null }
  /** An operator without inputs needs somebody to tell it of barriers. */
  | { readonly kind: 'pulse' };

export interface Edge {
  readonly number: number;
  readonly from: number;
  readonly to: number;
  /** Null: to the same worker. */
  readonly distribution: Distribution | null;
  /** The rows on it. */
  readonly producer: PhysicalPlan;
}
export interface JobGraph {
  /** Producers before consumers. */
  readonly fragments: readonly Fragment[];
  readonly edges: readonly Edge[];
}

const isLeaf = (p: PhysicalPlan): p is PhysicalSource | PhysicalTableScan | PhysicalTableInput => p.kind === 'source' || p.kind === 'tableScan' || p.kind === 'tableInput';

/** Looks through exchanges and `shared`; the outermost exchange says how rows are placed. */
function resolve(plan: PhysicalPlan): { readonly base: PhysicalPlan; readonly distribution: Distribution | null } {
  let base = plan;
  let distribution: Distribution | null = null;
  while (base.kind === 'exchange' || base.kind === 'shared') {
    if (base.kind === 'exchange' && distribution === null) distribution = base.to;
    base = base.input;
  }
  return { base, distribution };
}

interface Draft {
  number: number;
  readonly nodes: FragmentNode[];
  readonly inputs: FragmentInput[];
  readonly outputs: Edge[];
  readonly root: PhysicalPlan;
}

export function fragmentsOf(given: readonly PhysicalPlan[], parallelism: number): JobGraph {
  // One worker has nobody to save rows from being sent to.
  const plans = parallelism === 1 ? given.map(mergePhases) : given;
  const uses = countUses(plans);
  const drafts: Draft[] = [];
  const edges: Edge[] = [];
  const byRoot = new Map<string, Draft>();

  const fragmentOf = (root: PhysicalPlan): Draft => {
    const known = byRoot.get(root.props.stateId);
    if (known !== undefined) return known;
    const draft: Draft = { number: -1, nodes: [], inputs: [], outputs: [], root };
    byRoot.set(root.props.stateId, draft);
    const wanted: { readonly consumer: Feed; readonly base: PhysicalPlan; readonly distribution: Distribution | null }[] = [];
    // Post-order, so that a node's consumer is known by place only afterwards.
    const place = (node: PhysicalPlan): number => {
      const inlined: { readonly child: number; readonly port: number }[] = [];
      const later: { readonly port: number; readonly base: PhysicalPlan; readonly distribution: Distribution | null }[] = [];
      inputsOf(node).forEach((input, port) => {
        const { base, distribution } = resolve(input);
        const moves = distribution !== null && distribution.kind !== 'any' && parallelism > 1;
        const cut = moves || isLeaf(base) || (uses.get(base.props.stateId) ?? 0) > 1;
        if (cut) later.push({ port, base, distribution: moves ? distribution : null });
        else inlined.push({ child: place(base), port });
      });
      const index = draft.nodes.push({ node, to: null }) - 1;
      for (const { child, port } of inlined) draft.nodes[child] = { node: (draft.nodes[child] as FragmentNode).node, to: { index, port } };
      for (const { port, base, distribution } of later) wanted.push({ consumer: { index, port }, base, distribution });
      if (inputsOf(node).length === 0) draft.inputs.push({ kind: 'pulse' });
      return index;
    };
    if (isLeaf(root)) draft.inputs.push(leafInput(root, null));
    else place(root);
    for (const { consumer, base, distribution } of wanted) {
      if (isLeaf(base) && distribution === null && (uses.get(base.props.stateId) ?? 0) <= 1) {
        draft.inputs.push(leafInput(base, consumer));
        continue;
      }
      const producer = fragmentOf(base);
      const number = edges.length;
      const edge = { number, from: producer.number, to: -1, distribution, producer: base };
      edges.push(edge);
      producer.outputs.push(edge);
      draft.inputs.push({ kind: 'edge', edge: number, remote: distribution !== null, feed: consumer });
    }
    draft.number = drafts.push(draft) - 1;
    return draft;
  };

  for (const plan of plans) fragmentOf(plan);
  const numbered = edges.map((e) => ({ ...e, to: drafts.findIndex((d) => d.inputs.some((i) => i.kind === 'edge' && i.edge === e.number)) }));
  return {
    fragments: drafts.map((d) => ({ ...d, outputs: d.outputs.map((e) => numbered[e.number] as Edge) })),
    edges: numbered,
  };
}

function leafInput(node: PhysicalSource | PhysicalTableScan | PhysicalTableInput, feed: Feed | null): FragmentInput {
  switch (node.kind) {
    case 'source':
      return { kind: 'source', node, feed };
    case 'tableScan':
      return { kind: 'scan', node, feed };
    case 'tableInput':
      return { kind: 'table', node, feed };
    default:
      return unreachable(node);
  }
}

/** How many ports read each node, exchanges and `shared` aside. */
function countUses(plans: readonly PhysicalPlan[]): ReadonlyMap<string, number> {
  const uses = new Map<string, number>();
  const seen = new Set<string>();
  const visit = (node: PhysicalPlan): void => {
    if (seen.has(node.props.stateId)) return;
    seen.add(node.props.stateId);
    for (const input of inputsOf(node)) {
      const { base } = resolve(input);
      uses.set(base.props.stateId, (uses.get(base.props.stateId) ?? 0) + 1);
      visit(base);
    }
  };
  for (const plan of plans) {
    // A root that another plan reads is cut as well.
    uses.set(plan.props.stateId, (uses.get(plan.props.stateId) ?? 0) + 1);
    visit(plan);
  }
  return uses;
}

/** Nodes of the plans, each once, inputs first. */
export function nodesOf(plans: readonly PhysicalPlan[]): readonly PhysicalPlan[] {
  const nodes = new Map<string, PhysicalPlan>();
  const visit = (node: PhysicalPlan): void => {
    if (nodes.has(node.props.stateId)) return;
    for (const input of inputsOf(node)) visit(input);
    nodes.set(node.props.stateId, node);
  };
  for (const plan of plans) visit(plan);
  return [...nodes.values()];
}

import type { PhysicalPlan } from '../physical.ts';
import { describeNode, distributionText } from './describe.ts';
import { inputsOf } from './props.ts';

/** What runs as one task per worker: the operators between exchanges. */
export interface Fragment {
  readonly number: number;
  /** Inputs before the operators that read them. */
  readonly nodes: readonly PhysicalPlan[];
}
export interface FragmentEdge {
  readonly from: number;
  readonly to: number;
  /** How rows are placed on the way. */
  readonly label: string;
}

/** The plan's graph, each node once, cut at its exchanges. Fragment 1 holds the root. */
export function fragmentsOf(root: PhysicalPlan): { readonly fragments: readonly Fragment[]; readonly edges: readonly FragmentEdge[] } {
  const nodes = new Map<string, PhysicalPlan>();
  const parent = new Map<string, string>();
  const find = (id: string): string => {
    const up = parent.get(id);
    return up === undefined || up === id ? id : find(up);
  };
  const visit = (p: PhysicalPlan): void => {
    const id = p.props.stateId;
    if (nodes.has(id)) return;
    for (const input of inputsOf(p)) visit(input);
    nodes.set(id, p);
    if (!parent.has(id)) parent.set(id, id);
    // An exchange belongs to the fragment that reads it.
    if (p.kind !== 'exchange') for (const input of inputsOf(p)) parent.set(find(input.props.stateId), find(id));
  };
  visit(root);
  const order = [...nodes.values()].reverse();
  const number = new Map<string, number>();
  for (const p of order) {
    const top = find(p.props.stateId);
    if (!number.has(top)) number.set(top, number.size + 1);
  }
  const numberOf = (p: PhysicalPlan): number => number.get(find(p.props.stateId)) ?? 0;
  const fragments = [...number.values()].map((n) => ({ number: n, nodes: [...nodes.values()].filter((p) => p.kind !== 'exchange' && numberOf(p) === n) }));
  const edges = [...nodes.values()].flatMap((p) => (p.kind === 'exchange' ? [{ from: numberOf(p.input), to: numberOf(p), label: distributionText(p.to, p.input.props.schema) }] : []));
  return { fragments, edges };
}

const heading = (f: Fragment): string => `fragment ${f.number}`;
const shortened = (text: string, length: number): string => (text.length <= length ? text : `${text.slice(0, length - 1)}…`);
const escaped = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('"', '\\"');

/** Boxes, the root's first, each with the fragments it reads from. */
function boxes(root: PhysicalPlan): string {
  const { fragments, edges } = fragmentsOf(root);
  return fragments
    .map((f) => {
      const lines = [...f.nodes].reverse().map((p) => shortened(describeNode(p), 100));
      const width = Math.max(...lines.map((l) => l.length), heading(f).length + 2);
      const from = edges.filter((e) => e.to === f.number).map((e) => `  <- fragment ${e.from} by ${e.label}`);
      return [`+- ${heading(f)} ${'-'.repeat(Math.max(0, width - heading(f).length - 1))}+`, ...lines.map((l) => `| ${l.padEnd(width)} |`), `+${'-'.repeat(width + 2)}+`, ...from].join('\n');
    })
    .join('\n');
}

function dot(root: PhysicalPlan): string {
  const { fragments, edges } = fragmentsOf(root);
  const boxesText = fragments.map((f) => `  f${f.number} [shape=box, label="${[heading(f), ...[...f.nodes].reverse().map((p) => escaped(describeNode(p)))].join('\\l')}\\l"];`);
  return ['digraph plan {', '  rankdir=BT;', ...boxesText, ...edges.map((e) => `  f${e.from} -> f${e.to} [label="${escaped(e.label)}"];`), '}'].join('\n');
}

function mermaid(root: PhysicalPlan): string {
  const { fragments, edges } = fragmentsOf(root);
  const plain = (text: string): string => text.replaceAll('"', '#quot;');
  return ['flowchart BT', ...fragments.map((f) => `  f${f.number}["${[heading(f), ...[...f.nodes].reverse().map((p) => plain(describeNode(p)))].join('<br/>')}"]`), ...edges.map((e) => `  f${e.from} -- "${plain(e.label)}" --> f${e.to}`)].join('\n');
}

export type GraphFormat = 'text' | 'dot' | 'mermaid';

/** EXPLAIN GRAPH: what runs where. */
export function explainGraph(root: PhysicalPlan, format: GraphFormat = 'text'): string {
  return { text: boxes, dot, mermaid }[format](root);
}

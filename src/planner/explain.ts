import { functionTitle } from '../functions/user/routine.ts';
import { unreachable } from '../common/errors.ts';
import type { Schema } from '../common/batch/batch.ts';
import { intervalToText } from '../common/types/interval.ts';
import { typeName } from '../common/types/sql-type.ts';
import { aggregateText, exprText, overText, sortText, TOP_N_NUMBERS, type ExprNames } from './explain-expr.ts';
import type { Expr } from './expr.ts';
import type { LogicalPlan, LogicalScan } from './logical.ts';
import { planInputs } from './walk.ts';

/**
 * A logical plan as text, one node a line, inputs indented below: for EXPLAIN and plan tests. Subqueries are numbered and
 * printed below the node that holds them.
 * @param types adds the columns' types to each line.
 */
export function explainPlan(plan: LogicalPlan, options: { readonly types?: boolean } = {}): string {
  return new Printer(options.types === true).print(plan).join('\n');
}

class Printer {
  readonly #types: boolean;
  readonly #lines: string[] = [];
  #subqueries = 0;

  constructor(types: boolean) {
    this.#types = types;
  }

  print(plan: LogicalPlan): readonly string[] {
    this.#node(plan, 0, []);
    return this.#lines;
  }

  #node(plan: LogicalPlan, indent: number, outer: readonly Schema[]): void {
    const subplans: { readonly name: string; readonly plan: LogicalPlan }[] = [];
    const inputs = planInputs(plan);
    const row = inputs.length === 0 ? [] : plan.kind === 'setOp' ? plan.schema : inputs.flatMap((i) => i.schema);
    const names: ExprNames = {
      row,
      outer,
      subquery: (sub) => {
        const name = `subquery ${++this.#subqueries}`;
        subplans.push({ name, plan: sub });
        return `(${name})`;
      },
    };
    const types = this.#types ? `  [${plan.schema.map((f) => `${f.name} ${typeName(f.type)}${f.nullable ? '' : ' NOT NULL'}`).join(', ')}]` : '';
    this.#lines.push(`${'  '.repeat(indent)}${nodeText(plan, names)}${types}`);
    for (const sub of subplans) {
      this.#lines.push(`${'  '.repeat(indent + 1)}${sub.name}:`);
      this.#node(sub.plan, indent + 2, [row, ...outer]);
    }
    for (const [i, input] of inputs.entries()) {
      const lateral = plan.kind === 'join' && plan.lateral && i === 1;
      this.#node(input, indent + 1, lateral ? [inputs[0]?.schema ?? [], ...outer] : outer);
    }
  }
}

/** `expr AS name`, without the name where it says nothing new. */
function item(e: Expr, name: string, names: ExprNames): string {
  const text = exprText(e, names);
  return text === name ? text : `${text} AS ${name}`;
}

const micros = (n: bigint): string => intervalToText({ months: 0, days: 0, micros: n });

function scanText(p: LogicalScan): string {
  const { relation } = p;
  const columns = ` (${p.schema.map((f) => f.name).join(', ')})`;
  switch (relation.kind) {
    case 'system':
      return `Scan system ${relation.name}`;
    case 'connector': {
      const notes = [relation.connector, ...(relation.bounded ? ['bounded'] : []), ...(relation.changelog === 'append-only' ? [] : [relation.changelog])];
      return `Scan ${relation.name} [${notes.join(', ')}]${columns}`;
    }
    case 'table':
    case 'view':
      return `Scan ${relation.kind === 'view' ? 'materialized view ' : ''}${relation.name}${columns}`;
  }
}

function nodeText(p: LogicalPlan, names: ExprNames): string {
  const show = (e: Expr): string => exprText(e, names);
  switch (p.kind) {
    case 'scan':
      return scanText(p);
    case 'values':
      return `Values ${p.rows.map((r) => `(${r.map(show).join(', ')})`).join(', ')}`;
    case 'filter':
      return `Filter ${show(p.condition)}`;
    case 'project':
      return `Project ${p.exprs.map((e, i) => item(e, p.schema[i]?.name ?? '', names)).join(', ')}`;
    case 'aggregate': {
      const calls = p.calls.map((c) => aggregateText(c, names));
      const keys = p.keys.map(show);
      const sets = p.sets === null ? '' : ` SETS (${p.sets.map((s) => `(${s.map((i) => keys[i]).join(', ')})`).join(', ')})`;
      return `Aggregate ${[...(keys.length === 0 ? [] : [`GROUP BY ${keys.join(', ')}`]), ...calls].join('; ')}${sets}`;
    }
    case 'join':
      return `Join ${p.type}${p.lateral ? ' lateral' : ''}${p.condition === null ? '' : ` ON ${show(p.condition)}`}`;
    case 'asOfJoin': {
      const on = [...(p.condition === null ? [] : [show(p.condition)]), ...(p.time === null ? [] : [show(p.time)])];
      return `AsOfJoin ${p.form} ${p.type}${on.length === 0 ? '' : ` ON ${on.join(' AND ')}`}`;
    }
    case 'setOp':
      return `${p.op.toUpperCase()}${p.all ? ' ALL' : ''}`;
    case 'distinct':
      return p.on === null ? 'Distinct' : `Distinct ON ${p.on.map(show).join(', ')}${p.order.length === 0 ? '' : ` ORDER BY ${sortText(p.order, names)}`}`;
    case 'sort':
      return `Sort ${sortText(p.keys, names)}`;
    case 'limit':
      return ['Limit', ...(p.limit === null ? [] : [show(p.limit)]), ...(p.withTies ? ['WITH TIES'] : []), ...(p.offset === null ? [] : [`OFFSET ${show(p.offset)}`])].join(' ');
    case 'topN': {
      const partition = p.partition.length === 0 ? '' : ` PARTITION BY ${p.partition.map(show).join(', ')}`;
      return `TopN ${p.limit}${p.offset === 0 ? '' : ` OFFSET ${p.offset}`}${partition} ORDER BY ${sortText(p.order, names)}${p.number === 'rows' ? '' : ` ${TOP_N_NUMBERS[p.number]}`}${p.rank ? ' with rank' : ''}`;
    }
    case 'over':
      return `Over ${p.calls.map((c) => overText(c, names)).join('; ')}`;
    case 'window': {
      const { window } = p;
      const time = p.input.schema[p.timeColumn]?.name ?? '';
      if (window.kind === 'session') {
        const by = window.keys.length === 0 ? '' : ` by ${window.keys.map((k) => p.input.schema[k]?.name ?? '').join(', ')}`;
        return `Window session ${time}${by}, gap ${micros(window.gapMicros)}`;
      }
      const size = window.kind === 'calendar' ? `${window.months} months` : micros(window.sizeMicros);
      const slide = window.kind === 'hop' ? `, slide ${micros(window.slideMicros)}` : window.kind === 'cumulate' ? `, step ${micros(window.stepMicros)}` : '';
      const offset = window.offsetMicros === 0n ? '' : `, offset ${micros(window.offsetMicros)}`;
      return `Window ${window.kind} ${time}, size ${size}${slide}${offset}${window.zone === null ? '' : ` in ${window.zone}`}`;
    }
    case 'watermark':
      return `Watermark ${p.input.schema[p.column]?.name ?? ''} AS ${show(p.expr)}${p.idleTimeoutMs === null ? '' : `, idle after ${p.idleTimeoutMs} ms`}`;
    case 'recursive':
      return `Recursive ${p.name}${p.all ? '' : ' DISTINCT'}`;
    case 'workingTable':
      return `WorkingTable ${p.name}`;
    case 'tableFunction':
      return `TableFunction ${functionTitle(p.name)}(${p.args.map(show).join(', ')})${p.ordinality ? ' WITH ORDINALITY' : ''}`;
    default:
      return unreachable(p);
  }
}

import { SqlError } from '../../common/errors.ts';
import type { Schema } from '../../common/batch/batch.ts';
import type { Span } from '../../common/span.ts';
import { INT } from '../../common/types/sql-type.ts';
import type { AggregateCall, Expr } from '../expr.ts';
import type { OverCall } from '../logical.ts';

/**
 * Aggregates, window functions and set-returning functions met while a select list is bound. Each stands in its expression
 * as a column with an index above every real one, until the nodes that compute them are placed below.
 */

const AGGREGATES = 1 << 26;
const WINDOWS = 2 << 26;
const SETS = 3 << 26;
const GROUPINGS = 4 * (1 << 26);

export interface SetCall {
  readonly name: string;
  readonly overload: number;
  readonly args: readonly Expr[];
  readonly schema: Schema;
  readonly ordinality: boolean;
}

/** GROUPING(a, b), GROUPING_ID(a, b) and GROUP_ID(): `args` null is the last. */
export interface GroupingCall {
  readonly args: readonly Expr[] | null;
  readonly span: Span;
}

export type Part = 'aggregate' | 'window' | 'set' | 'grouping';

/** What a column index stands for. */
export function partOf(index: number): { readonly part: Part | 'column'; readonly at: number } {
  if (index >= GROUPINGS) return { part: 'grouping', at: index - GROUPINGS };
  if (index >= SETS) return { part: 'set', at: index - SETS };
  if (index >= WINDOWS) return { part: 'window', at: index - WINDOWS };
  if (index >= AGGREGATES) return { part: 'aggregate', at: index - AGGREGATES };
  return { part: 'column', at: index };
}

export class Collector {
  readonly aggregates: AggregateCall[] = [];
  readonly windows: OverCall[] = [];
  readonly groupings: GroupingCall[] = [];
  /** Direct arguments of hypothetical-set aggregates: the same for all rows of a group. */
  readonly directs: { readonly expr: Expr; readonly name: string; readonly span: Span }[] = [];
  /** With the position of each one's first column among all their columns. */
  readonly sets: { readonly call: SetCall; readonly first: number }[] = [];
  #setColumns = 0;

  aggregate(call: AggregateCall, same: (a: AggregateCall, b: AggregateCall) => boolean): Expr {
    let at = this.aggregates.findIndex((c) => same(c, call));
    if (at < 0) at = this.aggregates.push(call) - 1;
    return { kind: 'column', index: AGGREGATES + at, type: call.type, nullable: call.nullable };
  }

  grouping(call: GroupingCall): Expr {
    const at = this.groupings.push(call) - 1;
    return { kind: 'column', index: GROUPINGS + at, type: INT, nullable: false };
  }

  window(call: OverCall, nullable: boolean): Expr {
    const at = this.windows.push(call) - 1;
    return { kind: 'column', index: WINDOWS + at, type: call.type, nullable };
  }

  /** A set-returning call in a select list: its only column, or its columns as a row. The same call twice is one call. */
  set(call: SetCall, same: (a: SetCall, b: SetCall) => boolean): Expr {
    const known = this.sets.find((s) => same(s.call, call));
    const first = known?.first ?? this.#setColumns;
    if (known === undefined) {
      this.sets.push({ call, first });
      this.#setColumns += call.schema.length;
    }
    const columns = call.schema.map((f, i): Expr => ({ kind: 'column', index: SETS + first + i, type: f.type, nullable: f.nullable }));
    const [only] = columns;
    if (only !== undefined && columns.length === 1) return only;
    return { kind: 'row', items: columns, type: { kind: 'row', fields: call.schema.map((f) => ({ name: f.name, type: f.type })) } };
  }
}

/** Which kinds of calls a clause may hold. */
export interface Allowed {
  /** `WHERE`, `GROUP BY`…, for the messages. */
  readonly clause: string;
  readonly collector: Collector | null;
  readonly aggregates: boolean;
  readonly windows: boolean;
  readonly sets: boolean;
}

export const nothing = (clause: string): Allowed => ({ clause, collector: null, aggregates: false, windows: false, sets: false });

/** The collector, if the clause admits the part. Errors: grouping_error, windowing_error, feature_not_supported. */
export function collectorFor(allowed: Allowed, part: Part, span: Span): Collector {
  const { clause, collector } = allowed;
  switch (part) {
    case 'aggregate':
    case 'grouping':
      if (collector !== null && allowed.aggregates) return collector;
      if (clause === 'aggregate' && part === 'aggregate') throw new SqlError('grouping_error', 'aggregate function calls cannot be nested', { span });
      throw new SqlError('grouping_error', `${part === 'aggregate' ? 'aggregate functions' : 'grouping operations'} are not allowed in ${clause}`, { span });
    case 'window':
      if (collector !== null && allowed.windows) return collector;
      if (clause === 'aggregate') throw new SqlError('grouping_error', 'aggregate function calls cannot contain window function calls', { span });
      if (clause === 'window') throw new SqlError('windowing_error', 'window function calls cannot be nested', { span });
      throw new SqlError('windowing_error', `window functions are not allowed in ${clause}`, { span });
    case 'set':
      if (collector !== null && allowed.sets) return collector;
      throw new SqlError('feature_not_supported', `set-returning functions are not allowed in ${clause}`, { span });
  }
}

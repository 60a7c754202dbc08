import type { WindowSpec } from '../../parser/ast.ts';
import type { Query } from '../../parser/ast-queries.ts';
import type { LogicalPlan } from '../logical.ts';
import type { Allowed } from './collect.ts';
import type { BindContext, Notes } from './context.ts';
import type { GroupWindow } from './group-window-calls.ts';
import type { StateTtl } from './hints.ts';
import type { LookupHints } from './lookup-hints.ts';
import type { Scope } from './scope.ts';

/** Common tables that are visible, innermost first. */
export interface CommonTables {
  readonly name: string;
  readonly plan: LogicalPlan;
  /** How often it has been read so far. */
  readonly reads: { count: number };
  /** Scopes around the place of definition. */
  readonly depth: number;
  readonly next: CommonTables | null;
}

/** What binding a query needs besides its own text. */
export interface QueryEnv {
  readonly cx: BindContext;
  readonly notes: Notes;
  /** The scope that an inner query's names fall back to, or null at the top. */
  readonly parent: Scope | null;
  readonly tables: CommonTables | null;
  /** STATE_TTL of the query block whose FROM is being bound. */
  readonly ttl?: StateTtl;
  /** LOOKUP of it. */
  readonly lookups?: LookupHints;
  /** Binds a query in this environment; here so that expressions and queries need not import one another. */
  readonly bindQuery: (query: Query, env: QueryEnv) => LogicalPlan;
}

/** What binding an expression needs. */
export interface ExprEnv {
  readonly cx: BindContext;
  readonly notes: Notes;
  readonly scope: Scope;
  readonly allowed: Allowed;
  readonly query: QueryEnv;
  /** Named windows of the WINDOW clause. */
  readonly windows: ReadonlyMap<string, WindowSpec>;
  /** The group window of the SELECT, in its clauses above the grouping. */
  readonly groupWindow?: GroupWindow | undefined;
}

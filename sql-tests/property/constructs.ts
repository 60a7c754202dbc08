/**
 * What random queries are made of, by name: each time one is written it is noted, and a long run in which one was never drawn fails.
 * Left out: PROCTIME() as a column of its own and RANDOM(), whose values no oracle can know; STATE_TTL, with which results are meant to
 * forget; WITH RECURSIVE in a view, which is refused; UNIQUE, which is the writer's affair: plans make nothing of it.
 */
export const STORED_CONSTRUCTS = [
  'join', 'outer join', 'full join', 'interval join', 'theta join', 'join with one row', 'semi or anti join', 'as-of join', 'as-of left join', 'lookup join of a table', 'lookup join of a view', 'using',
  'subquery', 'correlated subquery', 'nested subquery', 'scalar subquery', 'array subquery', 'lateral', 'unnest', 'ordinality', 'set-returning function', 'values', 'plain view', 'view over view',
  'union', 'union all', 'intersect', 'intersect all', 'except', 'except all', 'limit', 'with ties', 'common table', 'common table twice', 'distinct', 'distinct on', 'top-n', 'top-n with its number', 'rank limit', 'qualify',
  'group by', 'grouping sets', 'having', 'filter clause', 'distinct aggregate', 'ordered aggregate', 'ordered-set aggregate', 'collecting aggregate',
  'over rows', 'over range', 'over groups', 'over exclude', 'over filter', 'ignore nulls', 'lag or lead', 'ranking', 'named window',
  'tumble', 'hop', 'cumulate', 'session', 'session by key', 'window offset', 'calendar window', 'zoned window', 'group window', 'window top-n', 'window join', 'window over window',
  'temporal filter', 'temporal filter of a group', 'sql function', 'javascript function', 'javascript table function', 'javascript aggregate', 'javascript over', 'lambda', 'json function', 'array function', 'text function', 'time function', 'upsert', 'pause and resume', 'add column',
] as const;

export const EVENT_CONSTRUCTS = [
  'event tumble', 'event hop', 'event cumulate', 'event session', 'event session by key', 'event window offset', 'event calendar window', 'event zoned window', 'event group window', 'event window over window', 'event grouping sets',
  'event window top-n', 'event window dedup', 'event window join', 'event window outer join', 'event window semi join', 'event interval join', 'event interval outer join',
  'temporal join', 'temporal left join', 'temporal join of the latest rows', 'event as-of join', 'event lookup of a file', 'event lookup of a table', 'event lookup of a view',
  'event over rows', 'event over range', 'event keep first', 'event keep last', 'event top-n', 'event union', 'event join of windows', 'emit on window close', 'emit changes', 'early firing', 'late firing', 'allowed lateness', 'upsert source', 'retract source', 'javascript aggregate',
] as const;

export type Construct = (typeof STORED_CONSTRUCTS)[number] | (typeof EVENT_CONSTRUCTS)[number];

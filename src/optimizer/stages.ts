import type { Rule, Stage } from './rule.ts';
import { countSetOperation, flattenUnion, unionToDistinct } from './rules/set-operations.ts';
import { decorrelateLateral, decorrelateSubqueries } from './rules/decorrelate.ts';
import { distinctOnToTopN, distinctToAggregate } from './rules/distinct.ts';
import { foldConstants } from './rules/fold-constants.ts';
import { dropUnusedWatermark } from './rules/drop-watermark.ts';
import { emptyFilter, mergeFilters } from './rules/merge-filters.ts';
import { mergeProjects, removeProject } from './rules/merge-projects.ts';
import { groupingSetsToUnion } from './rules/grouping-sets.ts';
import { outerToInner } from './rules/outer-to-inner.ts';
import { overAggregateToJoin } from './rules/over-aggregate.ts';
import { plainLateral } from './rules/plain-lateral.ts';
import { projectValues } from './rules/project-values.ts';
import { pruneColumns } from './rules/prune-columns.ts';
import {
  factorDisjunction, pushFilterAggregate, pushFilterAsOf, pushFilterJoin, pushFilterProject, pushFilterSetOp, pushFilterUnary, pushJoinCondition,
} from './rules/push-filter.ts';
import { simplifyExpressions } from './rules/simplify-expressions.ts';
import { tableFunctionValues } from './rules/table-function-values.ts';
import { limitToTopN, overToTopN, rowNumberToTopN } from './rules/top-n.ts';

const tidy: readonly Rule[] = [foldConstants, simplifyExpressions, mergeFilters, emptyFilter, mergeProjects, removeProject, projectValues, tableFunctionValues, plainLateral];

const pushing: readonly Rule[] = [
  ...tidy, factorDisjunction, outerToInner, pushFilterProject, pushFilterJoin, pushFilterAsOf, pushJoinCondition, pushFilterAggregate, pushFilterSetOp, pushFilterUnary,
  overToTopN,
];

/** In order. What runs a plan expects `desugar` and `decorrelate` to have been done; the others only save work. */
export const STAGES: readonly Stage[] = [
  { name: 'decorrelate', rules: [groupingSetsToUnion, decorrelateSubqueries, decorrelateLateral], direction: 'bottomUp', repeat: 'fixpoint' },
  { name: 'tidy', rules: tidy, direction: 'bottomUp', repeat: 'fixpoint' },
  { name: 'push-filters', rules: pushing, direction: 'topDown', repeat: 'fixpoint' },
  { name: 'desugar', rules: [unionToDistinct, countSetOperation, distinctToAggregate, distinctOnToTopN, limitToTopN, overToTopN, rowNumberToTopN, overAggregateToJoin], direction: 'topDown', repeat: 'fixpoint' },
  { name: 'push-filters-again', rules: [...pushing, flattenUnion], direction: 'topDown', repeat: 'fixpoint' },
  { name: 'watermarks', rules: [dropUnusedWatermark], direction: 'whole', repeat: 'once' },
  { name: 'prune', rules: [pruneColumns], direction: 'whole', repeat: 'once' },
  { name: 'finish', rules: tidy, direction: 'bottomUp', repeat: 'fixpoint' },
];

/** Every rule once, for EXPLAIN and for settings that disable one. */
export const RULES: readonly Rule[] = [...new Set(STAGES.flatMap((s) => s.rules))];

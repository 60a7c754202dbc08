import type { Span } from '../../common/span.ts';
import { quoteName } from '../../catalog/names.ts';
import type { Scope, ScopeColumn, ScopeRelation } from './scope.ts';

/** A `*` of a select list with the columns it stands for, as text; null where they can't be named one by one. */
export interface WrittenStar {
  readonly span: Span;
  readonly text: string | null;
}

/** The columns of an unqualified star by name, each under the relation that has it; merged ones by name alone. */
export function starText(scope: Scope): string | null {
  const parts = scope.columns.map((c) => {
    const owners = scope.relations.filter((r) => r.columns.some((x) => x.index === c.index && x.name === c.name));
    const [only] = owners;
    if (owners.length === 1 && only !== undefined && isPlain(scope, only, c)) return `${quoteName(only.name)}.${quoteName(c.name)}`;
    return scope.columns.filter((x) => x.name === c.name).length === 1 ? quoteName(c.name) : null;
  });
  return parts.includes(null) || parts.length === 0 ? null : parts.join(', ');
}

/** The same of `t.*`. */
export function relationStarText(scope: Scope, relation: ScopeRelation): string | null {
  if (relation.columns.length === 0 || !relation.columns.every((c) => isPlain(scope, relation, c))) return null;
  return relation.columns.map((c) => `${quoteName(relation.name)}.${quoteName(c.name)}`).join(', ');
}

const isPlain = (scope: Scope, relation: ScopeRelation, column: ScopeColumn): boolean =>
  scope.relations.filter((r) => r.name === relation.name).length === 1 && relation.columns.filter((c) => c.name === column.name).length === 1;

/** Source text with its stars written out: what was added to a table later is no part of a view. */
export function withoutStars(text: string, span: Span, stars: readonly WrittenStar[]): string {
  let out = '';
  let at = span.start;
  const seen = new Set<number>();
  for (const star of stars.toSorted((a, b) => a.span.start - b.span.start)) {
    const { start, end } = star.span;
    if (star.text === null || start < at || end > span.end || seen.has(start)) continue;
    // `* EXCLUDE (…)` goes on behind the star.
    if (/^\s*(exclude|except|replace)\s*\(/i.test(text.slice(end)) || !text.slice(start, end).endsWith('*')) continue;
    seen.add(start);
    out += text.slice(at, start) + star.text;
    at = end;
  }
  return out + text.slice(at, span.end);
}

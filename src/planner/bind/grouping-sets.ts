import { SqlError } from '../../common/errors.ts';
import type { Expr as Ast } from '../../parser/ast.ts';
import type { GroupingElement } from '../../parser/ast-queries.ts';
import type { Expr } from '../expr.ts';
import { exprEquals } from './equal.ts';

/** As many as PostgreSQL takes. */
const SETS_MAX = 4096;

/**
 * The keys of GROUP BY and, where it has GROUPING SETS, ROLLUP or CUBE, the sets of them as positions (the product of its
 * elements' sets). null: all keys, once.
 * @param all the keys of GROUP BY ALL.
 * @param distinct of equal sets one is taken.
 * Errors: statement_too_complex.
 */
export function groupingSets(elements: readonly GroupingElement[], bind: (e: Ast) => Expr, all: () => readonly Expr[], distinct = false): { readonly keys: readonly Expr[]; readonly sets: readonly (readonly number[])[] | null } {
  const keys: Expr[] = [];
  const place = (key: Expr): number => {
    const at = keys.findIndex((k) => exprEquals(k, key));
    return at < 0 ? keys.push(key) - 1 : at;
  };
  const placed = (list: readonly Ast[]): number[] => list.map((e) => place(bind(e)));
  const setsOf = (element: GroupingElement): number[][] => {
    switch (element.kind) {
      case 'expr':
        return [placed(element.expr.kind === 'row' && !element.expr.explicit ? element.expr.items : [element.expr])];
      case 'empty':
        return [[]];
      case 'all':
        return [all().map(place)];
      case 'set':
        return [placed(element.exprs)];
      case 'rollup': {
        const parts = element.sets.map(placed);
        return [...parts.map((_, i) => parts.slice(0, parts.length - i).flat()), []];
      }
      case 'cube': {
        const parts = element.sets.map(placed);
        if (parts.length > 12) throw tooMany(element);
        // In PostgreSQL's order: from all of them down to none.
        return Array.from({ length: 1 << parts.length }, (_, n) => parts.filter((__, i) => (n & (1 << (parts.length - 1 - i))) === 0).flat());
      }
      case 'groupingSets':
        return element.elements.flatMap(setsOf);
    }
  };
  let sets: number[][] = [[]];
  for (const element of elements) {
    const own = setsOf(element);
    if (sets.length * own.length > SETS_MAX) throw tooMany(element);
    sets = sets.flatMap((s) => own.map((o) => [...new Set([...s, ...o])]));
  }
  const plain = elements.every((e) => e.kind === 'expr' || e.kind === 'empty' || e.kind === 'all' || e.kind === 'set');
  return { keys, sets: plain ? null : distinct ? withoutEqual(sets) : sets };
}

/** GROUP BY DISTINCT: of sets with the same keys the first. */
function withoutEqual(sets: readonly (readonly number[])[]): readonly (readonly number[])[] {
  const nameOf = (set: readonly number[]): string => set.toSorted((a, b) => a - b).join(' ');
  const first = new Map(sets.toReversed().map((set) => [nameOf(set), set]));
  return sets.filter((set) => first.get(nameOf(set)) === set);
}

const tooMany = (element: GroupingElement): SqlError => new SqlError('statement_too_complex', `too many grouping sets present (maximum ${SETS_MAX})`, { span: element.span });

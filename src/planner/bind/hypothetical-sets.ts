import { SqlError, notSupported } from '../../common/errors.ts';
import type { CallExpr, Expr as Ast } from '../../parser/ast.ts';
import type { OrderItem } from '../../parser/ast-queries.ts';
import { callNode } from '../../parser/nodes.ts';

/**
 * `rank(v) WITHIN GROUP (ORDER BY x)` and its like: what a row of `v` would get among the others. Each is written with counts of
 * the rows that come before, or before or with it, which can be kept up to date.
 */

export const HYPOTHETICAL: ReadonlySet<string> = new Set(['rank', 'dense_rank', 'percent_rank', 'cume_dist']);

export function hypotheticalSet(call: CallExpr, name: string): Ast {
  const { span, withinGroup } = call;
  const values = call.args.map((a) => a.value);
  if (values.length !== withinGroup.length) {
    throw new SqlError('undefined_function', `hypothetical-set aggregate ${name} needs as many arguments as ordering columns`, { span, hint: `To use the hypothetical-set aggregate ${name}, the number of hypothetical direct arguments (here ${values.length}) must match the number of ordering columns (here ${withinGroup.length}).` });
  }
  if (name === 'dense_rank' && withinGroup.length > 1) throw notSupported('dense_rank WITHIN GROUP by several columns', span, 'Order by one column.');
  const number = (text: string): Ast => ({ kind: 'number', text, span });
  const binary = (symbol: string, left: Ast, right: Ast): Ast => ({ kind: 'binary', operator: { schema: null, symbol, span }, left, right, span });
  const any = (args: readonly Ast[]): Ast => (args.length === 1 && args[0] !== undefined ? args[0] : { kind: 'or', args: [...args], span });
  const all = (args: readonly Ast[]): Ast => (args.length === 1 && args[0] !== undefined ? args[0] : { kind: 'and', args: [...args], span });
  const isNull = (arg: Ast, negated: boolean): Ast => ({ kind: 'is', arg, test: 'null', negated, span });
  /** Whether the row's key comes before the value. */
  const before = ({ expr, direction, nulls }: OrderItem, value: Ast): Ast => {
    const first = nulls === null ? direction === 'desc' : nulls === 'first';
    const [low, high] = first ? [expr, value] : [value, expr];
    return any([binary(direction === 'desc' ? '>' : '<', expr, value), all([isNull(low, false), isNull(high, true)])]);
  };
  const same = (i: number): Ast => ({ kind: 'isDistinct', left: withinGroup[i]?.expr as Ast, right: values[i] as Ast, negated: true, span });
  const earlier = any(withinGroup.map((key, i) => all([...withinGroup.slice(0, i).map((_k, j) => same(j)), before(key, values[i] as Ast)])));
  const filter = call.filter;
  const count = (where: Ast | null, distinct?: Ast): Ast => {
    const conditions = [filter, where].flatMap((c) => (c === null ? [] : [c]));
    const parts = { name: { parts: [{ name: 'count', quoted: false, span }], span }, filter: conditions.length === 0 ? null : all(conditions), span };
    return callNode(distinct === undefined ? { ...parts, star: true } : { ...parts, distinct: true, args: [{ name: null, value: distinct }] });
  };
  const fraction = (part: Ast, whole: Ast): Ast => binary('/', { kind: 'cast', arg: part, type: DOUBLE(span), try: false, span }, whole);
  switch (name) {
    case 'rank':
      return binary('+', count(earlier), number('1'));
    case 'dense_rank': {
      const key = (withinGroup[0] as OrderItem).expr;
      // NULL is a value of its own here, which DISTINCT does not count.
      const nulls: Ast = { kind: 'case', operand: null, branches: [{ when: binary('>', count(all([earlier, isNull(key, false)])), number('0')), then: number('1') }], otherwise: number('0'), span };
      return binary('+', binary('+', count(earlier, key), nulls), number('1'));
    }
    case 'percent_rank': {
      const ranked: Ast = { kind: 'case', operand: null, branches: [{ when: binary('=', count(null), number('0')), then: number('0') }], otherwise: fraction(count(earlier), count(null)), span };
      return ranked;
    }
    default: {
      const equal = all(withinGroup.map((_k, i) => same(i)));
      return fraction(binary('+', count(any([earlier, equal])), number('1')), binary('+', count(null), number('1')));
    }
  }
}

const DOUBLE = (span: CallExpr['span']): (Ast & { kind: 'cast' })['type'] => ({
  kind: 'type', schema: null, name: 'double precision', quoted: false, args: [], fields: null, key: null, element: null, interval: null, arrayDims: 0, nullable: null, span,
});

import fc from 'fast-check';
import type { Expr, Identifier, TypeName } from '../ast.ts';
import type { OrderItem, Query, Select, SelectItem, TableRef } from '../ast-queries.ts';
import { callNode, plainTypeName } from '../nodes.ts';

const span = { start: 0, end: 0 };

/** Names: plain, keywords of all classes, and ones that only quotes can hold. */
const name: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom('a', 'b', 'Tab', 'value', 'date', 'key', 'year', 'emit', 'map', 'row', 'values', 'interval', 'user', 'select', 'left', 'asof', 'qualify', 'order', 'end', 'hop'),
  fc.string({ minLength: 1, maxLength: 6 }).filter((text) => text.isWellFormed()),
);
export const identifier: fc.Arbitrary<Identifier> = name.map((text) => ({ name: text, quoted: !/^[a-z]\w*$/i.test(text), span }));
const text = fc.string({ maxLength: 8 });

const typeName: fc.Arbitrary<TypeName> = fc.oneof(
  fc.constantFrom('int', 'bigint', 'varchar', 'jsonb', 'date', 'timestamp', 'decimal').map((word) => plainTypeName({ name: word, quoted: false, span })),
  fc.tuple(fc.constantFrom('varchar', 'timestamp', 'timestamp with time zone'), fc.nat(9)).map(([word, n]): TypeName => ({ ...plainTypeName({ name: word, quoted: false, span }), args: [n] })),
  fc.nat(2).map((arrayDims): TypeName => ({ ...plainTypeName({ name: 'int', quoted: false, span }), arrayDims })),
);

const operator = fc.constantFrom('+', '-', '*', '/', '%', '^', '=', '<>', '<', '<=', '||', '->', '->>', '@>', '~', '!~*', '&', '#>>', '<<', 'OVERLAPS').map((symbol) => ({ symbol, schema: null, span }));
const prefix = fc.constantFrom('-', '+', '~', '@', '|/').map((symbol) => ({ symbol, schema: null, span }));

// A type, not an interface: letrec wants an index signature.
type Tree = { expr: Expr; query: Query };

const { expr, query } = fc.letrec<Tree>((tie) => {
  const sub = tie('expr');
  const list = fc.array(sub, { minLength: 1, maxLength: 3 });
  const subquery = tie('query');
  const leaf: fc.Arbitrary<Expr> = fc.oneof(
    fc.array(identifier, { minLength: 1, maxLength: 3 }).map((parts): Expr => ({ kind: 'name', parts, span })),
    fc.constantFrom<Expr>({ kind: 'null', span }, { kind: 'boolean', value: true, span }, { kind: 'number', text: '1', span }, { kind: 'number', text: '1.5e3', span }, { kind: 'param', index: 3, span }),
    text.map((value): Expr => ({ kind: 'string', value, span })),
    fc.constant<Expr>({ kind: 'interval', value: '5', negative: false, qualifier: { from: 'DAY', to: null, leadingPrecision: null, fractionPrecision: null }, span }),
    fc.constant<Expr>({ kind: 'typedLiteral', type: plainTypeName({ name: 'date', quoted: false, span }), value: '2024-01-01', span }),
  );
  const negated = fc.boolean();
  const node: fc.Arbitrary<Expr> = fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    fc.tuple(operator, sub, sub).map(([op, left, right]): Expr => ({ kind: 'binary', operator: op, left, right, span })),
    fc.tuple(prefix, sub).map(([op, arg]): Expr => ({ kind: 'unary', operator: op, arg, span })),
    fc.tuple(fc.constantFrom('and' as const, 'or' as const), fc.array(sub, { minLength: 2, maxLength: 3 })).map(([kind, args]): Expr => ({ kind, args, span })),
    sub.map((arg): Expr => ({ kind: 'not', arg, span })),
    fc.tuple(sub, fc.constantFrom('null' as const, 'true' as const, 'json object' as const), negated).map(([arg, test, no]): Expr => ({ kind: 'is', arg, test, negated: no, span })),
    fc.tuple(sub, sub, negated).map(([left, right, no]): Expr => ({ kind: 'isDistinct', left, right, negated: no, span })),
    fc.tuple(fc.constantFrom('like' as const, 'ilike' as const, 'similar' as const), sub, sub, fc.option(sub), negated).map(([op, arg, pattern, escape, no]): Expr => ({ kind: 'like', operator: op, arg, pattern, escape, negated: no, span })),
    fc.tuple(sub, sub, sub, fc.boolean(), negated).map(([arg, low, high, symmetric, no]): Expr => ({ kind: 'between', arg, low, high, symmetric, negated: no, span })),
    fc.tuple(sub, list.filter(([only, ...rest]) => rest.length > 0 || only?.kind !== 'subquery'), negated).map(([arg, items, no]): Expr => ({ kind: 'inList', arg, list: items, negated: no, span })),
    fc.tuple(sub, sub.filter(({ kind }) => kind !== 'subquery'), operator.filter(({ symbol }) => symbol !== 'OVERLAPS')).map(([arg, array, op]): Expr => ({ kind: 'quantified', operator: op, quantifier: 'any', arg, array, query: null, span })),
    fc.tuple(sub, typeName, fc.boolean()).map(([arg, type, attempt]): Expr => ({ kind: 'cast', arg, type, try: attempt, span })),
    fc.tuple(sub, sub).map(([base, index]): Expr => ({ kind: 'subscript', base, index, span })),
    fc.tuple(sub, identifier).map(([base, field]): Expr => ({ kind: 'field', base, field, span })),
    fc.tuple(sub, sub).map(([arg, zone]): Expr => ({ kind: 'atTimeZone', arg, zone, span })),
    fc.tuple(fc.option(sub), fc.array(fc.record({ when: sub, then: sub }), { minLength: 1, maxLength: 2 }), fc.option(sub)).map(([operand, branches, otherwise]): Expr => ({ kind: 'case', operand, branches, otherwise, span })),
    fc.tuple(fc.constantFrom('f', 'left', 'if', 'count', 'Replace'), list).map(([fn, args]): Expr => callNode({ name: { parts: [{ name: fn, quoted: false, span }], span }, args: args.map((value) => ({ name: null, value })), span })),
    fc.tuple(fc.constantFrom('array_transform', 'Filter'), sub, fc.array(identifier, { minLength: 1, maxLength: 2 }), sub).map(([fn, over, params, body]): Expr => callNode({ name: { parts: [{ name: fn, quoted: false, span }], span }, args: [over, { kind: 'lambda' as const, params, body, span }].map((value) => ({ name: null, value })), span })),
    list.map((items): Expr => ({ kind: 'array', items, span })),
    fc.tuple(sub, list).map(([first, rest]): Expr => ({ kind: 'row', items: [first, ...rest], explicit: false, span })),
    fc.tuple(sub, sub).map(([needle, haystack]): Expr => ({ kind: 'position', needle, haystack, span })),
    subquery.map((inner): Expr => ({ kind: 'subquery', query: inner, span })),
    fc.tuple(sub, subquery, negated).map(([arg, inner, no]): Expr => ({ kind: 'inQuery', arg, query: inner, negated: no, span })),
    subquery.map((inner): Expr => ({ kind: 'exists', query: inner, span })),
  );
  const item: fc.Arbitrary<SelectItem> = fc.record({ expr: sub, alias: fc.option(identifier), span: fc.constant(span) });
  const alias = fc.option(identifier.map((id) => ({ name: id, columns: [], columnDefs: [], span })));
  const table: fc.Arbitrary<TableRef> = fc.oneof(
    fc.tuple(fc.array(identifier, { minLength: 1, maxLength: 2 }), alias).map(([parts, as]): TableRef => ({ kind: 'table', name: { parts, span }, hints: [], asOf: null, sample: null, alias: as, span })),
    fc.tuple(subquery, alias).map(([inner, as]): TableRef => ({ kind: 'subqueryTable', query: inner, lateral: false, alias: as, span })),
  );
  const from: fc.Arbitrary<TableRef> = fc.oneof(
    table,
    fc.tuple(table, table, sub, fc.constantFrom('inner' as const, 'left' as const, 'full' as const)).map(([left, right, on, type]): TableRef => ({ kind: 'join', type, natural: false, asof: false, match: null, left, right, on, using: [], usingAlias: null, alias: null, span })),
  );
  const select: fc.Arbitrary<Select> = fc
    .record({ distinct: fc.boolean(), items: fc.array(item, { minLength: 1, maxLength: 2 }), from: fc.array(from, { maxLength: 2 }), where: fc.option(sub), having: fc.option(sub) })
    .map((parts): Select => ({ kind: 'select', hints: [], distinctOn: [], groupBy: null, windows: [], qualify: null, span, ...parts }));
  const order: fc.Arbitrary<OrderItem> = fc.record({ expr: sub, direction: fc.constantFrom('asc' as const, 'desc' as const, null), nulls: fc.constantFrom('first' as const, null), span: fc.constant(span) });
  return {
    expr: node,
    query: fc
      .record({ body: select, orderBy: fc.array(order, { maxLength: 1 }), limit: fc.option(sub) })
      .map((parts): Query => ({ kind: 'query', with: null, offset: null, withTies: false, emit: null, locking: [], span, ...parts })),
  };
});

export const arbitraryExpr: fc.Arbitrary<Expr> = expr;
export const arbitraryQuery: fc.Arbitrary<Query> = query;

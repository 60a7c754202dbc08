import { SqlError, notSupported, unreachable } from '../../common/errors.ts';
import { BOOLEAN, INT, TEXT, UNKNOWN, arrayOf, typeName, type SqlType } from '../../common/types/sql-type.ts';
import type { BinaryExpr, Expr as Ast, UnaryExpr } from '../../parser/ast.ts';
import type { Expr } from '../expr.ts';
import { typeOf } from '../interpret.ts';
import { all, compare, scalarCall, textLiteral } from './calls.ts';
import { coerce, settle, toBoolean, unify } from './coerce.ts';
import type { ExprEnv } from './env.ts';
import { bindCall } from './functions.ts';
import { bindJsonFunction } from './json-functions.ts';
import { bindLiteral, numberLiteral } from './literals.ts';
import { bindName, columnUser, fieldOf } from './names.ts';
import { bindExists, bindInQuery, bindQuantified, bindScalarQuery } from './subqueries.ts';
import { bindType } from './types.ts';

/** The bound form of an expression: names, overloads and casts settled. Errors carry positions. */
export function bindExpr(env: ExprEnv, e: Ast): Expr {
  const bound = bindInner(env, e);
  return env.notes.place(bound, e.span);
}

function bindInner(env: ExprEnv, e: Ast): Expr {
  const { span } = e;
  const bind = (x: Ast): Expr => bindExpr(env, x);
  const text = (x: Ast): Expr => coerce(env, bind(x), TEXT, 'implicit', x.span);
  switch (e.kind) {
    case 'name':
      return bindName(env, e);
    case 'null':
    case 'boolean':
    case 'number':
    case 'string':
    case 'bytes':
    case 'bits':
    case 'typedLiteral':
    case 'interval':
      return bindLiteral(env, e);
    case 'param': {
      const index = e.index - 1;
      return { kind: 'param', index, type: env.cx.params.type(index) ?? UNKNOWN };
    }
    case 'star':
      // Outside of a select list `t.*` is the row of t.
      if (e.qualifier !== null && e.exclude === undefined && e.replace === undefined) return bind(e.qualifier);
      throw new SqlError('syntax_error', '"*" is only allowed in a select list', { span });
    case 'unary':
      return bindUnary(env, e);
    case 'binary':
      return bindBinary(env, e);
    case 'and':
    case 'or':
      return { kind: e.kind, args: e.args.map((a) => toBoolean(env, bind(a), e.kind.toUpperCase(), a.span)) };
    case 'not':
      return { kind: 'not', arg: toBoolean(env, bind(e.arg), 'NOT', e.arg.span) };
    case 'is':
      return bindIs(env, e);
    case 'isDistinct': {
      const [a, b] = [bind(e.left), bind(e.right)];
      if (a.kind === 'row' && b.kind === 'row') {
        if (a.items.length !== b.items.length) throw new SqlError('syntax_error', 'unequal number of entries in row expressions', { span });
        const name = e.negated ? 'is_not_distinct' : 'is_distinct';
        return all(e.negated ? 'and' : 'or', a.items.map((x, i) => scalarCall(env, name, [x, b.items[i] ?? x], span)));
      }
      // What has no equality has no IS DISTINCT FROM either.
      scalarCall(env, '=', [a, b], span);
      const { items } = unify(env, [a, b], 'IS DISTINCT FROM', span);
      return scalarCall(env, e.negated ? 'is_not_distinct' : 'is_distinct', items, span);
    }
    case 'like': {
      const args = [text(e.arg), text(e.pattern), ...(e.escape === null ? [] : [text(e.escape)])];
      if (e.operator === 'similar') {
        const test = scalarCall(env, 'similar_to', args, span);
        return e.negated ? { kind: 'not', arg: test } : test;
      }
      return scalarCall(env, `${e.negated ? '!' : ''}~~${e.operator === 'ilike' ? '*' : ''}`, args, span);
    }
    case 'between': {
      const arg = bind(e.arg);
      const [low, high] = [bind(e.low), bind(e.high)];
      const within = (a: Expr, b: Expr): Expr => all('and', [compare(env, '>=', arg, a, span), compare(env, '<=', arg, b, span)]);
      const test = e.symmetric ? all('or', [within(low, high), within(high, low)]) : within(low, high);
      return e.negated ? { kind: 'not', arg: test } : test;
    }
    case 'inList':
      return bindInList(env, e);
    case 'inQuery':
      return bindInQuery(env, bind(e.arg), e.query, e.negated, span);
    case 'quantified':
      return bindQuantified(env, bind(e.arg), e, bind);
    case 'exists':
      return bindExists(env, e.query);
    case 'subquery':
      return bindScalarQuery(env, e.query, 'scalar', span);
    case 'arrayQuery':
      return bindScalarQuery(env, e.query, 'array', span);
    case 'row': {
      const items = e.items.flatMap((i) => (i.kind === 'star' && i.qualifier !== null ? fieldsOf(bind(i)) : [bind(i)]));
      return { kind: 'row', items, type: { kind: 'row', fields: items.map((i, n) => ({ name: `f${n + 1}`, type: typeOf(i) })) } };
    }
    case 'array': {
      if (e.items.length === 0) return { kind: 'array', items: [], type: arrayOf(UNKNOWN) };
      const { items, type } = unify(env, e.items.map(bind), 'ARRAY', span);
      return { kind: 'array', items, type: arrayOf(type) };
    }
    case 'map': {
      const keys = unify(env, e.entries.map((x) => bind(x.key)), 'MAP', span).items;
      const values = unify(env, e.entries.map((x) => bind(x.value)), 'MAP', span).items;
      return scalarCall(env, 'map', keys.flatMap((k, i) => [k, values[i] ?? k]), span);
    }
    case 'case':
      return bindCase(env, e);
    case 'cast': {
      const type = bindType(e.type);
      if (!e.try && e.arg.kind === 'array' && e.arg.items.length > 0 && type.kind === 'array') return castElements(env, e.arg.items, type);
      const arg = bind(e.arg);
      if (e.try) {
        const settled = settle(env, arg);
        return { kind: 'cast', arg: coerceCheck(env, settled, type, e), type, try: true, span };
      }
      return coerce(env, arg, type, 'explicit', span);
    }
    case 'extract':
      return scalarCall(env, 'extract', [textLiteral(e.field), bind(e.arg)], span);
    case 'atTimeZone': {
      if (e.zone === null) throw notSupported('AT LOCAL', span, 'Write AT TIME ZONE with the zone\'s name.');
      return scalarCall(env, 'timezone', [bind(e.zone), bind(e.arg)], span);
    }
    case 'collate': {
      const name = e.collation.parts.at(-1)?.name.toLowerCase() ?? '';
      if (!['c', 'posix', 'default', 'ucs_basic'].includes(name)) throw notSupported(`collation "${name}"`, e.collation.span, 'Text is compared by code points: COLLATE "C".');
      const arg = bind(e.arg);
      if (!COLLATED.has(typeOf(arg).kind)) throw new SqlError('datatype_mismatch', `collations are not supported by type ${typeName(typeOf(arg))}`, { span });
      return arg;
    }
    case 'subscript':
      return bindSubscript(env, bind(e.base), bind(e.index), e);
    case 'slice': {
      const base = bind(e.base);
      const lower = e.lower === null ? ({ kind: 'literal', value: 1, type: INT } satisfies Expr) : bind(e.lower);
      return scalarCall(env, 'subscript_slice', e.upper === null ? [base, lower] : [base, lower, bind(e.upper)], span);
    }
    case 'field':
      return fieldOf(bind(e.base), e.field);
    case 'call':
      return columnUser(env, e) ?? bindCall(env, e, bindExpr);
    case 'substring': {
      if (e.similar !== null) throw notSupported('SUBSTRING ... SIMILAR', span, 'Use regexp_substr or regexp_match.');
      const from: Expr = e.from === null ? { kind: 'literal', value: 1, type: INT } : bind(e.from);
      return scalarCall(env, 'substring', [bind(e.arg), from, ...(e.for === null ? [] : [bind(e.for)])], span);
    }
    case 'trim': {
      const name = e.side === 'both' ? 'btrim' : e.side === 'leading' ? 'ltrim' : 'rtrim';
      return scalarCall(env, name, [bind(e.arg), ...(e.chars === null ? [] : [bind(e.chars)])], span);
    }
    case 'position':
      return scalarCall(env, 'position', [bind(e.needle), bind(e.haystack)], span);
    case 'overlay':
      return scalarCall(env, 'overlay', [bind(e.arg), bind(e.placing), bind(e.from), ...(e.for === null ? [] : [bind(e.for)])], span);
    case 'roundTo':
      return scalarCall(env, e.direction, [bind(e.arg), textLiteral(e.unit.toLowerCase())], span);
    case 'jsonFunction':
      return bindJsonFunction(env, e, bindExpr);
    case 'lambda':
      throw new SqlError('syntax_error', 'a lambda is not allowed here', { span, hint: 'It is an argument of a function that takes one, such as array_transform.' });
    case 'default':
      throw new SqlError('syntax_error', 'DEFAULT is not allowed in this context', { span });
    default:
      return unreachable(e);
  }
}


function coerceCheck(env: ExprEnv, e: Expr, type: ReturnType<typeof bindType>, at: Ast): Expr {
  // Fails for a pair of types that has no cast at all; the value itself is tried at run time.
  coerce(env, { kind: 'column', index: 0, type: typeOf(e), nullable: true }, type, 'explicit', at.span);
  return e;
}

function bindUnary(env: ExprEnv, e: UnaryExpr): Expr {
  const { symbol } = e.operator;
  if (e.arg.kind === 'number' && (symbol === '-' || symbol === '+')) return numberLiteral(symbol === '-' ? `-${e.arg.text}` : e.arg.text);
  return scalarCall(env, symbol, [bindExpr(env, e.arg)], e.span);
}

const COMPARISONS: ReadonlySet<string> = new Set(['=', '<>', '<', '<=', '>', '>=']);

function bindBinary(env: ExprEnv, e: BinaryExpr): Expr {
  const { symbol } = e.operator;
  const left = bindExpr(env, e.left);
  const right = bindExpr(env, e.right);
  if (symbol === 'OVERLAPS' && left.kind === 'row' && right.kind === 'row') return scalarCall(env, 'overlaps', [...endsOf(env, left.items, e), ...endsOf(env, right.items, e)], e.operator.span);
  if (COMPARISONS.has(symbol)) return compare(env, symbol, left, right, e.operator.span);
  return scalarCall(env, symbol, [left, right], e.operator.span);
}

/** The ends of a time span, the second of which may be given as its length. */
function endsOf(env: ExprEnv, items: readonly Expr[], e: BinaryExpr): readonly Expr[] {
  const [from, to] = items;
  return from !== undefined && to !== undefined && typeOf(to).kind === 'interval' ? [from, scalarCall(env, '+', [from, to], e.operator.span)] : items;
}

function bindIs(env: ExprEnv, e: Ast & { kind: 'is' }): Expr {
  const arg = bindExpr(env, e.arg);
  const flip = (test: Expr): Expr => (e.negated ? { kind: 'not', arg: test } : test);
  switch (e.test) {
    case 'null':
      return { kind: 'isNull', arg: settle(env, arg), negated: e.negated };
    case 'unknown':
      return { kind: 'isNull', arg: toBoolean(env, arg, 'IS UNKNOWN', e.arg.span), negated: e.negated };
    case 'true':
    case 'false': {
      const value = toBoolean(env, arg, `IS ${e.test.toUpperCase()}`, e.arg.span);
      // NULL counts as the other of the two.
      const known: Expr = { kind: 'coalesce', args: [value, { kind: 'literal', value: e.test === 'false', type: BOOLEAN }], type: BOOLEAN };
      return flip(e.test === 'true' ? known : { kind: 'not', arg: known });
    }
    default: {
      const word = e.test.slice('json'.length).trim();
      const args = word === '' ? [arg] : [arg, textLiteral(word.toUpperCase())];
      return flip(scalarCall(env, 'is_json', args, e.span));
    }
  }
}

function bindInList(env: ExprEnv, e: Ast & { kind: 'inList' }): Expr {
  const arg = bindExpr(env, e.arg);
  const list = e.list.map((x) => bindExpr(env, x));
  if (arg.kind === 'row' || list.some((x) => x.kind === 'row')) {
    const any = all('or', list.map((x) => compare(env, '=', arg, x, e.span)));
    return e.negated ? { kind: 'not', arg: any } : any;
  }
  try {
    const { items } = unify(env, [arg, ...list], 'IN', e.span);
    const [first, ...rest] = items;
    return { kind: 'in', arg: first ?? arg, list: rest, negated: e.negated };
  } catch (error) {
    if (!(error instanceof SqlError) || (error.condition !== 'datatype_mismatch' && error.condition !== 'cannot_coerce')) throw error;
    // No common type: PostgreSQL then looks for an operator for each item.
    const any = all('or', list.map((x) => compare(env, '=', arg, x, e.span)));
    return e.negated ? { kind: 'not', arg: any } : any;
  }
}

function bindCase(env: ExprEnv, e: Ast & { kind: 'case' }): Expr {
  const operand = e.operand === null ? null : settle(env, bindExpr(env, e.operand));
  const whens = e.branches.map((b) => {
    const when = bindExpr(env, b.when);
    return operand === null ? toBoolean(env, when, 'CASE/WHEN', b.when.span) : compare(env, '=', operand, when, b.when.span);
  });
  const results = [...e.branches.map((b) => bindExpr(env, b.then)), ...(e.otherwise === null ? [] : [bindExpr(env, e.otherwise)])];
  const { items, type } = unify(env, results, 'CASE', e.span);
  const branches = whens.map((when, i) => ({ when, then: items[i] ?? when }));
  return { kind: 'case', branches, otherwise: e.otherwise === null ? null : (items.at(-1) ?? null), type };
}

const COLLATED: ReadonlySet<SqlType['kind']> = new Set(['varchar', 'char', 'name', 'unknown']);

/** `ARRAY[…]::int[]`: each element is cast by itself, whatever types they have. */
function castElements(env: ExprEnv, items: readonly Ast[], type: SqlType & { readonly kind: 'array' }): Expr {
  const { element } = type;
  // int[] has any number of dimensions: arrays in it are cast to the same type again.
  const inner = element.kind === 'array' ? element : type;
  const cast = items.map((item) => {
    if (item.kind === 'array' && item.items.length > 0) return castElements(env, item.items, inner);
    const bound = bindExpr(env, item);
    return coerce(env, bound, typeOf(bound).kind === 'array' ? inner : element, 'explicit', item.span);
  });
  const deepest = cast.map(typeOf).find((t) => t.kind === 'array') ?? element;
  return { kind: 'array', items: cast.map((e) => coerce(env, e, deepest, 'implicit')), type: arrayOf(deepest) };
}

/** The fields of a row, for `ROW(t.*)`. */
function fieldsOf(row: Expr): Expr[] {
  const type = typeOf(row);
  if (type.kind !== 'row') return [row];
  if (row.kind === 'row') return [...row.items];
  return type.fields.map((f, index) => ({ kind: 'field', arg: row, index, type: f.type }));
}

/** Of jsonb. */
const SUBSCRIPTS: ReadonlySet<string> = new Set(['unknown', 'varchar', 'char', 'tinyint', 'smallint', 'int', 'bigint']);

function bindSubscript(env: ExprEnv, base: Expr, index: Expr, e: Ast & { kind: 'subscript' }): Expr {
  const type = typeOf(base);
  switch (type.kind) {
    case 'array':
      return scalarCall(env, 'element_at', [base, coerce(env, index, INT, 'assignment', e.index.span)], e.span);
    case 'map':
      return scalarCall(env, 'element_at', [base, coerce(env, index, type.key, 'implicit', e.index.span)], e.span);
    case 'row':
      if (index.kind === 'literal' && typeof index.value === 'number' && type.fields[index.value - 1] !== undefined) {
        return { kind: 'field', arg: base, index: index.value - 1, type: type.fields[index.value - 1]?.type ?? TEXT };
      }
      break;
    case 'jsonb':
      // One step of a path: a scalar has no items.
      if (!SUBSCRIPTS.has(typeOf(index).kind)) throw new SqlError('datatype_mismatch', `subscript type ${typeName(typeOf(index))} is not supported`, { span: e.index.span, hint: 'jsonb subscript must be coercible to either integer or text.' });
      return scalarCall(env, '#>', [base, { kind: 'array', items: [coerce(env, settle(env, index), TEXT, 'explicit', e.index.span)], type: arrayOf(TEXT) }], e.span);
    default:
      break;
  }
  throw new SqlError('datatype_mismatch', `cannot subscript type ${typeName(type)} because it does not support subscripting`, { span: e.base.span });
}

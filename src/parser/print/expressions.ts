import { unreachable } from '../../common/errors.ts';
import type { CallExpr, Expr, FrameBound, FunctionArg, JsonBehavior, JsonFunctionExpr, Operator, TableArg, WindowFrame, WindowSpec } from '../ast.ts';
import type { OrderItem, Query } from '../ast-queries.ts';
import { operatorPower, POWER } from '../operators.ts';
import { standardInterval } from './interval.ts';
import { asTimeUnit } from '../time-units.ts';
import { TypePrinter } from './types.ts';

/** Units that Postgres takes after an interval literal. */
const POSTGRES_UNITS: ReadonlySet<string> = new Set(['YEAR', 'MONTH', 'DAY', 'HOUR', 'MINUTE', 'SECOND']);
/** Above every operator: needs no parentheses anywhere. */
const PRIMARY = 20;

type IntervalLiteral = Extract<Expr, { kind: 'interval' }>;

/** Expressions, with the parentheses that precedence asks for and no more. */
export abstract class ExpressionPrinter extends TypePrinter {
  abstract query(query: Query): string;

  /** `expr` where only operators of at least power `min` may stand bare. */
  expr(expr: Expr, min: number = POWER.lowest): string {
    const text = this.bare(expr);
    return this.power(expr) < min ? `(${text})` : text;
  }

  protected exprs(list: readonly Expr[]): string {
    return list.map((item) => this.expr(item)).join(', ');
  }

  private power(expr: Expr): number {
    switch (expr.kind) {
      case 'or':
        return POWER.or;
      case 'and':
        return POWER.and;
      case 'not':
        return POWER.not;
      case 'is':
      case 'isDistinct':
        return POWER.is;
      case 'like':
      case 'between':
      case 'inList':
      case 'inQuery':
        return POWER.pattern;
      case 'quantified':
        return /^!?~~\*?$/.test(expr.operator.symbol) ? POWER.pattern : this.operatorPower(expr.operator);
      case 'binary':
        return this.operatorPower(expr.operator);
      case 'unary':
        return isSign(expr.operator) ? POWER.sign : POWER.other;
      case 'atTimeZone':
        return POWER.atTimeZone;
      case 'collate':
        return POWER.collate;
      case 'subscript':
      case 'slice':
        return POWER.subscript;
      case 'interval':
        return expr.negative && this.dialect === 'postgres' ? POWER.sign : PRIMARY;
      default:
        return PRIMARY;
    }
  }

  private operatorPower({ schema, symbol }: Operator): number {
    return schema === null ? operatorPower(symbol) : POWER.other;
  }

  private bare(expr: Expr): string {
    switch (expr.kind) {
      case 'name':
        return expr.parts.map((part) => this.ident(part)).join('.');
      case 'star':
        if (expr.qualifier === null) return '*';
        return `${expr.qualifier.kind === 'name' ? this.bare(expr.qualifier) : this.base(expr.qualifier)}.*`;
      case 'null':
        return 'NULL';
      case 'boolean':
        return expr.value ? 'TRUE' : 'FALSE';
      case 'number':
        return expr.text;
      case 'string':
        return this.string(expr.value);
      case 'bytes':
        return `X'${expr.hex}'`;
      case 'bits':
        return `B'${expr.bits}'`;
      case 'typedLiteral':
        if (this.dialect === 'flink' && !/^(?:date|time|timestamp)$/.test(expr.type.name)) return `CAST(${this.string(expr.value)} AS ${this.type(expr.type)})`;
        return `${this.type(expr.type)} ${this.string(expr.value)}`;
      case 'interval':
        return this.interval(expr);
      case 'param':
        return `$${expr.index}`;
      case 'unary':
        return this.unary(expr.operator, this.expr(expr.arg, isSign(expr.operator) ? POWER.sign : POWER.other + 1));
      case 'binary': {
        const power = this.operatorPower(expr.operator);
        const leftMin = power === POWER.comparison || power === POWER.pattern ? power + 1 : power;
        return `${this.expr(expr.left, leftMin)} ${this.operator(expr.operator)} ${this.expr(expr.right, power + 1)}`;
      }
      case 'and':
      case 'or':
        return expr.args.map((arg) => this.expr(arg, POWER[expr.kind] + 1)).join(expr.kind === 'and' ? ' AND ' : ' OR ');
      case 'not':
        return `NOT ${this.expr(expr.arg, POWER.not)}`;
      case 'is':
        return `${this.expr(expr.arg, POWER.is)} IS ${not(expr.negated)}${expr.test.toUpperCase()}`;
      case 'isDistinct':
        return `${this.expr(expr.left, POWER.is)} IS ${not(expr.negated)}DISTINCT FROM ${this.expr(expr.right, POWER.comparison)}`;
      case 'like': {
        const word = expr.operator === 'similar' ? 'SIMILAR TO' : expr.operator.toUpperCase();
        const escape = expr.escape === null ? '' : ` ESCAPE ${this.expr(expr.escape, POWER.other)}`;
        return `${this.expr(expr.arg, POWER.other)} ${not(expr.negated)}${word} ${this.expr(expr.pattern, POWER.other)}${escape}`;
      }
      case 'between':
        return `${this.expr(expr.arg, POWER.other)} ${not(expr.negated)}BETWEEN ${expr.symmetric ? 'SYMMETRIC ' : ''}${this.expr(expr.low, POWER.other)} AND ${this.expr(expr.high, POWER.other)}`;
      case 'inList':
        return `${this.expr(expr.arg, POWER.other)} ${not(expr.negated)}IN (${this.exprs(expr.list)})`;
      case 'inQuery':
        return `${this.expr(expr.arg, POWER.other)} ${not(expr.negated)}IN (${this.query(expr.query)})`;
      case 'quantified':
        return this.quantified(expr);
      case 'exists':
        return `EXISTS (${this.query(expr.query)})`;
      case 'subquery':
        return `(${this.query(expr.query)})`;
      case 'arrayQuery':
        return `ARRAY(${this.query(expr.query)})`;
      case 'row':
        return `${expr.explicit || expr.items.length < 2 ? 'ROW' : ''}(${this.exprs(expr.items)})`;
      case 'array':
        return `ARRAY[${this.exprs(expr.items)}]`;
      case 'map':
        return `MAP[${expr.entries.map(({ key, value }) => `${this.expr(key)}, ${this.expr(value)}`).join(', ')}]`;
      case 'case': {
        const operand = expr.operand === null ? '' : ` ${this.expr(expr.operand)}`;
        const branches = expr.branches.map(({ when, then }) => ` WHEN ${this.expr(when)} THEN ${this.expr(then)}`).join('');
        return `CASE${operand}${branches}${expr.otherwise === null ? '' : ` ELSE ${this.expr(expr.otherwise)}`} END`;
      }
      case 'cast':
        return `${expr.try ? 'TRY_CAST' : 'CAST'}(${this.expr(expr.arg)} AS ${this.type(expr.type)})`;
      case 'extract':
        return `EXTRACT(${/^[a-z_]\w*$/.test(expr.field) ? expr.field.toUpperCase() : this.string(expr.field)} FROM ${this.expr(expr.arg)})`;
      case 'atTimeZone':
        return `${this.expr(expr.arg, POWER.atTimeZone)} AT ${expr.zone === null ? 'LOCAL' : `TIME ZONE ${this.expr(expr.zone, POWER.atTimeZone + 1)}`}`;
      case 'collate':
        return `${this.expr(expr.arg, POWER.collate)} COLLATE ${this.name(expr.collation)}`;
      case 'subscript':
        return `${this.base(expr.base)}[${this.expr(expr.index)}]`;
      case 'slice':
        return `${this.base(expr.base)}[${expr.lower === null ? '' : this.expr(expr.lower)}:${expr.upper === null ? '' : this.expr(expr.upper)}]`;
      case 'field':
        return `${expr.base.kind === 'name' ? `(${this.bare(expr.base)})` : this.base(expr.base)}.${this.ident(expr.field)}`;
      case 'call':
        return this.call(expr);
      case 'substring':
        if (expr.similar !== null && expr.escape !== null) return `SUBSTRING(${this.expr(expr.arg, POWER.other)} SIMILAR ${this.expr(expr.similar)} ESCAPE ${this.expr(expr.escape)})`;
        return `SUBSTRING(${this.expr(expr.arg, POWER.other)}${expr.from === null ? '' : ` FROM ${this.expr(expr.from)}`}${expr.for === null ? '' : ` FOR ${this.expr(expr.for)}`})`;
      case 'trim':
        return `TRIM(${expr.side.toUpperCase()}${expr.chars === null ? '' : ` ${this.expr(expr.chars)}`} FROM ${this.expr(expr.arg)})`;
      case 'position':
        return `POSITION(${this.expr(expr.needle, POWER.other)} IN ${this.expr(expr.haystack, POWER.other)})`;
      case 'overlay':
        return `OVERLAY(${this.expr(expr.arg)} PLACING ${this.expr(expr.placing)} FROM ${this.expr(expr.from)}${expr.for === null ? '' : ` FOR ${this.expr(expr.for)}`})`;
      case 'roundTo':
        return `${expr.direction.toUpperCase()}(${this.expr(expr.arg)} TO ${expr.unit})`;
      case 'jsonFunction':
        return this.jsonFunction(expr);
      case 'lambda':
        return `${expr.params.length === 1 ? this.idents(expr.params) : `(${this.idents(expr.params)})`} -> ${this.expr(expr.body)}`;
      case 'default':
        return 'DEFAULT';
      default:
        return unreachable(expr);
    }
  }

  /** What a subscript, a field or `.*` may follow: names and chains of them bare, all else in parentheses. */
  private base(expr: Expr): string {
    const text = this.bare(expr);
    const isBare = expr.kind === 'name' || expr.kind === 'subscript' || expr.kind === 'slice' || expr.kind === 'field' || expr.kind === 'param' || expr.kind === 'subquery';
    return isBare ? text : `(${text})`;
  }

  private operator({ schema, symbol }: Operator): string {
    return schema === null ? symbol : `OPERATOR(${this.ident(schema)}.${symbol})`;
  }

  private unary(operator: Operator, arg: string): string {
    const glued = isSign(operator) && /^[\w('"`.$]/.test(arg);
    return `${this.operator(operator)}${glued ? '' : ' '}${arg}`;
  }

  private quantified(expr: Extract<Expr, { kind: 'quantified' }>): string {
    const power = this.power(expr);
    const like = /^(!?)~~(\*?)$/.exec(expr.operator.symbol);
    const operator = like === null || expr.operator.schema !== null ? this.operator(expr.operator) : `${not(like[1] === '!')}${like[2] === '*' ? 'ILIKE' : 'LIKE'}`;
    const operand = expr.query === null ? (expr.array === null ? '' : this.expr(expr.array)) : this.query(expr.query);
    const min = power === POWER.comparison || power === POWER.pattern ? power + 1 : power;
    return `${this.expr(expr.arg, min)} ${operator} ${expr.quantifier.toUpperCase()} (${operand})`;
  }

  private interval(expr: IntervalLiteral): string {
    const { value, qualifier, negative } = expr;
    const sign = negative ? '-' : '';
    if (this.dialect === 'postgres') {
      if (qualifier === null) return `${sign}INTERVAL ${this.string(value)}`;
      const known = POSTGRES_UNITS.has(qualifier.from);
      return known ? `${sign}INTERVAL ${this.string(value)} ${this.qualifier(qualifier)}` : `${sign}INTERVAL ${this.string(`${value} ${qualifier.from.toLowerCase()}`)}`;
    }
    const standard = qualifier === null ? standardInterval(value) : { value, qualifier };
    if (standard === null) return `INTERVAL ${sign}${this.string(value)}`;
    return `INTERVAL ${sign}${this.string(standard.value)} ${this.qualifier(standard.qualifier)}`;
  }

  orderItem({ expr, direction, nulls }: OrderItem): string {
    return `${this.expr(expr)}${direction === null ? '' : ` ${direction.toUpperCase()}`}${nulls === null ? '' : ` NULLS ${nulls.toUpperCase()}`}`;
  }

  /** ` ORDER BY a, b`, with the space before it; empty without items. */
  protected orderBy(items: readonly OrderItem[]): string {
    return items.length === 0 ? '' : ` ORDER BY ${items.map((item) => this.orderItem(item)).join(', ')}`;
  }

  call(call: CallExpr): string {
    if (call.niladic) return call.name.parts.map(({ name }) => name).join('.');
    const last = call.args.length - 1;
    const takesUnit = /^TIMESTAMP(?:ADD|DIFF)$/i.test(call.name.parts[0]?.name ?? '');
    const print = (arg: FunctionArg, i: number): string => (takesUnit && i === 0 ? this.unit(arg) : this.argument(arg));
    const args = call.args.map((arg, i) => `${call.variadic && i === last ? 'VARIADIC ' : ''}${print(arg, i)}`).join(', ');
    const inside = call.star ? '*' : `${call.distinct ? 'DISTINCT ' : ''}${args}${this.orderBy(call.orderBy)}`;
    const within = call.withinGroup.length === 0 ? '' : ` WITHIN GROUP (${this.orderBy(call.withinGroup).trimStart()})`;
    const filter = call.filter === null ? '' : ` FILTER (WHERE ${this.expr(call.filter)})`;
    const nulls = call.nulls === null ? '' : ` ${call.nulls.toUpperCase()} NULLS`;
    return `${this.functionName(call.name)}(${inside})${within}${filter}${nulls}${call.over === null ? '' : ` OVER ${this.window(call.over)}`}`;
  }

  /** `DAY` in `TIMESTAMPADD(DAY, ..)` reads as a name, but is never quoted. */
  private unit(arg: FunctionArg): string {
    const { value } = arg;
    const [word] = value.kind === 'name' ? value.parts : [];
    return word !== undefined && value.kind === 'name' && value.parts.length === 1 && !word.quoted && asTimeUnit(word.name) !== undefined ? word.name : this.argument(arg);
  }

  private argument({ name, value }: FunctionArg): string {
    const prefix = name === null ? '' : `${this.ident(name)} => `;
    if (value.kind === 'tableArg') return prefix + this.tableArg(value);
    if (value.kind === 'descriptor') return `${prefix}DESCRIPTOR(${this.idents(value.columns)})`;
    return prefix + this.expr(value);
  }

  protected tableArg({ source, partitionBy, orderBy }: TableArg): string {
    const table = 'kind' in source ? `(${this.query(source)})` : this.name(source);
    const partition = partitionBy.length === 0 ? '' : ` PARTITION BY ${partitionBy.length === 1 ? this.exprs(partitionBy) : `(${this.exprs(partitionBy)})`}`;
    const order = orderBy.map((item) => this.orderItem(item)).join(', ');
    return `TABLE ${table}${partition}${orderBy.length === 0 ? '' : ` ORDER BY ${orderBy.length === 1 ? order : `(${order})`}`}`;
  }

  protected window(spec: WindowSpec): string {
    if (spec.isReference && spec.base !== null) return this.ident(spec.base);
    const parts = [
      spec.base === null ? '' : this.ident(spec.base),
      spec.partitionBy.length === 0 ? '' : `PARTITION BY ${this.exprs(spec.partitionBy)}`,
      this.orderBy(spec.orderBy).trimStart(),
      spec.frame === null ? '' : this.frame(spec.frame),
    ];
    return `(${parts.filter((part) => part !== '').join(' ')})`;
  }

  private frame({ mode, start, end, exclude }: WindowFrame): string {
    const range = end === null ? this.bound(start) : `BETWEEN ${this.bound(start)} AND ${this.bound(end)}`;
    return `${mode.toUpperCase()} ${range}${exclude === null ? '' : ` EXCLUDE ${exclude.toUpperCase()}`}`;
  }

  private bound(bound: FrameBound): string {
    switch (bound.kind) {
      case 'unboundedPreceding':
        return 'UNBOUNDED PRECEDING';
      case 'unboundedFollowing':
        return 'UNBOUNDED FOLLOWING';
      case 'currentRow':
        return 'CURRENT ROW';
      case 'preceding':
      case 'following':
        return `${this.expr(bound.offset, POWER.other)} ${bound.kind.toUpperCase()}`;
      default:
        return unreachable(bound);
    }
  }

  private jsonFunction(call: JsonFunctionExpr): string {
    const items = [...call.args.map((arg) => this.expr(arg)), ...call.entries.map(({ key, value }) => `KEY ${this.expr(key)} VALUE ${this.expr(value)}`)];
    const behavior = (value: JsonBehavior | null, on: string): string => (value === null ? '' : ` ${value.kind === 'default' ? `DEFAULT ${this.expr(value.value)}` : value.kind.toUpperCase()} ON ${on}`);
    const clauses = [
      call.onNull === null ? '' : ` ${call.onNull.toUpperCase()} ON NULL`,
      call.returning === null ? '' : ` RETURNING ${this.type(call.returning)}`,
      call.wrapper === null ? '' : ` ${call.wrapper === 'without' ? 'WITHOUT' : `WITH ${call.wrapper.toUpperCase()}`} ARRAY WRAPPER`,
      behavior(call.onEmpty, 'EMPTY'),
      behavior(call.onError, 'ERROR'),
    ];
    return `${call.name.toUpperCase()}(${items.join(', ')}${clauses.join('')})`;
  }
}

function isSign({ schema, symbol }: Operator): boolean {
  return schema === null && (symbol === '-' || symbol === '+');
}

function not(negated: boolean): string {
  return negated ? 'NOT ' : '';
}

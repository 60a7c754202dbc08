import { SqlError, notSupported } from '../../common/errors.ts';
import type { Span } from '../../common/span.ts';
import { typeName } from '../../common/types/sql-type.ts';
import type { JoinTable } from '../../parser/ast-queries.ts';
import { columnsOf, hasSubquery } from '../columns.ts';
import { column, type Expr } from '../expr.ts';
import { typeOf } from '../interpret.ts';
import type { JoinType, LogicalAsOfJoin, LogicalPlan } from '../logical.ts';
import { timeOrigin } from '../time-origin.ts';
import { all, scalarCall } from './calls.ts';
import type { ExprEnv } from './env.ts';
import type { Source } from './sources.ts';

/** What the parts of an as-of join say about its time, once the sides are bound. */
export interface AsOfParts {
  readonly item: JoinTable;
  readonly left: Source;
  readonly right: Source;
  /** For expressions over left ++ right. */
  readonly env: ExprEnv;
  /** MATCH_CONDITION, over left ++ right. */
  readonly match: Expr | null;
  /** FOR SYSTEM_TIME AS OF, over the left side. */
  readonly moment: Expr | null;
}

const COMPARISONS: ReadonlySet<string> = new Set(['<', '<=', '>', '>=']);

const conjuncts = (e: Expr | null): readonly Expr[] => (e === null ? [] : e.kind === 'and' ? e.args.flatMap((a) => conjuncts(a)) : [e]);

/** The join's node. Errors: feature_not_supported, datatype_mismatch, and syntax_error where the condition isn't of the kind. */
export function asOfJoin(parts: AsOfParts, condition: Expr | null): LogicalAsOfJoin {
  const { item, left, right } = parts;
  const type = asOfType(item, item.asof ? 'an ASOF join' : 'FOR SYSTEM_TIME AS OF');
  const schema = [...left.plan.schema, ...right.plan.schema.map((f) => ({ ...f, nullable: f.nullable || type === 'left' }))];
  const made = item.asof ? nearest(parts, condition) : temporal(parts, condition);
  const name = item.right.kind === 'table' ? (item.right.alias?.name.name ?? item.right.name.parts.at(-1)?.name) : undefined;
  const lookup = name === undefined || item.asof ? undefined : parts.env.query.lookups?.take(name);
  if (lookup !== undefined && made.form === 'version') throw new SqlError('invalid_parameter_value', `hint LOOKUP names "${name}", which is joined as of an event time`, { span: lookup.span, hint: 'It says how rows are looked up at processing time.' });
  return { kind: 'asOfJoin', ...made, type, left: left.plan, right: right.plan, ...(lookup === undefined ? {} : { lookup }), schema, span: item.span };
}

function asOfType(item: JoinTable, what: string): 'inner' | 'left' {
  const type: JoinType = item.type === 'cross' ? 'inner' : item.type;
  if (type === 'inner' || type === 'left') return type;
  throw notSupported(`${what} of type ${type.toUpperCase()}`, item.span, 'It may be an inner join or a LEFT JOIN.');
}

type Form = Pick<LogicalAsOfJoin, 'form' | 'condition' | 'time'>;

/** Equalities and one inequality between the sides. */
function nearest({ item, left, match }: AsOfParts, condition: Expr | null): Form {
  const width = left.plan.schema.length;
  const across = (e: Expr): boolean => {
    if (e.kind !== 'call' || e.args.length !== 2 || hasSubquery(e)) return false;
    const [a, b] = e.args.map((arg) => columnsOf(arg));
    if (a === undefined || b === undefined || a.length === 0 || b.length === 0) return false;
    const isLeft = (c: number): boolean => c < width;
    return (a.every(isLeft) && !b.some(isLeft)) || (b.every(isLeft) && !a.some(isLeft));
  };
  const refuse = (message: string, e: Expr | null): never => {
    throw new SqlError('syntax_error', message, {
      span: e?.kind === 'call' ? e.span : item.span,
      hint: 'Write ON a.key = b.key AND a.time >= b.time; other conditions go into WHERE or into a subquery.',
    });
  };
  const equalities: Expr[] = [];
  let time = match;
  if (match !== null && !(match.kind === 'call' && COMPARISONS.has(match.name) && across(match))) refuse('MATCH_CONDITION must be one comparison by <, <=, > or >= between the two sides', match);
  for (const part of conjuncts(condition)) {
    const name = part.kind === 'call' && across(part) ? part.name : '';
    if (name === '=') equalities.push(part);
    else if (!COMPARISONS.has(name)) refuse('the condition of an ASOF join may hold only equalities and one inequality between the two sides', part);
    else if (time !== null) refuse('an ASOF join takes one inequality', part);
    else time = part;
  }
  if (time === null) refuse('an ASOF join needs an inequality between the two sides', null);
  return { form: 'nearest', condition: equalities.length === 0 ? null : all('and', equalities), time };
}

function temporal({ item, left, right, env, moment }: AsOfParts, condition: Expr | null): Form {
  const span = item.right.kind === 'table' ? (item.right.asOf?.span ?? item.span) : item.span;
  if (moment === null) throw new SqlError('internal_error', 'a temporal join without a time');
  switch (timeOrigin(moment, left.plan)) {
    case 'processing':
      return { form: 'current', condition, time: null };
    case 'event': {
      const at = eventTimeOf(right.plan, span);
      const theirs = right.plan.schema[at] as (typeof right.plan.schema)[number];
      if (typeOf(moment).kind !== theirs.type.kind) {
        throw new SqlError('datatype_mismatch', `FOR SYSTEM_TIME AS OF is of type ${typeName(typeOf(moment))}, but the versions' time "${theirs.name}" of type ${typeName(theirs.type)}`, { span });
      }
      return { form: 'version', condition, time: scalarCall(env, '>=', [moment, column(left.plan.schema.length + at, theirs.type, theirs.nullable)], span) };
    }
    case 'none':
      throw new SqlError('invalid_column_reference', 'FOR SYSTEM_TIME AS OF takes a column with a WATERMARK, or processing time', {
        span,
        hint: 'Declare WATERMARK FOR the column in its table, or use a column AS PROCTIME() to join with the present rows.',
      });
  }
}

/** The column that says from when on a row of the right side is valid. */
function eventTimeOf(plan: LogicalPlan, span: Span): number {
  const at = plan.schema.findIndex((f, i) => timeOrigin(column(i, f.type, f.nullable), plan) === 'event');
  if (at >= 0) return at;
  throw new SqlError('feature_not_supported', 'the right side of this temporal join has no event time', {
    span,
    hint: 'Its table needs a PRIMARY KEY and a WATERMARK, so that its versions are known. To join with the present rows instead, use FOR SYSTEM_TIME AS OF a column AS PROCTIME().',
  });
}

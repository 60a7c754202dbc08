import { SqlError, notSupported } from '../../common/errors.ts';
import { BIGINT, TIMESTAMPTZ } from '../../common/types/sql-type.ts';
import { nameText, quoteName } from '../../catalog/names.ts';
import { isSubscription, relationSchema, type MaterializedViewObject } from '../../catalog/objects.ts';
import type { DeclareCursorStatement } from '../../parser/ast-session.ts';
import type { CreateSubscriptionStatement } from '../../parser/ast-views.ts';
import { typeOf } from '../interpret.ts';
import { CHANGELOG_COLUMNS } from '../physical/changelog.ts';
import type { BoundCreate, BoundNothing, BoundSubscriptionCursor } from '../statement.ts';
import { coerce } from './coerce.ts';
import { checkExisting, givenOptions, newName } from './definition.ts';
import type { QueryEnv } from './env.ts';
import { bindExpr } from './expr.ts';
import { findObject, missing } from './objects.ts';
import { EMPTY_SCOPE } from './scope.ts';
import { exprEnv } from './sources.ts';

const DAY_MS = 86_400_000;
const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, sec: 1000, second: 1000, m: 60_000, min: 60_000, minute: 60_000, h: 3_600_000, hour: 3_600_000, d: DAY_MS, day: DAY_MS, w: 7 * DAY_MS, week: 7 * DAY_MS };

/** CREATE SUBSCRIPTION: a job that keeps the changes of a stored table or a materialized view for some time. */
export function bindCreateSubscription(env: QueryEnv, s: CreateSubscriptionStatement): BoundCreate | BoundNothing {
  const tag = 'CREATE SUBSCRIPTION';
  const at = newName(env, s.name, s.temporary);
  const { skip, replaces } = checkExisting(at, s, tag, [], s.name.span);
  if (skip !== null) return skip;
  const found = env.cx.catalog.resolveRelation(s.from, env.cx.scope, env.cx.system);
  const source = found.kind === 'object' ? found.object : null;
  if (source === null || isSubscription(source) || !(source.kind === 'materializedView' || (source.kind === 'table' && source.connector === null))) {
    throw new SqlError('wrong_object_type', `cannot subscribe to "${nameText(s.from)}"`, { span: s.from.span, hint: 'A subscription is of a stored table or a materialized view: make one of the query.' });
  }
  const { options } = givenOptions(env, s.options);
  for (const o of s.options) if (o.key.toLowerCase() !== 'retention') throw new SqlError('invalid_parameter_value', `unknown option "${o.key}" of a subscription`, { span: o.span, hint: "The option is retention, such as retention = '1D'." });
  const given = Object.values(options)[0];
  const retentionMs = given === undefined ? DAY_MS : retention(given);
  if (retentionMs === null) throw new SqlError('invalid_parameter_value', `invalid value for option "retention": "${given ?? ''}"`, { span: s.options[0]?.valueSpan, hint: "It is a time such as '1D', '12 h' or '30 min'." });
  const object: Omit<MaterializedViewObject, 'id'> = {
    kind: 'materializedView', name: at.name, database: at.database, schema: at.schema, session: at.session, comment: null, owner: env.cx.user, dependsOn: [source.id],
    sql: `SELECT * FROM ${quoteName(source.schema)}.${quoteName(source.name)}`, columns: [...CHANGELOG_COLUMNS, ...relationSchema(source).map((f) => ({ ...f, nullable: true }))], key: [0],
    options: {}, searchPath: env.cx.scope.searchPath, subscription: { retentionMs },
  };
  return { kind: 'create', tag, object, replaces, source: null, secret: null, withNoData: false, notices: [] };
}

function retention(text: string): number | null {
  const m = /^\s*(\d+)\s*([a-z]+)\s*$/.exec(text.toLowerCase());
  const unit = UNIT_MS[m?.[2] ?? ''] ?? UNIT_MS[m?.[2]?.replace(/s$/, '') ?? ''];
  const ms = m === null || unit === undefined ? 0 : Number(m[1]) * unit;
  return ms > 0 && Number.isSafeInteger(ms) ? ms : null;
}

/** DECLARE c SUBSCRIPTION CURSOR FOR s: from now on, SINCE a token or a time, or FULL. */
export function bindSubscriptionCursor(env: QueryEnv, s: DeclareCursorStatement): BoundSubscriptionCursor {
  const { source } = s;
  if (source.kind !== 'subscription') throw notSupported('this cursor', s.span);
  const object = findObject(env, 'subscription', source.name);
  if (object?.kind !== 'materializedView') throw missing(env, 'subscription', source.name);
  const schema = [
    { name: 'token', type: BIGINT, nullable: false }, { name: 'at', type: TIMESTAMPTZ, nullable: true }, { name: 'op', type: CHANGELOG_COLUMNS[2]?.type ?? BIGINT, nullable: false }, ...object.columns.slice(CHANGELOG_COLUMNS.length),
  ];
  const base = { kind: 'subscriptionCursor', name: s.name.name, subscription: object, schema } as const;
  if (source.full) return { ...base, from: 'full', since: null };
  if (source.since === null) return { ...base, from: 'now', since: null };
  if (source.since.kind === 'call' && source.since.name.parts.at(-1)?.name.toLowerCase() === 'begin') return { ...base, from: 'begin', since: null };
  const bound = bindExpr(exprEnv(env, EMPTY_SCOPE, 'SINCE'), source.since);
  const { kind } = typeOf(bound);
  const token = kind === 'int' || kind === 'bigint' || kind === 'smallint' || kind === 'tinyint';
  return { ...base, from: token ? 'token' : 'time', since: coerce(env, bound, token ? BIGINT : TIMESTAMPTZ, 'explicit', source.since.span) };
}

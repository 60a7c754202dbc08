import type { PhysicalOptions, SinkRules } from '../optimizer/physical/context.ts';
import type { LengthRule } from '../planner/bind/context.ts';
import { EMIT_OPTIONS } from './firing.ts';

/** Settings that a job keeps from the session that started it, with their defaults; what planning makes of them. */

export const IDLE_OPTION = 'table.exec.source.idle-timeout';
export const TTL_OPTION = 'table.exec.state.ttl';
export const LENGTH_OPTION = 'table.exec.sink.type-length-enforcer';
const PHASES = 'table.optimizer.agg-phase-strategy';
const DUPLICATES = 'table.exec.source.cdc-events-duplicate';
const MATERIALIZE = 'table.exec.sink.upsert-materialize';
const NOT_NULL = 'table.exec.sink.not-null-enforcer';
const ON_CONFLICT = 'table.exec.sink.require-on-conflict';

export const JOB_SETTINGS: readonly (readonly [name: string, usual: string])[] = [
  [IDLE_OPTION, '30000'], [TTL_OPTION, '0'], ...EMIT_OPTIONS, [PHASES, 'auto'], [DUPLICATES, 'false'], [MATERIALIZE, 'auto'], [NOT_NULL, 'error'], [LENGTH_OPTION, 'error'], [ON_CONFLICT, 'false'],
];

/** A setting's value; undefined is the default. */
export type SettingOf = (name: string) => string | undefined;

/** Of a plain SELECT: what is there is the same under all settings but those that say how a source is read. */
export const readSettings = (setting: SettingOf): SettingOf => (name) => (name === DUPLICATES ? setting(name) : undefined);

export function physicalSettings(setting: SettingOf): PhysicalOptions {
  const ttlMs = Number(setting(TTL_OPTION) ?? '0');
  return { stateTtlMs: ttlMs > 0 ? ttlMs : null, twoPhase: setting(PHASES) !== 'one_phase', changesRepeat: setting(DUPLICATES) === 'true', sinks: sinkRules(setting) };
}

export const lengthRule = (text: string | undefined): LengthRule => (text === 'trim_pad' || text === 'ignore' ? text : 'error');

function sinkRules(setting: SettingOf): SinkRules {
  const materialize = setting(MATERIALIZE);
  return {
    materialize: materialize === 'none' || materialize === 'force' ? materialize : 'auto',
    onNull: setting(NOT_NULL) === 'drop' ? 'drop' : 'error',
    requireOnConflict: setting(ON_CONFLICT) === 'true',
  };
}

import { SqlError } from '../../common/errors.ts';
import type { TableObject } from '../../catalog/objects.ts';
import type { WatermarkAlignment } from '../logical.ts';
import type { QueryEnv } from './env.ts';

/** Flink's options of a table's watermark (`scan.watermark.*`). */

const PREFIX = 'scan.watermark.';
const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, sec: 1000, min: 60_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

function duration(table: TableObject, name: string): number | null {
  const text = table.options[`${PREFIX}${name}`];
  if (text === undefined) return null;
  const match = /^\s*(\d+)\s*([a-z]*)\s*$/i.exec(text);
  const unit = UNITS[(match?.[2] ?? '').toLowerCase() || 'ms'];
  if (match === null || unit === undefined) {
    throw new SqlError('invalid_parameter_value', `invalid value for option "${PREFIX}${name}": "${text}"`, { hint: 'The option takes a duration such as 30 s.' });
  }
  return Number(match[1]) * unit;
}

/** Milliseconds without rows after which a split no longer holds the watermark back; 0 turns it off. */
export function idleTimeout(env: QueryEnv, table: TableObject): number | null {
  const ms = duration(table, 'idle-timeout');
  return ms === null ? env.cx.idleTimeoutMs : ms === 0 ? null : ms;
}

/** The group whose sources wait for each other. */
export function alignment(table: TableObject): WatermarkAlignment | null {
  const group = table.options[`${PREFIX}alignment.group`];
  const drift = duration(table, 'alignment.max-drift');
  if (group === undefined && drift === null) return null;
  if (group === undefined || drift === null) {
    throw new SqlError('invalid_parameter_value', `watermark alignment of "${table.name}" needs both "${PREFIX}alignment.group" and "${PREFIX}alignment.max-drift"`);
  }
  return { group, maxDriftMs: drift };
}

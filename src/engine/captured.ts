<<<<<<< HEAD
import { EMIT_OPTIONS } from './firing.ts';
import { DUPLICATES_OPTION, IDLE_OPTION, TTL_OPTION } from './job-specs.ts';
=======
import { JOB_SETTINGS } from './job-settings.ts';
>>>>>>> main
import type { SessionState } from './session-state.ts';

/** Settings that a job keeps from the session that started it, as options of its object; those at their default are left out. */
export function capturedOptions(session: SessionState): Readonly<Record<string, string>> {
  const out: Record<string, string> = {};
<<<<<<< HEAD
  for (const [name, usual] of [[IDLE_OPTION, '30000'], [TTL_OPTION, '0'], [DUPLICATES_OPTION, 'false'], ...EMIT_OPTIONS] as const) {
=======
  for (const [name, usual] of JOB_SETTINGS) {
>>>>>>> main
    const value = session.settings.text(name);
    if (value !== usual) out[name] = value;
  }
  return out;
}

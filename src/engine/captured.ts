import { JOB_SETTINGS } from './job-settings.ts';
import type { SessionState } from './session-state.ts';

/** Settings that a job keeps from the session that started it, as options of its object; those at their default are left out. */
export function capturedOptions(session: SessionState): Readonly<Record<string, string>> {
  const out: Record<string, string> = {};
  for (const [name, usual] of JOB_SETTINGS) {
    const value = session.settings.text(name);
    if (value !== usual) out[name] = value;
  }
  return out;
}

import { JOB_SETTINGS } from './job-settings.ts';
import type { SessionState } from './session-state.ts';

/** Settings that a job keeps, with their defaults. */
export const CAPTURED: readonly (readonly [name: string, usual: string])[] = JOB_SETTINGS;

/** Those of the session that starts a job, as options of its object; what is at its default is left out. */
export function capturedOptions(session: SessionState): Readonly<Record<string, string>> {
  const out: Record<string, string> = {};
  for (const [name, usual] of CAPTURED) {
    const value = session.settings.text(name);
    if (value !== usual) out[name] = value;
  }
  return out;
}

import type { PhysicalPlan } from '../../planner/physical.ts';
import { followsClock } from '../../planner/physical/clock.ts';
import { lagOf, watermarkLag } from '../../planner/physical/watermark-lag.ts';
import { AT_CLOSE, windowEmit } from '../../planner/physical/window-emit.ts';
import type { Lowering } from './context.ts';
import type { Closing } from './window-columns.ts';

/**
 * The input of a windowing function, whose windows are kept for the allowed lateness. Windows over windows wait together, and
 * what has the clock for its time is never late.
 */
export function lenient(input: PhysicalPlan, cx: Lowering): PhysicalPlan {
  const micros = cx.firing?.latenessMicros ?? 0n;
  return micros === 0n || lagOf(input) > 0n || followsClock(input) ? input : watermarkLag(input, micros);
}

/** Changes of a window's rows as they are to be sent: once, when it closes, or as the settings say. */
export function fired(input: PhysicalPlan, { column, slackMicros, times }: Closing, cx: Lowering): PhysicalPlan {
  const when = cx.firing;
  if (when === null) return windowEmit({ input, timeColumn: column, slackMicros, times, ...AT_CLOSE });
  const { earlyMicros, lateMicros } = when;
  return earlyMicros === 0n && lateMicros === 0n ? input : windowEmit({ input, timeColumn: column, slackMicros, times, earlyMicros, lateMicros, latenessMicros: lagOf(input) });
}

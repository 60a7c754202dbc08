import type { Value } from '../common/types/value.ts';
import type { EvalContext } from '../functions/define.ts';
import type { Core } from './core.ts';
import type { SessionState } from './session-state.ts';

/** One statement being executed. */
export interface Run {
  readonly core: Core;
  readonly session: SessionState;
  readonly signal: AbortSignal;
  readonly params: readonly Value[];
  readonly eval: EvalContext;
  /** The whole text the statement came from. */
  readonly text: string;
}

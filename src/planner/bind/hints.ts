import { SqlError, notSupported } from '../../common/errors.ts';
import type { Span } from '../../common/span.ts';
import { parseDurationMs } from '../../connectors/options.ts';
import type { Hint } from '../../parser/ast-queries.ts';
import type { LogicalPlan } from '../logical.ts';
import type { QueryEnv } from './env.ts';

/** Hints of a query block. */

/** Say how Flink is to join; here one way fits all. */
const WITHOUT_EFFECT: ReadonlySet<string> = new Set(['BROADCAST', 'SHUFFLE_HASH', 'SHUFFLE_MERGE', 'NEST_LOOP', 'MULTI_JOIN']);
const ELSEWHERE: ReadonlySet<string> = new Set(['OPTIONS', 'LOOKUP', 'STATE_TTL']);

/** How long rows of the block's tables are kept, by the name they have in it. */
export class StateTtl {
  readonly #ms = new Map<string, number>();
  readonly #used = new Set<string>();
  readonly #span: Span | null;

  constructor(hints: readonly Hint[]) {
    let span: Span | null = null;
    for (const hint of hints) {
      if (hint.name !== 'STATE_TTL') continue;
      span ??= hint.span;
      // Of several for one table the last counts.
      for (const { key, value } of hint.options) {
        const ms = parseDurationMs(value);
        if (ms === null) throw new SqlError('invalid_parameter_value', `invalid value for hint STATE_TTL of "${key}": "${value}"`, { span: hint.span, hint: "It is a duration such as '1 d'; 0 is for ever." });
        this.#ms.set(key.toLowerCase(), ms);
      }
    }
    this.#span = span;
  }

  /** The plan of a table of FROM, with what the hint says of it. */
  applied(plan: LogicalPlan, name: string): LogicalPlan {
    const ms = this.#ms.get(name.toLowerCase());
    if (ms === undefined) return plan;
    this.#used.add(name.toLowerCase());
    const marked = marking(plan, ms);
    if (marked === undefined) throw notSupported(`STATE_TTL of "${name}", which is no table`, this.#span ?? undefined, 'Put the hint into the query that reads the table itself.');
    return marked;
  }

  /** Errors: a hint for a table that the block doesn't read. */
  requireUsed(): void {
    const unknown = [...this.#ms.keys()].find((k) => !this.#used.has(k));
    if (unknown !== undefined) throw new SqlError('undefined_table', `hint STATE_TTL names "${unknown}", which this query block does not read`, { span: this.#span ?? undefined, hint: 'Name tables as they are called in FROM: by the alias, where there is one.' });
  }
}

function marking(plan: LogicalPlan, ttlMs: number): LogicalPlan | undefined {
  switch (plan.kind) {
    case 'scan':
      return { ...plan, ttlMs };
    case 'project':
    case 'filter':
    case 'watermark': {
      const input = marking(plan.input, ttlMs);
      return input === undefined ? undefined : { ...plan, input };
    }
    default:
      return undefined;
  }
}

/** Tells of hints that nothing here reads. */
export function noticeUnknown(env: QueryEnv, hints: readonly Hint[]): void {
  for (const hint of hints) {
    if (!WITHOUT_EFFECT.has(hint.name) && !ELSEWHERE.has(hint.name)) env.cx.notice?.(`hint "${hint.name}" is not known and has no effect`);
  }
}

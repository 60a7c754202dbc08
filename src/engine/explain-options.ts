import { SqlError, notSupported } from '../common/errors.ts';
import type { Schema } from '../common/batch/batch.ts';
import { EXPLAIN_STAGES, type ExplainStage } from '../optimizer/explain.ts';
import { explainSchema, type BoundExplain } from '../planner/statement.ts';
import type { StatementResult } from './api.ts';
import { rowsOf } from './rows.ts';

/** What EXPLAIN is asked for, of all dialects. */
export interface ExplainOptions {
  readonly stage: ExplainStage | 'ast';
  readonly json: boolean;
  readonly analyze: boolean;
  /** With ANALYZE of a job: look at it for so long. */
  readonly durationMs: number | null;
  readonly advice: boolean;
  /** Flink's JSON of the operators, below the text. */
  readonly nodes: boolean;
}

/** PostgreSQL's and Flink's words for what is shown anyway, or is not known here. */
const IGNORED = ['COSTS', 'VERBOSE', 'BUFFERS', 'TIMING', 'SUMMARY', 'SETTINGS', 'WAL', 'GENERIC_PLAN', 'MEMORY', 'ESTIMATED_COST'];

/** Errors: syntax_error for an unknown option; feature_not_supported for a format that is not there. */
export function explainOptions(options: BoundExplain['options']): ExplainOptions {
  const out = { stage: 'physical' as ExplainStage | 'ast', json: false, analyze: false, durationMs: null as number | null, advice: false, nodes: false };
  for (const { name, value } of options) {
    const lower = name.toLowerCase();
    const on = value === null || /^(true|on|1)$/i.test(value);
    const stage = EXPLAIN_STAGES.find((s) => s === lower);
    if (stage !== undefined) {
      if (on) out.stage = stage;
    } else if (lower === 'ast') out.stage = on ? 'ast' : out.stage;
    else if (lower === 'analyze') out.analyze = on;
    else if (lower === 'duration' || lower === 'duration_secs') out.durationMs = seconds(lower, value);
    else if (lower === 'plan_advice') out.advice = on;
    else if (lower === 'json_execution_plan') out.nodes = on;
    else if (lower === 'format') {
      const format = (value ?? '').toLowerCase();
      if (format === 'dot' || format === 'mermaid') out.stage = format;
      out.json = format === 'json';
      if (!['text', 'json', 'dot', 'mermaid'].includes(format)) throw notSupported(`EXPLAIN (FORMAT ${(value ?? '').toUpperCase()})`, undefined, 'The formats are TEXT, JSON, DOT and MERMAID.');
    } else if (!IGNORED.includes(name)) {
      throw new SqlError('syntax_error', `unrecognized EXPLAIN option "${lower}"`, { hint: `The stages are AST, ${EXPLAIN_STAGES.map((s) => s.toUpperCase()).join(', ')}; others are ANALYZE, FORMAT, PLAN_ADVICE and JSON_EXECUTION_PLAN.` });
    }
  }
  if (out.json && (out.stage === 'logical' || out.stage === 'trace' || out.stage === 'optimized' || out.stage === 'changelog_mode')) throw notSupported(`EXPLAIN (${out.stage.toUpperCase()}, FORMAT JSON)`, undefined, 'As JSON there are PHYSICAL and AST.');
  if (out.durationMs !== null && !out.analyze) throw new SqlError('syntax_error', 'DURATION belongs to ANALYZE');
  return out;
}

const DURATION_MAX = 3600;
function seconds(name: string, value: string | null): number {
  const n = Number(value ?? '');
  if (value === null || !(n >= 0) || n > DURATION_MAX) throw new SqlError('invalid_parameter_value', `invalid value for EXPLAIN option "${name}": "${value ?? ''}"`, { hint: `Write seconds, at most ${DURATION_MAX}.` });
  return n * 1000;
}

export function explained(lines: readonly string[]): StatementResult {
  const schema: Schema = explainSchema(false);
  return { kind: 'rows', schema, rows: rowsOf(schema, lines.map((l) => [l])), live: false, tag: () => 'EXPLAIN' };
}

export function jsonResult(value: unknown): StatementResult {
  const schema: Schema = explainSchema(true);
  return { kind: 'rows', schema, rows: rowsOf(schema, [[JSON.stringify(value, null, 2)]]), live: false, tag: () => 'EXPLAIN' };
}

import type { Expr } from './expr.ts';

/** Stable within a statement, but a job that runs on sees them change. */
export const CLOCKS: ReadonlySet<string> = new Set(['now', 'current_date', 'current_time', 'localtime', 'localtimestamp', 'current_watermark']);

/** Whether the call's value moves with the clock. */
export const isClock = (call: Expr & { kind: 'call' }): boolean => CLOCKS.has(call.name) || ['clock_timestamp', 'proctime', 'current_watermark'].includes(call.name);

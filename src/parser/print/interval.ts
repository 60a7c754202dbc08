import type { IntervalQualifier } from '../ast.ts';
import { asTimeUnit } from '../time-units.ts';

const PART = /([+-]?\d+(?:\.\d+)?)\s*([A-Za-z]+)\s*/y;
const ORDER = ['DAY', 'HOUR', 'MINUTE', 'SECOND'];
const SHORT: Readonly<Record<string, string>> = { Y: 'YEAR', MON: 'MONTH', MONS: 'MONTH', W: 'WEEK', D: 'DAY', H: 'HOUR', HR: 'HOUR', HRS: 'HOUR', M: 'MINUTE', MIN: 'MINUTE', MINS: 'MINUTE', S: 'SECOND', SEC: 'SECOND', SECS: 'SECOND' };

/**
 * The standard spelling of Postgres's `INTERVAL '1 day 2 hours'`: value and qualifier. Null when there is none, as
 * for a mix of months and days, for negative parts, and for other formats.
 */
export function standardInterval(text: string): { readonly value: string; readonly qualifier: IntervalQualifier } | null {
  const parts = new Map<string, string>();
  let at = 0;
  const trimmed = text.trim();
  while (at < trimmed.length) {
    PART.lastIndex = at;
    const [all, amount, word] = PART.exec(trimmed) ?? [];
    if (all === undefined || amount === undefined || word === undefined) return null;
    const unit = SHORT[word.toUpperCase()] ?? asTimeUnit(word);
    if (unit === undefined || parts.has(unit)) return null;
    parts.set(unit, amount);
    at += all.length;
  }
  const units = [...parts.keys()];
  const [only] = units;
  if (only === undefined) return null;
  if (units.length === 1) return /^[+-]?\d+$/.test(parts.get(only) ?? '') || only === 'SECOND' ? { value: parts.get(only) ?? '', qualifier: plain(only, null) } : null;
  if (![...parts.values()].every((amount) => /^\d+$/.test(amount))) return null;
  const number = (unit: string): number => Number(parts.get(unit) ?? 0);
  if (units.every((unit) => unit === 'YEAR' || unit === 'MONTH')) return { value: `${number('YEAR')}-${number('MONTH')}`, qualifier: plain('YEAR', 'MONTH') };
  const inRange = number('HOUR') < 24 && number('MINUTE') < 60 && number('SECOND') < 60;
  if (!inRange || !units.every((unit) => ORDER.includes(unit))) return null;
  const pad = (unit: string): string => String(number(unit)).padStart(2, '0');
  return { value: `${number('DAY')} ${pad('HOUR')}:${pad('MINUTE')}:${pad('SECOND')}`, qualifier: plain('DAY', 'SECOND') };
}

function plain(from: string, to: string | null): IntervalQualifier {
  return { from, to, leadingPrecision: null, fractionPrecision: null };
}

const UNITS: ReadonlySet<string> = new Set([
  'MILLENNIUM', 'CENTURY', 'DECADE', 'YEAR', 'QUARTER', 'MONTH', 'WEEK', 'DAY', 'HOUR', 'MINUTE', 'SECOND', 'MILLISECOND', 'MICROSECOND', 'NANOSECOND',
]);

/** The unit in upper case and singular, when `word` is one: `minutes` gives `MINUTE`; `SQL_TSI_DAY` gives `DAY`. */
export function asTimeUnit(word: string): string | undefined {
  const upper = word.toUpperCase().replace(/^SQL_TSI_/, '');
  if (UNITS.has(upper)) return upper;
  if (upper === 'CENTURIES') return 'CENTURY';
  if (upper === 'MILLENNIA') return 'MILLENNIUM';
  const singular = upper.endsWith('S') ? upper.slice(0, -1) : '';
  return UNITS.has(singular) ? singular : undefined;
}

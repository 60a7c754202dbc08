import type { Choices } from './choices.ts';
import type { Construct } from './constructs.ts';
import type { Column, Kind, Relation } from './tables.ts';

interface Form {
  readonly mark: Construct;
  readonly sql: (data: string, time: string) => string;
}

const s = (n: number): string => `INTERVAL '${n}' SECOND`;

/** Windows of a few seconds, for times that lie within six seconds. */
const SECONDS: readonly [Form, ...Form[]] = [
  { mark: 'tumble', sql: (t, at) => `TUMBLE(${t}, ${at}, ${s(2)})` },
  { mark: 'hop', sql: (t, at) => `HOP(${t}, ${at}, ${s(1)}, ${s(3)})` },
  { mark: 'hop', sql: (t, at) => `HOP(${t}, ${at}, ${s(3)}, ${s(2)})` },
  { mark: 'cumulate', sql: (t, at) => `CUMULATE(${t}, ${at}, ${s(1)}, ${s(3)})` },
  { mark: 'window offset', sql: (t, at) => `TUMBLE(${t}, ${at}, ${s(2)}, INTERVAL '-0.5' SECOND)` },
  { mark: 'window offset', sql: (t, at) => `HOP(${t}, ${at}, ${s(1)}, ${s(2)}, ${s(1)})` },
  { mark: 'session', sql: (t, at) => `SESSION(${t}, ${at}, ${s(1)})` },
  { mark: 'session by key', sql: (t, at) => `SESSION(${t} PARTITION BY k, ${at}, ${s(1)})` },
  { mark: 'calendar window', sql: (t, at) => `TUMBLE(${t}, ${at}, INTERVAL '1' MONTH)` },
];

/** Windows of hours, days and months, for instants around the changes of the clocks. */
const ZONED: readonly [Form, ...Form[]] = [
  { mark: 'tumble', sql: (t, at) => `TUMBLE(${t}, ${at}, INTERVAL '1' DAY)` },
  { mark: 'hop', sql: (t, at) => `HOP(${t}, ${at}, INTERVAL '1' HOUR, INTERVAL '3' HOUR)` },
  { mark: 'cumulate', sql: (t, at) => `CUMULATE(${t}, ${at}, INTERVAL '6' HOUR, INTERVAL '1' DAY)` },
  { mark: 'session', sql: (t, at) => `SESSION(${t}, ${at}, INTERVAL '1' HOUR)` },
  { mark: 'calendar window', sql: (t, at) => `TUMBLE(${t}, ${at}, INTERVAL '1' MONTH)` },
];

export interface Windowed {
  /** The call without its alias; the same text is the same windows. */
  readonly call: (relation: string) => string;
  readonly columns: (alias: string) => readonly Column[];
  readonly time: Kind;
  /** The session's own key, which a group needs to hold. */
  readonly keyed: boolean;
}

/** A windowing function over a relation that has a time, or null. */
export function windowOf(c: Choices, t: Relation): Windowed | null {
  const times = t.columns.filter((x) => x.kind === 'time' || x.kind === 'instant');
  const time = times[c.int(Math.max(1, times.length))];
  if (time === undefined) return null;
  const forms = time.kind === 'instant' ? ZONED : SECONDS;
  const form = c.pick(forms);
  if (form.mark === 'session by key' && !t.columns.some((x) => x.name === 'k')) return null;
  c.mark(form.mark, ...(time.kind === 'instant' ? (['zoned window'] as const) : []));
  return {
    call: (relation) => `TABLE(${form.sql(`TABLE ${relation}`, `DESCRIPTOR(${time.name})`)})`,
    columns: (alias) => [{ sql: `${alias}.window_start`, kind: time.kind }, { sql: `${alias}.window_end`, kind: time.kind }, ...t.columns.map((x): Column => ({ sql: `${alias}.${x.name}`, kind: x.kind }))],
    time: time.kind,
    keyed: form.mark === 'session by key',
  };
}

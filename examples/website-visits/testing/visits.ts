/** Messages for the topic website-visit, good and bad, and what the views must then hold: computed here, without the engine. */

export interface VisitMessage {
  readonly partition: number;
  readonly value: string;
  /** What a good message tells; null for one that must be reported. */
  readonly visit: Visit | null;
  readonly bad: 'malformed' | 'no time' | 'wrong type' | null;
}

interface Visit {
  readonly id: string;
  readonly timeMs: number;
  readonly ageBracket: string;
  readonly page: string;
  readonly response: number;
  readonly bytes: number;
  readonly lat: string;
  readonly lng: string;
}

const BRACKETS = ['18-25', '26-40', '41-55', '55+'];
const PAGES = ['/', '/cart', '/checkout', '/about', '/login', '/search', '/blog', '/help', '/jobs', '/news', '/shop', '/team', '/terms'];
const RESPONSES = [200, 200, 200, 304, 404, 500, 503];
const FIRST_MS = Date.UTC(2026, 0, 1, 12, 0, 0);
/** Events come up to so late; below the 5 seconds that the watermark waits. */
const DISORDER_MS = 4000;

export const PARTITIONS = 3;

/** A sequence that is the same in every run. */
function numbers(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function text(visit: Visit, over: Readonly<Record<string, unknown>> = {}): string {
  const time = new Date(visit.timeMs).toISOString().replace('Z', '');
  return JSON.stringify({
    ip: '10.1.2.3', id: visit.id, lat: visit.lat, lng: visit.lng, user_agent: 'Mozilla/5.0 (X11; Linux x86_64)', age_bracket: visit.ageBracket, opted_into_marketing: visit.bytes % 2 === 0,
    http_request: `GET ${visit.page}?from=test HTTP/1.1`, http_response: visit.response, file_size_bytes: visit.bytes, event_datetime: time, event_ts: time, ...over,
  });
}

/** `count` messages in order of production, about one in a hundred of them bad. */
export function visitMessages(count: number): VisitMessage[] {
  const below = numbers(7);
  return Array.from({ length: count }, (_, i): VisitMessage => {
    const place = below(10) === 0 ? ['', ''] : [(below(180_000) / 1000 - 90).toFixed(3), (below(360_000) / 1000 - 180).toFixed(3)];
    const square = below(PAGES.length) * below(PAGES.length);
    const visit: Visit = {
      id: `visit-${i}`, timeMs: FIRST_MS + i * 40 - below(DISORDER_MS), ageBracket: BRACKETS[below(BRACKETS.length)] ?? '', page: PAGES[Math.floor(square / PAGES.length)] ?? '/',
      response: RESPONSES[below(RESPONSES.length)] ?? 200, bytes: 100 + below(50_000), lat: place[0] ?? '', lng: place[1] ?? '',
    };
    const partition = i % PARTITIONS;
    switch (i % 300) {
      case 100:
        return { partition, value: `{"id": "visit-${i}", "event_ts": `, visit: null, bad: 'malformed' };
      case 101:
        return { partition, value: text(visit, { event_ts: null }), visit: null, bad: 'no time' };
      case 102:
        return { partition, value: text(visit, { http_response: 'not found' }), visit: null, bad: 'wrong type' };
      default:
        return { partition, value: text(visit), visit, bad: null };
    }
  });
}

/** One message a partition, so far ahead that every earlier minute is over. */
export function lastMessages(): VisitMessage[] {
  return Array.from({ length: PARTITIONS }, (_, partition) => {
    const visit: Visit = { id: `last-${partition}`, timeMs: FIRST_MS + 10 * 3_600_000, ageBracket: 'last', page: '/last', response: 200, bytes: 1, lat: '', lng: '' };
    return { partition, value: text(visit), visit, bad: null };
  });
}

const visitsOf = (messages: readonly VisitMessage[]): Visit[] => messages.flatMap((m) => (m.visit === null ? [] : [m.visit]));
const sorted = (rows: string[]): string[] => rows.sort((a, b) => (a < b ? -1 : 1));
const sum = (visits: readonly Visit[]): number => visits.reduce((n, v) => n + v.bytes, 0);

/** `minute|bracket|visits|bytes` of the minutes that are over. */
export function visitsPerMinute(messages: readonly VisitMessage[]): string[] {
  const groups = Map.groupBy(visitsOf(messages).filter((v) => v.ageBracket !== 'last'), (v) => `${new Date(v.timeMs - (v.timeMs % 60_000)).toISOString().slice(0, 19).replace('T', ' ')}|${v.ageBracket}`);
  return sorted([...groups].map(([key, visits]) => `${key}|${visits.length}|${sum(visits)}`));
}

/** `page|visits`, the ten most visited. */
export function topPages(messages: readonly VisitMessage[]): string[] {
  const groups = [...Map.groupBy(visitsOf(messages), (v) => v.page)].map(([page, visits]) => ({ page, visits: visits.length }));
  groups.sort((a, b) => b.visits - a.visits || (a.page < b.page ? -1 : 1));
  return sorted(groups.slice(0, 10).map((g) => `${g.page}|${g.visits}`));
}

/** `bracket|visits|client errors|server errors|percent`. */
export function errorRates(messages: readonly VisitMessage[]): string[] {
  const groups = Map.groupBy(visitsOf(messages), (v) => v.ageBracket);
  return sorted(
    [...groups].map(([bracket, visits]) => {
      const client = visits.filter((v) => v.response >= 400 && v.response < 500).length;
      const server = visits.filter((v) => v.response >= 500).length;
      return `${bracket}|${visits.length}|${client}|${server}|${percent(client + server, visits.length)}`;
    }),
  );
}

/** Half away from zero at two digits, in integers. */
function percent(part: number, whole: number): string {
  const hundredths = Math.floor((part * 10_000 * 2 + whole) / (whole * 2));
  return `${Math.floor(hundredths / 100)}.${String(hundredths % 100).padStart(2, '0')}`;
}

/** The number written for a place: an unknown one is -1. */
export const placeOf = (text: string): number => (text === '' ? -1 : Number(text));

import { describe, expect, it } from 'vitest';
import { parseSearchPath, Settings } from './settings.ts';

const make = (seen: string[] = []): Settings => new Settings(new Map([['session_authorization', 'ann']]), (n, v) => seen.push(`${n}=${v}`));

describe('settings', () => {
  it('checks, normalises and shows', () => {
    const s = make();
    s.set('datestyle', ['iso', 'dmy'], false);
    expect(s.get('DateStyle')).toBe('ISO, DMY');
    s.set('statement_timeout', ['90s'], false);
    expect(s.shown('statement_timeout')).toBe('90s');
    expect(s.text('statement_timeout')).toBe('90000');
    for (const [text, ms] of [['1 day', '86400000'], ['5 minutes', '300000'], ['1.5h', '5400000']] as const) {
      s.set('table.exec.state.ttl', [text], false);
      expect(s.text('table.exec.state.ttl')).toBe(ms);
    }
    expect(() => s.set('statement_timeout', ['5 minutes'], false)).toThrow(/invalid value/);
    s.set('table.local-time-zone', ['Europe/Berlin'], false);
    expect(s.get('timezone')).toBe('Europe/Berlin');
    expect(() => s.set('serch_path', ['x'], false)).toThrow(/unrecognized configuration parameter/);
    expect(() => s.set('TimeZone', ['Mars/Olympus'], false)).toThrow(/invalid value for parameter "TimeZone"/);
    expect(() => s.set('server_version', ['16'], false)).toThrow(/cannot be changed/);
    s.set('my.own', ['7'], false);
    expect(s.get('my.own')).toBe('7');
    expect(s.get('session_authorization')).toBe('ann');
  });

  it('is undone by rollback, and local ends with the transaction', () => {
    const seen: string[] = [];
    const s = make(seen);
    s.begin();
    s.set('TimeZone', ['Asia/Tokyo'], false);
    s.rollback();
    expect(s.get('TimeZone')).toBe('UTC');
    s.begin();
    s.set('TimeZone', ['Asia/Tokyo'], true);
    s.set('application_name', ['psql'], false);
    s.commit();
    expect([s.get('TimeZone'), s.get('application_name')]).toEqual(['UTC', 'psql']);
    expect(seen).toEqual(['TimeZone=Asia/Tokyo', 'TimeZone=UTC', 'TimeZone=Asia/Tokyo', 'application_name=psql', 'TimeZone=UTC']);
  });

  it('reads a search path', () => {
    expect(parseSearchPath('"$user", public, "A b"', 'ann')).toEqual(['ann', 'public', 'A b']);
    expect(parseSearchPath('', 'ann')).toEqual([]);
  });
});

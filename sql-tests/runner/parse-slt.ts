import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { RecordBase, SltRecord, SortMode } from './record.ts';

/**
 * Reads sqllogictest files. Records are separated by blank lines:
 * ```
 * statement ok | statement error <regex over "SQLSTATE: message"> | statement count <n>
 * <sql, any number of lines>
 * [---- and lines for COPY … FROM STDIN]
 *
 * query <types> [nosort|rowsort|valuesort] [label]
 * <sql>
 * ----
 * <a row a line, values between bars; NULL, (empty)>
 * ```
 * Directives before a record: `onlyif <database>`, `skipif <database>`, `# no-view <why>`. Alone: `include <path>`,
 * `restart [parallelism]`, `halt`, `clock <timestamp in UTC>`, `advance <n> <unit>`; `feed <folder>` and lines for a source
 * that watches `$SCRATCH/<folder>`: `$SCRATCH` in SQL is a folder of the run's own; `file <path>` and the lines of a file in it, (empty) for an empty one;
 * `outside` and SQL for a PostgreSQL whose address SQL has as `$POSTGRES`, its user as `$USER`: such a file runs where there is one.
 * What is asked after a `feed` or `advance`, or after `eventually <why>`, is waited for.
 * `session <why>` … `end session`: one session goes on, so nothing restarts, and queries are asked as they stand, without views:
 * for what a session has (temporary objects, cursors, settings, the current schema, transactions).
 * `no-naive <why>`: the naive evaluator, which keeps no jobs and no connectors, is left out.
 * No views are made of what is no query: SHOW, DESCRIBE, EXPLAIN, FETCH, COPY. `#` begins a comment.
 * Source: https://sqlite.org/sqllogictest/doc/trunk/about.wiki, with one line a row as in DataFusion's.
 */
export function parseSlt(file: string, text: string = readFileSync(file, 'utf8')): SltRecord[] {
  return new SltReader(file, text.split('\n')).records();
}

const SORTS: ReadonlySet<string> = new Set(['nosort', 'rowsort', 'valuesort']);

const UNITS: ReadonlyMap<string, bigint> = new Map([['second', 1_000_000n], ['minute', 60_000_000n], ['hour', 3_600_000_000n], ['day', 86_400_000_000n]]);

class SltReader {
  readonly #file: string;
  readonly #lines: readonly string[];
  #at = 0;
  #onlyIf: string[] = [];
  #skipIf: string[] = [];
  #noView: string | null = null;

  constructor(file: string, lines: readonly string[]) {
    this.#file = file;
    this.#lines = lines;
  }

  records(): SltRecord[] {
    const out: SltRecord[] = [];
    while (this.#at < this.#lines.length) {
      const line = (this.#lines[this.#at] ?? '').trim();
      const [word = '', ...rest] = line.split(/\s+/);
      if (line === '') this.#at++;
      else if (line.startsWith('#')) {
        const why = /^#\s*no-view\b\s*(.*)$/.exec(line)?.[1];
        if (why !== undefined) this.#noView = why;
        this.#at++;
      } else if (word === 'onlyif' || word === 'skipif') {
        (word === 'onlyif' ? this.#onlyIf : this.#skipIf).push(rest[0] ?? this.#fail('which database?'));
        this.#at++;
      } else if (word === 'include') {
        out.push(...parseSlt(join(dirname(this.#file), rest[0] ?? this.#fail('include what?'))));
        this.#at++;
      } else if (word === 'halt') {
        out.push({ ...this.#base(this.#at, this.#at + 1), kind: word });
        this.#at++;
      } else if (word === 'restart') {
        out.push({ ...this.#base(this.#at, this.#at + 1), kind: word, parallelism: rest[0] === undefined ? null : Number(rest[0]) });
        this.#at++;
      } else if (word === 'clock') {
        const toMicros = BigInt(Date.parse(`${rest.join('T')}Z`)) * 1000n;
        out.push({ ...this.#base(this.#at, this.#at + 1), kind: 'clock', set: { toMicros } });
        this.#at++;
      } else if (word === 'advance') {
        const unit = UNITS.get((rest[1] ?? '').replace(/s$/, '')) ?? this.#fail('advance <n> seconds, minutes, hours or days');
        out.push({ ...this.#base(this.#at, this.#at + 1), kind: 'clock', set: { byMicros: BigInt(rest[0] ?? '0') * unit } });
        this.#at++;
      } else if (word === 'feed') {
        const from = this.#at++;
        const lines = this.#block().split('\n');
        out.push({ ...this.#base(from, this.#at), kind: 'feed', folder: rest[0] ?? this.#fail('feed which folder?'), lines });
      } else if (word === 'file') {
        const from = this.#at++;
        const lines = (this.#lines[this.#at] ?? '').trim() === '' ? [] : this.#block().split('\n').map((l) => (l === '(empty)' ? '' : l));
        out.push({ ...this.#base(from, this.#at), kind: 'file', path: rest[0] ?? this.#fail('which file?'), lines });
      } else if (word === 'outside') {
        const from = this.#at++;
        const sql = this.#block();
        out.push({ ...this.#base(from, this.#at), kind: 'outside', sql });
      } else if (word === 'session' || word === 'eventually' || word === 'no-naive') {
        const why = rest.length === 0 ? this.#fail(`${word} why?`) : rest.join(' ');
        out.push({ ...this.#base(this.#at, this.#at + 1), kind: word, why });
        this.#at++;
      } else if (line === 'end session') {
        out.push({ ...this.#base(this.#at, this.#at + 1), kind: 'session', why: null });
        this.#at++;
      } else if (word === 'statement') out.push(this.#statement(rest));
      else if (word === 'query') out.push(this.#query(rest));
      else this.#fail(`unknown directive "${word}"`);
    }
    return out;
  }

  #fail(message: string): never {
    throw new Error(`${this.#file}:${this.#at + 1}: ${message}`);
  }

  #base(from: number, to: number): RecordBase {
    const base = { file: this.#file, line: from + 1, from, to, onlyIf: this.#onlyIf, skipIf: this.#skipIf, noView: this.#noView };
    this.#onlyIf = [];
    this.#skipIf = [];
    this.#noView = null;
    return base;
  }

  /** Lines up to a blank one or `----`. */
  #block(): string {
    const lines: string[] = [];
    for (;;) {
      const line = this.#lines[this.#at];
      if (line === undefined || line.trim() === '' || line === '----') break;
      lines.push(line);
      this.#at++;
    }
    const sql = lines.join('\n').trim();
    return sql === '' ? this.#fail('no SQL') : sql.replace(/;$/, '');
  }

  #statement(rest: readonly string[]): SltRecord {
    const from = this.#at;
    const [expected = '', ...more] = rest;
    this.#at++;
    const sql = this.#block();
    const input = this.#result();
    const base = this.#base(from, this.#at);
    switch (expected) {
      case 'ok':
        return { ...base, kind: 'statement', sql, input, expect: { kind: 'ok' } };
      case 'error':
        return { ...base, kind: 'statement', sql, input, expect: { kind: 'error', pattern: (this.#lines[from] ?? '').trim().replace(/^statement\s+error\s*/, '') } };
      case 'count':
        return { ...base, kind: 'statement', sql, input, expect: { kind: 'count', count: Number(more[0]) } };
      default:
        return this.#fail(`statement ok, error or count, not "${expected}"`);
    }
  }

  /** Lines after `----`, if there are any. */
  #result(): string[] {
    const rows: string[] = [];
    if (this.#lines[this.#at] !== '----') return rows;
    this.#at++;
    for (let line = this.#lines[this.#at]; line !== undefined && line !== ''; line = this.#lines[this.#at]) {
      rows.push(line);
      this.#at++;
    }
    return rows;
  }

  #query(rest: readonly string[]): SltRecord {
    const from = this.#at;
    const [types = '', ...more] = rest;
    const sort = more.find((w): w is SortMode => SORTS.has(w));
    const label = more.find((w) => !SORTS.has(w)) ?? null;
    this.#at++;
    const sql = this.#block();
    const rows = this.#result();
    return { ...this.#base(from, this.#at), kind: 'query', sql, types, sort: sort ?? 'nosort', label, rows };
  }
}

import { readFileSync, writeFileSync } from 'node:fs';
import type { FileReport } from './run-file.ts';
import type { QueryRecord } from './record.ts';

/** Writes what the queries gave as their expectations. @returns how many records changed. */
export function completeFile(file: string, answers: FileReport['answers']): number {
  const lines = readFileSync(file, 'utf8').split('\n');
  const own = [...answers].filter(([record]) => record.file === file).sort(([a], [b]) => b.from - a.from);
  let changed = 0;
  for (const [record, answer] of own) {
    const text = recordLines(record, answer, lines);
    if (lines.slice(record.from, record.to).join('\n') === text.join('\n')) continue;
    lines.splice(record.from, record.to - record.from, ...text);
    changed++;
  }
  if (changed > 0) writeFileSync(file, lines.join('\n'));
  return changed;
}

function recordLines(record: QueryRecord, answer: { readonly types: string; readonly lines: readonly string[] }, lines: readonly string[]): string[] {
  const given = lines.slice(record.from, record.to);
  const [, , ...more] = (given[0] ?? '').trim().split(/\s+/);
  const end = given.indexOf('----');
  const sql = given.slice(1, end < 0 ? undefined : end);
  return [['query', answer.types, ...more].join(' '), ...sql, '----', ...answer.lines];
}

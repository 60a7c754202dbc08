import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { RULES } from './stages.ts';
import { parsePlanFile, runCase } from './testing/plan-file.ts';

const folder = join(import.meta.dirname, '../../sql-tests/plans');
const files = readdirSync(folder)
  .filter((n) => n.endsWith('.txt'))
  .map((name) => ({ name, file: parsePlanFile(readFileSync(join(folder, name), 'utf8')) }));

describe.each(files)('$name', ({ file }) => {
  it.each(file.cases.map((c) => [c.name, c] as const))('%s', (_name, test) => {
    const { text, fired } = runCase(file.ddl, test);
    expect(text).toBe(test.expected);
    for (const rule of test.fires) expect([...fired], `${rule} fires`).toContain(rule);
    for (const rule of test.not) expect([...fired], `${rule} does not fire`).not.toContain(rule);
  });
});

describe('every rule', () => {
  const cases = files.flatMap((f) => f.file.cases);
  it.each(RULES.map((r) => r.name))('%s has a case where it fires and one where it does not', (rule) => {
    expect(cases.some((c) => c.fires.includes(rule))).toBe(true);
    expect(cases.some((c) => c.not.includes(rule))).toBe(true);
  });
});

import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { describe, expect, it } from 'vitest';
import { maskedOptions, resolveOptions, schemaFromOptions } from '../src/connectors/registry.ts';
import type { BindContext, Params } from '../src/planner/bind/context.ts';
import { TestDatabase } from '../src/planner/testing.ts';
import { REFUSED, STATEMENT_SETUP, STATEMENTS } from './docs/statement-table.ts';
import { PAGES } from './generate-docs.ts';

class ConnectedDatabase extends TestDatabase {
  override context(text: string, params?: Params): BindContext {
    return { ...super.context(text, params), connectors: { resolveOptions, schemaFromOptions, maskedOptions } };
  }
}

describe('docs/sql', () => {
  it.each(PAGES.map((p) => [basename(p.path), p] as const))('%s is what the tables say (node scripts/generate-docs.ts)', (_, page) => {
    expect(readFileSync(page.path, 'utf8')).toBe(page.text());
  });
});

describe('statements in the reference', () => {
  const db = new ConnectedDatabase(STATEMENT_SETUP);
  it.each(STATEMENTS.flatMap((g) => g.entries.flatMap((e) => e.examples)))('binds: %s', (sql) => {
    expect(db.bind(sql).kind).not.toBe('');
  });
  it.each(REFUSED.flatMap((e) => e.examples))('refuses: %s', (sql) => {
    expect(() => db.bind(sql)).toThrow(expect.objectContaining({ condition: 'feature_not_supported' }));
  });
});

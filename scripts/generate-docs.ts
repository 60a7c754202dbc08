import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { connectorsPage } from './docs/connectors.ts';
import { dialectPage } from './docs/dialect.ts';
import { functionsPage } from './docs/functions.ts';
import { logicTestsPage, readmePage } from './docs/logic-tests.ts';
import { settingsPage } from './docs/settings.ts';
import { statementsPage } from './docs/statements.ts';

/** Writes docs/sql from the tables in the sources, and sql-tests/README.md and the counts in README.md from the files there. A test fails when a page is stale. */
const folder = join(import.meta.dirname, '..', 'docs', 'sql');

export const PAGES: readonly { readonly path: string; readonly text: () => string }[] = [
  { path: join(folder, 'connectors.md'), text: connectorsPage },
  { path: join(folder, 'dialect.md'), text: dialectPage },
  { path: join(folder, 'functions.md'), text: functionsPage },
  { path: join(folder, 'settings.md'), text: settingsPage },
  { path: join(folder, 'statements.md'), text: statementsPage },
  { path: join(import.meta.dirname, '..', 'sql-tests', 'README.md'), text: logicTestsPage },
  { path: join(import.meta.dirname, '..', 'README.md'), text: readmePage },
];

if (import.meta.main) {
  for (const page of PAGES) {
    mkdirSync(dirname(page.path), { recursive: true });
    writeFileSync(page.path, page.text());
  }
}

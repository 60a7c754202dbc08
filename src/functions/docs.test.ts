import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { FUNCTIONS_PAGE, functionsPage } from '../../scripts/generate-docs.ts';

it('docs/sql/functions.md is what the tables say (node scripts/generate-docs.ts)', () => {
  expect(readFileSync(FUNCTIONS_PAGE, 'utf8')).toBe(functionsPage());
});

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { accepted, parsePlanFile } from '../src/optimizer/testing/plan-file.ts';

/** `npm run plans -- --accept` writes today's plans into sql-tests/plans; without it, names the files that differ. */
const folder = join(import.meta.dirname, '../sql-tests/plans');
const accept = process.argv.includes('--accept');
for (const name of readdirSync(folder).filter((n) => n.endsWith('.txt'))) {
  const path = join(folder, name);
  const before = readFileSync(path, 'utf8');
  const after = accepted(parsePlanFile(before));
  if (before === after) continue;
  console.log(`${accept ? 'rewritten' : 'differs'}: ${name}`);
  if (accept) writeFileSync(path, after);
  else process.exitCode = 1;
}

import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Millrace } from '../src/index.ts';

const root = join(import.meta.dirname, '..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');

describe('README', () => {
  it('holds SQL that runs', async () => {
    const block = /```sql\n([\s\S]*?)```/.exec(readme)?.[1] ?? '';
    const script = block.split('\n').filter((line) => !line.startsWith('\\') && !line.startsWith('COPY')).join('\n');
    expect(script).toContain('TUMBLE');
    const db = await Millrace.open({ threads: false });
    try {
      await db.execute(script);
      const { rows } = await db.query('SELECT accounts, CAST(total AS TEXT) AS total FROM totals');
      expect(rows).toEqual([[2n, '150.00']]);
    } finally {
      await db.close();
    }
  });

  it.each(['README.md', 'docs/ARCHITECTURE.md', 'docs/sql/settings.md', 'examples/website-visits/README.md'])('links of %s lead somewhere', (page) => {
    const text = readFileSync(join(root, page), 'utf8');
    for (const [, target = ''] of text.matchAll(/\]\(([^)#:]+)\)/g)) expect(existsSync(join(root, dirname(page), target)), `${page}: ${target}`).toBe(true);
  });

  it.each(globSync('src/*/README.md', { cwd: root }))('%s names files that are there', (page) => {
    const folder = join(root, dirname(page));
    const known = globSync('**/*.ts', { cwd: folder });
    for (const [, name = ''] of readFileSync(join(root, page), 'utf8').matchAll(/`([\w./-]+\.ts)`/g)) {
      // A file to be made, in an example.
      if (/(^|\/)(x|my-\w+)\.(test\.)?ts$/.test(name)) continue;
      expect(existsSync(join(root, 'src', name)) || known.some((k) => k === name || k.endsWith(`/${name}`)) || existsSync(join(root, name)), `${page}: ${name}`).toBe(true);
    }
  });

  it('names scripts that are there', () => {
    const parsed = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> };
    for (const [, name = ''] of readme.matchAll(/npm run ([a-z-]+)/g)) expect(Object.keys(parsed.scripts)).toContain(name);
  });
});

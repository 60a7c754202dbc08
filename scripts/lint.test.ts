import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';

/** The linter's rules are only worth something if a violation is found: each is planted in a small tree of its own. */
const root = join(import.meta.dirname, '..');
const made: string[] = [];

afterEach(() => {
  for (const dir of made.splice(0)) rmSync(dir, { recursive: true, force: true });
});

function lint(files: Readonly<Record<string, string>>): { readonly status: number | null; readonly output: string } {
  const dir = mkdtempSync(join(tmpdir(), 'millrace-lint-'));
  made.push(dir);
  cpSync(join(root, '.oxlintrc.json'), join(dir, '.oxlintrc.json'));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), text);
  }
  const done = spawnSync(join(root, 'node_modules/.bin/oxlint'), ['src'], { cwd: dir, encoding: 'utf8' });
  return { status: done.status, output: done.stdout + done.stderr };
}

describe('lint rules', () => {
  it('accept imports that go down', () => {
    const { status, output } = lint({
      'src/engine/a.ts': "import { b } from '../runtime/b.ts';\nexport const a = b;\n",
      'src/runtime/b.ts': 'export const b = 1;\n',
    });
    expect(output).toContain('0 errors');
    expect(status).toBe(0);
  });

  it.each([
    ['common', 'functions'],
    ['parser', 'planner'],
    ['planner', 'optimizer'],
    ['connectors', 'exec'],
    ['exec', 'runtime'],
    ['store', 'runtime'],
    ['runtime', 'engine'],
    ['engine', 'server'],
  ])('refuse that %s imports %s', (low, high) => {
    const { status, output } = lint({
      [`src/${low}/a.ts`]: `import { b } from '../${high}/deep/b.ts';\nexport const a = b;\n`,
      [`src/${high}/deep/b.ts`]: 'export const b = 1;\n',
    });
    expect(output).toContain('no-restricted-imports');
    expect(status).toBe(1);
  });

  it('refuse a layer violation by a type alone', () => {
    const { output } = lint({
      'src/exec/a.ts': "import type { B } from '../engine/b.ts';\nexport type A = B;\n",
      'src/engine/b.ts': 'export type B = number;\n',
    });
    expect(output).toContain('no-restricted-imports');
  });

  it('refuse a cycle of three files', () => {
    const { status, output } = lint({
      'src/exec/a.ts': "import { b } from './b.ts';\nexport const a = (): number => b();\n",
      'src/exec/b.ts': "import { c } from './c.ts';\nexport const b = (): number => c();\n",
      'src/exec/c.ts': "import { a } from './a.ts';\nexport const c = (): number => a();\n",
    });
    expect(output).toContain('no-cycle');
    expect(status).toBe(1);
  });
});

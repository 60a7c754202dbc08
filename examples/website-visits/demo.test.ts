import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { lineScreen, terminalScreen, type View } from './show.ts';

const view = (rows: string[][]): View => ({ name: 'v', title: 'A view', names: ['a', 'n'], right: [false, true], rows });

describe('npm run demo', () => {
  it('shows the views changing and can be asked through psql', async () => {
    const child: ChildProcessByStdio<null, Readable, Readable> = spawn(process.execPath, [join(import.meta.dirname, 'demo.ts'), '--seconds', '3', '--port', '0'], { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    let errors = '';
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    const port = new Promise<number>((yes) => {
      child.stdout.on('data', (chunk: Buffer) => {
        output += chunk.toString();
        const found = /psql -h 127\.0\.0\.1 -p (\d+) -U millrace/.exec(output)?.[1];
        if (found !== undefined) yes(Number(found));
      });
    });
    const ended = once(child, 'exit');
    const answer = await Promise.race([port.then(firstPage), ended.then(() => 'ended')]);
    // Which page leads after the first handful of visits depends on how early they are asked for.
    expect(answer).toMatch(/^\/[a-z-]*/);
    expect(await ended).toEqual([0, null]);
    expect(errors).toBe('');
    expect(output).toMatch(/First result \d+ ms after the process started\./);
    // The most visited page of the whole run is told again and again, with more visits each time.
    const visits = [...output.matchAll(/^top_pages: \/ \| (\d+)$/gm)].map((m) => Number(m[1]));
    expect(visits.length).toBeGreaterThan(2);
    expect(visits).toEqual(visits.toSorted((a, b) => a - b));
    expect(output).toMatch(/^error_rates: 26-40 \| \d+ \| \d+ \| \d+ \| \d+\.\d\d$/m);
  });

  it('ends when its time is over in the middle of a statement', async () => {
    const child = spawn(process.execPath, [join(import.meta.dirname, 'demo.ts'), '--seconds', '0.001', '--port', '0'], { stdio: 'ignore' });
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  it('writes a line for each row that is new or has changed', () => {
    let text = '';
    const screen = lineScreen((t) => (text += t));
    screen.show([view([['x', '1'], ['y', '1']])], ['foot']);
    screen.show([view([['x', '1'], ['y', '2']])], ['foot']);
    expect(text.split('\n')).toEqual(['v: a | n', 'v: x | 1', 'v: y | 1', 'foot', 'v: y | 2', '']);
  });

  it('redraws in place on a terminal', () => {
    const texts: string[] = [];
    const screen = terminalScreen((t) => void texts.push(t));
    screen.show([view([['x', '1']])], ['foot']);
    screen.show([view([['x', '2']])], ['foot']);
    expect(texts.map((t) => t.startsWith('\u001b[2J'))).toEqual([true, false]);
    expect(texts[1]).toBe('\u001b[HA view\u001b[K\n a | n\u001b[K\n---+---\u001b[K\n x | 2\u001b[K\n(1 row)\u001b[K\n\u001b[K\nfoot\u001b[K\n\u001b[J');
  });
});

async function firstPage(port: number): Promise<string> {
  const client = new pg.Client({ host: '127.0.0.1', port, user: 'millrace', database: 'millrace' });
  await client.connect();
  try {
    const { rows } = await client.query<{ page: string }>('SELECT page FROM top_pages ORDER BY visits DESC LIMIT 1');
    return rows[0]?.page ?? '';
  } finally {
    await client.end();
  }
}

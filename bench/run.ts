import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { classes } from './classes.ts';
import { engineBench } from './engine.ts';
import { jsonFile } from './json-file.ts';
import { kafkaBench } from './kafka.ts';
import { nexmark } from './nexmark.ts';
import { printHeader, type Measured } from './support/measure.ts';
import { wireBench } from './wire.ts';

/**
 * The whole table: `npm run bench`, or some of it: `npm run bench -- nexmark engine json kafka wire classes`. The figures also go to
 * bench/results/latest.json.
 */
const QUERIES = ['q0', 'q1', 'q2', 'q3', 'q5', 'q8', 'q17'];
const wanted = new Set(process.argv.slice(2));
const runs = (name: string): boolean => wanted.size === 0 || wanted.has(name);

console.log(`Node ${process.version}, ${cpus().length} x ${cpus()[0]?.model ?? ''}`);
const results: Measured[] = [];
if (runs('nexmark')) results.push(...(await nexmark(QUERIES)));
if (runs('engine')) results.push(...(await engineBench(QUERIES)));
if (runs('json') || runs('kafka')) printHeader('JSON in, operators in one thread, rows a second');
if (runs('json')) results.push(await jsonFile());
if (runs('kafka')) {
  try {
    results.push(await kafkaBench());
  } catch (error) {
    console.log(`Kafka: left out (${error instanceof Error ? error.message : String(error)})`);
  }
}
if (runs('wire')) results.push(...(await wireBench()));
const byClass = runs('classes') ? await classes() : [];
const folder = join(import.meta.dirname, 'results');
mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, 'latest.json'), `${JSON.stringify({ node: process.version, cpu: cpus()[0]?.model ?? '', results, classes: byClass }, null, 2)}\n`);

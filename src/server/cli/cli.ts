import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Command, CommanderError, Option } from 'commander';
import { SqlError } from '../../common/errors.ts';
import { resolveConfig, type StartConfig } from './config.ts';
import { environmentName, START_OPTIONS } from './options-table.ts';

/** The version in package.json, which lies two folders above both src/server and dist/server. */
export function packageVersion(): string {
  const parsed: unknown = JSON.parse(readFileSync(join(import.meta.dirname, '../../../package.json'), 'utf8'));
  return typeof parsed === 'object' && parsed !== null && 'version' in parsed ? String(parsed.version) : '0';
}

/** Runs one command line. @returns the exit code: 0, 1 after an error, 2 for a bad command line. */
export async function runCli(args: readonly string[]): Promise<number> {
  let code = 0;
  const program = new Command('millrace');
  program.description('A streaming SQL database server: Flink-style SQL over the Postgres wire.').version(packageVersion(), '--version').exitOverride().showHelpAfterError('(millrace --help lists all options)');
  const start = program.command('start', { isDefault: true }).description('start the server');
  for (const o of START_OPTIONS) {
    start.addOption(new Option(`--${o.name} <${o.placeholder}>`, `${o.doc} [${environmentName(o.name)}${o.default === null ? '' : `, default ${o.default}`}]`));
  }
  start.option('--config <file>', 'a file of options, "name = value" a line or a JSON object [MILLRACE_CONFIG]');
  start.action(async (given: Readonly<Record<string, string | undefined>>) => {
    const { startServer } = await import('./start.ts');
    code = await startServer(configOf(given), packageVersion());
  });
  program
    .command('sql')
    .argument('<file>', 'a script, or - for standard input')
    .description('run a script and print what it answers')
    .option('--data-dir <folder>', 'keep tables and views in this folder; by default nothing is kept')
    .option('--parallelism <n>', 'worker threads', String(availableParallelism()))
    .option('--keep-going', 'go on after a statement that failed', false)
    .action(async (file: string, given: { readonly dataDir?: string; readonly parallelism: string; readonly keepGoing: boolean }) => {
      const { sqlCommand } = await import('./sql-command.ts');
      const { parallelism } = configOf({ parallelism: given.parallelism });
      code = await sqlCommand({ file, dataDir: given.dataDir ?? null, parallelism, stopOnError: !given.keepGoing });
    });
  try {
    await program.parseAsync([...args], { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    process.stderr.write(`${errorText(error)}\n`);
    return error instanceof SqlError && error.condition === 'config_file_error' ? 2 : 1;
  }
}

function configOf(given: Readonly<Record<string, string | undefined>>): StartConfig {
  const flags = Object.fromEntries(START_OPTIONS.map((o) => [o.name, given[o.name.replaceAll(/-([a-z])/g, (_, c: string) => c.toUpperCase())]]));
  const path = given['config'] ?? process.env['MILLRACE_CONFIG'];
  return resolveConfig({ flags, environment: process.env, file: path === undefined ? null : { path, text: readConfig(path) }, cores: availableParallelism() });
}

function readConfig(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new SqlError('config_file_error', `cannot read the config file "${path}"`, { detail: error instanceof Error ? error.message : undefined, cause: error });
  }
}

/** An error as a command prints it. Bugs show where they are. */
export function errorText(error: unknown): string {
  if (error instanceof SqlError) return [`millrace: ${error.message}`, ...(error.detail === undefined ? [] : [error.detail]), ...(error.hint === undefined ? [] : [`Hint: ${error.hint}`])].join('\n');
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

import { didYouMean } from '../../common/did-you-mean.ts';
import { SqlError } from '../../common/errors.ts';
import { environmentName, LOG_LEVELS, START_OPTIONS, type StartOption } from './options-table.ts';

/** What a server is started with, checked. */
export interface StartConfig {
  readonly host: string;
  readonly port: number;
  readonly dataDir: string;
  readonly parallelism: number;
  readonly epochIntervalMs: number;
  readonly checkpointIntervalMs: number;
  readonly maxConnections: number;
  readonly logLevel: string;
}

/** Where texts of options come from, the first one that has it wins. */
export interface ConfigSources {
  /** By flag name, e.g. `data-dir`. */
  readonly flags: Readonly<Record<string, string | undefined>>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The config file's content and name: a JSON object, or lines of `name = value` with `#` comments. */
  readonly file: { readonly path: string; readonly text: string } | null;
  readonly cores: number;
}

const problem = (message: string, hint?: string): SqlError => new SqlError('config_file_error', message, { hint });

/** Flag over environment over file over default. Errors: config_file_error that names the option and where it was set. */
export function resolveConfig(sources: ConfigSources): StartConfig {
  const file = sources.file === null ? {} : parseFile(sources.file.text, sources.file.path);
  const text = (name: string): string => {
    const option = START_OPTIONS.find((o) => o.name === name) as StartOption;
    const candidates: readonly (readonly [string | undefined, string])[] = [
      [sources.flags[name], `--${name}`],
      [sources.environment[environmentName(name)], environmentName(name)],
      [file[name], `"${name}" in ${sources.file?.path ?? ''}`],
    ];
    for (const [value, where] of candidates) {
      if (value === undefined) continue;
      check(option, value, where);
      return value;
    }
    return option.default ?? String(sources.cores);
  };
  return {
    host: text('host'),
    port: Number(text('port')),
    dataDir: text('data-dir'),
    parallelism: Number(text('parallelism')),
    epochIntervalMs: Number(text('epoch-interval')),
    checkpointIntervalMs: Number(text('checkpoint-interval')),
    maxConnections: Number(text('max-connections')),
    logLevel: text('log-level'),
  };
}

const RANGES: Readonly<Record<'port' | 'count' | 'ms', readonly [number, number]>> = { port: [0, 65535], count: [1, 10_000], ms: [1, 3_600_000] };

function check(option: StartOption, value: string, where: string): void {
  if (option.type === 'text') {
    if (value === '') throw problem(`${where} is empty`);
    return;
  }
  if (option.type === 'level') {
    if (!LOG_LEVELS.includes(value)) throw problem(`${where} is "${value}"`, `Use one of ${LOG_LEVELS.join(', ')}.`);
    return;
  }
  const [min, max] = RANGES[option.type];
  const n = /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN;
  if (!(n >= min && n <= max)) throw problem(`${where} is "${value}"`, `Give a whole number from ${min} to ${max}.`);
}

function parseFile(text: string, path: string): Readonly<Record<string, string>> {
  const entries = text.trimStart().startsWith('{') ? jsonEntries(text, path) : lineEntries(text, path);
  const names = START_OPTIONS.map((o) => o.name);
  for (const [name] of entries) {
    if (!names.includes(name)) {
      const near = didYouMean(name, names);
      throw problem(`unknown option "${name}" in ${path}`, near === undefined ? `Options are ${names.join(', ')}.` : `Did you mean "${near}"?`);
    }
  }
  return Object.fromEntries(entries);
}

function jsonEntries(text: string, path: string): readonly (readonly [string, string])[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    throw problem(`${path} is not valid JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  return Object.entries(parsed as Record<string, unknown>).map(([name, value]) => {
    if (typeof value !== 'string' && typeof value !== 'number') throw problem(`"${name}" in ${path} is neither text nor a number`);
    return [name, String(value)];
  });
}

function lineEntries(text: string, path: string): readonly (readonly [string, string])[] {
  return text.split('\n').flatMap((line, i): readonly (readonly [string, string])[] => {
    const content = line.replace(/(^|\s)#.*$/, '').trim();
    if (content === '') return [];
    const at = content.indexOf('=');
    if (at < 1) throw problem(`line ${i + 1} of ${path} is not "name = value"`);
    return [[content.slice(0, at).trim(), content.slice(at + 1).trim()]];
  });
}

/** An option of `millrace start`. Flags, environment variables, the config file, `--help` and the reference all derive from this table. */
export interface StartOption {
  /** The flag without dashes; the environment variable is MILLRACE_ and the name in upper case with underscores. */
  readonly name: string;
  readonly type: 'text' | 'port' | 'count' | 'ms' | 'level';
  /** Text form; null where the default depends on the machine and `doc` says how. */
  readonly default: string | null;
  readonly placeholder: string;
  readonly doc: string;
}

export const LOG_LEVELS: readonly string[] = ['debug', 'info', 'warn', 'error', 'silent'];

export const START_OPTIONS: readonly StartOption[] = [
  { name: 'host', type: 'text', default: '127.0.0.1', placeholder: 'address', doc: 'Address to listen on; loopback only, until there is authentication.' },
  { name: 'port', type: 'port', default: '5455', placeholder: 'port', doc: 'Port of the Postgres protocol; 0 takes a free one.' },
  { name: 'data-dir', type: 'text', default: './millrace-data', placeholder: 'folder', doc: 'Where catalog, checkpoints and stored tables are kept.' },
  { name: 'parallelism', type: 'count', default: null, placeholder: 'n', doc: 'Worker threads; by default the cores of the machine.' },
  { name: 'epoch-interval', type: 'ms', default: '100', placeholder: 'ms', doc: 'Milliseconds between epochs: how fresh views are.' },
  { name: 'checkpoint-interval', type: 'ms', default: '1000', placeholder: 'ms', doc: 'Milliseconds between checkpoints: how much is done again after a crash.' },
  { name: 'max-connections', type: 'count', default: '100', placeholder: 'n', doc: 'Connections at a time.' },
  { name: 'log-level', type: 'level', default: 'info', placeholder: 'level', doc: `One of ${LOG_LEVELS.join(', ')}; the log goes to stderr.` },
];

export const environmentName = (option: string): string => `MILLRACE_${option.toUpperCase().replaceAll('-', '_')}`;

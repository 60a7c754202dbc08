import type { Schema } from '../common/batch/batch.ts';
import { SqlError } from '../common/errors.ts';
import type { ConnectorDescriptor, FormatDescriptor, Options, OptionSpec } from './api.ts';
import { blackhole } from './blackhole/blackhole.ts';
import { datagen } from './datagen/datagen.ts';
import { jdbc } from './jdbc/jdbc.ts';
import { kafka } from './kafka/kafka.ts';
import { upsertKafka } from './kafka/upsert-kafka.ts';
import { nexmark } from './nexmark/nexmark.ts';
import { checkOptions, maskSecrets } from './options.ts';
import { filesystem } from './filesystem/filesystem.ts';
import { formatNamed, unknownName } from './formats/formats.ts';
import { print } from './print/print.ts';

/** Every connector, by its name in `'connector' = '…'`. Adding one: its folder and a line here. */
const known = new Map<string, ConnectorDescriptor>([blackhole, datagen, filesystem, jdbc, kafka, nexmark, print, upsertKafka].map((c) => [c.name, c]));
export const CONNECTORS: ReadonlyMap<string, ConnectorDescriptor> = known;

/**
 * Adds a connector of an embedding program or a test; the result takes it away again. Worker threads have a registry of
 * their own: such a connector works where the engine runs in one thread.
 */
export function registerConnector(descriptor: ConnectorDescriptor): () => void {
  if (known.has(descriptor.name)) throw new SqlError('duplicate_object', `connector "${descriptor.name}" exists already`);
  known.set(descriptor.name, descriptor);
  return () => void known.delete(descriptor.name);
}

/** What Flink accepts on every table whatever its connector. */
export const COMMON_OPTIONS: readonly OptionSpec[] = [
  { name: 'connector', type: 'string', required: true, doc: 'The connector.' },
  { name: 'error-handling.log.target', type: 'string', doc: 'A stored table into which records that cannot be read are written; error_log, the default, is millrace_catalog.error_log alone.' },
  { name: 'error-handling.mode', type: 'enum', values: ['fail', 'ignore', 'log'], doc: 'What a record that cannot be read does: it fails the job, is left out silently, or is listed in millrace_catalog.error_log. By default what millrace.on-error says.' },
  { name: 'error.policy', type: 'enum', values: ['log', 'ignore', 'fail'], doc: 'The same under another name; error-handling.mode goes before it.' },
  { name: 'property-version', type: 'string', doc: 'Accepted as in Flink; without effect.' },
  { name: 'scan.parallelism', type: 'int', doc: 'Tasks that read.' },
  { name: 'sink.parallelism', type: 'int', doc: 'Tasks that write.' },
  { name: 'scan.watermark.*', type: 'string', doc: 'Flink\'s watermark settings of a source.' },
];

/** Before the keys of a format's metadata. */
export const FORMAT_METADATA = 'value.';

/** Errors: undefined_object, naming the nearest connector. */
export function connectorNamed(name: string): ConnectorDescriptor {
  const found = CONNECTORS.get(name);
  if (found !== undefined) return found;
  throw unknownName('connector', name, [...CONNECTORS.keys()]);
}

/** A format's option specs under a prefix: `key.` makes `json.x` into `key.json.x`. */
function prefixed(format: FormatDescriptor, prefix: string): readonly OptionSpec[] {
  return format.options.map((s) => ({ ...s, name: prefix + s.name }));
}

/** All options that `given` may hold: common ones, the connector's, and those of the formats it names. */
export function specsFor(given: Options): readonly OptionSpec[] {
  const connector = connectorNamed(given['connector'] ?? '');
  const specs: OptionSpec[] = [...COMMON_OPTIONS, ...connector.options];
  if (connector.format === 'required') {
    const keyed = connector.options.some((s) => s.name === 'key.format');
    // A connector that names both formats takes no other.
    if (!connector.options.some((s) => s.name === 'value.format' && s.required === true)) specs.push({ name: 'format', type: 'string', required: !keyed, doc: 'The format of the payload.' });
    if (given['format'] !== undefined) specs.push(...prefixed(formatNamed(given['format']), ''));
    if (keyed) {
      for (const part of ['key', 'value'] as const) {
        const name = given[`${part}.format`];
        if (name !== undefined) specs.push(...prefixed(formatNamed(name), `${part}.`));
      }
    }
  }
  return specs;
}

/**
 * Checks WITH options and fills in defaults.
 * Errors: invalid_parameter_value or undefined_object, naming the option and the nearest known one.
 */
export function resolveOptions(given: Options): { readonly connector: ConnectorDescriptor; readonly options: Options } {
  const name = given['connector'];
  if (name === undefined) throw new SqlError('invalid_parameter_value', 'option "connector" is required', { hint: `The connectors are ${[...CONNECTORS.keys()].toSorted().join(', ')}.` });
  const connector = connectorNamed(name);
  const options = checkOptions(given, specsFor(given), `connector "${name}"`);
  const known = connector.format === 'required' ? formatNamed(options['value.format'] ?? options['format'] ?? '').metadata : undefined;
  // The format's own metadata are columns of the table like the connector's.
  return { connector: known === undefined ? connector : { ...connector, metadata: [...connector.metadata, ...known.map((m) => ({ ...m, key: `${FORMAT_METADATA}${m.key}` }))] }, options };
}

/** The columns that a connector dictates under these options, for a table without a column list. */
export function schemaFromOptions(given: Options): Schema | undefined {
  const { connector, options } = resolveOptions(given);
  return connector.source?.schemaFromOptions?.(options) ?? connector.source?.schema;
}

/** Options fit to print (SHOW CREATE TABLE, catalogs, logs): secrets are masked. */
export function maskedOptions(given: Options): Options {
  return maskSecrets(given, CONNECTORS.has(given['connector'] ?? '') ? specsFor(given) : CONNECTORS.has(given['type'] ?? '') ? specsFor({ ...given, connector: given['type'] ?? '' }) : COMMON_OPTIONS);
}

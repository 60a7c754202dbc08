import { typeName } from '../../src/common/types/sql-type.ts';
import type { ConnectorDescriptor, OptionSpec } from '../../src/connectors/api.ts';
import { FORMATS } from '../../src/connectors/formats/formats.ts';
import { COMMON_OPTIONS, CONNECTORS } from '../../src/connectors/registry.ts';
import { escape, generated, table } from './markdown.ts';

function valuesOf(option: OptionSpec): string {
  if (option.values !== undefined) return option.values.map((v) => `\`${escape(v)}\``).join(', ');
  return option.type === 'memory' ? 'size, such as `64 kb`' : option.type === 'duration' ? 'duration, such as `5 s`' : option.type === 'list' ? 'list, parted by `;`' : option.type;
}

function options(specs: readonly OptionSpec[]): string[] {
  if (specs.length === 0) return ['No options of its own.'];
  return table(
    ['option', 'values', 'default', 'meaning'],
    specs.map((o) => [`\`${escape(o.name)}\``, valuesOf(o), o.required === true ? '(required)' : o.default === undefined ? '' : `\`${escape(o.default)}\``, `${escape(o.doc)}${o.secret === true ? ' Never printed.' : ''}`]),
  );
}

function uses(c: ConnectorDescriptor): string {
  const roles = [...(c.source === undefined ? [] : ['source']), ...(c.sink === undefined ? [] : ['sink'])].join(' and ');
  return `${escape(c.doc)} Use: ${roles}.${c.format === 'required' ? " Needs a `'format'`." : ''}`;
}

/** docs/sql/connectors.md from the descriptors of connectors and formats. */
export function connectorsPage(): string {
  const lines = [
    '# Connectors and formats',
    '',
    generated('the tables in `src/connectors`'),
    '',
    "A table with `WITH ('connector' = …)` points to an outside system. Option names and defaults are Flink's. `#` stands for the name of a column, a",
    'final `*` for any rest of a name. An unknown option is an error that names the nearest one.',
    '',
    '## Every table',
    '',
    ...options(COMMON_OPTIONS),
  ];
  for (const c of [...CONNECTORS.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    lines.push('', `## ${c.name}`, '', uses(c), '', ...options(c.options));
    if (c.metadata.length === 0) continue;
    lines.push('', 'Metadata columns (`c TYPE METADATA FROM \'key\'`):', '', ...table(['key', 'type', 'written', 'meaning'], c.metadata.map((m) => [`\`${m.key}\``, typeName(m.type), m.writable ? 'yes' : 'no', escape(m.doc)])));
  }
  for (const f of [...FORMATS.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1))) lines.push('', `## Format ${f.name}`, '', escape(f.doc), '', ...options(f.options));
  return `${lines.join('\n')}\n`;
}

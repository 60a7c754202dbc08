import { SETTINGS, type SettingSpec } from '../../src/engine/settings-table.ts';
import { environmentName, START_OPTIONS } from '../../src/server/cli/options-table.ts';
import { escape, generated, table } from './markdown.ts';

const TYPES: Readonly<Record<SettingSpec['type'], string>> = {
  text: 'text', bool: '`on`, `off`', flag: '`true`, `false`', int: 'integer', ms: 'duration (a bare number is milliseconds)', enum: '', names: 'list of names', zone: 'time zone', encoding: 'encoding', dateStyle: 'date style',
};

function typeOf(s: SettingSpec): string {
  if (s.fixed === true) return 'cannot be set';
  if (s.values !== undefined) return s.values.map((v) => `\`${v}\``).join(', ');
  const bounds = [...(s.min === undefined ? [] : [`from ${s.min}`]), ...(s.max === undefined ? [] : [`to ${s.max}`])].join(' ');
  return `${TYPES[s.type]}${bounds === '' ? '' : ` ${bounds}`}`;
}

/** docs/sql/settings.md from the table of settings and that of start options. */
export function settingsPage(): string {
  const lines = [
    '# Settings',
    '',
    generated('`src/engine/settings-table.ts` and `src/server/cli/options-table.ts`'),
    '',
    "`SET name = value` (Flink's `SET 'name' = 'value'` too), `RESET name`, `SHOW name`, `SHOW ALL`. A setting holds for the session.",
  ];
  for (const [category, settings] of Map.groupBy(SETTINGS, (s) => s.category)) {
    lines.push('', `## ${category}`, '', ...table(['setting', 'values', 'default', 'meaning'], settings.map((s) => [`\`${s.name}\`${(s.aliases ?? []).map((a) => `<br>\`${a}\``).join('')}`, typeOf(s), s.default === '' ? '' : `\`${escape(s.default)}\``, escape(s.doc)])));
  }
  lines.push('', '## Starting the server', '', 'A flag goes before an environment variable, that before the file named by `--config`, that before the default.', '');
  lines.push(...table(['flag', 'environment', 'default', 'meaning'], START_OPTIONS.map((o) => [`\`--${o.name} <${o.placeholder}>\``, `\`${environmentName(o.name)}\``, o.default === null ? '' : `\`${o.default}\``, escape(o.doc)])));
  return `${lines.join('\n')}\n`;
}

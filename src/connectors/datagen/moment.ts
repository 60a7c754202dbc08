import { SqlError } from '../../common/errors.ts';
import { civilFromDays, splitMicros, timestampText } from '../text.ts';

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const two = (n: number): string => String(n).padStart(2, '0');

/** `10/Oct/2000:13:55:36 +0000`, as web servers write it, in UTC. */
function accessLogText(ms: number): string {
  const [days, rest] = splitMicros(BigInt(Math.floor(ms)) * 1000n);
  const [y, m, d] = civilFromDays(days);
  const s = Math.floor(Number(rest) / 1e6);
  return `${two(d)}/${MONTHS[m - 1] ?? ''}/${y}:${two(Math.floor(s / 3600))}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)} +0000`;
}

const STYLES: Readonly<Record<string, (ms: number) => string>> = {
  sql: (ms) => timestampText(BigInt(Math.round(ms * 1000)), ' ', 'sql'),
  iso: (ms) => `${timestampText(BigInt(Math.round(ms * 1000)), 'T', 'sql')}Z`,
  log: accessLogText,
  millis: (ms) => String(Math.floor(ms)),
};

/** The text form of a generated moment (milliseconds since 1970). Errors: invalid_parameter_value for an unknown style. */
export function momentText(style: string | undefined): (ms: number) => string {
  const found = STYLES[(style ?? 'sql').toLowerCase()];
  if (found === undefined) throw new SqlError('invalid_parameter_value', `unknown form of a time "${style}"`, { hint: `The forms are ${Object.keys(STYLES).join(', ')}.` });
  return found;
}

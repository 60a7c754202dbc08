import { SqlError } from '../../common/errors.ts';
import { nearest } from '../options.ts';
import type { CellRandom } from '../random.ts';
import { momentText } from './moment.ts';

/**
 * Realistic values in the style of Flink's faker connector: text with `#{provider 'argument', …}` parts. Names are
 * compared without case, dots and underscores: `#{Internet.ipV4Address}` is `#{internet.ip_v4_address}`.
 */
export type Expression = (random: CellRandom, nowMs: number) => string;
type Provider = (args: readonly string[]) => Expression;

const FIRST = 'Ada Alan Amara Anna Ben Carla Chen Dmitri Elena Emma Fatima Grace Hiro Ines Ivan James Jana Kofi Lars Lena Leo Lucia Maya Mei Nadia Noah Omar Priya Rosa Sam Sofia Tom Uma Victor Wei Yara Zoe'.split(' ');
const LAST = 'Abe Ali Andersson Baker Brown Costa Diaz Dubois Evans Fischer Garcia Haddad Ito Jensen Jones Kim Kowalski Kumar Lopez Martin Meyer Moreau Nguyen Novak Okafor Olsen Patel Petrov Rossi Santos Schmidt Silva Smith Tanaka Weber Yilmaz Zhang'.split(' ');
const CITIES = ['Amsterdam', 'Athens', 'Bangalore', 'Berlin', 'Bogota', 'Boston', 'Cairo', 'Chicago', 'Delhi', 'Dublin', 'Lagos', 'Lima', 'Lisbon', 'London', 'Madrid', 'Nairobi', 'New York', 'Osaka', 'Oslo', 'Paris', 'Prague', 'Rome', 'Sao Paulo', 'Seattle', 'Seoul', 'Sydney', 'Tokyo', 'Toronto', 'Vienna', 'Zurich'];
const COUNTRIES = ['Argentina', 'Australia', 'Brazil', 'Canada', 'Chile', 'Egypt', 'France', 'Germany', 'Ghana', 'Greece', 'India', 'Ireland', 'Italy', 'Japan', 'Kenya', 'Mexico', 'Netherlands', 'Nigeria', 'Norway', 'Peru', 'Poland', 'Portugal', 'South Korea', 'Spain', 'Sweden', 'Switzerland', 'Turkey', 'United Kingdom', 'United States', 'Vietnam'];
const CODES = ['AR', 'AU', 'BR', 'CA', 'CL', 'EG', 'FR', 'DE', 'GH', 'GR', 'IN', 'IE', 'IT', 'JP', 'KE', 'MX', 'NL', 'NG', 'NO', 'PE', 'PL', 'PT', 'KR', 'ES', 'SE', 'CH', 'TR', 'GB', 'US', 'VN'];
const WORDS = 'alpha amber anchor apple arrow autumn beacon birch blue bridge canyon cedar cloud copper coral delta ember falcon field forest garden glacier harbor hazel island ivory jade juniper lagoon lantern maple meadow mist north ocean olive orbit pearl pine prairie quartz raven ridge river saffron silver spring stone summit tide timber valley velvet willow winter'.split(' ');
const DOMAINS = ['example.com', 'example.org', 'example.net', 'mail.example'];
const AGENTS = [
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36',
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15',
  'Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1',
  'Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36',
  'curl/8.8.0',
  'Googlebot/2.1 (+http://www.google.com/bot.html)',
];
const PATHS = ['/', '/index.html', '/products', '/products/{n}', '/cart', '/checkout', '/search?q={w}', '/blog/{w}', '/about', '/login', '/api/v1/items/{n}', '/static/app.js'];

/** Some paths and numbers are much more frequent than others. */
const path = (r: CellRandom): string => {
  const u = r.double();
  const template = PATHS[Math.floor(u * u * PATHS.length)] ?? '/';
  if (!template.includes('{')) return template;
  const v = r.double();
  return template.replace('{n}', String(1 + Math.floor(v * v * v * 100))).replace('{w}', r.pick(WORDS));
};
const method = weighted(['GET:80', 'POST:14', 'PUT:3', 'DELETE:2', 'HEAD:1']);

const capital = (s: string): string => s.charAt(0).toUpperCase() + s.slice(1);
const hex = (r: CellRandom, n: number): string => {
  let s = '';
  while (s.length < n) s += r.uint32().toString(16).padStart(8, '0');
  return s.slice(0, n);
};
const number = (args: readonly string[], i: number, fallback: number, who: string): number => {
  const a = args[i];
  if (a === undefined) return fallback;
  const n = Number(a);
  if (a.trim() === '' || !Number.isFinite(n)) throw new SqlError('invalid_parameter_value', `argument ${i + 1} of "${who}" must be a number, not "${a}"`);
  return n;
};
const UNIT_MS: Readonly<Record<string, number>> = { MILLISECONDS: 1, SECONDS: 1000, MINUTES: 60_000, HOURS: 3_600_000, DAYS: 86_400_000 };
const unitMs = (text: string | undefined): number => {
  const ms = UNIT_MS[(text ?? 'SECONDS').toUpperCase()];
  if (ms === undefined) throw new SqlError('invalid_parameter_value', `unknown time unit "${text}"`, { hint: `Units are ${Object.keys(UNIT_MS).join(', ')}.` });
  return ms;
};

/** `'a:3', 'b:1'`: a choice with weights, 1 where none is given. */
function weighted(args: readonly string[]): Expression {
  const items = args.map((a) => {
    const m = /^(.*):([0-9.]+)$/s.exec(a);
    return { text: m?.[1] ?? a, weight: m === null ? 1 : Number(m[2]) };
  });
  const total = items.reduce((s, x) => s + x.weight, 0);
  if (items.length === 0 || !(total > 0)) throw new SqlError('invalid_parameter_value', '"options.weighted" needs choices with weights');
  return (r) => {
    let at = r.double() * total;
    for (const item of items) {
      at -= item.weight;
      if (at < 0) return item.text;
    }
    return items.at(-1)?.text ?? '';
  };
}

/** A coordinate in [-limit, limit] with 6 decimals; argument: the share of rows where latitude and longitude are empty. */
const coordinate = (limit: number, who: string): Provider => (args) => {
  const empty = number(args, 0, 0, who);
  return (r) => (1 - r.rowDouble() <= empty ? '' : ((r.double() * 2 - 1) * limit).toFixed(6));
};

const choice = (items: readonly string[]): Provider => () => (r) => r.pick(items);

const PROVIDERS: Readonly<Record<string, Provider>> = {
  'name.first_name': choice(FIRST),
  'name.last_name': choice(LAST),
  'name.full_name': () => (r) => `${r.pick(FIRST)} ${r.pick(LAST)}`,
  'name.username': () => (r) => `${r.pick(FIRST)}.${r.pick(LAST)}`.toLowerCase(),
  'internet.ip_v4_address': () => (r) => `${1 + r.int(223)}.${r.int(256)}.${r.int(256)}.${1 + r.int(254)}`,
  'internet.ip_v6_address': () => (r) => Array.from({ length: 8 }, () => r.int(65536).toString(16)).join(':'),
  'internet.mac_address': () => (r) => (hex(r, 12).match(/../g) ?? []).join(':'),
  'internet.email_address': () => (r) => `${r.pick(FIRST)}.${r.pick(LAST)}@${r.pick(DOMAINS)}`.toLowerCase(),
  'internet.domain_name': () => (r) => `${r.pick(WORDS)}.${r.pick(DOMAINS)}`,
  'internet.user_agent': choice(AGENTS),
  'internet.http_method': () => method,
  'internet.http_request': () => (r, now) => `${method(r, now)} ${path(r)} HTTP/1.1`,
  'internet.status_code': () => weighted(['200:85', '304:5', '301:2', '404:5', '403:1', '500:1.5', '503:0.5']),
  'internet.path': () => path,
  'internet.url': () => (r) => `https://${r.pick(DOMAINS)}${path(r)}`,
  'internet.uuid': () => (r) => {
    const h = hex(r, 32);
    return `${h.slice(0, 8)}-${h.slice(8, 12)}-4${h.slice(13, 16)}-${'89ab'[r.int(4)]}${h.slice(17, 20)}-${h.slice(20)}`;
  },
  'address.city': choice(CITIES),
  'address.country': choice(COUNTRIES),
  'address.country_code': choice(CODES),
  'address.street_address': () => (r) => `${1 + r.int(400)} ${capital(r.pick(WORDS))} Street`,
  'address.latitude': coordinate(90, 'address.latitude'),
  'address.longitude': coordinate(180, 'address.longitude'),
  'company.name': () => (r) => `${capital(r.pick(WORDS))} ${r.pick(['Ltd', 'Inc', 'Group', 'Labs', 'GmbH'])}`,
  'commerce.product_name': () => (r) => `${capital(r.pick(WORDS))} ${capital(r.pick(WORDS))}`,
  'commerce.price': (args) => {
    const [min, max] = [number(args, 0, 0, 'commerce.price'), number(args, 1, 100, 'commerce.price')];
    return (r) => (min + r.double() * (max - min)).toFixed(2);
  },
  'lorem.word': choice(WORDS),
  'lorem.sentence': (args) => {
    const n = number(args, 0, 6, 'lorem.sentence');
    return (r) => `${capital(Array.from({ length: n }, () => r.pick(WORDS)).join(' '))}.`;
  },
  'number.number_between': (args) => {
    const [min, max] = [number(args, 0, 0, 'number.number_between'), number(args, 1, 100, 'number.number_between')];
    return (r) => String(min + Math.floor(r.double() * (max - min)));
  },
  'number.random_double': (args) => {
    const [digits, min, max] = [number(args, 0, 2, 'number.random_double'), number(args, 1, 0, 'number.random_double'), number(args, 2, 1, 'number.random_double')];
    return (r) => (min + r.double() * (max - min)).toFixed(digits);
  },
  'number.digits': (args) => {
    const n = number(args, 0, 4, 'number.digits');
    return (r) => Array.from({ length: n }, () => String(r.int(10))).join('');
  },
  'bool.bool': choice(['true', 'false']),
  'options.option': (args) => {
    if (args.length === 0) throw new SqlError('invalid_parameter_value', '"options.option" needs choices');
    return (r) => r.pick(args);
  },
  'options.weighted': weighted,
  // A moment in the past, at most so far back: `date.past '15','SECONDS'` gives disorder of 15 seconds.
  'date.past': (args) => {
    const span = number(args, 0, 1, 'date.past') * unitMs(args[1]);
    const text = momentText(args[2]);
    return (r, now) => text(now - Math.floor(r.rowDouble() * span));
  },
  'date.future': (args) => {
    const span = number(args, 0, 1, 'date.future') * unitMs(args[1]);
    const text = momentText(args[2]);
    return (r, now) => text(now + Math.floor(r.rowDouble() * span));
  },
  // Now, but a share of the rows late: `date.near '5','SECONDS','0.1'`.
  'date.near': (args) => {
    const span = number(args, 0, 5, 'date.near') * unitMs(args[1]);
    const share = number(args, 2, 0.1, 'date.near');
    const text = momentText(args[3]);
    return (r, now) => {
      const u = r.rowDouble();
      return text(u < share ? now - Math.floor((u / share) * span) : now);
    };
  },
};

const fold = (name: string): string => name.toLowerCase().replace(/[._]/g, '');
const BY_NAME = new Map(Object.entries(PROVIDERS).map(([k, v]) => [fold(k), v]));
for (const [alias, name] of [['internet.ip', 'internet.ip_v4_address'], ['name.name', 'name.full_name'], ['internet.email', 'internet.email_address'], ['http.path', 'internet.path'], ['http.method', 'internet.http_method'], ['number.randomnumber', 'number.digits'], ['uuid', 'internet.uuid']] as const) {
  BY_NAME.set(fold(alias), PROVIDERS[name] as Provider);
}

function parseArguments(text: string, source: string): string[] {
  const args: string[] = [];
  let rest = text.trim();
  while (rest !== '') {
    const m = /^'((?:[^']|'')*)'\s*(,\s*|$)/.exec(rest);
    if (m === null) throw new SqlError('invalid_parameter_value', `malformed arguments in expression "${source}"`, { hint: "Arguments are quoted: #{number.number_between '1','10'}." });
    args.push((m[1] ?? '').replaceAll("''", "'"));
    rest = rest.slice(m[0].length);
  }
  return args;
}

/** Compiles an expression. Errors: invalid_parameter_value for an unknown provider, naming the nearest. */
export function compileExpression(source: string): Expression {
  const parts: Expression[] = [];
  let at = 0;
  for (const m of source.matchAll(/#\{\s*([A-Za-z0-9._]+)\s*((?:'(?:[^']|'')*'|[^}'])*)\}/g)) {
    if (m.index > at) {
      const text = source.slice(at, m.index);
      parts.push(() => text);
    }
    const name = m[1] ?? '';
    const provider = BY_NAME.get(fold(name));
    if (provider === undefined) {
      const near = nearest(name, Object.keys(PROVIDERS));
      throw new SqlError('invalid_parameter_value', `unknown generator "${name}"`, {
        hint: near === undefined ? `The generators are ${Object.keys(PROVIDERS).join(', ')}.` : `Perhaps you meant "${near}".`,
      });
    }
    parts.push(provider(parseArguments(m[2] ?? '', source)));
    at = m.index + m[0].length;
  }
  if (source.slice(at).includes('#{')) throw new SqlError('invalid_parameter_value', `malformed expression "${source}"`, { hint: 'A part is written #{provider} or #{provider \'argument\'}.' });
  if (at < source.length) {
    const text = source.slice(at);
    parts.push(() => text);
  }
  if (parts.length === 1) return parts[0] as Expression;
  return (r, now) => parts.map((p) => p(r, now)).join('');
}

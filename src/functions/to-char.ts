import { SqlError } from '../common/errors.ts';
import { numericMultiply, numericRound } from '../common/types/numeric-math.ts';
import { numericToText } from '../common/types/numeric-text.ts';
import type { Numeric } from '../common/types/value.ts';

/**
 * to_char of numbers, as PostgreSQL 15 lays them out in the C locale; `L` is the dollar sign.
 * Its layout depends on how far the template's digit positions are along, so the pieces are written in one pass.
 */

type Pattern = ',' | '.' | '0' | '9' | 'B' | 'C' | 'D' | 'EEEE' | 'FM' | 'G' | 'L' | 'MI' | 'PL' | 'PR' | 'RN' | 'rn' | 'SG' | 'SP' | 'S' | 'TH' | 'th' | 'V';

interface Template {
  readonly tokens: readonly (Pattern | { readonly text: string })[];
  pre: number;
  post: number;
  multiply: number;
  /** Position of the first `0`, from 1; 0 when there is none. */
  zeroStart: number;
  zeroEnd: number;
  sign: 'none' | 'before' | 'after';
  signAt: number;
  readonly flags: Set<'decimal' | 'fill' | 'zero' | 'minus' | 'plus' | 'bracket' | 'sign' | 'roman' | 'multiply' | 'scientific'>;
}

const PATTERNS = ['EEEE', 'FM', 'MI', 'PL', 'PR', 'RN', 'SG', 'SP', 'TH', ',', '.', '0', '9', 'B', 'C', 'D', 'G', 'L', 'S', 'V'] as const;

const CACHE_MAX = 200;
const cache = new Map<string, Template>();

const syntax = (message: string): SqlError => new SqlError('syntax_error', message);

function templateOf(text: string): Template {
  let found = cache.get(text);
  if (found === undefined) {
    found = parse(text);
    if (cache.size >= CACHE_MAX) cache.clear();
    cache.set(text, found);
  }
  return found;
}

function parse(text: string): Template {
  const tokens: (Pattern | { text: string })[] = [];
  const t: Template = { tokens, pre: 0, post: 0, multiply: 0, zeroStart: 0, zeroEnd: 0, sign: 'none', signAt: 0, flags: new Set() };
  for (let i = 0; i < text.length; ) {
    if (text[i] === '"') {
      let literal = '';
      for (i++; i < text.length && text[i] !== '"'; i++) {
        if (text[i] === '\\' && i + 1 < text.length) i++;
        literal += text[i];
      }
      i++;
      if (literal !== '') tokens.push({ text: literal });
      continue;
    }
    const pattern = PATTERNS.find((p) => text.startsWith(p, i) || text.startsWith(p.toLowerCase(), i));
    if (pattern === undefined) {
      if (text[i] === '\\' && text[i + 1] === '"') i++;
      const c = String.fromCodePoint(text.codePointAt(i) ?? 0);
      tokens.push({ text: c });
      i += c.length;
      continue;
    }
    const written = text.slice(i, i + pattern.length);
    i += pattern.length;
    tokens.push(written === 'rn' || written === 'th' ? written : pattern);
    describe(t, pattern);
  }
  return t;
}

/** Notes what a pattern asks of the whole. Errors: syntax_error, as PostgreSQL words them. */
function describe(t: Template, pattern: (typeof PATTERNS)[number]): void {
  const { flags } = t;
  if (flags.has('scientific') && pattern !== 'EEEE') throw syntax('"EEEE" must be the last pattern used');
  switch (pattern) {
    case '9':
      if (flags.has('bracket')) throw syntax('"9" must be ahead of "PR"');
      if (flags.has('multiply')) t.multiply++;
      else if (flags.has('decimal')) t.post++;
      else t.pre++;
      return;
    case '0':
      if (flags.has('bracket')) throw syntax('"0" must be ahead of "PR"');
      if (!flags.has('zero') && !flags.has('decimal')) {
        flags.add('zero');
        t.zeroStart = t.pre + 1;
      }
      if (flags.has('decimal')) t.post++;
      else t.pre++;
      t.zeroEnd = t.pre + t.post;
      return;
    case '.':
    case 'D':
      if (flags.has('decimal')) throw syntax('multiple decimal points');
      if (flags.has('multiply')) throw syntax('cannot use "V" and decimal point together');
      flags.add('decimal');
      return;
    case 'FM':
      flags.add('fill');
      return;
    case 'S':
      if (flags.has('sign')) throw syntax('cannot use "S" twice');
      if (flags.has('plus') || flags.has('minus') || flags.has('bracket')) throw syntax('cannot use "S" and "PL"/"MI"/"SG"/"PR" together');
      flags.add('sign');
      t.sign = flags.has('decimal') ? 'after' : 'before';
      t.signAt = t.pre;
      return;
    case 'MI':
    case 'PL':
    case 'SG':
      if (flags.has('sign')) throw syntax(`cannot use "S" and "${pattern}" together`);
      if (pattern !== 'PL') flags.add('minus');
      if (pattern !== 'MI') flags.add('plus');
      return;
    case 'PR':
      if (flags.has('sign') || flags.has('plus') || flags.has('minus')) throw syntax('cannot use "PR" and "S"/"PL"/"MI"/"SG" together');
      flags.add('bracket');
      return;
    case 'RN':
      flags.add('roman');
      return;
    case 'V':
      if (flags.has('decimal')) throw syntax('cannot use "V" and decimal point together');
      flags.add('multiply');
      return;
    case 'EEEE':
      if (flags.has('scientific')) throw syntax('cannot use "EEEE" twice');
      if (['fill', 'sign', 'bracket', 'minus', 'plus', 'roman', 'multiply'].some((f) => [...flags].some((g) => g === f))) {
        throw new SqlError('syntax_error', '"EEEE" is incompatible with other formats', { detail: '"EEEE" may only be used together with digit and decimal point patterns.' });
      }
      flags.add('scientific');
      return;
    default:
      return;
  }
}

/**
 * @param digits how many the value surely has: decimals beyond them are left off (formatting.c, float8_to_char).
 * Errors: syntax_error for a template that contradicts itself.
 */
export function numberToChar(value: Numeric, template: string, digits: number = Infinity): string {
  const whole = templateOf(template);
  const t = digits === Infinity ? whole : { ...whole, post: Math.min(whole.post, Math.max(0, digits - numericToText(numericRound(value, 0)).replace('-', '').length)) };
  if (t.flags.has('scientific')) return scientific(value, t);
  if (t.flags.has('roman')) return new Layout(t, roman(value), 0, '').write();
  const scaled = t.flags.has('multiply') ? numericMultiply(value, { unscaled: 10n ** BigInt(t.multiply), scale: 0 }) : value;
  const pre = t.pre + t.multiply;
  const text = numericToText(numericRound(scaled, t.post));
  const sign = text.startsWith('-') ? '-' : '+';
  const number = sign === '-' ? text.slice(1) : text;
  const point = number.indexOf('.');
  const wholeLength = point < 0 ? number.length : point;
  if (wholeLength > pre) return new Layout(t, `${'#'.repeat(pre)}.${'#'.repeat(t.post)}`, 0, sign).write();
  return new Layout(t, number, pre - wholeLength, sign).write();
}

/** `1.23e+04`, with a blank for a plus. */
function scientific(value: Numeric, t: Template): string {
  if (value.special !== undefined) return ` ${'#'.repeat(t.pre)}.${'#'.repeat(t.post)}${'#'.repeat(4)}`;
  const negative = value.unscaled < 0n;
  const unscaled = negative ? -value.unscaled : value.unscaled;
  const exponent = unscaled === 0n ? 0 : String(unscaled).length - 1 - value.scale;
  const shifted = unscaled === 0n ? value : { unscaled, scale: value.scale + exponent };
  const rounded = numericRound(shifted.scale < 0 ? { unscaled: shifted.unscaled * 10n ** BigInt(-shifted.scale), scale: 0 } : shifted, t.post);
  return `${negative ? '-' : ' '}${numericToText(rounded)}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
}

const ROMAN_DIGITS: readonly (readonly [number, string])[] = [
  [1000, 'M'], [900, 'CM'], [500, 'D'], [400, 'CD'], [100, 'C'], [90, 'XC'], [50, 'L'], [40, 'XL'], [10, 'X'], [9, 'IX'], [5, 'V'], [4, 'IV'], [1, 'I'],
];

function roman(value: Numeric): string {
  const n = value.special === undefined ? Number(numericRound(value, 0).unscaled) : 0;
  if (n < 1 || n > 3999) return '#'.repeat(15);
  let rest = n;
  let out = '';
  for (const [worth, letters] of ROMAN_DIGITS) {
    while (rest >= worth) {
      out += letters;
      rest -= worth;
    }
  }
  return out;
}

/** The state of one pass over a template: how far digits, sign and blanks are. */
class Layout {
  readonly #t: Template;
  readonly #number: string;
  /** Digit positions before the number begins. */
  readonly #spaces: number;
  readonly #sign: string;
  readonly #fill: boolean;
  readonly #zeroStart: number;
  readonly #count: number;
  /** Index of the last digit that FM keeps; undefined without FM or decimals. */
  readonly #lastRelevant: number | undefined;
  readonly #bracket: boolean;
  readonly #lsign: Template['sign'];
  #signWritten: boolean;
  #inNumber = false;
  #position = 0;
  #at = 0;
  #out = '';

  constructor(t: Template, number: string, spaces: number, sign: string) {
    const { flags } = t;
    this.#t = t;
    this.#number = number;
    this.#spaces = spaces;
    this.#sign = sign;
    this.#fill = flags.has('fill');
    this.#zeroStart = Math.max(0, t.zeroStart - 1);
    this.#bracket = flags.has('bracket') && !(sign !== '-' && this.#fill);
    const separate = flags.has('plus') || flags.has('minus');
    if (separate) this.#signWritten = flags.has('minus');
    else this.#signWritten = sign === '+' && this.#fill && !flags.has('sign');
    const pre = t.pre + t.multiply;
    this.#lsign = !separate && t.sign === 'before' && pre === t.signAt ? 'after' : t.sign;
    this.#lastRelevant = this.#fill && flags.has('decimal') ? this.#relevant() : undefined;
    this.#count = t.post + pre - 1 + (!this.#signWritten && spaces === 0 ? 1 : 0);
  }

  #relevant(): number | undefined {
    const point = this.#number.indexOf('.');
    if (point < 0) return undefined;
    let last = point;
    for (let i = point + 1; i < this.#number.length; i++) if (this.#number[i] !== '0') last = i;
    if (this.#t.zeroEnd > this.#spaces) last = Math.max(last, Math.min(this.#number.length - 1, this.#t.zeroEnd - this.#spaces));
    return last;
  }

  write(): string {
    for (const token of this.#t.tokens) {
      if (typeof token === 'string') this.#action(token);
      else this.#out += token.text;
    }
    return this.#out;
  }

  #action(pattern: Pattern): void {
    switch (pattern) {
      case '9':
      case '0':
      case '.':
      case 'D':
        if (!this.#t.flags.has('roman')) this.#digit(pattern);
        return;
      case ',':
      case 'G':
        if (this.#inNumber) this.#out += ',';
        else if (!this.#fill) this.#out += ' ';
        return;
      case 'L':
        this.#out += '$';
        return;
      case 'RN':
      case 'rn': {
        const text = pattern === 'rn' ? this.#number.toLowerCase() : this.#number;
        this.#out += this.#fill ? text : text.padStart(15);
        return;
      }
      case 'TH':
      case 'th':
        if (this.#t.flags.has('roman') || this.#number.startsWith('#') || this.#sign === '-' || this.#t.flags.has('decimal')) return;
        this.#out += pattern === 'TH' ? ordinal(this.#number).toUpperCase() : ordinal(this.#number);
        return;
      case 'MI':
        this.#out += this.#sign === '-' ? '-' : this.#fill ? '' : ' ';
        return;
      case 'PL':
        this.#out += this.#sign === '+' ? '+' : this.#fill ? '' : ' ';
        return;
      case 'SG':
        this.#out += this.#sign;
        return;
      default:
        return;
    }
  }

  /** `9.9` shows no zero before the point. */
  #hidesZero(): boolean {
    return !this.#t.flags.has('zero') && this.#at === 0 && this.#number[0] === '0' && this.#t.post !== 0;
  }

  #digit(pattern: '9' | '0' | '.' | 'D'): void {
    const zero = this.#t.flags.has('zero');
    const onlyPoint = this.#lastRelevant !== undefined && this.#number[this.#lastRelevant] === '.';
    this.#inNumber = false;
    if (!this.#signWritten && (this.#position >= this.#spaces || (zero && this.#zeroStart === this.#position)) && (!this.#hidesZero() || onlyPoint)) this.#writeSign();
    if (this.#position < this.#spaces && (this.#zeroStart > this.#position || !zero)) {
      if (!this.#fill) this.#out += ' ';
    } else if (zero && this.#position < this.#spaces) {
      this.#out += '0';
      this.#inNumber = true;
    } else {
      const c = this.#number[this.#at] ?? '';
      if (c === '.') {
        if (!onlyPoint || this.#fill) this.#out += '.';
      } else if (this.#lastRelevant !== undefined && this.#at > this.#lastRelevant && pattern !== '0') {
        // FM leaves out zeros at the end.
      } else if (this.#hidesZero()) {
        if (!this.#fill) this.#out += ' ';
        else if (onlyPoint) this.#out += '0';
      } else {
        this.#out += c;
        this.#inNumber = true;
      }
      if (c !== '') this.#at++;
    }
    const end = this.#lastRelevant !== undefined && this.#lastRelevant === this.#at ? this.#position : this.#count + (this.#spaces > 0 ? 1 : 0) + (this.#t.flags.has('decimal') ? 1 : 0);
    if (this.#position + 1 === end) {
      if (this.#signWritten && this.#bracket) this.#out += this.#sign === '+' ? ' ' : '>';
      else if (this.#t.flags.has('sign') && this.#lsign === 'after') this.#out += this.#sign === '-' ? '-' : '+';
    }
    this.#position++;
  }

  #writeSign(): void {
    if (this.#t.flags.has('sign')) {
      if (this.#lsign !== 'before') return;
      this.#out += this.#sign;
    } else if (this.#bracket) this.#out += this.#sign === '+' ? ' ' : '<';
    else if (this.#sign === '+') this.#out += this.#fill ? '' : ' ';
    else this.#out += this.#sign;
    this.#signWritten = true;
  }
}

function ordinal(digits: string): string {
  const last = digits.at(-1) ?? '0';
  if (digits.at(-2) === '1') return 'th';
  return last === '1' ? 'st' : last === '2' ? 'nd' : last === '3' ? 'rd' : 'th';
}

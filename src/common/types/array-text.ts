import { SqlError } from '../errors.ts';

/** `{1,NULL,"a b",{…}}`: PostgreSQL's array text, on texts of elements. */

export type ArrayTree = readonly (string | null | ArrayTree)[];

const NEEDS_QUOTES = /[{}",\\\s]/;

export function quoteElement(text: string): string {
  if (text !== '' && !NEEDS_QUOTES.test(text) && text.toLowerCase() !== 'null') return text;
  return `"${text.replace(/(["\\])/g, '\\$1')}"`;
}

/** @param items texts of the elements; nested arrays' texts are marked by `nested`. */
export function arrayToText(items: readonly (string | null)[], nested: boolean): string {
  return `{${items.map((item) => (item === null ? 'NULL' : nested ? item : quoteElement(item))).join(',')}}`;
}

/** Parses into a tree of texts. Errors: invalid_text_representation. */
export function arrayFromText(text: string): ArrayTree {
  const malformed = (detail: string): SqlError =>
    new SqlError('invalid_text_representation', `malformed array literal: "${text}"`, { detail });
  let at = 0;
  const space = (): void => {
    while (/\s/.test(text[at] ?? 'x')) at++;
  };
  space();
  // `[0:2]={…}`: explicit bounds are read and dropped; subscripts start at 1.
  const bounds = /^(?:\[[+-]?\d+(?::[+-]?\d+)?\])+\s*=\s*/.exec(text.slice(at));
  if (bounds !== null) at += bounds[0].length;
  if (text[at] !== '{') throw malformed('Array value must start with "{" or dimension information.');
  const items = (): ArrayTree => {
    at++;
    const out: (string | null | ArrayTree)[] = [];
    space();
    if (text[at] === '}') {
      at++;
      return out;
    }
    for (;;) {
      space();
      out.push(text[at] === '{' ? items() : element());
      space();
      const c = text[at++];
      if (c === '}') return out;
      if (c !== ',') throw malformed(c === undefined ? 'Unexpected end of input.' : `Unexpected array element.`);
    }
  };
  const element = (): string | null => {
    let out = '';
    if (text[at] === '"') {
      at++;
      for (;;) {
        const c = text[at++];
        if (c === undefined) throw malformed('Unexpected end of input.');
        if (c === '"') return out;
        if (c === '\\') out += text[at++] ?? '';
        else out += c;
      }
    }
    let escaped = false;
    for (;;) {
      const c = text[at];
      if (c === undefined) throw malformed('Unexpected end of input.');
      if (c === ',' || c === '}') break;
      if (c === '{' || c === '"') throw malformed(`Unexpected "${c}" character.`);
      if (c === '\\') {
        escaped = true;
        at++;
        out += text[at] ?? '';
      } else out += c;
      at++;
    }
    const trimmed = escaped ? out : out.trim();
    if (trimmed === '') throw malformed(`Unexpected "${text[at]}" character.`);
    return !escaped && trimmed.toLowerCase() === 'null' ? null : trimmed;
  };
  const tree = items();
  space();
  if (at < text.length) throw malformed('Junk after closing right brace.');
  return tree;
}

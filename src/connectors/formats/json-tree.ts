import { ValueError } from '../parse-value.ts';

/** A JSON document read exactly: numbers keep their text, members their order; of equal names the last wins. */
export type JsonTree = null | boolean | string | JsonNumber | readonly JsonTree[] | ReadonlyMap<string, JsonTree>;

export class JsonNumber {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

const DEPTH_MAX = 512;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const ESCAPES: Readonly<Record<string, string>> = { '"': '"', '\\': '\\', '/': '/', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };
// eslint-disable-next-line no-control-regex
const PLAIN = /[^"\\\u0000-\u001f]*/y;
const SPACE = /[ \t\n\r]*/y;

/** Parses one document. Throws ValueError with the place. */
export function parseJsonTree(text: string): JsonTree {
  let at = 0;
  const fail = (what: string): never => {
    throw new ValueError(`malformed JSON: ${what} at character ${at + 1}`);
  };
  const space = (): void => {
    SPACE.lastIndex = at;
    SPACE.test(text);
    at = SPACE.lastIndex;
  };
  const stringAt = (): string => {
    at++;
    let out = '';
    for (;;) {
      PLAIN.lastIndex = at;
      PLAIN.test(text);
      out += text.slice(at, PLAIN.lastIndex);
      at = PLAIN.lastIndex;
      const c = text[at];
      if (c === '"') {
        at++;
        return out;
      }
      if (c !== '\\') return fail(c === undefined ? 'unterminated string' : 'control character in string');
      const e = text[at + 1] ?? '';
      const plain = ESCAPES[e];
      if (plain !== undefined) {
        out += plain;
        at += 2;
      } else if (e === 'u' && /^[0-9a-fA-F]{4}$/.test(text.slice(at + 2, at + 6))) {
        out += String.fromCharCode(Number.parseInt(text.slice(at + 2, at + 6), 16));
        at += 6;
      } else return fail('bad escape');
    }
  };
  const value = (depth: number): JsonTree => {
    if (depth > DEPTH_MAX) return fail(`nesting deeper than ${DEPTH_MAX}`);
    space();
    const c = text[at];
    if (c === '{') {
      const members = new Map<string, JsonTree>();
      at++;
      space();
      if (text[at] === '}') at++;
      else {
        for (;;) {
          space();
          if (text[at] !== '"') return fail('expected a name');
          const name = stringAt();
          space();
          if (text[at] !== ':') return fail('expected ":"');
          at++;
          members.set(name, value(depth + 1));
          space();
          const end = text[at];
          if (end !== ',' && end !== '}') return fail('expected "," or "}"');
          at++;
          if (end === '}') break;
        }
      }
      return members;
    }
    if (c === '[') {
      const items: JsonTree[] = [];
      at++;
      space();
      if (text[at] === ']') at++;
      else {
        for (;;) {
          items.push(value(depth + 1));
          space();
          const end = text[at];
          if (end !== ',' && end !== ']') return fail('expected "," or "]"');
          at++;
          if (end === ']') break;
        }
      }
      return items;
    }
    if (c === '"') return stringAt();
    for (const [word, v] of [['true', true], ['false', false], ['null', null]] as const) {
      if (text.startsWith(word, at)) {
        at += word.length;
        return v;
      }
    }
    NUMBER.lastIndex = at;
    const m = NUMBER.exec(text);
    if (m === null) return fail(c === undefined ? 'unexpected end' : 'unexpected character');
    at += m[0].length;
    return new JsonNumber(m[0]);
  };
  const tree = value(0);
  space();
  if (at < text.length) fail('unexpected text after the document');
  return tree;
}

/** Compact JSON text; numbers as they were written. */
export function jsonTreeText(tree: JsonTree): string {
  if (tree instanceof JsonNumber) return tree.text;
  if (tree === null || typeof tree !== 'object') return JSON.stringify(tree);
  if (tree instanceof Map) return `{${[...tree].map(([k, v]) => `${JSON.stringify(k)}:${jsonTreeText(v)}`).join(',')}}`;
  return `[${(tree as readonly JsonTree[]).map(jsonTreeText).join(',')}]`;
}

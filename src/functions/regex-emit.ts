import type { CharSet } from './char-set.ts';
import type { Anchor, CharClass, RegexNode } from './regex-tree.ts';

/** The source of a parsed regular expression for the runtime's engine (backtracking) and for RE2's (linear). */

const TERMINATORS = '\\n\\r\\u0085\\u2028\\u2029';

const JS_ANCHOR: Readonly<Record<Anchor, string>> = {
  textStart: '^', textEnd: '$', lineStart: '(?<![^\\n])', lineEnd: '(?![^\\n])', beforeLastNewline: `(?=(?:\\r\\n|[${TERMINATORS}])?$)`, boundary: '\\b',
  noBoundary: '\\B', wordStart: '\\b(?=\\w)', wordEnd: '\\b(?<=\\w)',
};

/** `beforeLastNewline` is the end of the text for texts that don't end in one: see `plainEnd`. */
const RE2_ANCHOR: Readonly<Partial<Record<Anchor, string>>> = {
  textStart: '\\A', textEnd: '\\z', lineStart: '(?m:^)', lineEnd: '(?m:$)', beforeLastNewline: '\\z', boundary: '\\b', noBoundary: '\\B',
};

function jsPoint(c: number): string {
  return (c >= 48 && c <= 57) || (c >= 65 && c <= 90) || (c >= 97 && c <= 122) || c === 32 ? String.fromCharCode(c) : `\\u{${c.toString(16)}}`;
}

function re2Point(c: number): string {
  return (c >= 48 && c <= 57) || (c >= 65 && c <= 90) || (c >= 97 && c <= 122) || c === 32 ? String.fromCharCode(c) : `\\x{${c.toString(16)}}`;
}

function classText(of: CharClass, point: (c: number) => string): string {
  const { ranges, properties, negated } = of;
  const [only] = ranges;
  if (!negated && properties.length === 0 && ranges.length === 1 && only !== undefined && only[0] === only[1]) return point(only[0]);
  if (!negated && properties.length === 0 && ranges.length === 0) return '[^\\s\\S]';
  return `[${negated ? '^' : ''}${rangesText(ranges, point)}${properties.join('')}]`;
}

const rangesText = (ranges: CharSet, point: (c: number) => string): string => ranges.map(([a, b]) => (a === b ? point(a) : `${point(a)}-${point(b)}`)).join('');

function quantifier(n: { readonly min: number; readonly max: number; readonly lazy: boolean }): string {
  const { min, max } = n;
  const count = max === Infinity ? (min === 0 ? '*' : min === 1 ? '+' : `{${min},}`) : min === 0 && max === 1 ? '?' : min === max ? `{${min}}` : `{${min},${max}}`;
  return count + (n.lazy ? '?' : '');
}

const isAtom = (n: RegexNode): boolean => n.kind === 'chars' || n.kind === 'group';

/** For `new RegExp(source, 'u')`. */
export function regexToJs(node: RegexNode): string {
  switch (node.kind) {
    case 'chars': {
      const text = classText(node.of, jsPoint);
      return node.ignoreCase ? `(?i:${text})` : text;
    }
    case 'anchor':
      return JS_ANCHOR[node.anchor];
    case 'look':
      return `${node.open}${regexToJs(node.body)})`;
    case 'group':
      return `(${node.capture ? '' : '?:'}${regexToJs(node.body)})`;
    case 'seq':
      return node.items.map((n) => (n.kind === 'alt' ? `(?:${regexToJs(n)})` : regexToJs(n))).join('');
    case 'alt':
      return node.options.map(regexToJs).join('|');
    case 'repeat': {
      const body = regexToJs(node.body);
      return `${isAtom(node.body) ? body : `(?:${body})`}${quantifier(node)}`;
    }
    case 'back':
      return `(?:\\${node.group})`;
  }
}

/** For RE2; undefined when it has a construct that no linear engine matches. */
export function regexToRe2(node: RegexNode): string | undefined {
  switch (node.kind) {
    case 'chars': {
      if (node.of.properties.some((p) => p.includes('='))) return undefined;
      const text = classText(node.of, re2Point);
      return node.ignoreCase ? `(?i:${text})` : text;
    }
    case 'anchor':
      return RE2_ANCHOR[node.anchor];
    case 'look':
    case 'back':
      return undefined;
    case 'group': {
      const body = regexToRe2(node.body);
      return body === undefined ? undefined : `(${node.capture ? '' : '?:'}${body})`;
    }
    case 'seq':
    case 'alt': {
      const parts: string[] = [];
      for (const n of node.kind === 'seq' ? node.items : node.options) {
        const part = regexToRe2(n);
        if (part === undefined) return undefined;
        parts.push(node.kind === 'seq' && n.kind === 'alt' ? `(?:${part})` : part);
      }
      return parts.join(node.kind === 'seq' ? '' : '|');
    }
    case 'repeat': {
      const body = regexToRe2(node.body);
      return body === undefined ? undefined : `${isAtom(node.body) ? body : `(?:${body})`}${quantifier(node)}`;
    }
  }
}

/** Whether some node of the tree, itself included, is as asked. */
export function someNode(node: RegexNode, test: (n: RegexNode) => boolean): boolean {
  if (test(node)) return true;
  switch (node.kind) {
    case 'look':
    case 'group':
    case 'repeat':
      return someNode(node.body, test);
    case 'seq':
      return node.items.some((n) => someNode(n, test));
    case 'alt':
      return node.options.some((n) => someNode(n, test));
    case 'chars':
    case 'anchor':
    case 'back':
      return false;
  }
}

/** The tree rebuilt bottom-up. */
export function mapNodes(node: RegexNode, change: (n: RegexNode) => RegexNode): RegexNode {
  switch (node.kind) {
    case 'look':
    case 'group':
    case 'repeat':
      return change({ ...node, body: mapNodes(node.body, change) });
    case 'seq':
      return change({ ...node, items: node.items.map((n) => mapNodes(n, change)) });
    case 'alt':
      return change({ ...node, options: node.options.map((n) => mapNodes(n, change)) });
    case 'chars':
    case 'anchor':
    case 'back':
      return change(node);
  }
}

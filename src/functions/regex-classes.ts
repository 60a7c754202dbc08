import { complement, union, type CharSet } from './char-set.ts';

/** The classes of characters that have names in PostgreSQL's and in Java's regular expressions. */

export const DIGIT: CharSet = [[48, 57]];
export const ALPHA: CharSet = [[65, 90], [97, 122]];
export const WORD: CharSet = [[48, 57], [65, 90], [95, 95], [97, 122]];
export const SPACE_ASCII: CharSet = [[9, 13], [32, 32]];
/** White space without the no-break forms, as C libraries class it. */
export const SPACE: CharSet = [[9, 13], [32, 32], [0x1680, 0x1680], [0x2000, 0x2006], [0x2008, 0x200a], [0x2028, 0x2029], [0x205f, 0x205f], [0x3000, 0x3000]];
export const HORIZONTAL: CharSet = [[9, 9], [32, 32], [0xa0, 0xa0], [0x1680, 0x1680], [0x180e, 0x180e], [0x2000, 0x200a], [0x202f, 0x202f], [0x205f, 0x205f], [0x3000, 0x3000]];
export const VERTICAL: CharSet = [[10, 13], [0x85, 0x85], [0x2028, 0x2029]];
export const PUNCT: CharSet = [[33, 47], [58, 64], [91, 96], [123, 126]];
export const HEX: CharSet = [[48, 57], [65, 70], [97, 102]];
export const NEWLINE: CharSet = [[10, 10]];
/** Java's line terminators. */
export const JAVA_DOT: CharSet = complement([[10, 10], [13, 13], [0x85, 0x85], [0x2028, 0x2029]]);

/** Characters, and properties that only an engine knows. */
export interface NamedClass {
  readonly ranges: CharSet;
  readonly properties: readonly string[];
}

export const POSIX_CLASS: Readonly<Record<string, NamedClass>> = {
  alpha: { ranges: ALPHA, properties: ['\\p{L}'] },
  digit: { ranges: DIGIT, properties: [] },
  alnum: { ranges: union(ALPHA, DIGIT), properties: ['\\p{L}', '\\p{N}'] },
  upper: { ranges: [[65, 90]], properties: ['\\p{Lu}'] },
  lower: { ranges: [[97, 122]], properties: ['\\p{Ll}'] },
  space: { ranges: SPACE, properties: [] },
  blank: { ranges: [[9, 9], [32, 32]], properties: [] },
  punct: { ranges: PUNCT, properties: [] },
  cntrl: { ranges: [[0, 31], [127, 127]], properties: [] },
  xdigit: { ranges: HEX, properties: [] },
  print: { ranges: [[0x20, 0x7e], [0xa0, 0x10ffff]], properties: [] },
  graph: { ranges: [[0x21, 0x7e], [0xa1, 0x10ffff]], properties: [] },
  word: { ranges: WORD, properties: [] },
};

export const JAVA_CLASS: Readonly<Record<string, CharSet>> = {
  Lower: [[97, 122]], Upper: [[65, 90]], ASCII: [[0, 127]], Alpha: ALPHA, Digit: DIGIT, Alnum: union(ALPHA, DIGIT), Punct: PUNCT, Graph: [[33, 126]],
  Print: [[32, 126]], Blank: [[9, 9], [32, 32]], Cntrl: [[0, 31], [127, 127]], XDigit: HEX, Space: SPACE_ASCII,
};

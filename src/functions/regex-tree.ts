import { SqlError } from '../common/errors.ts';
import type { CharSet } from './char-set.ts';

/** What a regular expression of either dialect is read into. */

export type RegexDialect = 'postgres' | 'java';

/** One character: explicit ranges, and properties (`\p{L}`) that only an engine knows. */
export interface CharClass {
  readonly ranges: CharSet;
  /** Source of property escapes, as both engines spell them. */
  readonly properties: readonly string[];
  readonly negated: boolean;
}

export type Anchor = 'textStart' | 'textEnd' | 'lineStart' | 'lineEnd' | 'beforeLastNewline' | 'boundary' | 'noBoundary' | 'wordStart' | 'wordEnd';

export type RegexNode =
  | { readonly kind: 'chars'; readonly of: CharClass; readonly ignoreCase: boolean }
  | { readonly kind: 'anchor'; readonly anchor: Anchor }
  | { readonly kind: 'look'; readonly open: '(?=' | '(?!' | '(?<=' | '(?<!'; readonly body: RegexNode }
  | { readonly kind: 'group'; readonly capture: boolean; readonly body: RegexNode }
  | { readonly kind: 'seq'; readonly items: readonly RegexNode[] }
  | { readonly kind: 'alt'; readonly options: readonly RegexNode[] }
  | { readonly kind: 'repeat'; readonly body: RegexNode; readonly min: number; readonly max: number; readonly lazy: boolean }
  | { readonly kind: 'back'; readonly group: number };

export interface SyntaxOptions {
  readonly dialect: RegexDialect;
  readonly ignoreCase: boolean;
  /** `^` and `$` match at lines. */
  readonly lines: boolean;
  /** What `.` and negated classes leave out. */
  readonly dot: CharSet;
  /** PostgreSQL's newline-sensitive modes: negated classes leave out the newline too. */
  readonly classesWithoutNewline: boolean;
  readonly expanded: boolean;
}

export function invalidRegex(detail: string): SqlError {
  return new SqlError('invalid_regular_expression', `invalid regular expression: ${detail}`);
}

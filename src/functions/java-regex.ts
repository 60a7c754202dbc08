import { SqlError } from '../common/errors.ts';
import { BOOLEAN, TEXT, arrayOf } from '../common/types/sql-type.ts';
import type { Value } from '../common/types/value.ts';
import { native } from './build.ts';
import type { FunctionDef } from './define.ts';
import { compileRegex, regexMatch, regexMatchAll, type Regex } from './regex.ts';

/**
 * Flink's functions over Java's regular expressions. A pattern that is none gives NULL, false of REGEXP; one that is written as
 * a literal is refused when the statement is planned, which the binder sees to by `JAVA_PATTERNS`.
 */

/** Which argument of a function is a Java pattern, from 0. */
export const JAVA_PATTERNS: ReadonlyMap<string, number> = new Map([['regexp', 1], ['regexp_extract', 1], ['regexp_extract_all', 1]]);

/** Errors: invalid_regular_expression. */
export function checkJavaPattern(pattern: string): void {
  compileRegex(pattern, '', 'java');
}

function javaRegex(pattern: string): Regex | null {
  try {
    return compileRegex(pattern, '', 'java');
  } catch (error) {
    if (error instanceof SqlError && error.condition === 'invalid_regular_expression') return null;
    throw error;
  }
}

/** NULL for a group that isn't there. */
function extract(text: string, pattern: string, group: number): string | null {
  if (group < 0 || javaRegex(pattern) === null) return null;
  return regexMatch(text, pattern, '', 'java')?.parts[group] ?? null;
}

/** NULL for a group that the pattern doesn't have. */
function extractAll(text: string, pattern: string, group: number): Value {
  const regex = javaRegex(pattern);
  if (regex === null || group < 0 || group > regex.groups) return null;
  return regexMatchAll(text, pattern, '', 'java').map(({ parts }) => parts[group] ?? null);
}

export const javaRegexFunctions: readonly FunctionDef[] = [
  {
    kind: 'scalar', name: 'regexp',
    overloads: [native(['varchar', 'varchar'], BOOLEAN, (s, p) => javaRegex(p)?.test(s) ?? false)],
    doc: 'Whether a Java regular expression matches somewhere; false when the pattern is none.',
    examples: [[`regexp('abc', 'b+')`, 't']],
  },
  {
    kind: 'scalar', name: 'regexp_extract',
    overloads: [native(['varchar', 'varchar'], TEXT, (s, p) => extract(s, p, 0)), native(['varchar', 'varchar', 'int'], TEXT, extract)],
    doc: 'Group n (0, the whole match, by default) of the first match of a Java regular expression; NULL when absent, or when the pattern is none.',
    examples: [[`regexp_extract('channel_id=12&x', '(&|^)channel_id=([^&]*)', 2)`, '12'], [`regexp_extract('a', 'b')`, null]],
  },
  {
    kind: 'scalar', name: 'regexp_extract_all',
    overloads: [native(['varchar', 'varchar'], arrayOf(TEXT), (s, p) => extractAll(s, p, 1)), native(['varchar', 'varchar', 'int'], arrayOf(TEXT), extractAll)],
    doc: 'Group n (1 by default) of every match of a Java regular expression; NULL when the pattern is none or has no such group.',
    examples: [[`regexp_extract_all('a1 b2', '([a-z])([0-9])', 2)`, '{1,2}'], [`regexp_extract_all('a1 b2', '[a-z]')`, null]],
  },
];

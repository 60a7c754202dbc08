/** Where Millrace answers otherwise than PostgreSQL on purpose: the rule's name, and what it says. */
export const RULES: Readonly<Record<string, string>> = {};

/** The rule that a disagreement comes under, for made cases. */
export function ruleOf(_sql: string, _theirs: string, _ours: string): string | undefined {
  return undefined;
}

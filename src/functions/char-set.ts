/** Sets of code points as sorted, disjoint, inclusive ranges; what a regular expression's classes denote. */
export type CharSet = readonly (readonly [number, number])[];

const MAX = 0x10ffff;

export const ANY_CHAR: CharSet = [[0, MAX]];

export const charSet = (ranges: CharSet): CharSet => {
  const sorted = ranges.toSorted((a, b) => a[0] - b[0]);
  const out: [number, number][] = [];
  for (const [from, to] of sorted) {
    const last = out.at(-1);
    if (last !== undefined && from <= last[1] + 1) last[1] = Math.max(last[1], to);
    else out.push([from, to]);
  }
  return out;
};

/** The set of a string's characters. */
export const charsOf = (text: string): CharSet => charSet(Array.from(text, (c): [number, number] => [c.codePointAt(0) ?? 0, c.codePointAt(0) ?? 0]));

export const union = (a: CharSet, b: CharSet): CharSet => charSet([...a, ...b]);

export function complement(a: CharSet): CharSet {
  const out: [number, number][] = [];
  let from = 0;
  for (const [low, high] of a) {
    if (low > from) out.push([from, low - 1]);
    from = high + 1;
  }
  if (from <= MAX) out.push([from, MAX]);
  return out;
}

export const intersection = (a: CharSet, b: CharSet): CharSet => complement(union(complement(a), complement(b)));

export const disjoint = (a: CharSet, b: CharSet): boolean => a.every(([low, high]) => b.every(([from, to]) => high < from || to < low));

export const without = (a: CharSet, b: CharSet): CharSet => intersection(a, complement(b));

/**
 * The set with both cases of every ASCII letter, and the two signs that fold to one (K and long s); undefined when it
 * names letters past ASCII, whose other case isn't worked out here.
 */
export function bothCases(a: CharSet): CharSet | undefined {
  const more: [number, number][] = [];
  for (const [low, high] of a) {
    if (high > 0x7f && high - low < 0x10000) return undefined;
    for (let c = Math.max(low, 65); c <= Math.min(high, 122); c++) {
      const lower = c | 32;
      if (lower < 97 || lower > 122 || (c > 90 && c < 97)) continue;
      more.push([lower, lower], [lower - 32, lower - 32]);
      if (lower === 107) more.push([0x212a, 0x212a]);
      if (lower === 115) more.push([0x17f, 0x17f]);
    }
  }
  return more.length === 0 ? a : charSet([...a, ...more]);
}

/** A half-open range of UTF-16 code units in one statement's text: `[start, end)`. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/**
 * The 1-based position of `offset` counted in characters (code points), as the wire protocol's `P` field wants it.
 * @param offset UTF-16 offset into `text`.
 */
export function characterPosition(text: string, offset: number): number {
  let count = 1;
  for (let i = 0; i < offset && i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0xdc00 || unit > 0xdfff) count++;
  }
  return count;
}

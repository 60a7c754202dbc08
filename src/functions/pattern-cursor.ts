/** A place in a pattern, by code points. */
export class PatternCursor {
  readonly #points: readonly string[];
  #at = 0;

  constructor(pattern: string) {
    this.#points = Array.from(pattern);
  }
  get done(): boolean {
    return this.#at >= this.#points.length;
  }
  /** Empty behind the end. */
  peek(offset = 0): string {
    return this.#points[this.#at + offset] ?? '';
  }
  skip(count = 1): void {
    this.#at += count;
  }
  take(): string {
    const c = this.peek();
    this.#at++;
    return c;
  }
  startsWith(text: string): boolean {
    for (let i = 0; i < text.length; i++) if (this.peek(i) !== text[i]) return false;
    return true;
  }
  /** The next characters, at most so many. */
  ahead(most: number): string {
    return this.#points.slice(this.#at, this.#at + most).join('');
  }
  /** Takes what `pattern`, which begins with `^` and holds no character of two units, finds in the next characters. */
  match(pattern: RegExp, most: number): RegExpExecArray | null {
    const found = pattern.exec(this.ahead(most));
    if (found !== null) this.#at += found[0].length;
    return found;
  }
}

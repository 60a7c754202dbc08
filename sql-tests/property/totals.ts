import type { Construct } from './constructs.ts';
import type { Verdict } from './history.ts';

/** Sums over many histories; what was refused by its reason, so that holes are seen, and how often each construct was drawn. */
export class Totals {
  histories = 0;
  views = 0;
  changes = 0;
  checks = 0;
  crashes = 0;
  barriers = 0;
  failures = 0;
  readonly #refused = new Map<string, number>();
  readonly #drawn = new Map<Construct, number>();

  add(verdict: Verdict): void {
    this.histories++;
    this.views += verdict.views;
    this.changes += verdict.changes;
    this.checks += verdict.checks;
    this.crashes += verdict.crashes;
    this.barriers += verdict.barriers;
    if (verdict.kind === 'wrong') this.failures++;
    for (const mark of verdict.marks) this.#drawn.set(mark, (this.#drawn.get(mark) ?? 0) + 1);
    for (const message of verdict.refused) {
      const reason = message.replaceAll(/"[^"]*"/g, '…').replaceAll(/\d+/g, 'n');
      this.#refused.set(reason, (this.#refused.get(reason) ?? 0) + 1);
    }
  }

  get refused(): number {
    return [...this.#refused.values()].reduce((a, b) => a + b, 0);
  }

  /** Constructs that no view that was made had. */
  missing(constructs: readonly Construct[]): Construct[] {
    return constructs.filter((x) => !this.#drawn.has(x));
  }

  /** One line. */
  summary(): string {
    return `${this.histories} histories, ${this.views} views, ${this.changes} changes, ${this.barriers} barriers, ${this.checks} checks, ${this.crashes} crashes, ${this.failures} failures, ${this.refused} views refused`;
  }

  toString(): string {
    const reasons = [...this.#refused].sort(([, a], [, b]) => b - a).map(([reason, n]) => `\n  ${n} refused: ${reason}`);
    const drawn = [...this.#drawn].sort(([, a], [, b]) => b - a).map(([mark, n]) => `${mark} ${n}`);
    return `${this.summary()}${reasons.join('')}\n  drawn: ${drawn.join(', ')}`;
  }
}

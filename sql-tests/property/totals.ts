import type { History, Verdict } from './history.ts';

/** Sums over many histories; what was refused by its reason, so that holes are seen. */
export class Totals {
  histories = 0;
  views = 0;
  changes = 0;
  checks = 0;
  crashes = 0;
  failures = 0;
  readonly #refused = new Map<string, number>();

  add(history: History, verdict: Verdict): void {
    this.histories++;
    this.views += verdict.views;
    this.changes += verdict.changes;
    this.checks += verdict.checks;
    this.crashes += history.steps.filter((s) => s.kind === 'crash').length;
    if (verdict.kind === 'wrong') this.failures++;
    for (const message of verdict.refused) {
      const reason = message.replaceAll(/"[^"]*"/g, '…').replaceAll(/\d+/g, 'n');
      this.#refused.set(reason, (this.#refused.get(reason) ?? 0) + 1);
    }
  }

  get refused(): number {
    return [...this.#refused.values()].reduce((a, b) => a + b, 0);
  }

  toString(): string {
    const reasons = [...this.#refused].sort(([, a], [, b]) => b - a).map(([reason, n]) => `\n  ${n} refused: ${reason}`);
    return `${this.histories} histories, ${this.views} views, ${this.changes} changes, ${this.checks} checks, ${this.crashes} crashes, ${this.failures} failures, ${this.refused} views refused${reasons.join('')}`;
  }
}

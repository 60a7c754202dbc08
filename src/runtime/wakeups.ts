/** Those who wait for jobs, domains or tables to get on: all look again whenever one of them has. */
export class Wakeups {
  #waiting: (() => void)[] = [];

  next(): Promise<void> {
    return new Promise((resolve) => void this.#waiting.push(resolve));
  }
  all(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }
}

/** Questions to all workers, answered by each. */
export class Requests<A> {
  readonly #workers: () => number;
  readonly #open = new Map<number, { readonly answers: A[]; readonly resolve: (answers: readonly A[]) => void; readonly reject: (error: Error) => void }>();
  #next = 0;

  constructor(workers: () => number) {
    this.#workers = workers;
  }
  /** Sends a question by its number; resolves with the answers of all workers. */
  ask(post: (request: number) => void): Promise<readonly A[]> {
    const request = ++this.#next;
    return new Promise((resolve, reject) => {
      this.#open.set(request, { answers: [], resolve, reject });
      post(request);
    });
  }
  answered(request: number, answer: A): void {
    const open = this.#open.get(request);
    if (open === undefined) return;
    open.answers.push(answer);
    if (open.answers.length < this.#workers()) return;
    this.#open.delete(request);
    open.resolve(open.answers);
  }
  /** No answer will come: a worker is gone. */
  fail(error: Error): void {
    for (const open of this.#open.values()) open.reject(error);
    this.#open.clear();
  }
}

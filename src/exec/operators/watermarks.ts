const NONE = -(1n << 63n);
const END = (1n << 63n) - 1n;

/** The minimum of several inputs' watermarks; an ended input no longer holds it back. */
export class MinWatermark {
  readonly #ports: bigint[];
  #current = NONE;

  constructor(ports: number) {
    this.#ports = new Array<bigint>(ports).fill(NONE);
  }
  /** The combined watermark when it has moved on, else null. */
  advance(port: number, micros: bigint): bigint | null {
    if (micros > (this.#ports[port] as bigint)) this.#ports[port] = micros;
    let min = END;
    for (const w of this.#ports) if (w < min) min = w;
    if (min <= this.#current || min === END) return null;
    this.#current = min;
    return min;
  }
  end(port: number): bigint | null {
    return this.advance(port, END);
  }
  /** Below every time before the first watermark. */
  get current(): bigint {
    return this.#current;
  }
}

/** Keeps a watermark back until the rows it covers have been sent, at the barrier. */
export class HeldWatermark {
  #held: bigint | null = null;
  hold(micros: bigint): void {
    this.#held = micros;
  }
  release(output: { watermark(micros: bigint): void }): void {
    if (this.#held !== null) output.watermark(this.#held);
    this.#held = null;
  }
}

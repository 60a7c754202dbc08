import type { BoxedColumn } from './column.ts';
import type { Value } from '../types/value.ts';

/**
 * A column of DECIMAL(p > 18) whose values all fit 64 bits: scaled integers, from which the boxed values are made when
 * somebody asks for them.
 */
export class ScaledDecimals implements BoxedColumn {
  readonly physical = 'boxed';
  readonly scaled: BigInt64Array;
  readonly scale: number;
  readonly nulls: Uint8Array | null;
  #values: Value[] | null = null;

  constructor(scaled: BigInt64Array, scale: number, nulls: Uint8Array | null) {
    this.scaled = scaled;
    this.scale = scale;
    this.nulls = nulls;
  }

  get values(): Value[] {
    let values = this.#values;
    if (values === null) {
      values = [];
      const { scaled, scale, nulls } = this;
      for (let i = 0; i < scaled.length; i++) values.push(nulls !== null && nulls[i] === 1 ? null : { unscaled: scaled[i] as bigint, scale });
      this.#values = values;
    }
    return values;
  }
}

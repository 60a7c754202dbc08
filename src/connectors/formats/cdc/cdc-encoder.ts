import { opSign, type Batch } from '../../../common/batch/batch.ts';
import type { ByteSink, Encoder } from '../../api.ts';
import { putAscii } from '../../bytes-out.ts';

/** What stands around a row's object. */
export interface Around {
  readonly insert: readonly [string, string];
  readonly delete: readonly [string, string];
}

/** Writes each row as its own message: a row that comes as an insertion, one that goes as a deletion. So an update is two. */
export class CdcEncoder implements Encoder {
  readonly #row: Encoder;
  readonly #around: Around;
  constructor(row: Encoder, around: Around) {
    this.#row = row;
    this.#around = around;
  }
  encode(batch: Batch, row: number, out: ByteSink): void {
    const [before, behind] = batch.ops === null || opSign(batch.ops[row] as number) > 0 ? this.#around.insert : this.#around.delete;
    putAscii(out, before);
    this.#row.encode(batch, row, out);
    putAscii(out, behind);
  }
}

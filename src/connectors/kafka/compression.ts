import { SqlError } from '../../common/errors.ts';
import { library } from './library.ts';

/** By Kafka's number. */
const CODECS = [undefined, 'gzip', 'snappy', 'lz4', 'zstd'] as const;

/** Unpacks the records of a batch; `codec` is Kafka's number (1 gzip, 2 snappy, 3 lz4, 4 zstd). */
export function decompress(codec: number, data: Buffer): Buffer {
  const name = CODECS[codec];
  if (name === undefined) throw new SqlError('data_corrupted', `unknown compression ${codec} in a record batch`);
  try {
    return library().compressionsAlgorithms[name].decompressSync(data);
  } catch (e) {
    throw new SqlError('data_corrupted', 'a compressed record batch could not be unpacked', { detail: e instanceof Error ? `${e.message}.` : undefined, cause: e });
  }
}

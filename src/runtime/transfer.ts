import type { Batch } from '../common/batch/batch.ts';
import { decodeBatch, encodeBatch } from './exchange/batch-codec.ts';
import type { FromWorker, ToWorker } from './messages.ts';

/** A message as it crosses threads: a batch travels as bytes, since not all columns survive being cloned. */
export type Packed<M> = M extends { readonly batch: Batch } ? Omit<M, 'batch'> & { readonly batch: Uint8Array } : M extends { readonly keys: Batch } ? Omit<M, 'keys'> & { readonly keys: Uint8Array } : M;

export interface Parcel<M> {
  readonly message: Packed<M>;
  /** Buffers that are given away. */
  readonly transfer: ArrayBuffer[];
}

export function packToWorker(message: ToWorker): Parcel<ToWorker> {
  switch (message.kind) {
    case 'append': {
      const batch = encodeBatch(message.batch);
      return { message: { ...message, batch }, transfer: [batch.buffer] };
    }
    case 'lookup': {
      const keys = encodeBatch(message.keys);
      return { message: { ...message, keys }, transfer: [keys.buffer] };
    }
    default:
      return { message, transfer: [] };
  }
}
export function unpackToWorker(message: Packed<ToWorker>): ToWorker {
  switch (message.kind) {
    case 'append':
      return { ...message, batch: decodeBatch(message.batch) };
    case 'lookup':
      return { ...message, keys: decodeBatch(message.keys) };
    default:
      return message;
  }
}

export function packFromWorker(message: FromWorker): Parcel<FromWorker> {
  switch (message.kind) {
    case 'rows':
    case 'found': {
      const batch = encodeBatch(message.batch);
      return { message: { ...message, batch }, transfer: [batch.buffer] };
    }
    case 'ack': {
      const whole = new Set<ArrayBuffer>();
      for (const { bytes } of message.blocks) if (bytes.buffer instanceof ArrayBuffer && bytes.length === bytes.buffer.byteLength) whole.add(bytes.buffer);
      return { message, transfer: [...whole] };
    }
    default:
      return { message, transfer: [] };
  }
}
export function unpackFromWorker(message: Packed<FromWorker>): FromWorker {
  return message.kind === 'rows' || message.kind === 'found' ? { ...message, batch: decodeBatch(message.batch) } : message;
}

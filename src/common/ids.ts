declare const brand: unique symbol;

/** A catalog object's number; also its OID on the wire. Never reused. */
export type ObjectId = number & { readonly [brand]: 'ObjectId' };
/** A running dataflow's number. Never reused. */
export type JobId = number & { readonly [brand]: 'JobId' };
/** Numbers the intervals between barriers; grows over the whole life of a data directory. */
export type Epoch = number & { readonly [brand]: 'Epoch' };

export const objectId = (n: number): ObjectId => n as ObjectId;
export const jobId = (n: number): JobId => n as JobId;
export const epoch = (n: number): Epoch => n as Epoch;

import { SqlError, notSupported } from '../errors.ts';
import { DATE_INFINITY, DATE_NEG_INFINITY, TIMESTAMP_INFINITY, TIMESTAMP_NEG_INFINITY, daysFromCivil } from './calendar.ts';
import { fitDecimal } from './decimal-rules.ts';
import { jsonFromText, jsonToText } from './json.ts';
import { numericFromBinary, numericToBinary } from './numeric-binary.ts';
import { typeOid, typeOfOid } from './oids.ts';
import { typeName, type SqlType } from './sql-type.ts';
import { textOut } from './text-codec.ts';
import type { Interval, Json, Numeric, Value } from './value.ts';

/** PostgreSQL's binary formats (typsend and typreceive): big endian, times from 2000-01-01. */

const EPOCH_DAYS = daysFromCivil(2000, 1, 1);
const EPOCH_MICROS = BigInt(EPOCH_DAYS) * 86_400_000_000n;
const utf8 = new TextEncoder();

function allocate(size: number): [Uint8Array, DataView] {
  const bytes = new Uint8Array(size);
  return [bytes, new DataView(bytes.buffer)];
}

const int16 = (n: number): Uint8Array => {
  const [bytes, view] = allocate(2);
  view.setInt16(0, n);
  return bytes;
};
const int32 = (n: number): Uint8Array => {
  const [bytes, view] = allocate(4);
  view.setInt32(0, n);
  return bytes;
};
const int64 = (n: bigint): Uint8Array => {
  const [bytes, view] = allocate(8);
  view.setBigInt64(0, n);
  return bytes;
};

const shiftTime = (micros: bigint): bigint => (micros === TIMESTAMP_INFINITY || micros === TIMESTAMP_NEG_INFINITY ? micros : micros - EPOCH_MICROS);
const unshiftTime = (micros: bigint): bigint => (micros === TIMESTAMP_INFINITY || micros === TIMESTAMP_NEG_INFINITY ? micros : micros + EPOCH_MICROS);
const isFiniteDay = (days: number): boolean => days !== DATE_INFINITY && days !== DATE_NEG_INFINITY;

/** The binary form of a value that is not NULL. */
export function binaryOut(value: Value, type: SqlType): Uint8Array {
  switch (type.kind) {
    case 'boolean':
      return Uint8Array.of(value === true ? 1 : 0);
    case 'tinyint':
    case 'smallint':
      return int16(value as number);
    case 'int':
    case 'oid':
    case 'regclass':
    case 'regtype':
    case 'regproc':
    case 'regnamespace':
      return int32(value as number);
    case 'bigint':
    case 'time':
      return int64(value as bigint);
    case 'timestamp':
    case 'timestamptz':
      return int64(shiftTime(value as bigint));
    case 'date': {
      const days = value as number;
      return int32(isFiniteDay(days) ? days - EPOCH_DAYS : days);
    }
    case 'real': {
      const [bytes, view] = allocate(4);
      view.setFloat32(0, value as number);
      return bytes;
    }
    case 'double': {
      const [bytes, view] = allocate(8);
      view.setFloat64(0, value as number);
      return bytes;
    }
    case 'decimal':
    case 'numeric':
      return numericToBinary(value as Numeric);
    case 'char':
    case 'varchar':
    case 'name':
    case 'internalchar':
    case 'json':
    case 'unknown':
      return utf8.encode(value as string);
    case 'bytea':
    case 'uuid':
      return value as Uint8Array;
    case 'interval': {
      const { months, days, micros } = value as Interval;
      const [bytes, view] = allocate(16);
      view.setBigInt64(0, micros);
      view.setInt32(8, days);
      view.setInt32(12, months);
      return bytes;
    }
    case 'jsonb': {
      const text = utf8.encode(jsonToText((value as Json).json));
      const bytes = new Uint8Array(text.length + 1);
      bytes[0] = 1;
      bytes.set(text, 1);
      return bytes;
    }
    case 'array':
      return arrayOut(value as Value[], type);
    case 'row':
      return rowOut(value as Value[], type);
    case 'map':
      return utf8.encode(textOut(value, type));
  }
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

const NULL_LENGTH = int32(-1);

function pushField(parts: Uint8Array[], value: Value, type: SqlType): void {
  if (value === null) parts.push(NULL_LENGTH);
  else {
    const bytes = binaryOut(value, type);
    parts.push(int32(bytes.length), bytes);
  }
}

/** Nested arrays become PostgreSQL's dimensions. Errors: invalid_parameter_value when they are not rectangular. */
function arrayOut(list: readonly Value[], type: SqlType & { kind: 'array' }): Uint8Array {
  let element = type.element;
  while (element.kind === 'array') element = element.element;
  const sizes: number[] = [];
  const composite = element.kind === 'row' || element.kind === 'map';
  const declared = depthOf(type);
  for (let level: Value | undefined = list as Value[]; Array.isArray(level); level = level[0] as Value | undefined) {
    if (composite && sizes.length >= declared) break;
    sizes.push(level.length);
  }
  const leaves: Value[] = [];
  const flatten = (items: readonly Value[], depth: number): void => {
    if (items.length !== sizes[depth]) {
      throw new SqlError('invalid_parameter_value', 'multidimensional arrays must have array expressions with matching dimensions');
    }
    for (const item of items) {
      if (depth + 1 < sizes.length) flatten((item as Value[] | null) ?? [], depth + 1);
      else leaves.push(item);
    }
  };
  const empty = list.length === 0;
  if (!empty) flatten(list, 0);
  const parts = [int32(empty ? 0 : sizes.length), int32(leaves.includes(null) ? 1 : 0), int32(typeOid(element))];
  if (!empty) for (const size of sizes) parts.push(int32(size), int32(1));
  for (const leaf of leaves) pushField(parts, leaf, element);
  return join(parts);
}

const depthOf = (type: SqlType): number => (type.kind === 'array' ? 1 + depthOf(type.element) : 0);

function rowOut(values: readonly Value[], type: SqlType & { kind: 'row' }): Uint8Array {
  const parts = [int32(type.fields.length)];
  for (const [i, field] of type.fields.entries()) {
    parts.push(int32(typeOid(field.type)));
    pushField(parts, values[i] ?? null, field.type);
  }
  return join(parts);
}

function malformed(type: SqlType): SqlError {
  return new SqlError('invalid_binary_representation', `incorrect binary data format for type ${typeName(type)}`);
}

function view(bytes: Uint8Array, size: number, type: SqlType): DataView {
  if (bytes.length !== size) throw malformed(type);
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Text of UTF-8 bytes. Errors: character_not_in_repertoire. */
function text(bytes: Uint8Array): string {
  let out: string;
  try {
    out = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new SqlError('character_not_in_repertoire', 'invalid byte sequence for encoding "UTF8"');
  }
  if (out.includes('\u0000')) throw new SqlError('character_not_in_repertoire', 'invalid byte sequence for encoding "UTF8": 0x00');
  return out;
}

/** Reads a binary value. Errors: invalid_binary_representation, character_not_in_repertoire, numeric_value_out_of_range. */
export function binaryIn(bytes: Uint8Array, type: SqlType): Value {
  switch (type.kind) {
    case 'boolean':
      return view(bytes, 1, type).getUint8(0) !== 0;
    case 'tinyint':
    case 'smallint': {
      const n = view(bytes, 2, type).getInt16(0);
      if (type.kind === 'tinyint' && (n < -128 || n > 127)) throw new SqlError('numeric_value_out_of_range', 'tinyint out of range');
      return n;
    }
    case 'int':
      return view(bytes, 4, type).getInt32(0);
    case 'oid':
    case 'regclass':
    case 'regtype':
    case 'regproc':
    case 'regnamespace':
      return view(bytes, 4, type).getUint32(0);
    case 'bigint':
    case 'time':
      return view(bytes, 8, type).getBigInt64(0);
    case 'timestamp':
    case 'timestamptz':
      return unshiftTime(view(bytes, 8, type).getBigInt64(0));
    case 'date': {
      const days = view(bytes, 4, type).getInt32(0);
      return isFiniteDay(days) ? days + EPOCH_DAYS : days;
    }
    case 'real':
      return view(bytes, 4, type).getFloat32(0);
    case 'double':
      return view(bytes, 8, type).getFloat64(0);
    case 'decimal':
      return fitDecimal(numericFromBinary(bytes), type.precision, type.scale);
    case 'numeric':
      return numericFromBinary(bytes);
    case 'char':
    case 'varchar':
    case 'name':
    case 'internalchar':
    case 'unknown':
      return text(bytes);
    case 'json': {
      const json = text(bytes);
      jsonFromText(json);
      return json;
    }
    case 'bytea':
      return Uint8Array.from(bytes);
    case 'uuid':
      view(bytes, 16, type);
      return Uint8Array.from(bytes);
    case 'interval': {
      const v = view(bytes, 16, type);
      return { micros: v.getBigInt64(0), days: v.getInt32(8), months: v.getInt32(12) };
    }
    case 'jsonb':
      if (bytes[0] !== 1) throw new SqlError('invalid_binary_representation', `unsupported jsonb version number ${bytes[0] ?? 0}`);
      return { json: jsonFromText(text(bytes.subarray(1))) };
    case 'array':
      return arrayIn(bytes, type);
    case 'row':
      return rowIn(bytes, type);
    case 'map':
      throw notSupported(`reading ${typeName(type)} in binary`);
  }
}

class Reader {
  readonly #bytes: Uint8Array;
  readonly #type: SqlType;
  #at = 0;

  constructor(bytes: Uint8Array, type: SqlType) {
    this.#bytes = bytes;
    this.#type = type;
  }

  int(): number {
    const part = this.take(4);
    return new DataView(part.buffer, part.byteOffset, 4).getInt32(0);
  }

  take(n: number): Uint8Array {
    if (n < 0 || this.#at + n > this.#bytes.length) throw malformed(this.#type);
    this.#at += n;
    return this.#bytes.subarray(this.#at - n, this.#at);
  }

  field(type: SqlType): Value {
    const length = this.int();
    return length === -1 ? null : binaryIn(this.take(length), type);
  }

  end(): void {
    if (this.#at !== this.#bytes.length) throw malformed(this.#type);
  }
}

const DIMENSIONS_MAX = 6;

function arrayIn(bytes: Uint8Array, type: SqlType & { kind: 'array' }): Value[] {
  const r = new Reader(bytes, type);
  const dimensions = r.int();
  r.int();
  r.int();
  if (dimensions < 0 || dimensions > DIMENSIONS_MAX) throw malformed(type);
  const sizes: number[] = [];
  for (let i = 0; i < dimensions; i++) {
    const size = r.int();
    r.int();
    // Each element takes four bytes at least: a larger count can't be true.
    if (size < 0 || size > bytes.length / 4) throw malformed(type);
    sizes.push(size);
  }
  let element = type.element;
  while (element.kind === 'array') element = element.element;
  const read = (depth: number): Value[] => {
    const out: Value[] = [];
    for (let i = 0; i < (sizes[depth] ?? 0); i++) out.push(depth + 1 < dimensions ? read(depth + 1) : r.field(element));
    return out;
  };
  const list = dimensions === 0 ? [] : read(0);
  r.end();
  return list;
}

function rowIn(bytes: Uint8Array, type: SqlType & { kind: 'row' }): Value[] {
  const r = new Reader(bytes, type);
  const count = r.int();
  if (type.fields.length !== 0 && count !== type.fields.length) throw malformed(type);
  const out: Value[] = [];
  for (let i = 0; i < count; i++) {
    const oid = r.int();
    const field = type.fields[i]?.type ?? typeOfOid(oid >>> 0);
    if (field === undefined) throw malformed(type);
    out.push(r.field(field));
  }
  r.end();
  return out;
}

import { isUtf8 } from 'node:buffer';
import type { Schema } from '../../common/batch/batch.ts';
import type { SqlType } from '../../common/types/sql-type.ts';
import type { Decoded, Decoder, MessageBlock } from '../api.ts';
import { ValueError } from '../parse-value.ts';
import { ColumnWriter } from './column-writer.ts';
import { convertJson, type JsonReadOptions } from './json-convert.ts';
import { fieldReader, type FieldReader } from './json-field.ts';
import { generateRun, slackBytes, type Run, type RunState } from './json-generate.ts';
import { layoutOfMessage } from './json-layout.ts';
import { seen, skipSpace, skipValue, stringEnd } from './json-scan.ts';
import { parseJsonTree, type JsonTree } from './json-tree.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

interface FieldPlan {
  readonly name: string;
  readonly type: SqlType;
  readonly read: FieldReader;
}

/** A name met at the n-th place of an object: most messages of a stream list their members in one order. */
interface LearnedName {
  readonly bytes: Uint8Array;
  /** Projected field, or -1. */
  readonly field: number;
}
const LEARNED_MAX = 256;
/** A decode call of so many messages or more makes a layout worth compiling. */
const GENERATE_FROM_MESSAGES = 64;
/** How often a stream may change its layout before the generated loop is given up. */
const LAYOUTS_MAX = 6;

interface Generated {
  readonly run: Run;
  readonly slack: number;
}

class FieldError extends Error {
  readonly field: string | null;
  constructor(field: string | null, message: string) {
    super(message);
    this.field = field;
  }
}

/**
 * Decodes messages that are JSON objects, in three ways. A loop generated for the layout that most messages share reads
 * the projected fields straight into columns (text as references into the message buffer) and checks the syntax of the
 * others. A message that is written otherwise goes the general way, once over its bytes with names looked up. What that
 * way does not know (escaped names, long decimals, any error) goes to an exact reader.
 */
export class JsonDecoder implements Decoder {
  readonly #fields: readonly FieldPlan[];
  readonly #byName: ReadonlyMap<string, number>;
  readonly #options: JsonReadOptions;
  readonly #learned: LearnedName[] = [];
  /** Per projected field, 1 + the row it was last met in. */
  readonly #met: Int32Array;
  readonly #high = { flags: 0 };
  readonly #state: RunState = { message: 0, row: 0 };
  #generated: Generated | null = null;
  #layouts = 0;

  constructor(physical: Schema, projection: readonly number[], options: JsonReadOptions) {
    this.#fields = projection.map((p) => {
      const f = physical[p] as Schema[number];
      return { name: f.name, type: f.type, read: fieldReader(f.type, options) };
    });
    this.#byName = new Map(this.#fields.map((f, i) => [f.name, i]));
    this.#options = options;
    this.#met = new Int32Array(projection.length);
  }

  decode(block: MessageBlock, from: number, to: number): Decoded {
    const data = Buffer.from(block.data.buffer, block.data.byteOffset, block.data.byteLength);
    const writers = this.#fields.map((f) => new ColumnWriter(f.type, to - from, block.data));
    const bad: { message: number; reason: string; field: string | null }[] = [];
    const message = new Int32Array(to - from);
    const s = this.#state;
    s.message = from;
    s.row = 0;
    this.#met.fill(0);
    if (this.#generated === null) this.#generate(block, from, to);
    const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
    let misses = 0;
    while (s.message < to) {
      const g = this.#generated;
      if (g !== null && g.run(s, data, view, block.offsets, block.lengths, to, data.length - g.slack, writers, message)) break;
      const m = s.message++;
      if ((block.lengths[m] as number) < 0) continue;
      misses++;
      this.#one(block, data, m, writers, message, bad);
    }
    const rows = s.row;
    // Most messages were written otherwise: the next block is looked at anew.
    if (misses > (to - from) / 2 && to - from >= GENERATE_FROM_MESSAGES) this.#generated = null;
    return {
      batch: { rowCount: rows, ops: null, columns: writers.map((w) => w.finish(rows)) },
      message: rows === to - from && from === 0 ? null : message.subarray(0, rows),
      bad,
    };
  }

  /** Reads one message the general or the exact way. */
  #one(block: MessageBlock, data: Buffer, m: number, writers: readonly ColumnWriter[], message: Int32Array, bad: { message: number; reason: string; field: string | null }[]): void {
    const s = this.#state;
    const start = block.offsets[m] as number;
    const end = start + (block.lengths[m] as number);
    if (!this.#fast(data, start, end, writers, s.row)) {
      try {
        this.#exact(data.subarray(start, end), writers, s.row);
      } catch (e) {
        if (!(e instanceof FieldError)) throw e;
        if (!this.#options.ignoreErrors) bad.push({ message: m, reason: e.message, field: e.field });
        for (const w of writers) w.clearNull(s.row);
        this.#met.fill(0);
        return;
      }
    }
    message[s.row++] = m;
  }

  /** Learns the layout from a message in the middle of the block. */
  #generate(block: MessageBlock, from: number, to: number): void {
    if (to - from < GENERATE_FROM_MESSAGES || this.#layouts >= LAYOUTS_MAX) return;
    for (let m = (from + to) >> 1, tries = 0; m < to && tries < 4; m++, tries++) {
      const start = block.offsets[m] as number;
      const layout = layoutOfMessage(block.data, start, start + (block.lengths[m] as number), (name) => this.#byName.get(name) ?? -1);
      if (layout === null) continue;
      this.#layouts++;
      this.#generated = { run: generateRun(layout, this.#fields, this.#options.standard, this.#options.failOnMissing, isUtf8), slack: slackBytes(layout) };
      return;
    }
  }

  #fast(d: Buffer, at: number, end: number, writers: readonly ColumnWriter[], row: number): boolean {
    const fields = this.#fields;
    const high = this.#high;
    const begin = at;
    high.flags = 0;
    at = skipSpace(d, at, end);
    if (at >= end || d[at] !== 123) return false;
    at = skipSpace(d, at + 1, end);
    let met = 0;
    if (at < end && d[at] === 125) at++;
    else {
      for (let n = 0; ; n++) {
        if (at >= end || d[at] !== 34) return false;
        const name = at + 1;
        // The same name as last time at this place?
        let field = -2;
        const learned = n < this.#learned.length ? (this.#learned[n] as LearnedName) : undefined;
        if (learned !== undefined) {
          const bytes = learned.bytes;
          const length = bytes.length;
          if (name + length < end && d[name + length] === 34) {
            let i = 0;
            while (i < length && d[name + i] === bytes[i]) i++;
            if (i === length) {
              field = learned.field;
              at = name + length;
            }
          }
        }
        if (field === -2) {
          at = stringEnd(d, name, end);
          if (at < 0 || (seen.flags & 1) !== 0) return false;
          high.flags |= seen.flags;
          field = this.#learn(d, name, at, n, seen.flags === 0);
        }
        at = skipSpace(d, at + 1, end);
        if (at >= end || d[at] !== 58) return false;
        at = skipSpace(d, at + 1, end);
        if (at >= end) return false;
        if (field < 0) at = skipValue(d, at, end, high, 0);
        else {
          at = (fields[field] as FieldPlan).read(d, at, end, writers[field] as ColumnWriter, row, high);
          if (this.#met[field] !== row + 1) {
            this.#met[field] = row + 1;
            met++;
          }
        }
        if (at < 0) return false;
        at = skipSpace(d, at, end);
        if (at >= end) return false;
        const c = d[at] as number;
        at++;
        if (c === 125) break;
        if (c !== 44) return false;
        at = skipSpace(d, at, end);
      }
    }
    if (skipSpace(d, at, end) !== end) return false;
    if ((high.flags & 2) !== 0 && !isUtf8(d.subarray(begin, end))) return false;
    if (met < fields.length) {
      if (this.#options.failOnMissing) return false;
      for (let f = 0; f < fields.length; f++) {
        const w = writers[f] as ColumnWriter;
        if (this.#met[f] === row + 1) continue;
        // jsonb tells a JSON null from a missing member; both columns are NULL when it is missing.
        w.setNull(row);
      }
    }
    return true;
  }

  #learn(d: Buffer, from: number, to: number, n: number, ascii: boolean): number {
    const name = Buffer.from(d.buffer, d.byteOffset + from, to - from).toString(ascii ? 'latin1' : 'utf8');
    const field = this.#byName.get(name) ?? -1;
    if (ascii && n < LEARNED_MAX && n <= this.#learned.length) this.#learned[n] = { bytes: new Uint8Array(d.subarray(from, to)), field };
    return field;
  }

  #exact(bytes: Uint8Array, writers: readonly ColumnWriter[], row: number): void {
    let tree: JsonTree;
    try {
      tree = parseJsonTree(utf8.decode(bytes));
    } catch (e) {
      if (e instanceof ValueError) throw new FieldError(null, e.message);
      if (e instanceof TypeError) throw new FieldError(null, 'malformed JSON: invalid UTF-8');
      throw e;
    }
    if (!(tree instanceof Map)) throw new FieldError(null, 'the message is not a JSON object');
    const members = tree as ReadonlyMap<string, JsonTree>;
    for (const [i, f] of this.#fields.entries()) {
      const w = writers[i] as ColumnWriter;
      const node = members.get(f.name);
      if (node === undefined) {
        if (this.#options.failOnMissing && !this.#options.ignoreErrors) throw new FieldError(f.name, `field "${f.name}" is missing`);
        w.setNull(row);
        continue;
      }
      try {
        w.set(row, convertJson(f.type, node, this.#options));
      } catch (e) {
        if (!(e instanceof ValueError)) throw e;
        if (!this.#options.ignoreErrors) throw new FieldError(f.name, `cannot read field "${f.name}": ${e.message}`);
        w.setNull(row);
      }
    }
  }
}

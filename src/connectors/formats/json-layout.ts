import { seen, skipSpace, skipValue, stringEnd } from './json-scan.ts';

/** One member of a message as most messages of the stream write it. */
export interface LayoutMember {
  /** From the opening quote of the name to the beginning of the value: `"name": `. */
  readonly bytes: Uint8Array;
  /** The projected field, or -1. */
  readonly field: number;
}

/**
 * How messages of a stream are written: the members in order and what stands between them. Producers mostly write every
 * message alike, so the generated decoder expects these bytes and leaves every other message to the general one.
 */
export interface Layout {
  /** `{`, with the space around it. */
  readonly open: Uint8Array;
  /** `,`, with the space around it. */
  readonly comma: Uint8Array;
  readonly members: readonly LayoutMember[];
  /** `}`, with the space before it. */
  readonly close: Uint8Array;
}

export const MEMBERS_MAX = 128;
const NAME_BYTES_MAX = 200;

/** The layout of a sample message, or null when it is no sound object, or none that is worth expecting. */
export function layoutOfMessage(d: Uint8Array, from: number, end: number, fieldOf: (name: string) => number): Layout | null {
  const cut = (a: number, b: number): Uint8Array => new Uint8Array(d.subarray(a, b));
  let at = skipSpace(d, from, end);
  if (at >= end || d[at] !== 123) return null;
  at = skipSpace(d, at + 1, end);
  const open = cut(from, at);
  let comma: Uint8Array | null = null;
  const members: LayoutMember[] = [];
  const names = new Set<string>();
  const high = { flags: 0 };
  for (;;) {
    if (at >= end || d[at] !== 34 || members.length === MEMBERS_MAX) return null;
    const close = stringEnd(d, at + 1, end);
    if (close < 0 || seen.flags !== 0 || close - at > NAME_BYTES_MAX) return null;
    const name = Buffer.from(d.buffer, d.byteOffset + at + 1, close - at - 1).toString('latin1');
    if (names.has(name)) return null;
    names.add(name);
    let value = skipSpace(d, close + 1, end);
    if (value >= end || d[value] !== 58) return null;
    value = skipSpace(d, value + 1, end);
    members.push({ bytes: cut(at, value), field: fieldOf(name) });
    const behind = value < end ? skipValue(d, value, end, high, 0) : -1;
    if (behind < 0) return null;
    at = skipSpace(d, behind, end);
    if (at >= end) return null;
    if (d[at] === 125) {
      if (skipSpace(d, at + 1, end) !== end || members.length === 0) return null;
      return { open, comma: comma ?? Uint8Array.of(44), members, close: cut(behind, at + 1) };
    }
    if (d[at] !== 44) return null;
    at = skipSpace(d, at + 1, end);
    const between = cut(behind, at);
    comma ??= between;
    if (Buffer.compare(comma, between) !== 0) return null;
  }
}

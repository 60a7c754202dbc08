import { ValueError } from '../../parse-value.ts';
import { isNull, seen, skipSpace, skipValue, stringEnd } from '../json-scan.ts';
import { jsonTreeText, parseJsonTree } from '../json-tree.ts';

/** A value's bytes within a message. */
export interface Span {
  readonly from: number;
  readonly to: number;
}
export type Members = ReadonlyMap<string, Span>;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const high = { flags: 0 };

function textIn(data: Buffer, from: number, to: number): string {
  try {
    return utf8.decode(data.subarray(from, to));
  } catch {
    throw new ValueError('the message is not valid UTF-8');
  }
}

/** Where the members of an object are; of equal names the last. Null where it is not plainly written, or no object. */
function scan(d: Buffer, from: number, end: number): Map<string, Span> | null {
  const out = new Map<string, Span>();
  let at = skipSpace(d, from, end);
  if (d[at] !== 123) return null;
  at = skipSpace(d, at + 1, end);
  if (d[at] === 125) return skipSpace(d, at + 1, end) === end ? out : null;
  for (;;) {
    if (d[at] !== 34) return null;
    const close = stringEnd(d, at + 1, end);
    if (close < 0 || seen.flags !== 0) return null;
    const name = d.toString('latin1', at + 1, close);
    at = skipSpace(d, close + 1, end);
    if (d[at] !== 58) return null;
    const value = skipSpace(d, at + 1, end);
    at = skipValue(d, value, end, high, 0);
    if (at < 0) return null;
    out.set(name, { from: value, to: at });
    at = skipSpace(d, at, end);
    const c = d[at];
    if (c === 125) return skipSpace(d, at + 1, end) === end ? out : null;
    if (c !== 44) return null;
    at = skipSpace(d, at + 1, end);
  }
}

/** An object's text with the places of its members. */
export interface Document {
  readonly data: Buffer;
  readonly members: Members;
}

/** Errors: ValueError with the place, where this is no JSON object. */
export function documentOf(data: Buffer, from: number, to: number): Document {
  const members = scan(data, from, to);
  if (members !== null) return { data, members };
  const tree = parseJsonTree(textIn(data, from, to));
  if (!(tree instanceof Map)) throw new ValueError('the message is not a JSON object');
  const plain = Buffer.from(jsonTreeText(tree));
  const again = scan(plain, 0, plain.length);
  if (again === null) throw new ValueError('the message is nested too deeply');
  return { data: plain, members: again };
}

/** The member, or undefined where there is none or it is null. */
export function memberOf({ data, members }: Document, name: string): Span | undefined {
  const span = members.get(name);
  return span === undefined || (span.to - span.from === 4 && isNull(data, span.from, span.to)) ? undefined : span;
}
/** An object that is a member. Errors: ValueError where it is something else. */
export function objectOf(d: Document, name: string): Document | undefined {
  const span = memberOf(d, name);
  if (span === undefined) return undefined;
  if (d.data[span.from] !== 123) throw new ValueError(`"${name}" is not an object`);
  return documentOf(d.data, span.from, span.to);
}
/** The objects of an array that is a member. Errors: ValueError where it is something else. */
export function objectsOf(d: Document, name: string): Span[] | undefined {
  const span = memberOf(d, name);
  if (span === undefined) return undefined;
  const { data } = d;
  const out: Span[] = [];
  if (data[span.from] !== 91) throw new ValueError(`"${name}" is not an array`);
  let at = skipSpace(data, span.from + 1, span.to);
  while (data[at] !== 93) {
    if (data[at] !== 123) throw new ValueError(`"${name}" holds something other than objects`);
    const end = skipValue(data, at, span.to, high, 0);
    if (end < 0) throw new ValueError(`"${name}" cannot be read`);
    out.push({ from: at, to: end });
    at = skipSpace(data, end, span.to);
    if (data[at] === 44) at = skipSpace(data, at + 1, span.to);
  }
  return out;
}
/** Text of a member: of a string its content, of anything else its JSON. */
export function textOf(d: Document, name: string): string | undefined {
  const span = memberOf(d, name);
  if (span === undefined) return undefined;
  const text = textIn(d.data, span.from, span.to);
  return text.startsWith('"') ? (JSON.parse(text) as string) : text;
}

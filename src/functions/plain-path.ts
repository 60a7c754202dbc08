import { notSupported, SqlError } from '../common/errors.ts';
import { isJsonArray, isJsonObject } from '../common/types/json.ts';
import type { JsonNode } from '../common/types/value.ts';

/**
 * The plain paths of Flink's JSON_LENGTH and JSON_TYPE: keys (`.a`, `['a']`), items (`[0]`, from the end `[-1]`) and stars. Unlike in
 * SQL/JSON's lax mode a key is of an object and an item of an array alone; a star takes the members of either.
 */
type Step = string | number | typeof STAR;

const STAR = Symbol('*');
const MODE = /^\s*(?:lax|strict)\s/i;
/** What paths have elsewhere: any depth, filters, slices, lists of keys, functions. */
const MORE = /\.\.|\?\s*\(|\[[^\]'"]*[:,][^\]'"]*\]|\(\s*\)/;
const QUOTED = String.raw`'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"`;
const STEP = new RegExp(String.raw`(?:\.([^\s.[\]'"()*?@$]+)|\.?\[\s*(${QUOTED})\s*\]|\[\s*(-?\d{1,9})\s*\]|(?:\.\*|\.?\[\s*\*\s*\]))`, 'uy');

let last: { readonly path: string; readonly steps: readonly Step[] | null } = { path: '$', steps: [] };

/** Null for what is no path. */
function stepsOf(name: string, path: string): readonly Step[] | null {
  if (last.path !== path) last = { path, steps: parse(name, path) };
  return last.steps;
}

function parse(name: string, path: string): Step[] | null {
  if (MODE.test(path)) {
    throw new SqlError('invalid_parameter_value', `${name} does not support the path mode prefix of "${path}"`, { hint: 'Use a plain path such as $.a.b; JSON_EXISTS and IS JSON tell what is there.' });
  }
  if (MORE.test(path.replace(new RegExp(QUOTED, 'gu'), "''"))) throw notSupported(`${name} with the path "${path}"`, undefined, 'A path of keys, items and stars is, such as $.a[0].*');
  const plain = path.trim();
  if (plain === '') return null;
  const steps: Step[] = [];
  const source = plain.startsWith('$') ? plain.slice(1) : `.${plain}`;
  STEP.lastIndex = 0;
  for (let at = 0; at < source.length; at = STEP.lastIndex) {
    const m = STEP.exec(source);
    if (m === null) return null;
    const [, key, quoted, index] = m;
    steps.push(key ?? (quoted !== undefined ? quoted.slice(1, -1).replace(/\\(.)/gsu, '$1') : index !== undefined ? Number(index) : STAR));
  }
  return steps;
}

function membersAt(node: JsonNode, step: Step): readonly JsonNode[] {
  if (step === STAR) return isJsonArray(node) ? node : isJsonObject(node) ? Object.values(node) : [];
  const found = typeof step === 'number' ? (isJsonArray(node) ? node.at(step) : undefined) : isJsonObject(node) && Object.hasOwn(node, step) ? node[step] : undefined;
  return found === undefined ? [] : [found];
}

/**
 * The one value at a path; undefined where it is no path, or leads nowhere or to several values.
 * Errors: invalid_parameter_value for a path mode; feature_not_supported for what is more than a plain path.
 */
export function oneAtPath(name: string, root: JsonNode, path: string): JsonNode | undefined {
  const steps = stepsOf(name, path);
  if (steps === null) return undefined;
  let nodes: readonly JsonNode[] = [root];
  for (const step of steps) nodes = nodes.flatMap((n) => membersAt(n, step));
  return nodes.length === 1 ? nodes[0] : undefined;
}

import { SqlError } from '../../common/errors.ts';
import { isJsonArray, isJsonNumber, isJsonObject, jsonKeys, jsonTypeof } from '../../common/types/json.ts';
import { numericAbs, numericAdd, numericCeil, numericCompare, numericDivide, numericFloor, numericModulo, numericMultiply, numericNegate, numericSubtract, numericTruncate } from '../../common/types/numeric-math.ts';
import { numericFromDouble, numericFromInt, numericFromText, numericToDouble } from '../../common/types/numeric-text.ts';
import type { JsonNode, Numeric } from '../../common/types/value.ts';
import { compileRegex } from '../regex.ts';
import { type JsonPath, type Method, type PathExpr, type Predicate, type Step } from './path.ts';

/** What the data does not have or can't do. In a filter it makes the condition unknown. */
export class PathError extends SqlError {}

const fail = (message: string): never => {
  throw new PathError('data_exception', message);
};

/**
 * The items a path leads to. Semantics: PostgreSQL 15's jsonpath, lax and strict. A predicate gives true, false or null (unknown).
 * @param variables what `$name` stands for.
 * Errors: PathError (strict mode's missing parts, operands of another type); undefined_object for an unknown variable.
 */
export function evaluatePath(root: JsonNode, path: JsonPath, variables: JsonNode = null): JsonNode[] {
  return new Evaluation(root, path.strict, variables).items(path.root, { current: root, length: null });
}

/** Whether the path leads anywhere. Of what a sign stands before, lax mode then looks for a number only. */
export function pathExists(root: JsonNode, path: JsonPath, variables: JsonNode = null): boolean {
  const e = path.root;
  if (path.strict || e.kind !== 'unary') return evaluatePath(root, path, variables).length > 0;
  const items = evaluatePath(root, { ...path, root: e.arg }, variables);
  return items.some((v) => (isJsonArray(v) ? v.some(isJsonNumber) : isJsonNumber(v)));
}

interface Scope {
  readonly current: JsonNode;
  /** Of the array whose subscript is computed. */
  readonly length: number | null;
}
/** null: unknown. */
type Truth = boolean | null;

class Evaluation {
  readonly #root: JsonNode;
  readonly #strict: boolean;
  readonly #variables: JsonNode;

  constructor(root: JsonNode, strict: boolean, variables: JsonNode) {
    this.#root = root;
    this.#strict = strict;
    this.#variables = variables;
  }

  items(e: PathExpr, scope: Scope): JsonNode[] {
    switch (e.kind) {
      case 'root':
        return [this.#root];
      case 'current':
        return [scope.current];
      case 'last':
        return scope.length === null ? fail('evaluating jsonpath LAST outside of array subscript') : [numericFromInt(scope.length - 1)];
      case 'null':
        return [null];
      case 'boolean':
      case 'number':
      case 'string':
        return [e.value];
      case 'variable':
        return [this.#variable(e.name)];
      case 'path': {
        let found = this.items(e.base, scope);
        for (const step of e.steps) {
          const next: JsonNode[] = [];
          for (const node of found) this.#step(node, step, scope, next);
          found = next;
          if (found.length === 0) break;
        }
        return found;
      }
      case 'unary':
        return this.#unwrapped(this.items(e.arg, scope)).map((v) => {
          if (!isJsonNumber(v)) return fail(`operand of unary jsonpath operator ${e.op} is not a numeric value`);
          return e.op === '-' ? numericNegate(v) : v;
        });
      case 'binary':
        return [arithmetic(e.op, this.#operand(e.left, scope, `left operand of jsonpath operator ${e.op}`), this.#operand(e.right, scope, `right operand of jsonpath operator ${e.op}`))];
      default:
        return [this.#truth(e, scope)];
    }
  }
  #variable(name: string): JsonNode {
    const value = isJsonObject(this.#variables) ? this.#variables[name] : undefined;
    if (value === undefined) throw new SqlError('undefined_object', `could not find jsonpath variable "${name}"`);
    return value;
  }
  /** Lax mode takes arrays apart where single values are wanted. */
  #unwrapped(nodes: readonly JsonNode[]): readonly JsonNode[] {
    return this.#strict ? nodes : nodes.flatMap((n) => (isJsonArray(n) ? n : [n]));
  }
  #operand(e: PathExpr, scope: Scope, what: string): Numeric {
    const [value, another] = this.#unwrapped(this.items(e, scope));
    return value === undefined || another !== undefined || !isJsonNumber(value) ? fail(`${what} is not a single numeric value`) : value;
  }

  #missing(what: string): void {
    if (this.#strict) fail(what);
  }
  #step(node: JsonNode, step: Step, scope: Scope, out: JsonNode[]): void {
    switch (step.kind) {
      case 'key':
      case 'anyKey': {
        if (isJsonArray(node) && !this.#strict) {
          for (const item of node) if (isJsonObject(item)) this.#step(item, step, scope, out);
          return;
        }
        if (!isJsonObject(node)) return this.#missing(`jsonpath ${step.kind === 'key' ? 'member' : 'wildcard member'} accessor can only be applied to an object`);
        if (step.kind === 'anyKey') {
          for (const key of jsonKeys(node)) out.push(node[key] ?? null);
          return;
        }
        const value = node[step.key];
        if (value === undefined) this.#missing(`JSON object does not contain key "${step.key}"`);
        else out.push(value);
        return;
      }
      case 'anyItem':
        if (isJsonArray(node)) out.push(...node);
        else if (this.#strict) fail('jsonpath wildcard array accessor can only be applied to an array');
        else out.push(node);
        return;
      case 'anyDepth':
        return descend(node, 0, step.from, step.to, out);
      case 'items':
        return this.#subscripts(node, step.ranges, scope, out);
      case 'filter':
        for (const item of this.#strict || !isJsonArray(node) ? [node] : node) if (this.#truth(step.condition, { current: item, length: null }) === true) out.push(item);
        return;
      case 'method':
        if (step.name === 'type') out.push(jsonTypeof(node));
        else if (step.name === 'size') {
          if (!isJsonArray(node) && this.#strict) fail('jsonpath item method .size() can only be applied to an array');
          out.push(numericFromInt(isJsonArray(node) ? node.length : 1));
        } else for (const item of this.#strict || !isJsonArray(node) ? [node] : node) out.push(method(step.name, item));
        return;
    }
  }
  #subscripts(node: JsonNode, ranges: readonly { readonly from: PathExpr; readonly to: PathExpr | null }[], scope: Scope, out: JsonNode[]): void {
    const items = isJsonArray(node) ? node : this.#strict ? fail('jsonpath array accessor can only be applied to an array') : [node];
    const inner = { ...scope, length: items.length };
    const index = (e: PathExpr): number => {
      const [value, another] = this.items(e, inner);
      if (value === undefined || another !== undefined || !isJsonNumber(value)) return fail('jsonpath array subscript is not a single numeric value');
      const at = numericToDouble(numericTruncate(value, 0));
      return Math.abs(at) > 0x7fffffff ? fail('jsonpath array subscript is out of integer range') : at;
    };
    for (const { from, to } of ranges) {
      const first = index(from);
      const last = to === null ? first : index(to);
      if (this.#strict && (first < 0 || first > last || last >= items.length)) fail('jsonpath array subscript is out of bounds');
      for (let i = Math.max(0, first); i <= Math.min(last, items.length - 1); i++) out.push(items[i] ?? null);
    }
  }

  #truth(p: Predicate, scope: Scope): Truth {
    switch (p.kind) {
      case 'and': {
        const left = this.#truth(p.left, scope);
        if (left === false) return false;
        const right = this.#truth(p.right, scope);
        return right === false ? false : left === null || right === null ? null : true;
      }
      case 'or': {
        const left = this.#truth(p.left, scope);
        if (left === true) return true;
        const right = this.#truth(p.right, scope);
        return right === true ? true : left === null || right === null ? null : false;
      }
      case 'not': {
        const inner = this.#truth(p.arg, scope);
        return inner === null ? null : !inner;
      }
      case 'isUnknown':
        return this.#truth(p.arg, scope) === null;
      case 'exists':
        return this.#tried(() => this.items(p.arg, scope).length > 0);
      case 'compare':
        return this.#some(p.left, p.right, scope, (a, b) => compare(p.op, a, b));
      case 'startsWith':
        return this.#some(p.arg, p.prefix, scope, (a, b) => (typeof a === 'string' && typeof b === 'string' ? a.startsWith(b) : null));
      case 'likeRegex':
        return this.#some(p.arg, null, scope, (a) => (typeof a === 'string' ? compileRegex(p.pattern, p.flags).test(a) : null));
    }
  }
  #tried(test: () => Truth): Truth {
    try {
      return test();
    } catch (error) {
      if (error instanceof PathError) return null;
      throw error;
    }
  }
  /** Whether some pair of items passes; strict mode looks at all of them for one that can't be told. */
  #some(left: PathExpr, right: PathExpr | null, scope: Scope, test: (a: JsonNode, b: JsonNode) => Truth): Truth {
    return this.#tried(() => {
      const lefts = this.#unwrapped(this.items(left, scope));
      const rights = right === null ? [null] : this.#unwrapped(this.items(right, scope));
      let found = false;
      let unknown = false;
      for (const a of lefts) {
        for (const b of rights) {
          const result = test(a, b);
          if (result === null) {
            if (this.#strict) return null;
            unknown = true;
          } else if (result) {
            if (!this.#strict) return true;
            found = true;
          }
        }
      }
      return found ? true : unknown ? null : false;
    });
  }
}

function descend(node: JsonNode, depth: number, from: number, to: number, out: JsonNode[]): void {
  const children = isJsonArray(node) ? node : isJsonObject(node) ? jsonKeys(node).map((k) => node[k] ?? null) : [];
  // The scalars inside, when both ends are `last`.
  if (depth >= from || (from === Infinity && depth > 0 && !isJsonArray(node) && !isJsonObject(node))) out.push(node);
  if (depth >= to) return;
  for (const child of children) descend(child, depth + 1, from, to, out);
}

function arithmetic(op: '+' | '-' | '*' | '/' | '%', a: Numeric, b: Numeric): Numeric {
  try {
    switch (op) {
      case '+':
        return numericAdd(a, b);
      case '-':
        return numericSubtract(a, b);
      case '*':
        return numericMultiply(a, b);
      case '/':
        return numericDivide(a, b);
      case '%':
        return numericModulo(a, b);
    }
  } catch (error) {
    if (error instanceof SqlError) throw new PathError(error.condition, error.message);
    throw error;
  }
}

function method(name: Exclude<Method, 'type' | 'size'>, node: JsonNode): JsonNode {
  if (name === 'double') {
    const n = isJsonNumber(node) ? numericToDouble(node) : typeof node === 'string' && /^\s*[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?\s*$/.test(node) ? numericToDouble(numericFromText(node.trim())) : Number.NaN;
    if (!isJsonNumber(node) && typeof node !== 'string') return fail('jsonpath item method .double() can only be applied to a string or numeric value');
    return Number.isFinite(n) ? numericFromDouble(n) : fail(`${typeof node === 'string' ? 'string' : 'numeric'} argument of jsonpath item method .double() is out of range for type double precision`);
  }
  if (!isJsonNumber(node)) return fail(`jsonpath item method .${name}() can only be applied to a numeric value`);
  return name === 'abs' ? numericAbs(node) : name === 'floor' ? numericFloor(node) : numericCeil(node);
}

function compare(op: '==' | '!=' | '<' | '<=' | '>' | '>=', a: JsonNode, b: JsonNode): Truth {
  const [x, y] = [jsonTypeof(a), jsonTypeof(b)];
  if (x !== y) return x === 'null' || y === 'null' ? op === '!=' : null;
  let c: number;
  if (a === null || b === null) c = 0;
  else if (isJsonNumber(a) && isJsonNumber(b)) c = numericCompare(a, b);
  else if (typeof a === 'string' && typeof b === 'string') c = a === b ? 0 : Buffer.compare(Buffer.from(a), Buffer.from(b));
  else if (typeof a === 'boolean' && typeof b === 'boolean') c = Number(a) - Number(b);
  else return null;
  switch (op) {
    case '==':
      return c === 0;
    case '!=':
      return c !== 0;
    case '<':
      return c < 0;
    case '<=':
      return c <= 0;
    case '>':
      return c > 0;
    case '>=':
      return c >= 0;
  }
}

/** The truth that a path with a predicate gives, and null where it gives anything else. */
export function pathTruth(nodes: readonly JsonNode[]): boolean | null | undefined {
  const [only] = nodes;
  return nodes.length === 1 && (only === null || typeof only === 'boolean') ? only : undefined;
}

import { isRawBytes } from '../../common/batch/builder.ts';
import { SqlError, notSupported, unreachable } from '../../common/errors.ts';
import { comparatorOf } from '../../common/types/compare.ts';
import { numericFromScaled, numericToScaled } from '../../common/types/numeric.ts';
import { physicalOf, typeEquals, type SqlType } from '../../common/types/sql-type.ts';
import type { Numeric, Value } from '../../common/types/value.ts';
import { castEmit } from '../../functions/cast-emit.ts';
import { castFunction, type CastFunction } from '../../functions/casts.ts';
import type { EmitContext, EmitValue, EvalContext } from '../../functions/define.ts';
import type { Expr } from '../../planner/expr.ts';
import { overloadOf, typeOf } from './interpret.ts';
import { lambdaCode, sameInArrays } from './lambda-code.ts';

/**
 * Source code for expressions. Values in generated code: boolean 0/1, int family number, 64-bit kinds bigint, double
 * number, text a JS string, raw bytes a Uint8Array, everything else as `Value` has it. Only local names, numbers and
 * JSON-quoted text get into the source; every other constant is handed over by reference.
 */

/** A generated value. `nul` is a side-effect free JS condition for NULL, `null` when it never is, `'true'` when always. */
export interface Gen {
  readonly nul: string | null;
  readonly value: EmitValue;
}

/** A value that statements change. */
export interface Variable {
  readonly gen: Gen & { readonly nul: string };
  readonly set: (code: string) => string;
  /** Makes it NULL. */
  readonly clear: string;
}

/** How the surrounding loop reads an input column: from a batch, a state slot, one side of a join. */
export interface InputAccess {
  cell(index: number, cx: ExprGenerator): Gen;
}

const ARITHMETIC: ReadonlySet<string> = new Set(['+', '-', '*', '/', '%', '=', '<>', '<', '<=', '>', '>=']);
const isScaled = (type: SqlType): type is SqlType & { kind: 'decimal' } => type.kind === 'decimal' && type.precision <= 18;
const isUnsigned = (type: SqlType): boolean => type.kind === 'oid' || type.kind.startsWith('reg');

/** Placeholder under a NULL. */
function zeroCode(type: SqlType): string {
  switch (physicalOf(type)) {
    case 'bool':
    case 'i32':
    case 'f64':
      return '0';
    case 'i64':
      return '0n';
    case 'bytes':
      return isRawBytes(type) ? 'null' : '""';
    case 'boxed':
      return 'null';
  }
}

export class ExprGenerator implements EmitContext {
  readonly context = 'cx';
  readonly constants: unknown[] = [];
  #access: InputAccess;
  #lines: string[] = [];
  #names = 0;
  #scopes: number[] = [0];
  #nextScope = 1;

  constructor(access: InputAccess) {
    this.#access = access;
  }

  constant(value: unknown): string {
    // 0 is not -0.
    const at = this.constants.findIndex((known) => Object.is(known, value));
    if (at >= 0) return `K${at}`;
    this.constants.push(value);
    return `K${this.constants.length - 1}`;
  }
  local(hint: string): string {
    return `${hint.replace(/[^a-zA-Z]/g, '').slice(0, 8)}_${this.#names++}`;
  }
  statement(code: string): void {
    this.#lines.push(code);
  }
  block(head: string, body: () => void): void {
    this.#lines.push(`${head} {`);
    this.#scopes.push(this.#nextScope++);
    body();
    this.#scopes.pop();
    this.#lines.push('}');
  }
  /** The scope being written, and whether an earlier one encloses it. */
  scope(): number {
    return this.#scopes.at(-1) ?? 0;
  }
  visible(scope: number): boolean {
    return this.#scopes.includes(scope);
  }
  /** The statements so far; clears them. */
  take(): string {
    const text = this.#lines.join('\n');
    this.#lines = [];
    return text;
  }

  /** Declarations that make the constants reachable by their names; `constants` is their array in the source. */
  prologue(): string {
    return this.constants.map((_, i) => `const K${i} = constants[${i}];`).join('\n');
  }

  /** Value with the decode done when `code` is first read. */
  lazy(type: SqlType, make: () => string, extra: Omit<EmitValue, 'type' | 'code'>): EmitValue {
    let name = '';
    let scope = -1;
    const generator = this;
    return {
      type,
      get code() {
        if (scope < 0 || !generator.visible(scope)) {
          name = generator.local('t');
          scope = generator.scope();
          generator.statement(`const ${name} = ${make()};`);
        }
        return name;
      },
      ...extra,
    };
  }

  /** Computes `expr`; statements are appended, the result is in locals. */
  gen(expr: Expr): Gen {
    switch (expr.kind) {
      case 'column':
        return this.#access.cell(expr.index, this);
      case 'literal':
        return this.#literal(expr.value, expr.type);
      case 'call':
      case 'cast':
      case 'field':
      case 'array':
      case 'row':
      case 'case':
      case 'coalesce':
      case 'lambda':
      case 'in':
        return this.variable(expr).gen;
      case 'and':
      case 'or': {
        const decided = expr.kind === 'and' ? 0 : 1;
        const result = this.local('r');
        const unknown = this.local('n');
        this.statement(`let ${result} = ${1 - decided}, ${unknown} = false;`);
        expr.args.forEach((arg, i) => {
          this.block(i === 0 ? '' : `if (${result} !== ${decided})`, () => {
            const g = this.gen(arg);
            if (g.nul === 'true') this.statement(`${unknown} = true;`);
            else if (g.nul === null) this.statement(`if (${g.value.code} === ${decided}) ${result} = ${decided};`);
            else this.statement(`if (${g.nul}) ${unknown} = true; else if (${g.value.code} === ${decided}) ${result} = ${decided};`);
          });
        });
        return { nul: `(${unknown} && ${result} !== ${decided})`, value: { type: { kind: 'boolean' }, code: result } };
      }
      case 'not': {
        const g = this.gen(expr.arg);
        return { nul: g.nul, value: { type: { kind: 'boolean' }, code: `(1 - ${g.value.code})` } };
      }
      case 'isNull': {
        const { nul } = this.gen(expr.arg);
        const code = nul === null ? (expr.negated ? '1' : '0') : nul === 'true' ? (expr.negated ? '0' : '1') : `(${nul} ? ${expr.negated ? '0 : 1' : '1 : 0'})`;
        return { nul: null, value: { type: { kind: 'boolean' }, code } };
      }
      case 'param':
        throw new SqlError('undefined_parameter', `there is no parameter $${expr.index + 1}`);
      case 'outer':
        throw notSupported('a correlated reference in this place');
      case 'subquery':
        throw notSupported('this subquery in a continuous query', expr.span, 'Rewrite it as a join.');
      default:
        return unreachable(expr);
    }
  }

  /** Computes `expr` into a variable, with the statements that change it. */
  variable(expr: Expr): Variable {
    const type = typeOf(expr);
    const result = this.local('r');
    const nul = this.local('n');
    const set = (code: string): string => `${result} = ${code}; ${nul} = false;`;
    this.statement(`let ${result} = ${zeroCode(type)}, ${nul} = true;`);
    this.into(expr, (code) => this.statement(set(code)), () => {});
    return { gen: { nul, value: { type, code: result } }, set, clear: `${nul} = true;` };
  }

  /** Computes `expr` here, so that no later use decodes it again. */
  held(expr: Expr): Gen {
    const { nul, value } = this.gen(expr);
    return { nul, value: { type: value.type, code: value.code } };
  }

  /** Runs `body` with columns read from elsewhere. */
  within(access: InputAccess, body: () => void): void {
    const around = this.#access;
    this.#access = access;
    body();
    this.#access = around;
  }

  /** An element of an array, map or row that `code` reads, in a local. */
  element(code: string, type: SqlType): Gen {
    const value = this.local('e');
    const nul = this.local('n');
    this.statement(`const ${nul} = ${code} === null, ${value} = ${sameInArrays(type) ? code : `${nul} ? ${zeroCode(type)} : ${this.#unboxed(code, type)}`};`);
    return { nul, value: { type, code: value } };
  }

  /** Code for the `Value` of a generated value. */
  boxed(code: string, type: SqlType): string {
    return this.#toValue({ type, code });
  }

  /**
   * Computes `expr` and continues with `onValue` or `onNull` inside the branch where the value arises: one store per
   * branch, which keeps 64-bit integers out of boxes.
   */
  into(expr: Expr, onValue: (code: string) => void, onNull: () => void): void {
    switch (expr.kind) {
      case 'call': {
        const overload = overloadOf(expr.name, expr.overload);
        if (overload.nulls === 'custom' || expr.args.length === 0) {
          const args = expr.args.map((a) => this.#valueOrNull(this.gen(a)));
          this.#evalCall(expr, args, onValue, onNull);
          return;
        }
        const args = expr.args.map((a) => this.gen(a));
        this.#unlessNull(args, onNull, () => {
          if (overload.emit === undefined) {
            this.#evalCall(expr, args.map((g) => this.#toValue(g.value)), onValue, onNull);
            return;
          }
          const code = overload.emit(args.map((g) => g.value), this, expr.type);
          if (ARITHMETIC.has(expr.name)) onValue(code);
          else this.#checked(code, onValue, onNull);
        });
        return;
      }
      case 'cast': {
        const arg = this.gen(expr.arg);
        this.#unlessNull([arg], onNull, () => this.#cast(expr, arg.value, onValue, onNull));
        return;
      }
      case 'field': {
        const arg = this.gen(expr.arg);
        this.#unlessNull([arg], onNull, () => this.#fromValue(`(${arg.value.code}[${expr.index}] ?? null)`, expr.type, onValue, onNull));
        return;
      }
      case 'array':
      case 'row':
        onValue(`[${expr.items.map((item) => this.#valueOrNull(this.gen(item))).join(', ')}]`);
        return;
      case 'case': {
        const done = this.local('L');
        this.block(`${done}:`, () => {
          for (const branch of expr.branches) {
            const when = this.gen(branch.when);
            if (when.nul === 'true') continue;
            this.block(`if (${when.nul === null ? '' : `!${when.nul} && `}${when.value.code} === 1)`, () => {
              this.into(branch.then, onValue, onNull);
              this.statement(`break ${done};`);
            });
          }
          if (expr.otherwise === null) onNull();
          else this.into(expr.otherwise, onValue, onNull);
        });
        return;
      }
      case 'coalesce': {
        const done = this.local('L');
        this.block(`${done}:`, () => {
          for (const arg of expr.args) {
            this.into(arg, (code) => {
              onValue(code);
              this.statement(`break ${done};`);
            }, () => {});
          }
          onNull();
        });
        return;
      }
      case 'lambda': {
        const list = this.gen(expr.args[0] as Expr);
        // All arguments first: an error in one counts even where the list is NULL.
        const carried = expr.args[1] === undefined ? null : this.variable(expr.args[1]);
        const captured = expr.captured.map((c) => this.held(c));
        this.#unlessNull([list], onNull, () => lambdaCode(expr, list.value.code, carried, captured, this, onValue, onNull));
        return;
      }
      case 'in': {
        const arg = this.gen(expr.arg);
        this.#unlessNull([arg], onNull, () => this.#in(expr, arg.value, onValue, onNull));
        return;
      }
      default: {
        const g = this.gen(expr);
        this.#unlessNull([g], onNull, () => onValue(g.value.code));
      }
    }
  }

  #unlessNull(args: readonly Gen[], onNull: () => void, body: () => void): void {
    const nuls = args.map((g) => g.nul).filter((c): c is string => c !== null);
    if (nuls.includes('true')) {
      onNull();
    } else if (nuls.length === 0) {
      this.block('', body);
    } else {
      this.block(`if (${nuls.join(' || ')})`, onNull);
      this.block('else', body);
    }
  }

  /** Runs `code` once and branches on a null result. */
  #checked(code: string, onValue: (code: string) => void, onNull: () => void): void {
    const result = this.local('x');
    this.statement(`const ${result} = ${code};`);
    this.block(`if (${result} === null)`, onNull);
    this.block('else', () => onValue(result));
  }

  #evalCall(expr: Expr & { kind: 'call' }, args: readonly string[], onValue: (code: string) => void, onNull: () => void): void {
    const overload = overloadOf(expr.name, expr.overload);
    const types = expr.args.map(typeOf);
    const call = (values: readonly Value[], cx: EvalContext): Value => overload.eval(values, cx, types, expr.type);
    this.#fromValue(`${this.constant(call)}([${args.join(', ')}], ${this.context})`, expr.type, onValue, onNull);
  }

  #cast(expr: Expr & { kind: 'cast' }, arg: EmitValue, onValue: (code: string) => void, onNull: () => void): void {
    const from = arg.type;
    const to = expr.type;
    if (typeEquals(from, to)) return onValue(arg.code);
    if (!expr.try) {
      const fast = castEmit(arg, to, this);
      if (fast !== undefined) return onValue(fast);
    }
    let fn: CastFunction = castFunction(from, to);
    if (expr.try) {
      const strict = fn;
      fn = (value, cx) => {
        try {
          return strict(value, cx);
        } catch (error) {
          if (error instanceof SqlError) return null;
          throw error;
        }
      };
    }
    this.#fromValue(`${this.constant(fn)}(${this.#toValue(arg)}, ${this.context})`, to, onValue, onNull);
  }

  #in(expr: Expr & { kind: 'in' }, arg: EmitValue, onValue: (code: string) => void, onNull: () => void): void {
    const type = arg.type;
    const physical = physicalOf(type);
    const yes = expr.negated ? '0' : '1';
    const no = expr.negated ? '1' : '0';
    const direct = physical === 'bool' || physical === 'i32' || physical === 'i64' || (physical === 'bytes' && !isRawBytes(type) && type.kind !== 'char');
    const literals = expr.list.every((e) => e.kind === 'literal' && e.value !== null && typeEquals(e.type, type));
    if (literals && direct && expr.list.length > 8) {
      const keys = expr.list.map((e) => (e.kind === 'literal' ? (isScaled(type) ? numericToScaled(e.value as Numeric, type.scale) : physical === 'bool' ? Number(e.value) : e.value) : null));
      onValue(`(${this.constant(new Set(keys))}.has(${arg.code}) ? ${yes} : ${no})`);
      return;
    }
    const compare = comparatorOf(type);
    const done = this.local('L');
    const unknown = this.local('u');
    this.block(`${done}:`, () => {
      this.statement(`let ${unknown} = false;`);
      for (const item of expr.list) {
        const g = this.gen(item);
        if (g.nul === 'true') {
          this.statement(`${unknown} = true;`);
          continue;
        }
        const same = direct && typeEquals(g.value.type, type);
        const equal = same ? `${arg.code} === ${g.value.code}` : `${this.constant(compare)}(${this.#toValue(arg)}, ${this.#toValue(g.value)}) === 0`;
        this.block(g.nul === null ? '' : `if (${g.nul}) ${unknown} = true; else`, () => {
          this.block(`if (${equal})`, () => {
            onValue(yes);
            this.statement(`break ${done};`);
          });
        });
      }
      this.block(`if (${unknown})`, onNull);
      this.block('else', () => onValue(no));
    });
  }

  /** Code for the `Value` of a non-NULL generated value. */
  #toValue(value: EmitValue): string {
    if (value.type.kind === 'boolean') return `(${value.code} === 1)`;
    if (isScaled(value.type)) return `${this.constant(numericFromScaled)}(${value.code}, ${value.type.scale})`;
    return value.code;
  }
  #valueOrNull(g: Gen): string {
    if (g.nul === 'true') return 'null';
    return g.nul === null ? this.#toValue(g.value) : `(${g.nul} ? null : ${this.#toValue(g.value)})`;
  }
  /** The other way round, from code that may give null. */
  #fromValue(code: string, type: SqlType, onValue: (code: string) => void, onNull: () => void): void {
    this.#checked(code, (result) => onValue(this.#unboxed(result, type)), onNull);
  }
  #unboxed(code: string, type: SqlType): string {
    if (type.kind === 'boolean') return `(${code} ? 1 : 0)`;
    return isScaled(type) ? `${this.constant(numericToScaled)}(${code}, ${type.scale})` : code;
  }

  #literal(value: Value, type: SqlType): Gen {
    if (value === null) return { nul: 'true', value: { type, code: zeroCode(type) } };
    switch (physicalOf(type)) {
      case 'bool':
        return { nul: null, value: { type, code: value === true ? '1' : '0' } };
      case 'i32': {
        const n = Number(value);
        return { nul: null, value: { type, code: n < 0 ? `(${n})` : String(n) } };
      }
      case 'f64': {
        const n = value as number;
        return { nul: null, value: { type, code: Number.isFinite(n) && n > 0 ? String(n) : this.constant(n) } };
      }
      case 'i64': {
        const n = isScaled(type) ? numericToScaled(value as Numeric, type.scale) : (value as bigint);
        return { nul: null, value: { type, code: n < 0n ? `(${n}n)` : `${n}n` } };
      }
      case 'bytes': {
        const bytes = typeof value === 'string' ? new TextEncoder().encode(value) : (value as Uint8Array);
        const ref = { data: this.constant(bytes), offset: '0', length: String(bytes.length) };
        return { nul: null, value: { type, code: typeof value === 'string' ? JSON.stringify(value) : this.constant(bytes), ref } };
      }
      case 'boxed':
        return { nul: null, value: { type, code: this.constant(value) } };
    }
  }
}

const DECODER = new TextDecoder();
/** Text of a reference; short ASCII without the decoder. */
export function decodeText(data: Uint8Array, offset: number, length: number): string {
  if (length < 24) {
    let text = '';
    for (let i = 0; i < length; i++) {
      const b = data[offset + i] as number;
      if (b > 127) return DECODER.decode(data.subarray(offset, offset + length));
      text += String.fromCharCode(b);
    }
    return text;
  }
  return DECODER.decode(data.subarray(offset, offset + length));
}

/** Reads columns `c<index>` of a batch at row `i`. `nullable` says which may hold NULLs in this variant. */
export class BatchAccess implements InputAccess {
  readonly #types: readonly SqlType[];
  readonly #nullable: boolean;
  readonly used: Set<number> = new Set<number>();
  readonly #cells = new Map<number, { readonly scope: number; readonly gen: Gen }>();

  constructor(types: readonly SqlType[], nullable: boolean) {
    this.#types = types;
    this.#nullable = nullable;
  }

  /** Declarations of the arrays of the columns used so far; `columns` is their array in the source. */
  prologue(): string {
    return [...this.used]
      .map((k) => {
        const arrays =
          physicalOf(this.#types[k] as SqlType) === 'bytes'
            ? `d${k} = columns[${k}].data, o${k} = columns[${k}].offsets, l${k} = columns[${k}].lengths`
            : `v${k} = columns[${k}].values`;
        const words = physicalOf(this.#types[k] as SqlType) === 'i64' ? `, w${k} = columns[${k}].words` : '';
        return `const z${k} = columns[${k}].nulls, ${arrays}${words};`;
      })
      .join('\n');
  }

  cell(index: number, cx: ExprGenerator): Gen {
    const known = this.#cells.get(index);
    if (known !== undefined && cx.visible(known.scope)) return known.gen;
    this.used.add(index);
    const gen = this.#read(index, cx);
    this.#cells.set(index, { scope: cx.scope(), gen });
    return gen;
  }

  #read(k: number, cx: ExprGenerator): Gen {
    const type = this.#types[k] as SqlType;
    let nul: string | null = null;
    if (this.#nullable) {
      nul = cx.local('n');
      cx.statement(`const ${nul} = z${k} !== null && z${k}[i] === 1;`);
    }
    switch (physicalOf(type)) {
      case 'bytes': {
        const ref = { data: `d${k}`, offset: `o${k}[i]`, length: `l${k}[i]` };
        const make = isRawBytes(type) ? `d${k}.slice(o${k}[i], o${k}[i] + l${k}[i])` : `${cx.constant(decodeText)}(d${k}, o${k}[i], l${k}[i])`;
        return { nul, value: cx.lazy(type, () => make, { ref }) };
      }
      case 'i64':
        return { nul, value: cx.lazy(type, () => `v${k}[i]`, { words: { low: `w${k}[2 * i]`, high: `w${k}[2 * i + 1]` } }) };
      case 'i32':
        return { nul, value: cx.lazy(type, () => (isUnsigned(type) ? `v${k}[i] >>> 0` : `v${k}[i]`), {}) };
      case 'bool':
      case 'f64':
      case 'boxed':
        return { nul, value: cx.lazy(type, () => `v${k}[i]`, {}) };
    }
  }
}

import type { Batch } from '../../common/batch/batch.ts';
import type { Column } from '../../common/batch/column.ts';
import { ScaledDecimals } from '../../common/batch/scaled-decimals.ts';
import { isRawBytes } from '../../common/batch/builder.ts';
import { physicalOf, type SqlType } from '../../common/types/sql-type.ts';
import type { EvalContext } from '../../functions/define.ts';
import type { Expr } from '../../planner/expr.ts';
import { gather } from '../columns.ts';
import { BatchAccess, ExprGenerator } from './generate.ts';
import { columnsOf, typeOf } from './interpret.ts';
import { canScale, emitScaled } from './scaled.ts';
import { TextColumnWriter } from './text-writer.ts';
import { callsUsers, compileUserCalc } from './user-calls.ts';

/** Whether the batch's rows pass, and its projection; throws on the first row that fails. */
export interface CompiledCalc {
  run(batch: Batch, cx: EvalContext): Batch;
}

type Loop = (columns: readonly Column[], ops: Uint8Array | null, n: number, cx: EvalContext, result: LoopResult) => number;

/** What the generated loop hands back besides the number of rows. */
interface LoopResult {
  selection: Int32Array | null;
  ops: Uint8Array | null;
  columns: (Column | null)[];
}

/** Batches with values too large for 64-bit decimals after which they are no longer tried. */
const SCALING_MISSES_MAX = 16;

const cache = new Map<string, { readonly loop: Loop; readonly constants: readonly unknown[] }>();

/** Text that is the same for expressions that do the same. */
export function structuralKey(value: unknown): string {
  return JSON.stringify(value, (key, v: unknown) => {
    if (key === 'span') return undefined;
    if (typeof v === 'bigint') return `${v}n`;
    if (v instanceof Uint8Array) return `x${Buffer.from(v).toString('hex')}`;
    if (typeof v === 'number' && !Number.isFinite(v)) return String(v);
    return Object.is(v, -0) ? '-0' : v;
  });
}

/**
 * Filter and projection as one generated loop. Columns passed through untouched are shared when no row is dropped, else
 * gathered (text by reference). An update pair that loses a half becomes +I or -D.
 *
 * @param upsert the input has +U without -U: a row that doesn't pass then deletes its key, and deletes always pass.
 */
export function compileCalc(types: readonly SqlType[], filter: Expr | null, exprs: readonly Expr[], upsert = false): CompiledCalc {
  return callsUsers(filter, exprs) ? compileUserCalc(types, filter, exprs, upsert, compileLoop, structuralKey) : compileLoop(types, filter, exprs, upsert);
}

function compileLoop(types: readonly SqlType[], filter: Expr | null, exprs: readonly Expr[], upsert: boolean): CompiledCalc {
  const key = structuralKey([types.map((t) => physicalOf(t)), types, filter, exprs, upsert]);
  const read = columnsOf(filter === null ? exprs : [filter, ...exprs]);
  const variant = (nullable: boolean, scaled: boolean): Loop => {
    const variantKey = `${nullable ? 'n' : '-'}${scaled ? 's' : '-'}${key}`;
    let entry = cache.get(variantKey);
    if (entry === undefined) {
      if (cache.size > 2000) cache.clear();
      cache.set(variantKey, (entry = generateCalc(types, filter, exprs, upsert, nullable, scaled)));
    }
    return entry.loop;
  };
  const passed = exprs.map((e) => (e.kind === 'column' ? e.index : -1));
  const allPassed = filter === null && passed.every((p) => p >= 0);
  let plain: Loop | null = null;
  let withNulls: Loop | null = null;
  // Wide decimals in 64 bits, as long as the values allow it.
  let scaling = exprs.some(canScale);
  let misses = 0;
  let plainScaled: Loop | null = null;
  let withNullsScaled: Loop | null = null;
  return {
    run(batch, cx) {
      if (allPassed) return { rowCount: batch.rowCount, ops: batch.ops, columns: passed.map((p) => batch.columns[p] as Column) };
      const n = batch.rowCount;
      const hasNulls = read.some((k) => batch.columns[k]?.nulls !== null);
      let result: LoopResult = { selection: null, ops: batch.ops, columns: [] };
      let count = -1;
      if (scaling) {
        const loop = hasNulls ? (withNullsScaled ??= variant(true, true)) : (plainScaled ??= variant(false, true));
        count = loop(batch.columns, batch.ops, n, cx, result);
        if (count < 0 && ++misses >= SCALING_MISSES_MAX) scaling = false;
      }
      if (count < 0) {
        result = { selection: null, ops: batch.ops, columns: [] };
        const loop = hasNulls ? (withNulls ??= variant(true, false)) : (plain ??= variant(false, false));
        count = loop(batch.columns, batch.ops, n, cx, result);
      }
      const columns = exprs.map((_, i) => {
        const p = passed[i] as number;
        if (p < 0) return result.columns[i] as Column;
        const column = batch.columns[p] as Column;
        return count === n || result.selection === null ? column : gather(column, result.selection, count);
      });
      return { rowCount: count, ops: result.ops, columns };
    },
  };
}

function generateCalc(types: readonly SqlType[], filter: Expr | null, exprs: readonly Expr[], upsert: boolean, nullable: boolean, scaled: boolean): { loop: Loop; constants: readonly unknown[] } {
  const access = new BatchAccess(types, nullable);
  const cx = new ExprGenerator(access);
  const outputs = exprs.map((expr, i) => ({ expr, i, type: typeOf(expr) })).filter((o) => o.expr.kind !== 'column');
  const declared: string[] = [];
  const finished: string[] = [];
  for (const { i, type } of outputs) {
    declared.push(`let y${i} = null;`);
    const physical = physicalOf(type);
    if (scaled && canScale(exprs[i] as Expr)) {
      declared.push(`const x${i} = new BigInt64Array(n);`);
      finished.push(`result.columns[${i}] = new ${cx.constant(ScaledDecimals)}(x${i}, ${type.kind === 'decimal' ? type.scale : 0}, y${i});`);
      continue;
    }
    switch (physical) {
      case 'bool':
        declared.push(`const x${i} = new Uint8Array(n);`);
        break;
      case 'i32':
        declared.push(`const x${i} = new Int32Array(n);`);
        break;
      case 'i64':
        declared.push(`const x${i} = new BigInt64Array(n);`);
        finished.push(`result.columns[${i}] = { physical: 'i64', values: x${i}, words: new Int32Array(x${i}.buffer), nulls: y${i} };`);
        break;
      case 'f64':
        declared.push(`const x${i} = new Float64Array(n);`);
        break;
      case 'bytes':
        declared.push(`const x${i} = new ${cx.constant(TextColumnWriter)}(n);`);
        finished.push(`result.columns[${i}] = x${i}.finish(y${i});`);
        break;
      case 'boxed':
        declared.push(`const x${i} = [];`);
        break;
    }
    if (physical !== 'i64' && physical !== 'bytes') finished.push(`result.columns[${i}] = { physical: '${physical}', values: x${i}, nulls: y${i} };`);
  }
  if (filter !== null) {
    cx.statement('let pass = false;');
    cx.block('test:', () => {
      for (const conjunct of filter.kind === 'and' ? filter.args : [filter]) {
        const g = cx.gen(conjunct);
        if (g.nul === 'true') cx.statement('break test;');
        else cx.statement(`if (${g.nul === null ? '' : `${g.nul} || `}${g.value.code} !== 1) break test;`);
      }
      cx.statement('pass = true;');
    });
    cx.statement('let op = 0;');
    cx.block('if (ops !== null)', () => {
      cx.statement('op = ops[i];');
      if (upsert) {
        cx.statement('if (!pass) { op = 3; pass = true; }');
      } else {
        cx.statement(`
if (op === 2 && i > 0 && ops[i - 1] === 1) {
  if (pass && !before) op = 0;
  else if (!pass && before) outOps[o - 1] = 3;
}
before = op === 1 && pass;`);
      }
    });
    if (upsert) cx.statement('else if (!pass) { op = 3; pass = true; if (outOps === null) { outOps = new Uint8Array(n); } }');
    cx.statement('if (!pass) continue;');
    cx.statement('if (outOps !== null) outOps[o] = op;');
    cx.statement('selection[o] = i;');
  }
  const passed = cx.take();
  for (const { expr, i, type } of outputs) {
    const physical = physicalOf(type);
    if (scaled && canScale(expr)) {
      cx.block('', () => {
        const { code, nuls } = emitScaled(expr, cx);
        if (nuls.length > 0) cx.statement(`if (${nuls.join(' || ')}) (y${i} ??= new Uint8Array(n))[o] = 1; else`);
        cx.statement(`x${i}[o] = ${code};`);
      });
      continue;
    }
    const store = (code: string): void => {
      if (physical === 'bytes') cx.statement(`x${i}.${isRawBytes(type) ? 'raw' : 'text'}(o, ${code});`);
      else cx.statement(`x${i}[o] = ${code};`);
    };
    cx.block('', () =>
      cx.into(expr, store, () => {
        cx.statement(`(y${i} ??= new Uint8Array(n))[o] = 1;`);
        if (physical === 'boxed') cx.statement(`x${i}[o] = null;`);
      }),
    );
  }
  const body = cx.take();
  const source = `
'use strict';
${cx.prologue()}
return function calc(columns, ops, n, cx, result) {
${access.prologue()}
${declared.join('\n')}
${filter === null ? '' : 'const selection = new Int32Array(n); let outOps = ops === null ? null : new Uint8Array(n), before = false;'}
let o = 0;
for (let i = 0; i < n; i++) {
${passed}
${body}
o++;
}
${finished.join('\n')}
${filter === null ? '' : 'result.selection = selection; result.ops = outOps;'}
return o;
};`;
  const make = new Function('constants', source) as (constants: readonly unknown[]) => Loop;
  return { loop: make(cx.constants), constants: cx.constants };
}

/** Rows of the columns for which the condition is true: fills `selection` and returns their number. */
export type Predicate = (columns: readonly Column[], n: number, cx: EvalContext, selection: Int32Array) => number;

export function compilePredicate(types: readonly SqlType[], condition: Expr): Predicate {
  const calc = compileCalc([...types, { kind: 'int' }], condition, [{ kind: 'column', index: types.length, type: { kind: 'int' }, nullable: false }]);
  return (columns, n, cx, selection) => {
    const numbers = new Int32Array(n);
    for (let i = 0; i < n; i++) numbers[i] = i;
    const out = calc.run({ rowCount: n, ops: null, columns: [...columns, { physical: 'i32', values: numbers, nulls: null }] }, cx);
    const kept = out.columns[0];
    if (kept?.physical === 'i32') selection.set(kept.values.subarray(0, out.rowCount));
    return out.rowCount;
  };
}

import { assert, unreachable } from '../common/errors.ts';
import { INT, typeEquals, typeName, type SqlType } from '../common/types/sql-type.ts';
import type { Schema } from '../common/batch/batch.ts';
import type { Expr } from './expr.ts';
import { typeOf } from './interpret.ts';
import { bodyRow } from './lambda.ts';
import type { LogicalPlan } from './logical.ts';
import { exprChildren, planExprs, planInputs } from './walk.ts';

/**
 * Checks that a plan is well-formed: references hit columns of the right type, schemas agree with what the node gives.
 * Errors: InternalError, naming the node.
 * @param outer rows of the enclosing scopes, the nearest first.
 */
export function verifyPlan(plan: LogicalPlan, outer: readonly Schema[] = []): void {
  const inputs = planInputs(plan);
  const row = inputRow(plan);
  for (const e of planExprs(plan)) verifyExpr(e, row, outer, plan.kind);
  verifyNode(plan);
  for (const [i, input] of inputs.entries()) {
    const left = inputs[0]?.schema ?? [];
    verifyPlan(input, plan.kind === 'join' && plan.lateral && i === 1 ? [left, ...outer] : outer);
  }
}

function inputRow(plan: LogicalPlan): Schema {
  switch (plan.kind) {
    case 'scan':
    case 'values':
    case 'tableFunction':
    case 'workingTable':
    case 'recursive':
      return [];
    case 'join':
    case 'asOfJoin':
      return [...plan.left.schema, ...plan.right.schema];
    case 'setOp':
      return plan.inputs[0]?.schema ?? [];
    default:
      return plan.input.schema;
  }
}

function sameTypes(a: Schema, b: readonly SqlType[], where: string): void {
  assert(a.length === b.length, `${where}: ${a.length} columns declared, ${b.length} given`);
  for (const [i, f] of a.entries()) {
    const t = b[i];
    assert(t !== undefined && typeEquals(f.type, t), `${where}: column ${i} "${f.name}" is ${typeName(f.type)}, not ${t === undefined ? 'there' : typeName(t)}`);
  }
}

const typesOf = (schema: Schema): SqlType[] => schema.map((f) => f.type);

function verifyNode(p: LogicalPlan): void {
  switch (p.kind) {
    case 'scan':
      assert(p.projection === null || p.projection.length === p.schema.length, 'scan: projection and schema differ in length');
      return;
    case 'values':
      for (const row of p.rows) sameTypes(p.schema, row.map((e) => typeOf(e)), 'values');
      return;
    case 'project':
      return sameTypes(p.schema, p.exprs.map((e) => typeOf(e)), 'project');
    case 'filter':
      assert(typeOf(p.condition).kind === 'boolean', 'filter: condition is not boolean');
      return sameTypes(p.schema, typesOf(p.input.schema), 'filter');
    case 'distinct':
    case 'sort':
    case 'limit':
      return sameTypes(p.schema, typesOf(p.input.schema), p.kind);
    case 'watermark':
      assert(p.input.schema[p.column] !== undefined, 'watermark: no such column');
      return sameTypes(p.schema, typesOf(p.input.schema), 'watermark');
    case 'aggregate':
      return sameTypes(p.schema, [...p.keys.map((e) => typeOf(e)), ...p.calls.map((c) => c.type), ...(p.sets === null ? [] : [INT])], 'aggregate');
    case 'join':
      if (p.condition !== null) assert(typeOf(p.condition).kind === 'boolean', 'join: condition is not boolean');
      return sameTypes(p.schema, p.type === 'semi' || p.type === 'anti' ? typesOf(p.left.schema) : [...typesOf(p.left.schema), ...typesOf(p.right.schema)], 'join');
    case 'asOfJoin':
      if (p.condition !== null) assert(typeOf(p.condition).kind === 'boolean', 'asOfJoin: condition is not boolean');
      assert((p.time === null) === (p.form === 'current'), `asOfJoin: ${p.form} ${p.time === null ? 'without' : 'with'} a time`);
      return sameTypes(p.schema, [...typesOf(p.left.schema), ...typesOf(p.right.schema)], 'asOfJoin');
    case 'setOp':
      for (const input of p.inputs) sameTypes(p.schema, typesOf(input.schema), p.op);
      return;
    case 'topN':
      return sameTypes(p.schema, [...typesOf(p.input.schema), ...(p.rank ? [{ kind: 'bigint' } as const] : [])], 'topN');
    case 'over':
      return sameTypes(p.schema, [...typesOf(p.input.schema), ...p.calls.map((c) => c.type)], 'over');
    case 'window': {
      const time = p.input.schema[p.timeColumn]?.type;
      assert(time?.kind === 'timestamp' || time?.kind === 'timestamptz', 'window: time column is no timestamp');
      return sameTypes(p.schema, [...typesOf(p.input.schema), time, time, time], 'window');
    }
    case 'recursive':
      for (const input of [p.base, p.step]) sameTypes(p.schema, typesOf(input.schema), 'recursive');
      return;
    case 'tableFunction':
    case 'workingTable':
      return;
    default:
      return unreachable(p);
  }
}

function verifyExpr(e: Expr, row: Schema, outer: readonly Schema[], where: string): void {
  switch (e.kind) {
    case 'column': {
      const f = row[e.index];
      assert(f !== undefined, `${where}: column ${e.index} of ${row.length}`);
      assert(typeEquals(f.type, e.type), `${where}: column ${e.index} "${f.name}" is ${typeName(f.type)}, not ${typeName(e.type)}`);
      break;
    }
    case 'outer': {
      const f = outer[e.depth - 1]?.[e.index];
      assert(f !== undefined, `${where}: outer column ${e.depth}.${e.index}`);
      assert(typeEquals(f.type, e.type), `${where}: outer column ${e.depth}.${e.index} "${f.name}" is ${typeName(f.type)}, not ${typeName(e.type)}`);
      break;
    }
    case 'lambda':
      for (const body of e.bodies) verifyExpr(body.expr, bodyRow(e, body, (_, i) => `captured ${i}`), [], `${where}: ${e.name}`);
      break;
    case 'subquery':
      verifyPlan(e.plan, [row, ...outer]);
      if (e.compare?.kind === 'call') for (const arg of e.compare.args.slice(1)) verifyExpr(arg, e.plan.schema, [row, ...outer], `${where} comparison`);
      break;
    default:
      break;
  }
  for (const child of exprChildren(e)) verifyExpr(child, row, outer, where);
}

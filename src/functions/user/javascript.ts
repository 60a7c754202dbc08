import { SqlError } from '../../common/errors.ts';
import { columnFromValues, readValue } from '../../common/batch/builder.ts';
import type { Column } from '../../common/batch/column.ts';
import { i64Column } from '../../common/batch/column.ts';
import type { SqlType } from '../../common/types/sql-type.ts';
import type { Value } from '../../common/types/value.ts';
import type { AggregateOverload, ArgType, EvalContext, FunctionDef } from '../define.ts';
import { LANE_BYTES, laneOf, resultLane } from './glue.ts';
import { RoutineInstance } from './instance.ts';
import { routineOf, type UserRoutine } from './routine.ts';
import { checkedInt, fromWire, toWire, type Wire } from './wire.ts';

/** Functions of the tables' shape (`define.ts`) made of users' routines. */

interface Made {
  readonly instance: RoutineInstance;
  readonly def: FunctionDef;
}

/** A thread's functions by key. Those of statements long gone are let go with their sandboxes. */
const made = new Map<string, Made>();
const MADE_MAX = 200;

function madeOf(key: string): Made | undefined {
  const found = made.get(key);
  if (found !== undefined) return found;
  const routine = routineOf(key);
  if (routine === undefined) return undefined;
  if (made.size >= MADE_MAX) made.clear();
  const instance = new RoutineInstance(routine);
  const fresh: Made = { instance, def: define(key, instance) };
  made.set(key, fresh);
  return fresh;
}

/** The function that a plan names by the key of a routine. */
export const userFunction = (key: string): FunctionDef | undefined => madeOf(key)?.def;

const argType = (type: SqlType): ArgType => (type.kind === 'array' ? { array: type.element.kind } : type.kind);

function define(key: string, instance: RoutineInstance): FunctionDef {
  const { routine } = instance;
  const args = routine.params.map((p) => argType(p.type));
  const { volatility } = routine;
  const shared = { name: key, doc: '', examples: [] };
  const nulls = routine.strict ? 'strict' : 'custom';
  switch (routine.kind) {
    case 'scalar':
      return { ...shared, kind: 'scalar', overloads: [{ args, returns: resultType(routine), volatility, nulls, eval: (values, cx) => callRow(instance, values, cx) }] };
    case 'table':
      return { ...shared, kind: 'table', overloads: [{ args, returns: () => routine.returns, volatility, eval: (values, cx) => callTable(instance, values, cx) }] };
    case 'aggregate':
      return { ...shared, kind: 'aggregate', overloads: [aggregate(instance, args)] };
  }
}

const resultType = (routine: UserRoutine): SqlType => routine.returns[0]?.type ?? { kind: 'varchar' };

const seedOf = (routine: UserRoutine, cx: EvalContext): string => (routine.volatility === 'volatile' ? String(Math.floor(cx.random() * 0x7fffffff) + 1) : '');

const argsText = ({ params }: UserRoutine, values: readonly Value[]): string => JSON.stringify(params.map((p, i) => toWire(p.type, values[i] ?? null)));

// `JSON.parse` of what the glue wrote; what is inside is checked by `fromWire`.
const wireOf = (text: string): Wire => JSON.parse(text) as Wire;

function listOf(text: string): readonly Wire[] {
  const list = wireOf(text);
  if (!Array.isArray(list)) throw new SqlError('external_routine_exception', 'no rows came back');
  return list as readonly Wire[];
}

function callRow(instance: RoutineInstance, values: readonly Value[], cx: EvalContext): Value {
  const { routine } = instance;
  return instance.run(({ sandbox, row }) => fromWire(resultType(routine), wireOf(sandbox.callText(row, argsText(routine, values), seedOf(routine, cx)))));
}

function callTable(instance: RoutineInstance, values: readonly Value[], cx: EvalContext): readonly (readonly Value[])[] {
  const { routine } = instance;
  if (routine.strict && values.includes(null)) return [];
  return instance.run(({ sandbox, row }) =>
    listOf(sandbox.callText(row, argsText(routine, values), seedOf(routine, cx))).map((cells) => routine.returns.map((r, i) => fromWire(r.type, Array.isArray(cells) ? (cells[i] ?? null) : null))));
}

// ------------------------------------------------------------------------------------------------------- aggregates

/** A state is text, or null at first. */
type State = string | null;
const asState = (state: unknown): State => (typeof state === 'string' ? state : null);

/** Rows into (weight 1) or out of (-1) the states they name by position. Gives the new states. */
export function updateStates(instance: RoutineInstance, states: readonly State[], slots: readonly number[], weights: readonly number[], rows: readonly (readonly Wire[])[]): string[] {
  return instance.run(({ sandbox, update }) => texts(sandbox.callText(update, JSON.stringify([states, slots, weights, rows]), ''), states.length));
}

/** The aggregates' results for states. */
export function finishStates(instance: RoutineInstance, states: readonly State[]): Value[] {
  const type = resultType(instance.routine);
  return instance.run(({ sandbox, finish }) => listOf(sandbox.callText(finish, JSON.stringify(states))).map((w) => fromWire(type, w)));
}

function mergeStates(instance: RoutineInstance, a: State, b: State): string {
  return instance.run(({ sandbox, merge }) => texts(sandbox.callText(merge, JSON.stringify([[a, b]])), 1)[0] as string);
}

function texts(text: string, count: number): string[] {
  const list = listOf(text);
  if (list.length !== count || !list.every((t) => typeof t === 'string')) throw new SqlError('external_routine_exception', 'no states came back');
  return list as string[];
}

function aggregate(instance: RoutineInstance, args: readonly ArgType[]): AggregateOverload {
  const { routine } = instance;
  const row = (values: readonly Value[]): Wire[] => routine.params.map((p, i) => toWire(p.type, values[i] ?? null));
  const step = (weight: number) => (state: unknown, values: readonly Value[]): unknown => updateStates(instance, [asState(state)], [0], [weight], [row(values)])[0];
  const parts = partsOf(instance);
  return {
    args, returns: resultType(routine), skipsNulls: routine.strict,
    init: () => null,
    insert: step(1),
    retract: parts.has('retract') ? step(-1) : null,
    merge: parts.has('merge') ? (a, b) => mergeStates(instance, asState(a), asState(b)) : null,
    result: (state) => finishStates(instance, [asState(state)])[0] ?? null,
  };
}

const partsOf = (instance: RoutineInstance): ReadonlySet<string> => instance.run(({ parts }) => parts);

/** The instance behind an aggregate or scalar function of the user, for callers that have whole batches. */
export const routineInstance = (key: string): RoutineInstance | undefined => madeOf(key)?.instance;

// ---------------------------------------------------------------------------------------------------------- batches

/** A scalar function over the first `n` rows of columns. Errors: of the first row that fails. */
export function callBatch(instance: RoutineInstance, columns: readonly Column[], n: number, cx: EvalContext): Column {
  const { routine } = instance;
  const type = resultType(routine);
  const lane = resultLane(type);
  const lanes = routine.params.map((p) => laneOf(p.type));
  let end = 0;
  const take = (bytes: number): number => {
    const at = end;
    end += (bytes + 7) & ~7;
    return at;
  };
  const places = lanes.map((l, i) => (l === 'json' ? null : { at: take(n * LANE_BYTES[l]), nulls: columns[i]?.nulls == null ? -1 : take(n) }));
  const out = lane === 'json' ? 0 : take(n * LANE_BYTES[lane]);
  const outNulls = take(n);
  return instance.run(({ sandbox, batch, room }) => {
    const size = sandbox.number(end);
    const buffer = sandbox.call(room, [size]);
    sandbox.free(size);
    const { memory, at } = sandbox.bytesOf(buffer);
    const parts: unknown[] = places.map((place, i) => {
      const column = columns[i] as Column;
      const p = routine.params[i] as UserRoutine['params'][number];
      if (place === null) return Array.from({ length: n }, (_, row) => toWire(p.type, readValue(p.type, column, row)));
      if (column.physical === 'i32') new Int32Array(memory, at + place.at, n).set(column.values.subarray(0, n));
      else if (column.physical === 'f64') new Float64Array(memory, at + place.at, n).set(column.values.subarray(0, n));
      else if (column.physical === 'i64') new BigInt64Array(memory, at + place.at, n).set(column.values.subarray(0, n));
      else if (column.physical === 'bool') new Uint8Array(memory, at + place.at, n).set(column.values.subarray(0, n));
      if (place.nulls >= 0 && column.nulls !== null) new Uint8Array(memory, at + place.nulls, n).set(column.nulls.subarray(0, n));
      return [place.at, place.nulls];
    });
    const count = sandbox.number(n);
    const text = sandbox.text(JSON.stringify([...parts, out, outNulls]));
    const seed = sandbox.text(seedOf(routine, cx));
    try {
      const result = sandbox.call(batch, [count, text, seed]);
      const json = lane === 'json' ? sandbox.textOf(result) : '';
      sandbox.free(result);
      if (lane === 'json') {
        const list = listOf(json);
        return columnFromValues(type, Array.from({ length: n }, (_, i) => [fromWire(type, list[i] ?? null)]), 0);
      }
      const done = sandbox.bytesOf(buffer);
      const flags = new Uint8Array(done.memory, done.at + outNulls, n).slice();
      return resultColumn(type, done.memory, done.at + out, flags, n);
    } finally {
      sandbox.free(count);
      sandbox.free(text);
      sandbox.free(seed);
      sandbox.free(buffer);
    }
  });
}

function resultColumn(type: SqlType, memory: ArrayBuffer, at: number, flags: Uint8Array, n: number): Column {
  const nulls = flags.includes(1) ? flags : null;
  switch (resultLane(type)) {
    case 'BigInt64':
      return i64Column(new BigInt64Array(memory, at, n).slice(), nulls);
    case 'Uint8':
      return { physical: 'bool', values: new Uint8Array(memory, at, n).slice(), nulls };
    default: {
      const given = new Float64Array(memory, at, n);
      if (type.kind === 'double') return { physical: 'f64', values: given.slice(), nulls };
      if (type.kind === 'real') return { physical: 'f64', values: given.map(Math.fround), nulls };
      return { physical: 'i32', values: Int32Array.from(given, (v, i) => (flags[i] === 1 ? 0 : checkedInt(type, v))), nulls };
    }
  }
}

/** Loads a routine, for CREATE FUNCTION: what is wrong with it and where, or null. */
export function checkLoads(routine: UserRoutine): { readonly error: SqlError; readonly place: { readonly line: number; readonly column: number } | undefined } | null {
  return new RoutineInstance(routine).check();
}

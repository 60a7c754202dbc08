import { physicalOf, type SqlType } from '../../common/types/sql-type.ts';
import type { Value } from '../../common/types/value.ts';
import { buildMap } from '../../functions/maps.ts';
import type { Expr, LambdaCall } from '../../planner/expr.ts';
import { parameterTypes } from '../../planner/lambda.ts';
import type { ExprGenerator, Gen, InputAccess, Variable } from './generate.ts';
import { typeOf } from './interpret.ts';

/** Code of functions over elements: a loop with the body in it, without a function per row or per element. */

/** The row of a body: its parameters and what it captured, all in locals. */
class BodyAccess implements InputAccess {
  readonly #cells: readonly Gen[];

  constructor(cells: readonly Gen[]) {
    this.#cells = cells;
  }

  cell(index: number): Gen {
    return this.#cells[index] as Gen;
  }
}

/**
 * Continues with the value of a call over a list that is not NULL.
 * @param carried what `reduce` begins with and carries on.
 */
export function lambdaCode(e: LambdaCall, list: string, carried: Variable | null, captured: readonly Gen[], g: ExprGenerator, onValue: (code: string) => void, onNull: () => void): void {
  const [over] = e.args;
  const overType = typeOf(over as Expr);
  const types = parameterTypes(e.form, overType, carried?.gen.value.type ?? e.type);
  const each = carried === null ? types : types.slice(1);
  const items = g.local('list');
  g.statement(`const ${items} = ${list};`);
  const k = g.local('k');

  /** The loop; its parts see the element as `item`. */
  const loop = (body: (item: string, run: (at: number, value: (code: string, type: SqlType) => void, none: () => void) => void) => void, head = ''): void => {
    g.block(`${head}for (let ${k} = 0; ${k} < ${items}.length; ${k}++)`, () => {
      const item = g.local('item');
      g.statement(`const ${item} = ${items}[${k}];`);
      const cells = each.map((type, i) => g.element(overType.kind === 'map' ? `${item}[${i}]` : item, type));
      const access = new BodyAccess([...(carried === null ? [] : [carried.gen]), ...cells, ...captured]);
      body(item, (at, value, none) => {
        const { expr } = e.bodies[at] as LambdaCall['bodies'][number];
        g.within(access, () => g.into(expr, (code) => value(code, typeOf(expr)), none));
      });
    });
  };

  switch (e.form) {
    case 'transform': {
      const made = g.local('made');
      g.statement(`const ${made} = new Array(${items}.length);`);
      if (e.type.kind === 'map') {
        const { key } = e.type;
        loop((_item, run) => {
          const pair = g.local('pair');
          g.statement(`const ${pair} = [null, null];`);
          for (const at of [0, 1]) run(at, (code, type) => g.statement(`${pair}[${at}] = ${g.boxed(code, type)};`), () => {});
          g.statement(`${made}[${k}] = ${pair};`);
        });
        return onValue(`${g.constant((entries: [Value, Value][]) => buildMap(entries, key))}(${made})`);
      }
      loop((_item, run) => run(0, (code, type) => g.statement(`${made}[${k}] = ${g.boxed(code, type)};`), () => g.statement(`${made}[${k}] = null;`)));
      return onValue(made);
    }
    case 'filter': {
      const made = g.local('made');
      g.statement(`const ${made} = [];`);
      loop((item, run) => run(0, (code) => g.statement(`if (${code} === 1) ${made}.push(${item});`), () => {}));
      return onValue(made);
    }
    case 'reduce': {
      if (carried === null) return;
      loop((_item, run) => run(0, (code) => g.statement(carried.set(code)), () => g.statement(carried.clear)));
      g.block(`if (${carried.gen.nul})`, onNull);
      g.block('else', () => onValue(carried.gen.value.code));
      return;
    }
    case 'any':
    case 'all':
    case 'none': {
      const [done, state] = [g.local('L'), g.local('s')];
      // 0: to the end, 1: stopped, 2: to the end past a NULL.
      g.statement(`let ${state} = 0;`);
      loop((_item, run) => run(0, (code) => g.statement(`if (${code} === ${e.form === 'all' ? 0 : 1}) { ${state} = 1; break ${done}; }`), () => g.statement(`${state} = 2;`)), `${done}: `);
      g.block(`if (${state} === 2)`, onNull);
      g.block('else', () => onValue(e.form === 'any' ? state : `(1 - ${state})`));
    }
  }
}

/** Whether values of the type are the same in arrays as in generated code. */
export const sameInArrays = (type: SqlType): boolean => physicalOf(type) !== 'bool' && !(type.kind === 'decimal' && type.precision <= 18);

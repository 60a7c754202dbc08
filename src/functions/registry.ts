import type { FunctionDef } from './define.ts';
import { aggregateFunctions } from './aggregates.ts';
import { arithmeticFunctions } from './arithmetic.ts';
import { compareFunctions } from './compare.ts';
import { condFunctions } from './cond.ts';
import { jsonFunctions } from './json.ts';
import { mathFunctions } from './math.ts';
import { patternFunctions } from './pattern.ts';
import type { FunctionLookup } from './resolve.ts';
import { timeFunctions } from './time.ts';
import { timeOperators } from './time-operators.ts';
import { statisticsFunctions } from './statistics.ts';
import { stringFunctions } from './string.ts';

/** Tables in the order their overloads are numbered: append at the end, plans name overloads by position. */
const TABLES: readonly (readonly FunctionDef[])[] = [compareFunctions, arithmeticFunctions, stringFunctions, patternFunctions, timeOperators, timeFunctions, aggregateFunctions, statisticsFunctions, condFunctions, mathFunctions, jsonFunctions];

/** Functions and operators by lower-case name and alias. */
export class FunctionRegistry implements FunctionLookup {
  readonly #byName = new Map<string, FunctionDef>();
  readonly #defs: readonly FunctionDef[];

  constructor(tables: readonly (readonly FunctionDef[])[]) {
    const merged = new Map<string, FunctionDef>();
    for (const def of tables.flat()) {
      const before = merged.get(def.name);
      merged.set(def.name, before === undefined ? def : merge(before, def));
    }
    this.#defs = [...merged.values()];
    for (const def of this.#defs) this.#byName.set(def.name, def);
    for (const def of this.#defs) {
      if (def.kind === 'table') continue;
      for (const alias of def.aliases ?? []) {
        if (this.#byName.has(alias)) throw new Error(`function name ${alias} is taken`);
        this.#byName.set(alias, def);
      }
    }
  }

  /** @param name lower case; operators by their symbol. */
  find(name: string): FunctionDef | undefined {
    return this.#byName.get(name);
  }

  names(): Iterable<string> {
    return this.#byName.keys();
  }

  /** Every function once, in the order of the tables. */
  all(): readonly FunctionDef[] {
    return this.#defs;
  }
}

/** Tables may share an operator (`+` of numbers, of dates): their overloads are appended. */
function merge(a: FunctionDef, b: FunctionDef): FunctionDef {
  const doc = `${a.doc} ${b.doc}`;
  const examples = [...a.examples, ...b.examples];
  if (a.kind === 'scalar' && b.kind === 'scalar') {
    return { ...a, overloads: [...a.overloads, ...b.overloads], aliases: [...(a.aliases ?? []), ...(b.aliases ?? [])], doc, examples };
  }
  if (a.kind === 'aggregate' && b.kind === 'aggregate') return { ...a, overloads: [...a.overloads, ...b.overloads], doc, examples };
  throw new Error(`function ${a.name} is declared twice`);
}

/** The built-in functions. */
export const builtins: FunctionRegistry = new FunctionRegistry(TABLES);

/** Each example with the function it belongs to, for tests and documentation. */
export function allExamples(): { readonly name: string; readonly sql: string; readonly expected: string | null }[] {
  return builtins.all().flatMap((def) => def.examples.map(([sql, expected]) => ({ name: def.name, sql, expected })));
}

import type { Schema } from '../../common/batch/batch.ts';
import type { Span } from '../../common/span.ts';
import { SqlError } from '../../common/errors.ts';
import type { ObjectId } from '../../common/ids.ts';
import type { SqlType } from '../../common/types/sql-type.ts';
import type { NameScope } from '../../catalog/names.ts';
import type { CatalogSnapshot, SystemRelations } from '../../catalog/snapshot.ts';
import type { SystemRelation } from '../../catalog/system/relation.ts';
import type { ConnectorDescriptor, Options } from '../../connectors/api.ts';
import type { FunctionObject } from '../../catalog/objects.ts';
import type { EvalContext } from '../../functions/define.ts';
import type { CallExpr } from '../../parser/ast.ts';
import type { FunctionLookup } from '../../functions/resolve.ts';
import type { Expr as Bound } from '../expr.ts';
import type { WrittenStar } from './stars.ts';

/** The connectors' registry as the binder needs it. */
export interface ConnectorRegistry {
  /** Checks WITH options and fills in defaults. Errors: invalid_parameter_value, undefined_object. */
  resolveOptions(given: Options): { readonly connector: ConnectorDescriptor; readonly options: Options };
  /** The columns a connector dictates under these options. */
  schemaFromOptions(given: Options): Schema | undefined;
  /** Options fit to print. */
  maskedOptions(given: Options): Options;
}

export type LengthRule = 'error' | 'trim_pad' | 'ignore';

/** All a statement is bound against. */
export interface BindContext {
  readonly catalog: CatalogSnapshot;
  readonly system: SystemRelations<SystemRelation>;
  readonly functions: FunctionLookup;
  readonly connectors: ConnectorRegistry;
  readonly scope: NameScope;
  /** For constants that must be known while binding: window sizes, typed literals. */
  readonly eval: EvalContext;
  /** The whole text that was parsed: definitions are cut out of it by span. */
  readonly text: string;
  readonly params: Params;
  /** An idle split leaves the watermark after this long unless its table says otherwise; null is never. */
  readonly idleTimeoutMs: number | null;
  /** Texts that are too long for a connector's column are an error (also when absent), cut and shorter ones filled up, or left as they are. */
  readonly lengths?: LengthRule | undefined;
  /** The object whose own definition is being bound again. */
  readonly redefining?: ObjectId | undefined;
  /** Where the user is told of what has no effect. */
  readonly notice?: ((text: string) => void) | undefined;
  /** Who owns what is created. */
  readonly user: string;
}

/** What binding finds out besides the plan. */
export class Notes {
  /** Objects the statement names: a view, not what the view is made of. */
  readonly reads: Set<ObjectId> = new Set<ObjectId>();
  /** Volatile functions by name: a continuous query that uses one is not repeatable. */
  readonly volatile: Set<string> = new Set<string>();
  /** Whether a temporary object is among `reads`. */
  temporary = false;
  /** Whether the catalog's own relations are read. */
  system = false;
  /** Stars of select lists in the statement's own text. */
  readonly stars: WrittenStar[] = [];
  /** Which of the user's functions of one name a call means. */
  readonly chosen: WeakMap<CallExpr, FunctionObject> = new WeakMap<CallExpr, FunctionObject>();
  readonly #places = new WeakMap<Bound, Place>();
  readonly #draws: { last: number; ofTable: boolean };

  /** `outer`: of the statement in which a definition is read. */
  constructor(outer?: Notes) {
    this.#draws = outer === undefined ? { last: 0, ofTable: false } : outer.#draws;
  }

  /** A number for a call whose value varies. Within one column of a table there is none: each reading of a row has the same value. */
  draw(): number | undefined {
    return this.#draws.ofTable ? undefined : ++this.#draws.last;
  }

  /** Binds a table's own expression. */
  ofTable<T>(bind: () => T): T {
    const before = this.#draws.ofTable;
    this.#draws.ofTable = true;
    try {
      return bind();
    } finally {
      this.#draws.ofTable = before;
    }
  }

  /** Remembers where an expression stands, for errors found later. */
  place<E extends Bound>(expr: E, span: Span, text?: string): E {
    if (!this.#places.has(expr)) this.#places.set(expr, { span, text });
    return expr;
  }

  placeOf(expr: Bound): Place | undefined {
    return this.#places.get(expr);
  }
}

export interface Place {
  readonly span: Span;
  readonly text: string | undefined;
}

/** The types of `$1`…: declared by the client or PREPARE, else taken from the first use. */
export class Params {
  readonly #types: (SqlType | null)[];

  constructor(declared: readonly (SqlType | null)[] = []) {
    this.#types = [...declared];
  }

  /** @param index from 0. */
  type(index: number): SqlType | null {
    while (this.#types.length <= index) this.#types.push(null);
    return this.#types[index] ?? null;
  }

  settle(index: number, type: SqlType): void {
    if (this.type(index) === null) this.#types[index] = type;
  }

  /** Errors: indeterminate_datatype. */
  all(): readonly SqlType[] {
    return this.#types.map((t, i) => {
      if (t === null) throw new SqlError('indeterminate_datatype', `could not determine data type of parameter $${i + 1}`);
      return t;
    });
  }
}

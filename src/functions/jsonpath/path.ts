import type { Numeric } from '../../common/types/value.ts';

/** A parsed SQL/JSON path. */
export interface JsonPath {
  readonly strict: boolean;
  readonly root: PathExpr;
}

export type PathExpr =
  | { readonly kind: 'root' | 'current' | 'last' | 'null' }
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'number'; readonly value: Numeric }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'path'; readonly base: PathExpr; readonly steps: readonly Step[] }
  | { readonly kind: 'unary'; readonly op: '+' | '-'; readonly arg: PathExpr }
  | { readonly kind: 'binary'; readonly op: '+' | '-' | '*' | '/' | '%'; readonly left: PathExpr; readonly right: PathExpr }
  | Predicate;

export type Predicate =
  | { readonly kind: 'compare'; readonly op: '==' | '!=' | '<' | '<=' | '>' | '>='; readonly left: PathExpr; readonly right: PathExpr }
  | { readonly kind: 'and' | 'or'; readonly left: Predicate; readonly right: Predicate }
  | { readonly kind: 'not' | 'isUnknown'; readonly arg: Predicate }
  | { readonly kind: 'exists'; readonly arg: PathExpr }
  | { readonly kind: 'likeRegex'; readonly arg: PathExpr; readonly pattern: string; readonly flags: string }
  | { readonly kind: 'startsWith'; readonly arg: PathExpr; readonly prefix: PathExpr };

const PREDICATES: ReadonlySet<string> = new Set(['compare', 'and', 'or', 'not', 'isUnknown', 'exists', 'likeRegex', 'startsWith']);
export const isPredicate = (e: PathExpr): e is Predicate => PREDICATES.has(e.kind);

export type Step =
  | { readonly kind: 'key'; readonly key: string }
  | { readonly kind: 'anyKey' }
  | { readonly kind: 'anyItem' }
  /** `.**{from to to}`; Infinity is `last`. */
  | { readonly kind: 'anyDepth'; readonly from: number; readonly to: number }
  | { readonly kind: 'items'; readonly ranges: readonly { readonly from: PathExpr; readonly to: PathExpr | null }[] }
  | { readonly kind: 'filter'; readonly condition: Predicate }
  | { readonly kind: 'method'; readonly name: Method };

export const METHODS = ['type', 'size', 'double', 'ceiling', 'floor', 'abs'] as const;
export type Method = (typeof METHODS)[number];

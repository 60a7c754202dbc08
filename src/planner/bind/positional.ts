import { notSupported } from '../../common/errors.ts';
import type { Expr as Ast, FunctionArg } from '../../parser/ast.ts';
import type { Expr } from '../expr.ts';
import type { ExprEnv } from './env.ts';

/** What all calls share. `bind` binds an expression; it is handed in, as expressions hold calls. */

export type BindExpr = (env: ExprEnv, e: Ast) => Expr;

export function positional(args: readonly FunctionArg[]): Ast[] {
  return args.map(({ name, value }) => {
    if (name !== null) throw notSupported('a named argument', name.span, 'Pass the arguments by position.');
    if (value.kind === 'tableArg' || value.kind === 'descriptor') {
      throw notSupported('a table argument here', value.span, 'Table arguments belong to table functions in FROM.');
    }
    return value;
  });
}


import type { TokenType } from 'chevrotain';
import type { Expr, Identifier, TypeName } from '../ast.ts';
import type { CloseCursorStatement, DeallocateStatement, DeclareCursorStatement, ExecuteStatement, FetchStatement } from '../ast-session.ts';
import type { PrepareStatement, Statement } from '../ast-statements.ts';
import { asConst, type Rule } from '../base.ts';
import * as T from '../tokens.ts';
import { SessionParser } from './session.ts';

const { K } = T;

type FetchWhere = Pick<FetchStatement, 'direction' | 'count'>;

const DIRECTIONS: ReadonlySet<TokenType> = new Set([K.NEXT, K.PRIOR, K.FIRST, K.LAST, K.ABSOLUTE, K.RELATIVE, K.FORWARD, K.BACKWARD, K.ALL]);

/** Cursors and prepared statements. */
export abstract class CursorParser extends SessionParser {
  protected abstract readonly statement: Rule<Statement>;

  protected declareCursor: Rule<DeclareCursorStatement> = this.RULE('declareCursor', (): DeclareCursorStatement => {
    const start = this.here();
    this.CONSUME(K.DECLARE);
    const name = this.SUBRULE(this.identifier);
    const binary = this.OPTION(() => asConst(this.CONSUME(K.BINARY), true)) ?? false;
    this.OPTION2(() => this.CONSUME(K.INSENSITIVE));
    const scroll =
      this.OPTION3(() => {
        const no = this.OPTION4(() => asConst(this.CONSUME(K.NO), true)) ?? false;
        this.CONSUME(K.SCROLL);
        return !no;
      }) ?? null;
    const subscription = this.OPTION5(() => asConst(this.CONSUME(K.SUBSCRIPTION), true)) ?? false;
    this.CONSUME(K.CURSOR);
    const hold =
      this.OPTION6(() => {
        const on = this.OR([{ ALT: () => asConst(this.CONSUME(K.WITH), true) }, { ALT: () => asConst(this.CONSUME(K.WITHOUT), false) }]);
        this.CONSUME(K.HOLD);
        return on;
      }) ?? false;
    this.CONSUME(K.FOR);
    const source = this.OR2([
      { GATE: () => subscription, ALT: (): DeclareCursorStatement['source'] => this.SUBRULE(this.subscriptionSource) },
      { GATE: () => !subscription && this.at(1, K.SUBSCRIBE), ALT: (): DeclareCursorStatement['source'] => this.SUBRULE(this.subscribe) },
      { GATE: () => !subscription, ALT: (): DeclareCursorStatement['source'] => this.SUBRULE(this.query) },
    ]);
    return { kind: 'declareCursor', name, binary, scroll, hold, source, span: this.span(start) };
  });

  protected subscriptionSource: Rule<DeclareCursorStatement['source']> = this.RULE('subscriptionSource', (): DeclareCursorStatement['source'] => {
    const name = this.SUBRULE(this.objectName);
    let full = false;
    const since =
      this.OPTION(() =>
        this.OR([
          {
            ALT: (): Expr | null => {
              this.CONSUME(K.SINCE);
              return this.SUBRULE(this.expr);
            },
          },
          { ALT: (): Expr | null => asConst((full = asConst(this.CONSUME(K.FULL), true)), null) },
        ]),
      ) ?? null;
    return { kind: 'subscription', name, since, full };
  });

  protected fetch: Rule<FetchStatement> = this.RULE('fetch', (): FetchStatement => {
    const start = this.here();
    const move = this.OR([{ ALT: () => asConst(this.CONSUME(K.FETCH), false) }, { ALT: () => asConst(this.CONSUME(K.MOVE), true) }]);
    const where: FetchWhere = this.OPTION({ GATE: () => this.atDirection(), DEF: () => this.SUBRULE(this.fetchDirection) }) ?? { direction: 'forward', count: 1 };
    this.OPTION2(() => this.OR2([{ ALT: () => this.CONSUME(K.FROM) }, { ALT: () => this.CONSUME(K.IN) }]));
    const cursor = this.SUBRULE(this.identifier);
    const options = this.SUBRULE(this.withOptions);
    return { kind: 'fetch', move, cursor, ...where, options, span: this.span(start) };
  });

  /** A direction's word may also be the cursor's name, when nothing follows. */
  private atDirection(): boolean {
    if (this.at(1, T.NumberLit) || this.at(1, T.Minus) || this.at(1, T.Plus)) return true;
    return this.atAny(1, DIRECTIONS) && (this.at(2, T.NumberLit) || this.at(2, T.Minus) || this.at(2, K.FROM) || this.at(2, K.IN) || this.at(2, K.ALL) || this.atIdent(2));
  }

  protected fetchDirection: Rule<FetchWhere> = this.RULE('fetchDirection', (): FetchWhere =>
    this.OR([
      { ALT: (): FetchWhere => asConst(this.CONSUME(K.NEXT), { direction: 'forward', count: 1 }) },
      { ALT: (): FetchWhere => asConst(this.CONSUME(K.PRIOR), { direction: 'backward', count: 1 }) },
      { ALT: (): FetchWhere => asConst(this.CONSUME(K.FIRST), { direction: 'first', count: 1 }) },
      { ALT: (): FetchWhere => asConst(this.CONSUME(K.LAST), { direction: 'last', count: 1 }) },
      { ALT: (): FetchWhere => asConst(this.CONSUME(K.ALL), { direction: 'forward', count: null }) },
      { ALT: (): FetchWhere => ({ direction: 'forward', count: Number(this.SUBRULE(this.signedNumber)) }) },
      {
        ALT: (): FetchWhere => {
          const direction = this.OR2([{ ALT: () => asConst(this.CONSUME(K.ABSOLUTE), 'absolute') }, { ALT: () => asConst(this.CONSUME(K.RELATIVE), 'relative') }]);
          return { direction, count: Number(this.SUBRULE2(this.signedNumber)) };
        },
      },
      {
        ALT: (): FetchWhere => {
          const direction = this.OR3([{ ALT: () => asConst(this.CONSUME(K.FORWARD), 'forward') }, { ALT: () => asConst(this.CONSUME(K.BACKWARD), 'backward') }]);
          const count = this.OPTION(() => this.OR4([{ ALT: () => asConst(this.CONSUME2(K.ALL), null) }, { ALT: () => Number(this.SUBRULE3(this.signedNumber)) }]));
          return { direction, count: count === undefined ? 1 : count };
        },
      },
    ]));

  protected closeCursor: Rule<CloseCursorStatement> = this.RULE('closeCursor', (): CloseCursorStatement => {
    const start = this.here();
    this.CONSUME(K.CLOSE);
    const name = this.SUBRULE(this.nameOrAll);
    return { kind: 'closeCursor', name, span: this.span(start) };
  });

  protected nameOrAll: Rule<Identifier | null> = this.RULE('nameOrAll', (): Identifier | null =>
    this.OR([{ ALT: () => asConst(this.CONSUME(K.ALL), null) }, { ALT: () => this.SUBRULE(this.identifier) }]));

  protected prepare: Rule<PrepareStatement> = this.RULE('prepare', (): PrepareStatement => {
    const start = this.here();
    const types: TypeName[] = [];
    this.CONSUME(K.PREPARE);
    const name = this.SUBRULE(this.identifier);
    this.OPTION(() => {
      this.CONSUME(T.LParen);
      this.AT_LEAST_ONE_SEP({ SEP: T.Comma, DEF: () => types.push(this.SUBRULE(this.typeName)) });
      this.CONSUME(T.RParen);
    });
    this.CONSUME(K.AS);
    const statement = this.SUBRULE(this.statement);
    return { kind: 'prepare', name, types, statement, span: this.span(start) };
  });

  /** `EXECUTE name (args)`, from the name on. */
  protected executePrepared: Rule<ExecuteStatement, [start: number]> = this.RULE('executePrepared', (start: number): ExecuteStatement => {
    const name = this.SUBRULE(this.identifier);
    const args: Expr[] =
      this.OPTION(() => {
        this.CONSUME(T.LParen);
        const list = this.SUBRULE(this.exprList);
        this.CONSUME(T.RParen);
        return list;
      }) ?? [];
    return { kind: 'execute', name, args, span: this.span(start) };
  });

  protected deallocate: Rule<DeallocateStatement> = this.RULE('deallocate', (): DeallocateStatement => {
    const start = this.here();
    this.CONSUME(K.DEALLOCATE);
    this.OPTION({ GATE: () => this.atIdent(2) || this.at(2, K.ALL), DEF: () => this.CONSUME(K.PREPARE) });
    const name = this.SUBRULE(this.nameOrAll);
    return { kind: 'deallocate', name, span: this.span(start) };
  });
}

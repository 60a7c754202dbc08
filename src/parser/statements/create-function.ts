import type { Expr, Identifier, TypeName } from '../ast.ts';
import type { CreateFunctionStatement, OptionItem } from '../ast-objects.ts';
import { asConst, payload, type Rule } from '../base.ts';
import * as T from '../tokens.ts';
import { ColumnParser } from './columns.ts';
import { flags, PLAIN_HEAD, type CreateHead } from './create-head.ts';

const { K } = T;

interface FunctionTail {
  language?: string;
  body?: string;
  bodySpan?: CreateFunctionStatement['bodySpan'];
  volatility?: CreateFunctionStatement['volatility'];
  nullInput?: CreateFunctionStatement['nullInput'];
  options?: OptionItem[];
  resources?: { type: string; path: string }[];
}

/** CREATE FUNCTION of both families. */
export abstract class FunctionStatementParser extends ColumnParser {
  protected createFunction: Rule<CreateFunctionStatement, [head?: CreateHead]> = this.RULE('createFunction', (head: CreateHead = PLAIN_HEAD): CreateFunctionStatement => {
    const aggregate = this.OR([{ ALT: () => asConst(this.CONSUME(K.FUNCTION), false) }, { ALT: () => asConst(this.CONSUME(K.AGGREGATE), true) }]);
    const ifNotExists = this.SUBRULE(this.ifNotExists);
    const name = this.SUBRULE(this.objectName);
    const params = this.OPTION(() => this.SUBRULE(this.functionParams)) ?? null;
    let returns: TypeName | null = null;
    let setOf = false;
    let returnsTable: { name: Identifier; type: TypeName }[] | null = null;
    this.OPTION2(() => {
      this.CONSUME(K.RETURNS);
      this.OR2([
        {
          ALT: () => {
            const columns: { name: Identifier; type: TypeName }[] = [];
            this.CONSUME(K.TABLE);
            this.CONSUME(T.LParen);
            this.AT_LEAST_ONE_SEP({ SEP: T.Comma, DEF: () => columns.push({ name: this.SUBRULE(this.identifier), type: this.SUBRULE(this.typeName) }) });
            this.CONSUME(T.RParen);
            returnsTable = columns;
          },
        },
        {
          GATE: () => this.LA(1).image.toUpperCase() === 'SETOF',
          ALT: () => {
            this.SUBRULE(this.lowerWord);
            returns = this.SUBRULE3(this.typeName);
            setOf = true;
          },
        },
        {
          ALT: () => {
            returns = this.SUBRULE2(this.typeName);
          },
        },
      ]);
    });
    let tail: FunctionTail = {};
    this.MANY(() => {
      tail = { ...tail, ...this.SUBRULE(this.functionTail) };
    });
    const { language = null, body = null, bodySpan = null, volatility = null, nullInput = null, options = [], resources = [] } = tail;
    const span = this.span(head.start);
    return { kind: 'createFunction', ...flags(head, ifNotExists), aggregate, name, params, returns, setOf, returnsTable, language, body, bodySpan, volatility, nullInput, resources, options, span };
  });

  protected functionParams: Rule<{ name: Identifier | null; type: TypeName; default: Expr | null }[]> = this.RULE('functionParams', () => {
    const params: { name: Identifier | null; type: TypeName; default: Expr | null }[] = [];
    this.CONSUME(T.LParen);
    this.MANY_SEP({
      SEP: T.Comma,
      DEF: () => {
        const name = this.OPTION({ GATE: () => this.atParamName(), DEF: () => this.SUBRULE(this.identifier) }) ?? null;
        const type = this.SUBRULE(this.typeName);
        const initial =
          this.OPTION2(() => {
            this.OR([{ ALT: () => this.CONSUME(K.DEFAULT) }, { ALT: () => this.CONSUME(T.Eq) }]);
            return this.SUBRULE(this.expr);
          }) ?? null;
        params.push({ name, type, default: initial });
      },
    });
    this.CONSUME(T.RParen);
    return params;
  });

  /** `x int` has a name; `int`, `double precision`, `int[]` and `varchar(3)` have none. */
  private atParamName(): boolean {
    if (!this.atIdent(1) || (this.at(1, K.DOUBLE) && this.at(2, K.PRECISION)) || this.at(2, K.VARYING)) return false;
    return (this.atIdent(2) || this.at(2, K.ARRAY) || this.at(2, K.BINARY)) && !((this.at(1, K.TIMESTAMP) || this.at(1, K.TIME)) && this.at(2, K.WITHOUT));
  }

  protected functionTail: Rule<FunctionTail> = this.RULE('functionTail', (): FunctionTail =>
    this.OR([
      {
        ALT: (): FunctionTail => {
          this.CONSUME(K.LANGUAGE);
          return { language: payload(this.OR2([{ ALT: () => this.CONSUME(T.Ident) }, { ALT: () => this.CONSUME(T.StringLit) }])).toLowerCase() };
        },
      },
      {
        ALT: (): FunctionTail => {
          this.CONSUME(K.AS);
          const start = this.here();
          const body = this.SUBRULE(this.stringLiteral);
          return { body, bodySpan: this.span(start) };
        },
      },
      {
        ALT: (): FunctionTail => {
          this.CONSUME(K.USING);
          const resources: { type: string; path: string }[] = [];
          this.AT_LEAST_ONE_SEP({ SEP: T.Comma, DEF: () => resources.push({ type: this.SUBRULE(this.lowerWord), path: this.SUBRULE2(this.stringLiteral) }) });
          return { resources };
        },
      },
      { ALT: (): FunctionTail => asConst(this.CONSUME(K.IMMUTABLE), { volatility: 'immutable' }) },
      { ALT: (): FunctionTail => asConst(this.CONSUME(K.STABLE), { volatility: 'stable' }) },
      { ALT: (): FunctionTail => asConst(this.CONSUME(K.VOLATILE), { volatility: 'volatile' }) },
      { ALT: (): FunctionTail => asConst(this.CONSUME(K.STRICT), { nullInput: 'strict' }) },
      {
        ALT: (): FunctionTail => {
          const called = this.OR3([{ ALT: () => asConst(this.CONSUME(K.CALLED), true) }, { ALT: () => asConst([this.CONSUME(K.RETURNS), this.CONSUME(K.NULL)], false) }]);
          this.CONSUME(K.ON);
          this.CONSUME2(K.NULL);
          this.CONSUME(K.INPUT);
          return { nullInput: called ? 'called' : 'strict' };
        },
      },
      {
        ALT: (): FunctionTail => {
          this.CONSUME(K.WITH);
          return { options: this.SUBRULE(this.options) };
        },
      },
    ]));
}

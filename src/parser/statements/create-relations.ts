import type { Query } from '../ast-queries.ts';
import type { TableConstraint } from '../ast-tables.ts';
import type { CreateIndexStatement, CreateSinkStatement, CreateSubscriptionStatement, CreateViewStatement } from '../ast-views.ts';
import type { Expr, Identifier, ObjectName } from '../ast.ts';
import { asConst, type Rule, syntaxErrorAt } from '../base.ts';
import * as T from '../tokens.ts';
import { flags, PLAIN_HEAD, type CreateHead } from './create-head.ts';
import { CreateTableParser, type TableTail } from './create-table.ts';

const { K } = T;

/** CREATE of what is made from a query or a relation: views, indexes, sinks, subscriptions. */
export abstract class CreateRelationParser extends CreateTableParser {
  protected createView: Rule<CreateViewStatement, [head?: CreateHead]> = this.RULE('createView', (head: CreateHead = PLAIN_HEAD): CreateViewStatement => {
    const materialized = this.OPTION(() => asConst(this.CONSUME(K.MATERIALIZED), true)) ?? false;
    this.OR([{ ALT: () => this.CONSUME(K.VIEW) }, { GATE: () => materialized, ALT: () => this.CONSUME(K.TABLE) }]);
    const ifNotExists = this.SUBRULE(this.ifNotExists);
    const name = this.SUBRULE(this.objectName);
    const columns: { name: Identifier; comment: string | null }[] = [];
    const constraints: TableConstraint[] = [];
    this.OPTION2(() => {
      this.CONSUME(T.LParen);
      this.AT_LEAST_ONE_SEP({
        SEP: T.Comma,
        DEF: () =>
          this.OR2([
            { ALT: () => constraints.push(this.SUBRULE(this.tableConstraint)) },
            { ALT: () => columns.push({ name: this.SUBRULE(this.identifier), comment: this.SUBRULE(this.comment) }) },
          ]),
      });
      this.CONSUME(T.RParen);
    });
    let tail: TableTail = {};
    let freshness: Expr | null = null;
    let refreshMode: CreateViewStatement['refreshMode'] = null;
    this.MANY(() =>
      this.OR3([
        {
          ALT: () => {
            tail = this.mergeTail(tail, this.LA(1), this.SUBRULE(this.tableTail));
          },
        },
        {
          ALT: () => {
            this.CONSUME(K.FRESHNESS);
            this.CONSUME(T.Eq);
            freshness = this.SUBRULE(this.expr);
          },
        },
        {
          ALT: () => {
            this.CONSUME(K.REFRESH_MODE);
            this.CONSUME2(T.Eq);
            refreshMode = this.OR4([{ ALT: () => asConst(this.CONSUME(K.FULL), 'full') }, { ALT: () => asConst(this.CONSUME(K.CONTINUOUS), 'continuous') }]);
          },
        },
      ]),
    );
    const misplaced = tail.format ?? tail.like ?? tail.onConflict ?? tail.appendOnly;
    if (misplaced !== undefined && !this.RECORDING_PHASE) throw syntaxErrorAt(this.LA(0), 'That clause is for tables.');
    this.CONSUME(K.AS);
    const query = this.SUBRULE(this.query);
    const withNoData =
      this.OPTION3(() => {
        this.CONSUME(K.WITH);
        const no = this.OPTION4(() => asConst(this.CONSUME(K.NO), true)) ?? false;
        this.CONSUME(K.DATA);
        return no;
      }) ?? false;
    const { comment = null, partitionedBy = [], distribution = null, options = [] } = tail;
    const span = this.span(head.start);
    return { kind: 'createView', materialized, ...flags(head, ifNotExists), orAlter: head.orAlter, name, columns, constraints, comment, partitionedBy, distribution, options, freshness, refreshMode, query, withNoData, span };
  });

  protected createIndex: Rule<CreateIndexStatement, [head?: CreateHead]> = this.RULE('createIndex', (head: CreateHead = PLAIN_HEAD): CreateIndexStatement => {
    this.CONSUME(K.INDEX);
    this.OPTION(() => this.CONSUME(K.CONCURRENTLY));
    const ifNotExists = this.SUBRULE(this.ifNotExists);
    const name = this.OPTION2(() => this.SUBRULE(this.identifier)) ?? null;
    this.CONSUME(K.ON);
    const table = this.SUBRULE(this.objectName);
    const method =
      this.OPTION3(() => {
        this.CONSUME(K.USING);
        return this.SUBRULE(this.lowerWord);
      }) ?? null;
    const keys: { expr: Expr; direction: 'asc' | 'desc' | null; nulls: 'first' | 'last' | null }[] = [];
    this.CONSUME(T.LParen);
    this.AT_LEAST_ONE_SEP({
      SEP: T.Comma,
      DEF: () => {
        const { expr, direction, nulls } = this.SUBRULE(this.orderItem);
        keys.push({ expr, direction, nulls });
      },
    });
    this.CONSUME(T.RParen);
    const include =
      this.OPTION4(() => {
        this.CONSUME(K.INCLUDE);
        return this.SUBRULE(this.identifierList);
      }) ?? [];
    const distributedBy =
      this.OPTION5(() => {
        this.CONSUME(K.DISTRIBUTED);
        this.CONSUME(K.BY);
        this.CONSUME2(T.LParen);
        const list = this.SUBRULE(this.exprList);
        this.CONSUME2(T.RParen);
        return list;
      }) ?? [];
    const options = this.SUBRULE(this.withOptions);
    const where =
      this.OPTION6(() => {
        this.CONSUME(K.WHERE);
        return this.SUBRULE(this.expr);
      }) ?? null;
    return { kind: 'createIndex', ...flags(head, ifNotExists), unique: head.unique, name, table, method, keys, include, distributedBy, options, where, span: this.span(head.start) };
  });

  protected createSink: Rule<CreateSinkStatement, [head?: CreateHead]> = this.RULE('createSink', (head: CreateHead = PLAIN_HEAD): CreateSinkStatement => {
    this.CONSUME(K.SINK);
    const ifNotExists = this.SUBRULE(this.ifNotExists);
    const name = this.SUBRULE(this.objectName);
    const into =
      this.OPTION(() => {
        this.CONSUME(K.INTO);
        return this.SUBRULE2(this.objectName);
      }) ?? null;
    const from = this.OR([
      {
        ALT: (): ObjectName | Query => {
          this.CONSUME(K.FROM);
          return this.SUBRULE3(this.objectName);
        },
      },
      {
        ALT: (): ObjectName | Query => {
          this.CONSUME(K.AS);
          return this.SUBRULE(this.query);
        },
      },
    ]);
    const options = this.SUBRULE(this.withOptions);
    const format = this.OPTION2(() => this.SUBRULE(this.format)) ?? null;
    return { kind: 'createSink', ...flags(head, ifNotExists), mustExist: head.mustExist, name, into, from, options, format, span: this.span(head.start) };
  });

  protected createSubscription: Rule<CreateSubscriptionStatement, [head?: CreateHead]> = this.RULE('createSubscription', (head: CreateHead = PLAIN_HEAD): CreateSubscriptionStatement => {
    this.CONSUME(K.SUBSCRIPTION);
    const ifNotExists = this.SUBRULE(this.ifNotExists);
    const name = this.SUBRULE(this.objectName);
    this.CONSUME(K.FROM);
    const from = this.SUBRULE2(this.objectName);
    const options = this.SUBRULE(this.withOptions);
    return { kind: 'createSubscription', ...flags(head, ifNotExists), name, from, options, span: this.span(head.start) };
  });
}

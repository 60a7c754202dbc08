import type { Expr, Identifier, ObjectName } from '../ast.ts';
import type { Assignment, CopyStatement, DeleteStatement, InsertStatement, OnConflict, SubscribeStatement, TruncateStatement, UpdateStatement } from '../ast-dml.ts';
import type { OptionItem } from '../ast-objects.ts';
import type { Query, SelectItem, TableAlias, TableRef, WithClause } from '../ast-queries.ts';
import type { QueryStatement, Statement } from '../ast-statements.ts';
import { asConst, payload, type Rule } from '../base.ts';
import * as T from '../tokens.ts';
import { AlterParser } from './alter.ts';

const { K } = T;

/** Queries as statements, INSERT, UPDATE, DELETE, TRUNCATE, COPY, SUBSCRIBE. */
export abstract class DmlParser extends AlterParser {
  /** `WITH ..` may lead a query or a change. */
  protected withStatement: Rule<Statement> = this.RULE('withStatement', (): Statement => {
    const start = this.here();
    const withClause = this.SUBRULE(this.with);
    return this.OR([
      { ALT: (): Statement => this.SUBRULE(this.insert, { ARGS: [withClause, start] }) },
      { ALT: (): Statement => this.SUBRULE(this.update, { ARGS: [withClause, start] }) },
      { ALT: (): Statement => this.SUBRULE(this.delete, { ARGS: [withClause, start] }) },
      {
        ALT: (): QueryStatement => {
          const query = this.SUBRULE(this.queryAfterWith, { ARGS: [withClause, start] });
          return { kind: 'queryStatement', query, span: this.span(start) };
        },
      },
    ]);
  });

  protected queryStatement: Rule<QueryStatement> = this.RULE('queryStatement', (): QueryStatement => {
    const start = this.here();
    const query = this.SUBRULE(this.query);
    return { kind: 'queryStatement', query, span: this.span(start) };
  });

  protected insert: Rule<InsertStatement, [withClause: WithClause | null, start: number]> = this.RULE('insert', (withClause: WithClause | null, start: number): InsertStatement => {
    this.CONSUME(K.INSERT);
    const overwrite = this.OR([{ ALT: () => asConst(this.CONSUME(K.INTO), false) }, { ALT: () => asConst(this.CONSUME(K.OVERWRITE), true) }]);
    this.OPTION(() => this.CONSUME(K.TABLE));
    const target = this.SUBRULE(this.objectName);
    const hints = this.SUBRULE(this.hints);
    const alias =
      this.OPTION2(() => {
        this.CONSUME(K.AS);
        return this.SUBRULE(this.identifier);
      }) ?? null;
    const partition = this.OPTION3(() => this.SUBRULE(this.partitionSpec)) ?? [];
    const columns = this.OPTION4({ GATE: () => !this.atQuery(2) && !this.at(2, T.LParen), DEF: () => this.SUBRULE(this.identifierList) }) ?? [];
    const source = this.OR2([
      {
        ALT: () => {
          this.CONSUME(K.DEFAULT);
          this.CONSUME(K.VALUES);
          return null;
        },
      },
      { ALT: (): Query => this.SUBRULE(this.query) },
    ]);
    const onConflict = this.OPTION5(() => this.SUBRULE(this.onConflict)) ?? null;
    const returning = this.SUBRULE(this.returning);
    return { kind: 'insert', with: withClause ?? null, overwrite, execute: false, target, alias, hints, partition, columns, source, onConflict, returning, span: this.span(start) };
  });

  protected onConflict: Rule<OnConflict> = this.RULE('onConflict', (): OnConflict => {
    const start = this.here();
    this.CONSUME(K.ON);
    this.CONSUME(K.CONFLICT);
    const columns: Identifier[] = this.OPTION(() => this.SUBRULE(this.identifierList)) ?? [];
    this.CONSUME(K.DO);
    let set: Assignment[] = [];
    let where: Expr | null = null;
    const action = this.OR([
      { ALT: () => asConst(this.CONSUME(K.NOTHING), 'nothing') },
      { ALT: () => asConst(this.CONSUME(K.ERROR), 'error') },
      { ALT: () => asConst(this.CONSUME(K.DEDUPLICATE), 'deduplicate') },
      {
        ALT: () => {
          this.CONSUME(K.UPDATE);
          set = this.SUBRULE(this.assignments);
          where = this.SUBRULE(this.where);
          return asConst(null, 'update');
        },
      },
    ]);
    return { columns, action, set, where, span: this.span(start) };
  });

  /** `SET a = 1, (b, c) = (2, 3)` */
  protected assignments: Rule<Assignment[]> = this.RULE('assignments', (): Assignment[] => {
    const list: Assignment[] = [];
    this.CONSUME(K.SET);
    this.AT_LEAST_ONE_SEP({
      SEP: T.Comma,
      DEF: () => {
        const start = this.here();
        const columns = this.OR([{ ALT: () => this.SUBRULE(this.identifierList) }, { ALT: () => [this.SUBRULE(this.identifier)] }]);
        this.CONSUME(T.Eq);
        const value = this.SUBRULE(this.expr);
        list.push({ columns, value, span: this.span(start) });
      },
    });
    return list;
  });

  protected where: Rule<Expr | null> = this.RULE('where', (): Expr | null =>
    this.OPTION(() => {
      this.CONSUME(K.WHERE);
      return this.SUBRULE(this.expr);
    }) ?? null);

  protected returning: Rule<SelectItem[]> = this.RULE('returning', (): SelectItem[] =>
    this.OPTION(() => {
      this.CONSUME(K.RETURNING);
      return this.SUBRULE(this.selectItems);
    }) ?? []);

  protected update: Rule<UpdateStatement, [withClause: WithClause | null, start: number]> = this.RULE('update', (withClause: WithClause | null, start: number): UpdateStatement => {
    this.CONSUME(K.UPDATE);
    this.OPTION(() => this.CONSUME(K.ONLY));
    const target = this.SUBRULE(this.objectName);
    const alias: TableAlias | null = this.SUBRULE(this.tableAlias);
    const set = this.SUBRULE(this.assignments);
    const from: TableRef[] =
      this.OPTION2(() => {
        this.CONSUME(K.FROM);
        return this.SUBRULE(this.tableRefs);
      }) ?? [];
    const where = this.SUBRULE(this.where);
    const returning = this.SUBRULE(this.returning);
    return { kind: 'update', with: withClause ?? null, target, alias, set, from, where, returning, span: this.span(start) };
  });

  protected delete: Rule<DeleteStatement, [withClause: WithClause | null, start: number]> = this.RULE('delete', (withClause: WithClause | null, start: number): DeleteStatement => {
    this.CONSUME(K.DELETE);
    this.CONSUME(K.FROM);
    this.OPTION(() => this.CONSUME(K.ONLY));
    const target = this.SUBRULE(this.objectName);
    const alias: TableAlias | null = this.SUBRULE(this.tableAlias);
    const using: TableRef[] =
      this.OPTION2(() => {
        this.CONSUME(K.USING);
        return this.SUBRULE(this.tableRefs);
      }) ?? [];
    const where = this.SUBRULE(this.where);
    const returning = this.SUBRULE(this.returning);
    return { kind: 'delete', with: withClause ?? null, target, alias, using, where, returning, span: this.span(start) };
  });

  protected truncate: Rule<TruncateStatement> = this.RULE('truncate', (): TruncateStatement => {
    const start = this.here();
    this.CONSUME(K.TRUNCATE);
    this.OPTION(() => this.CONSUME(K.TABLE));
    this.OPTION2(() => this.CONSUME(K.ONLY));
    const names = this.SUBRULE(this.objectNames);
    const behavior = this.SUBRULE(this.cascade);
    return { kind: 'truncate', names, behavior, span: this.span(start) };
  });

  protected copy: Rule<CopyStatement> = this.RULE('copy', (): CopyStatement => {
    const start = this.here();
    this.CONSUME(K.COPY);
    let columns: Identifier[] = [];
    const source = this.OR([
      {
        ALT: (): CopyStatement['source'] => {
          this.CONSUME(T.LParen);
          const inner = this.OR2([{ GATE: () => this.at(1, K.SUBSCRIBE), ALT: (): CopyStatement['source'] => this.SUBRULE(this.subscribe) }, { ALT: (): CopyStatement['source'] => this.SUBRULE(this.query) }]);
          this.CONSUME(T.RParen);
          return inner;
        },
      },
      {
        ALT: (): CopyStatement['source'] => {
          const name = this.SUBRULE(this.objectName);
          this.OPTION(() => {
            columns = this.SUBRULE(this.identifierList);
          });
          return name;
        },
      },
    ]);
    const direction = this.OR3([{ ALT: () => asConst(this.CONSUME(K.FROM), 'from') }, { ALT: () => asConst(this.CONSUME(K.TO), 'to') }]);
    const endpoint = this.OR4([
      { ALT: (): CopyStatement['endpoint'] => asConst(this.CONSUME(K.STDIN), 'stdin') },
      { ALT: (): CopyStatement['endpoint'] => asConst(this.CONSUME(K.STDOUT), 'stdout') },
      { ALT: (): CopyStatement['endpoint'] => ({ path: this.SUBRULE(this.stringLiteral) }) },
    ]);
    const options = this.SUBRULE(this.copyOptions);
    const where = this.SUBRULE(this.where);
    return { kind: 'copy', direction, source, columns, endpoint, options, where, span: this.span(start) };
  });

  /** `[WITH] (FORMAT csv, ..)`, or the old `[WITH] [BINARY] [CSV] [HEADER] [DELIMITER 'x'] [NULL 'x']`, read to the same options. */
  protected copyOptions: Rule<OptionItem[]> = this.RULE('copyOptions', (): OptionItem[] => {
    const options: OptionItem[] = [];
    this.OPTION(() => this.CONSUME(K.WITH));
    return this.OR([
      { ALT: () => this.SUBRULE(this.options) },
      {
        ALT: () => {
          this.MANY({ GATE: () => !this.at(1, K.WHERE), DEF: () => options.push(this.SUBRULE(this.oldCopyOption)) });
          return options;
        },
      },
    ]);
  });

  protected oldCopyOption: Rule<OptionItem> = this.RULE('oldCopyOption', (): OptionItem => {
    const start = this.here();
    const word = payload(this.CONSUME(T.Word)).toLowerCase();
    this.OPTION({ GATE: () => word !== 'csv' && word !== 'binary' && word !== 'text', DEF: () => this.CONSUME(K.AS) });
    const value = this.OPTION2(() => this.SUBRULE(this.stringLiteral)) ?? null;
    const span = this.span(start);
    const isFormat = word === 'csv' || word === 'binary' || word === 'text';
    return { key: isFormat ? 'format' : word, value: isFormat ? word : value, secret: false, span, valueSpan: span };
  });

  protected subscribe: Rule<SubscribeStatement> = this.RULE('subscribe', (): SubscribeStatement => {
    const start = this.here();
    this.CONSUME(K.SUBSCRIBE);
    this.OPTION(() => this.CONSUME(K.TO));
    const source = this.OR([
      {
        IGNORE_AMBIGUITIES: true,
        ALT: (): ObjectName | Query => {
          this.CONSUME(T.LParen);
          const query = this.SUBRULE(this.query);
          this.CONSUME(T.RParen);
          return query;
        },
      },
      { GATE: () => this.atQuery(1), ALT: (): ObjectName | Query => this.SUBRULE2(this.query) },
      { ALT: (): ObjectName | Query => this.SUBRULE(this.objectName) },
    ]);
    let options = this.SUBRULE(this.withOptions);
    const asOf =
      this.OPTION2({
        GATE: () => this.at(2, K.OF),
        DEF: () => {
          this.CONSUME(K.AS);
          this.CONSUME(K.OF);
          return this.SUBRULE(this.expr);
        },
      }) ?? null;
    const upTo =
      this.OPTION3(() => {
        this.CONSUME(K.UP);
        this.CONSUME2(K.TO);
        return this.SUBRULE2(this.expr);
      }) ?? null;
    this.OPTION4({
      GATE: () => this.at(1, K.WITH),
      DEF: () => {
        options = this.SUBRULE2(this.withOptions);
      },
    });
    return { kind: 'subscribe', source, options, asOf, upTo, span: this.span(start) };
  });
}

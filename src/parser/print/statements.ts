import { unreachable } from '../../common/errors.ts';
import type { ObjectName } from '../ast.ts';
import type { Assignment, CopyStatement, InsertStatement, OnConflict, SubscribeStatement } from '../ast-dml.ts';
import type { JobStatement, PlanStatement, StatementSetStatement } from '../ast-jobs.ts';
import type { PrivilegeStatement } from '../ast-objects.ts';
import type { Query } from '../ast-queries.ts';
import type { DeclareCursorStatement, DescribeStatement, FetchStatement, SetStatement, ShowStatement, TransactionMode, TransactionStatement } from '../ast-session.ts';
import type { ExplainStatement, Statement } from '../ast-statements.ts';
import { DdlPrinter } from './ddl.ts';

type Partition = InsertStatement['partition'];

/** Every statement. */
export class StatementPrinter extends DdlPrinter {
  statement(statement: Statement): string {
    switch (statement.kind) {
      case 'queryStatement':
        return this.query(statement.query);
      case 'createTable':
        return this.createTable(statement);
      case 'createView':
        return this.createView(statement);
      case 'createFunction':
        return this.createFunction(statement);
      case 'createNamespace':
        return `${this.head(statement.objectType.toUpperCase(), statement)} ${this.name(statement.name)}${this.comment(statement.comment)}${this.withOptions(statement.options)}`;
      case 'createObject':
        return this.createObject(statement);
      case 'createIndex':
        return this.createIndex(statement);
      case 'createSink':
        return this.createSink(statement);
      case 'createSubscription':
        return `${this.head('SUBSCRIPTION', statement)} ${this.name(statement.name)} FROM ${this.name(statement.from)}${this.withOptions(statement.options)}`;
      case 'drop': {
        const { temporary, system, objectType, ifExists, names, argTypes, behavior } = statement;
        const args = argTypes === null ? '' : `(${argTypes.map((type) => this.type(type)).join(', ')})`;
        return `DROP ${temporary ? 'TEMPORARY ' : ''}${system ? 'SYSTEM ' : ''}${objectType.toUpperCase()} ${ifExists ? 'IF EXISTS ' : ''}${this.names(names)}${args}${suffix(behavior)}`;
      }
      case 'alter':
        return `ALTER ${statement.objectType.toUpperCase()} ${statement.ifExists ? 'IF EXISTS ' : ''}${this.name(statement.name)} ${statement.actions.map((action) => this.alterAction(action)).join(', ')}`;
      case 'insert':
        return this.insert(statement);
      case 'update': {
        const from = statement.from.length === 0 ? '' : ` FROM ${this.tables(statement.from)}`;
        return `${this.withPrefix(statement)}UPDATE ${this.name(statement.target)}${this.alias(statement.alias)} SET ${this.assignments(statement.set)}${from}${this.where(statement)}${this.returning(statement)}`;
      }
      case 'delete': {
        const using = statement.using.length === 0 ? '' : ` USING ${this.tables(statement.using)}`;
        return `${this.withPrefix(statement)}DELETE FROM ${this.name(statement.target)}${this.alias(statement.alias)}${using}${this.where(statement)}${this.returning(statement)}`;
      }
      case 'truncate':
        return `TRUNCATE TABLE ${this.names(statement.names)}${suffix(statement.behavior)}`;
      case 'copy':
        return this.copy(statement);
      case 'subscribe':
        return this.subscribe(statement);
      case 'statementSet':
        return this.statementSet(statement);
      case 'plan':
        return this.plan(statement);
      case 'explain':
        return this.explain(statement);
      case 'show':
        return this.show(statement);
      case 'describe':
        return this.describe(statement);
      case 'set':
        return this.set(statement);
      case 'setTransaction':
        return `SET ${statement.session ? 'SESSION CHARACTERISTICS AS ' : ''}TRANSACTION${modes(statement.modes)}`;
      case 'reset':
        return `RESET ${statement.name === null ? 'ALL' : this.setting(statement.name)}`;
      case 'use':
        return `USE ${statement.what === 'database' ? '' : `${statement.what.toUpperCase()} `}${this.names(statement.names)}`;
      case 'prepare': {
        const types = statement.types.length === 0 ? '' : ` (${statement.types.map((type) => this.type(type)).join(', ')})`;
        return `PREPARE ${this.ident(statement.name)}${types} AS ${this.statement(statement.statement)}`;
      }
      case 'execute':
        return `EXECUTE ${this.ident(statement.name)}${statement.args.length === 0 ? '' : `(${this.exprs(statement.args)})`}`;
      case 'executeImmediate':
        return `EXECUTE IMMEDIATE ${this.string(statement.sql)}`;
      case 'beginSet':
        return 'BEGIN STATEMENT SET';
      case 'deallocate':
        return `DEALLOCATE ${statement.name === null ? 'ALL' : this.ident(statement.name)}`;
      case 'transaction':
        return this.transaction(statement);
      case 'declareCursor':
        return this.declareCursor(statement);
      case 'fetch':
        return this.fetch(statement);
      case 'closeCursor':
        return `CLOSE ${statement.name === null ? 'ALL' : this.ident(statement.name)}`;
      case 'discard':
        return `DISCARD ${statement.what.toUpperCase()}`;
      case 'listen':
      case 'unlisten':
      case 'notify':
        return `${statement.kind.toUpperCase()} ${statement.channel === null ? '*' : this.ident(statement.channel)}${statement.payload === null ? '' : `, ${this.string(statement.payload)}`}`;
      case 'job':
        return this.job(statement);
      case 'flush':
      case 'wait':
        return `${statement.kind.toUpperCase()}${statement.name === null ? '' : ` MATERIALIZED VIEW ${this.name(statement.name)}`}`;
      case 'comment':
        return `COMMENT ON ${statement.objectType.toUpperCase()} ${this.name(statement.name)} IS ${statement.text === null ? 'NULL' : this.string(statement.text)}`;
      case 'maintenance': {
        const computed = this.dialect === 'flink' && statement.action === 'analyze';
        const names = statement.names.length === 0 ? '' : ` ${computed ? 'TABLE ' : ''}${this.names(statement.names)}`;
        return `${statement.action.toUpperCase()}${names}${computed && names !== '' ? ' COMPUTE STATISTICS' : ''}`;
      }
      case 'callStatement':
        return `CALL ${this.expr(statement.call)}`;
      case 'lock':
        return `LOCK TABLE ${this.names(statement.names)}`;
      case 'module':
        if (statement.action === 'addJar' || statement.action === 'removeJar') return `${statement.action === 'addJar' ? 'ADD' : 'REMOVE'} JAR ${this.string(statement.name)}`;
        return `${statement.action.toUpperCase()} MODULE ${this.ident({ name: statement.name, quoted: false, span: statement.span })}${this.withOptions(statement.options)}`;
      case 'privilege':
        return this.privilege(statement);
      default:
        return unreachable(statement);
    }
  }

  private withPrefix(statement: Pick<InsertStatement, 'with'>): string {
    return statement.with === null ? '' : `${this.with(statement.with)} `;
  }

  private where({ where }: Pick<CopyStatement, 'where'>): string {
    return where === null ? '' : ` WHERE ${this.expr(where)}`;
  }

  private returning({ returning }: Pick<InsertStatement, 'returning'>): string {
    return returning.length === 0 ? '' : ` RETURNING ${this.items(returning)}`;
  }

  private partition(parts: Partition): string {
    if (parts.length === 0) return '';
    return ` PARTITION (${parts.map(({ column, value }) => `${this.ident(column)}${value === null ? '' : ` = ${this.expr(value)}`}`).join(', ')})`;
  }

  private insert(insert: InsertStatement): string {
    const { overwrite, execute, target, hints, alias, partition, columns, source, onConflict } = insert;
    const parts = [
      execute ? 'EXECUTE ' : '',
      this.withPrefix(insert),
      `INSERT ${overwrite ? 'OVERWRITE' : 'INTO'} ${this.name(target)}${this.hints(hints)}`,
      alias === null ? '' : ` AS ${this.ident(alias)}`,
      this.partition(partition),
      this.list(columns),
      source === null ? ' DEFAULT VALUES' : ` ${this.query(source)}`,
      onConflict === null ? '' : this.onConflict(onConflict),
      this.returning(insert),
    ];
    return parts.join('');
  }

  private onConflict({ columns, action, set, where }: OnConflict): string {
    const update = action === 'update' ? ` SET ${this.assignments(set)}${this.where({ where })}` : '';
    return ` ON CONFLICT${this.list(columns)} DO ${action.toUpperCase()}${update}`;
  }

  private assignments(list: readonly Assignment[]): string {
    return list.map(({ columns, value }) => `${columns.length === 1 ? this.idents(columns) : `(${this.idents(columns)})`} = ${this.expr(value)}`).join(', ');
  }

  private copy(copy: CopyStatement): string {
    const { source, endpoint, direction } = copy;
    const from = !('kind' in source) ? this.name(source) : source.kind === 'query' ? `(${this.query(source)})` : `(${this.subscribe(source)})`;
    const place = typeof endpoint === 'string' ? endpoint.toUpperCase() : this.string(endpoint.path);
    return `COPY ${from}${this.list(copy.columns)} ${direction.toUpperCase()} ${place}${this.withOptions(copy.options)}${this.where(copy)}`;
  }

  private source(source: ObjectName | Query): string {
    return 'kind' in source ? `(${this.query(source)})` : this.name(source);
  }

  private subscribe({ source, options, asOf, upTo }: SubscribeStatement): string {
    return `SUBSCRIBE TO ${this.source(source)}${this.withOptions(options)}${asOf === null ? '' : ` AS OF ${this.expr(asOf)}`}${upTo === null ? '' : ` UP TO ${this.expr(upTo)}`}`;
  }

  private statementSet({ execute, statements }: StatementSetStatement): string {
    const list = statements.map((insert) => `${this.insert(insert)}; `).join('');
    return execute ? `EXECUTE STATEMENT SET BEGIN ${list}END` : `BEGIN STATEMENT SET; ${list}END`;
  }

  private plan({ action, path, ifNotExists, statement }: PlanStatement): string {
    const words = action === 'compileAndExecute' ? 'COMPILE AND EXECUTE PLAN' : `${action.toUpperCase()} PLAN`;
    const body = statement === null ? '' : ` FOR ${this.statement(statement).replace(/^EXECUTE (?=STATEMENT SET)/, '')}`;
    return `${words} ${this.string(path)}${ifNotExists ? ' IF NOT EXISTS' : ''}${body}`;
  }

  private explain({ options, target }: ExplainStatement): string {
    const list = options.map(({ name, value }) => (value === null ? name : `${name} ${value}`)).join(', ');
    const flink = this.dialect === 'flink' && options.every(({ value }) => value === null);
    const words = options.length === 0 ? '' : flink ? ` ${list}` : ` (${list})`;
    const body = 'kind' in target ? this.statement(target).replace(/^EXECUTE (?=STATEMENT SET)/, '') : this.name(target);
    return `EXPLAIN${options.length === 0 && this.dialect === 'flink' ? ' PLAN FOR' : words} ${body}`;
  }

  private show({ what, setting, modifier, name, like, partition }: ShowStatement): string {
    if (what === 'ALL') return 'SHOW ALL';
    if (what === 'SETTING') return `SHOW ${this.setting(setting ?? '')}`;
    const bare = what.startsWith('CREATE ') || what === 'PARTITIONS';
    const of = name === null ? '' : ` ${bare ? '' : 'FROM '}${this.name(name)}`;
    const matching = like === null ? '' : ` ${like.negated ? 'NOT ' : ''}${like.caseInsensitive ? 'ILIKE' : 'LIKE'} ${this.string(like.pattern)}`;
    return `SHOW ${modifier === null ? '' : `${modifier.toUpperCase()} `}${what}${of}${this.partition(partition)}${matching}`;
  }

  private describe({ objectType, extended, name }: DescribeStatement): string {
    const of = objectType === 'job' ? this.string(name.parts[0]?.name ?? '') : this.name(name);
    return `DESCRIBE ${objectType === 'table' ? '' : `${objectType.toUpperCase()} `}${extended ? 'EXTENDED ' : ''}${of}`;
  }

  /** A setting's name: Flink quotes all, Postgres those that are not plain words. */
  private setting(name: string): string {
    return this.dialect === 'flink' || !/^[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*$/.test(name) || name.toUpperCase() === 'ALL' ? this.string(name) : name;
  }

  private set({ scope, name, values, isDefault }: SetStatement): string {
    if (name === null) return 'SET';
    return `SET ${suffix(scope).trimStart()}${scope === null ? '' : ' '}${this.setting(name)} = ${isDefault ? 'DEFAULT' : values.map((value) => this.string(value)).join(', ')}`;
  }

  private transaction({ action, savepoint, modes: list, chain }: TransactionStatement): string {
    const name = savepoint === null ? '' : this.ident(savepoint);
    switch (action) {
      case 'begin':
        return `BEGIN${modes(list)}`;
      case 'commit':
      case 'rollback':
        return `${action.toUpperCase()}${chain ? ' AND CHAIN' : ''}`;
      case 'rollbackTo':
        return `ROLLBACK TO SAVEPOINT ${name}`;
      case 'savepoint':
      case 'release':
        return `${action.toUpperCase()}${action === 'release' ? ' SAVEPOINT' : ''} ${name}`;
      default:
        return unreachable(action);
    }
  }

  private declareCursor({ name, binary, scroll, hold, source }: DeclareCursorStatement): string {
    const words = `${binary ? ' BINARY' : ''}${scroll === null ? '' : scroll ? ' SCROLL' : ' NO SCROLL'}`;
    const cursor = `${source.kind === 'subscription' ? ' SUBSCRIPTION' : ''} CURSOR${hold ? ' WITH HOLD' : ''}`;
    return `DECLARE ${this.ident(name)}${words}${cursor} FOR ${this.cursorSource(source)}`;
  }

  private cursorSource(source: DeclareCursorStatement['source']): string {
    if (source.kind === 'query') return this.query(source);
    if (source.kind === 'subscribe') return this.subscribe(source);
    return `${this.name(source.name)}${source.since === null ? '' : ` SINCE ${this.expr(source.since)}`}${source.full ? ' FULL' : ''}`;
  }

  private fetch({ move, cursor, direction, count, options }: FetchStatement): string {
    const amount = direction === 'first' || direction === 'last' ? '' : ` ${count ?? 'ALL'}`;
    return `${move ? 'MOVE' : 'FETCH'} ${direction.toUpperCase()}${amount} FROM ${this.ident(cursor)}${this.withOptions(options)}`;
  }

  private job({ action, jobs, withSavepoint, withDrain }: JobStatement): string {
    const word = action === 'cancel' ? 'CANCEL JOBS' : action === 'kill' ? 'KILL' : `${action.toUpperCase()} JOB`;
    return `${word} ${jobs.map((job) => this.string(job)).join(', ')}${withSavepoint ? ' WITH SAVEPOINT' : ''}${withDrain ? ' WITH DRAIN' : ''}`;
  }

  private privilege({ action, privileges, objectType, names, roles, withGrantOption }: PrivilegeStatement): string {
    const on = names.length === 0 ? '' : ` ON ${objectType.toUpperCase()} ${this.names(names)}`;
    const list = privileges.length === 0 ? 'ALL' : privileges.join(', ');
    return `${action.toUpperCase()} ${list}${on} ${action === 'grant' ? 'TO' : 'FROM'} ${this.idents(roles)}${withGrantOption ? ' WITH GRANT OPTION' : ''}`;
  }
}

function suffix(word: string | null): string {
  return word === null ? '' : ` ${word.toUpperCase()}`;
}

function modes(list: readonly TransactionMode[]): string {
  const words = { isolation: 'ISOLATION LEVEL', readOnly: 'READ ONLY', readWrite: 'READ WRITE', deferrable: 'DEFERRABLE', notDeferrable: 'NOT DEFERRABLE' };
  return list.length === 0 ? '' : ` ${list.map(({ kind, level }) => words[kind] + suffix(level)).join(', ')}`;
}

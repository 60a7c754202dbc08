import type { Identifier, ObjectName } from '../ast.ts';
import type { InsertStatement } from '../ast-dml.ts';
import type { BeginSetStatement, JobStatement, PlanStatement, StatementSetStatement } from '../ast-jobs.ts';
import type { ModuleStatement, PrivilegeStatement } from '../ast-objects.ts';
import type { AnalyzeStatement, CallStatement, ExecuteImmediateStatement, LockStatement } from '../ast-session.ts';
import type { Statement } from '../ast-statements.ts';
import { notSupported } from '../../common/errors.ts';
import { asConst, payload, type Rule } from '../base.ts';
import * as T from '../tokens.ts';
import { CursorParser } from './cursors.ts';

const { K } = T;

/** Statement sets, compiled plans, jobs, and the statements of administration. */
export abstract class JobParser extends CursorParser {
  /** `EXECUTE` of a statement set, a plan, an INSERT, a query or a prepared statement. */
  protected execute: Rule<Statement> = this.RULE('execute', (): Statement => {
    const start = this.here();
    this.CONSUME(K.EXECUTE);
    return this.OR([
      { GATE: () => this.at(2, K.SET), ALT: (): Statement => this.SUBRULE(this.statementSet, { ARGS: [true, start] }) },
      {
        GATE: () => this.at(2, T.StringLit),
        ALT: (): PlanStatement => {
          this.CONSUME(K.PLAN);
          const path = this.SUBRULE(this.stringLiteral);
          return { kind: 'plan', action: 'execute', path, ifNotExists: false, statement: null, span: this.span(start) };
        },
      },
      {
        GATE: () => this.at(2, K.INTO) || this.at(2, K.OVERWRITE),
        ALT: (): InsertStatement => {
          const insert = this.SUBRULE(this.insert, { ARGS: [null, this.here()] });
          return { ...insert, execute: true, span: this.span(start) };
        },
      },
      {
        GATE: () => this.atWord(1, 'IMMEDIATE') && this.at(2, T.StringLit),
        ALT: (): ExecuteImmediateStatement => {
          this.CONSUME(T.Name);
          const at = this.here();
          const sql = this.SUBRULE2(this.stringLiteral);
          return { kind: 'executeImmediate', sql, sqlSpan: this.span(at), span: this.span(start) };
        },
      },
      {
        // Flink's `EXECUTE SELECT …` is the query.
        GATE: () => this.at(1, K.SELECT) || this.at(1, K.WITH) || this.at(1, K.VALUES),
        ALT: (): Statement => ({ ...this.SUBRULE(this.queryStatement), span: this.span(start) }),
      },
      { ALT: (): Statement => this.SUBRULE(this.executePrepared, { ARGS: [start] }) },
    ]);
  });

  /** From STATEMENT on: `STATEMENT SET BEGIN ..; END` or `STATEMENT SET; ..; END`. */
  protected statementSet: Rule<StatementSetStatement, [execute: boolean, start: number]> = this.RULE('statementSet', (execute: boolean, start: number): StatementSetStatement => {
    const statements: InsertStatement[] = [];
    this.CONSUME(K.STATEMENT);
    this.CONSUME(K.SET);
    this.OR([{ ALT: () => this.CONSUME(K.BEGIN) }, { ALT: () => this.CONSUME(T.Semi) }]);
    this.MANY(() => {
      const at = this.here();
      const withClause = this.OPTION(() => this.SUBRULE(this.with)) ?? null;
      statements.push(this.SUBRULE(this.insert, { ARGS: [withClause, at] }));
      this.CONSUME2(T.Semi);
    });
    this.CONSUME(K.END);
    return { kind: 'statementSet', execute, statements, span: this.span(start) };
  });

  /** A whole statement set, or BEGIN STATEMENT SET alone, sent by itself. */
  protected beginSet: Rule<StatementSetStatement | BeginSetStatement> = this.RULE('beginSet', (): StatementSetStatement | BeginSetStatement => {
    const start = this.here();
    this.CONSUME(K.BEGIN);
    return this.OR([
      {
        GATE: () => this.LA(3).tokenType.name === 'EOF' || (this.at(3, T.Semi) && this.LA(4).tokenType.name === 'EOF'),
        IGNORE_AMBIGUITIES: true,
        ALT: (): BeginSetStatement => {
          this.CONSUME(K.STATEMENT);
          this.CONSUME(K.SET);
          this.OPTION(() => this.CONSUME(T.Semi));
          return { kind: 'beginSet', span: this.span(start) };
        },
      },
      { ALT: (): StatementSetStatement => this.SUBRULE(this.statementSet, { ARGS: [false, start] }) },
    ]);
  });

  protected compile: Rule<PlanStatement> = this.RULE('compile', (): PlanStatement => {
    const start = this.here();
    this.CONSUME(K.COMPILE);
    const action =
      this.OPTION(() => {
        this.CONSUME(K.AND);
        this.CONSUME(K.EXECUTE);
        return asConst(null, 'compileAndExecute');
      }) ?? 'compile';
    this.CONSUME(K.PLAN);
    const path = this.SUBRULE(this.stringLiteral);
    const ifNotExists = this.SUBRULE(this.ifNotExists);
    this.CONSUME(K.FOR);
    const at = this.here();
    const statement = this.OR([
      { ALT: (): InsertStatement | StatementSetStatement => this.SUBRULE(this.statementSet, { ARGS: [true, at] }) },
      { ALT: (): InsertStatement | StatementSetStatement => this.SUBRULE(this.insert, { ARGS: [null, at] }) },
    ]);
    return { kind: 'plan', action, path, ifNotExists, statement, span: this.span(start) };
  });

  /** STOP JOB, CANCEL JOBS, KILL, PAUSE JOB, RESUME JOB. */
  protected job: Rule<JobStatement> = this.RULE('job', (): JobStatement => {
    const start = this.here();
    const jobs: string[] = [];
    const action = this.OR([
      { ALT: () => asConst(this.CONSUME(K.STOP), 'stop') },
      { ALT: () => asConst(this.CONSUME(K.CANCEL), 'cancel') },
      { ALT: () => asConst(this.CONSUME(K.KILL), 'kill') },
      { ALT: () => asConst(this.CONSUME(K.PAUSE), 'pause') },
      { ALT: () => asConst(this.CONSUME(K.RESUME), 'resume') },
    ]);
    this.OPTION(() => this.OR2([{ ALT: () => this.CONSUME(K.JOB) }, { ALT: () => this.CONSUME(K.JOBS) }]));
    this.AT_LEAST_ONE_SEP({ SEP: T.Comma, DEF: () => jobs.push(this.SUBRULE(this.jobId)) });
    let withSavepoint = false;
    let withDrain = false;
    this.MANY(() => {
      this.CONSUME(K.WITH);
      this.OR3([{ ALT: () => asConst(this.CONSUME(K.SAVEPOINT), (withSavepoint = true)) }, { ALT: () => asConst(this.CONSUME(K.DRAIN), (withDrain = true)) }]);
    });
    return { kind: 'job', action, jobs, withSavepoint, withDrain, span: this.span(start) };
  });

  protected jobId: Rule<string> = this.RULE('jobId', (): string =>
    payload(this.OR([{ ALT: () => this.CONSUME(T.StringLit) }, { ALT: () => this.CONSUME(T.NumberLit) }, { ALT: () => this.CONSUME(T.Ident) }])));

  protected callStatement: Rule<CallStatement> = this.RULE('callStatement', (): CallStatement => {
    const start = this.here();
    this.CONSUME(K.CALL);
    const call = this.SUBRULE(this.functionCall);
    return { kind: 'callStatement', call, span: this.span(start) };
  });

  protected lock: Rule<LockStatement> = this.RULE('lock', (): LockStatement => {
    const start = this.here();
    this.CONSUME(K.LOCK);
    this.OPTION(() => this.CONSUME(K.TABLE));
    const names = this.SUBRULE(this.objectNames);
    this.OPTION2(() => {
      this.CONSUME(K.IN);
      this.AT_LEAST_ONE({ GATE: () => !this.at(1, K.MODE), DEF: () => this.CONSUME(T.Word) });
      this.CONSUME(K.MODE);
    });
    this.OPTION3(() => this.CONSUME(K.NOWAIT));
    return { kind: 'lock', names, span: this.span(start) };
  });

  /** ANALYZE, VACUUM, CHECKPOINT. */
  protected maintenance: Rule<AnalyzeStatement> = this.RULE('maintenance', (): AnalyzeStatement => {
    const start = this.here();
    const names: ObjectName[] = [];
    const action = this.OR([
      { ALT: () => asConst(this.CONSUME(K.ANALYZE), 'analyze') },
      { ALT: () => asConst(this.CONSUME(K.VACUUM), 'vacuum') },
      { ALT: () => asConst(this.CONSUME(K.CHECKPOINT), 'checkpoint') },
    ]);
    this.OPTION({ GATE: () => action !== 'checkpoint', DEF: () => this.SUBRULE(this.options) });
    this.MANY({
      GATE: () => action !== 'checkpoint',
      DEF: () => this.OR2([{ ALT: () => this.CONSUME(K.FULL) }, { ALT: () => this.CONSUME(K.FREEZE) }, { ALT: () => this.CONSUME(K.VERBOSE) }, { ALT: () => this.CONSUME2(K.ANALYZE) }, { ALT: () => this.CONSUME(K.TABLE) }]),
    });
    this.OPTION2({
      GATE: () => action !== 'checkpoint',
      DEF: () => {
        this.AT_LEAST_ONE_SEP({
          SEP: T.Comma,
          DEF: () => {
            names.push(this.SUBRULE(this.objectName));
            this.OPTION3(() => this.SUBRULE(this.identifierList));
          },
        });
      },
    });
    this.OPTION4(() => this.SUBRULE(this.partitionSpec));
    this.OPTION5({
      GATE: () => this.atWord(1, 'COMPUTE') && this.atWord(2, 'STATISTICS'),
      DEF: () => {
        this.CONSUME(T.Name);
        this.CONSUME2(T.Name);
        this.OPTION6(() => {
          this.CONSUME(K.FOR);
          this.OPTION7(() => this.CONSUME(K.ALL));
          this.CONSUME(K.COLUMNS);
          this.MANY_SEP({ SEP: T.Comma, DEF: () => this.SUBRULE(this.identifier) });
        });
      },
    });
    return { kind: 'maintenance', action, names, span: this.span(start) };
  });

  /** ADD JAR, REMOVE JAR, LOAD MODULE, UNLOAD MODULE. */
  protected module: Rule<ModuleStatement> = this.RULE('module', (): ModuleStatement => {
    const start = this.here();
    return this.OR([
      {
        ALT: (): ModuleStatement => {
          const action = this.OR2([{ ALT: () => asConst(this.CONSUME(K.ADD), 'addJar') }, { ALT: () => asConst(this.CONSUME(K.REMOVE), 'removeJar') }]);
          this.CONSUME(K.JAR);
          const name = this.SUBRULE(this.stringLiteral);
          return { kind: 'module', action, name, options: [], span: this.span(start) };
        },
      },
      {
        ALT: (): ModuleStatement => {
          const action = this.OR3([{ ALT: () => asConst(this.CONSUME(K.LOAD), 'load') }, { ALT: () => asConst(this.CONSUME(K.UNLOAD), 'unload') }]);
          this.CONSUME(K.MODULE);
          const name = payload(this.CONSUME(T.Ident));
          const options = this.SUBRULE(this.withOptions);
          return { kind: 'module', action, name, options, span: this.span(start) };
        },
      },
    ]);
  });

  /** GRANT and REVOKE. */
  protected privilege: Rule<PrivilegeStatement> = this.RULE('privilege', (): PrivilegeStatement => {
    const start = this.here();
    const action = this.OR([{ ALT: () => asConst(this.CONSUME(K.GRANT), 'grant') }, { ALT: () => asConst(this.CONSUME(K.REVOKE), 'revoke') }]);
    this.OPTION({
      GATE: () => this.at(2, K.OPTION),
      DEF: () => {
        this.CONSUME2(K.GRANT);
        this.CONSUME(K.OPTION);
        this.CONSUME(K.FOR);
        if (!this.RECORDING_PHASE) throw notSupported('GRANT OPTION FOR', this.span(start), 'Revoke the privilege and grant it anew.');
      },
    });
    const privileges: string[] = [];
    this.OR2([
      {
        IGNORE_AMBIGUITIES: true,
        ALT: () => {
          this.CONSUME(K.ALL);
          this.OPTION2(() => this.CONSUME(K.PRIVILEGES));
        },
      },
      {
        ALT: () =>
          this.AT_LEAST_ONE_SEP({
            SEP: T.Comma,
            DEF: () => {
              privileges.push(this.SUBRULE(this.upperWord));
              if (this.at(1, T.LParen)) throw notSupported('a privilege on columns', this.span(start), 'Grant it on the table.');
            },
          }),
      },
    ]);
    let objectType: PrivilegeStatement['objectType'] = 'role';
    let names: ObjectName[] = [];
    this.OPTION4(() => {
      this.CONSUME(K.ON);
      objectType =
        this.OPTION5({
          GATE: () => this.at(1, K.ALL) || (this.atObjectType(1) && this.atIdent(2)),
          DEF: () => this.OR3([{ ALT: () => this.SUBRULE(this.allTables) }, { ALT: () => this.SUBRULE(this.objectType) }]),
        }) ?? 'table';
      names = this.SUBRULE(this.objectNames);
    });
    this.OR4([{ ALT: () => this.CONSUME(K.TO) }, { ALT: () => this.CONSUME(K.FROM) }]);
    const roles: Identifier[] = [];
    this.AT_LEAST_ONE_SEP2({ SEP: T.Comma, DEF: () => roles.push(this.SUBRULE(this.label)) });
    const withGrantOption =
      this.OPTION6(() => {
        this.CONSUME(K.WITH);
        this.CONSUME3(K.GRANT);
        this.CONSUME2(K.OPTION);
        return true;
      }) ?? false;
    this.SUBRULE(this.cascade);
    return { kind: 'privilege', action, privileges, objectType, names, roles, withGrantOption, span: this.span(start) };
  });

  protected allTables: Rule<'all tables in schema'> = this.RULE('allTables', () => {
    this.CONSUME(K.ALL);
    this.CONSUME(K.TABLES);
    this.CONSUME(K.IN);
    this.CONSUME(K.SCHEMA);
    return 'all tables in schema' as const;
  });
}

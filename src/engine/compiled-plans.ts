import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { SqlError } from '../common/errors.ts';
import type { PlanStatement } from '../parser/ast-jobs.ts';
import type { Statement } from '../parser/ast-statements.ts';
import { parseStatement } from '../parser/parser.ts';
import { describeNode } from '../planner/physical/describe.ts';
import { inputsOf } from '../planner/physical/props.ts';
import type { PhysicalPlan } from '../planner/physical.ts';
import type { BoundInsert, BoundStatementSet, BoundStatement } from '../planner/statement.ts';
import type { StatementResult } from './api.ts';
import { capturedOptions } from './captured.ts';
import { startInsert } from './insert-job.ts';
import { planInserts } from './job-specs.ts';
import { prepareAst } from './prepared.ts';
import type { Run } from './run.ts';
import type { SessionState } from './session-state.ts';

/**
 * COMPILE PLAN and EXECUTE PLAN. The file holds the statement, the settings that go into a job, and the name of every
 * operator's state. The names derive from the plan's shape: where they are the same, the job of today keeps what that of
 * another day has kept; where they are not, the plan is refused rather than begun anew in silence.
 */

const VERSION = 1;

interface CompiledPlan {
  readonly version: number;
  readonly statement: string;
  readonly database: string;
  readonly searchPath: string;
  readonly timeZone: string;
  readonly options: Readonly<Record<string, string>>;
  readonly operators: readonly { readonly id: string; readonly operator: string }[];
}

type Job = BoundInsert | BoundStatementSet;
const isJob = (b: BoundStatement): b is Job => b.kind === 'statementSet' || (b.kind === 'insert' && b.mode === 'job');

/** The caller holds the DDL mutex. */
export async function planStatement(run: Run, s: PlanStatement): Promise<{ readonly result: Promise<StatementResult> }> {
  const path = fileOf(run, s);
  if (s.action === 'execute') return await executePlan(run, s, path);
  const compiled = compile(run, s);
  const made = await save(path, compiled, s.ifNotExists);
  if (!made && !s.ifNotExists) throw new SqlError('duplicate_file', `plan "${s.path}" already exists`, { span: s.span, hint: 'Write COMPILE PLAN … IF NOT EXISTS to keep it.' });
  if (s.action === 'compileAndExecute') return await executePlan(run, s, path);
  if (!made) run.session.notice('NOTICE', `plan "${s.path}" already exists, skipping`);
  return { result: Promise.resolve({ kind: 'command', tag: 'COMPILE PLAN' }) };
}

const fileOf = (run: Run, s: PlanStatement): string => resolve(run.core.workDir, s.path.replace(/^file:\/\//, ''));

function compile(run: Run, s: PlanStatement): CompiledPlan {
  const { session } = run;
  if (s.statement === null) throw new SqlError('syntax_error', 'a statement is needed', { span: s.span });
  const { bound } = prepareAst(session, s.statement, run.text, []);
  if (!isJob(bound)) throw new SqlError('wrong_object_type', 'only an INSERT that is a job has a plan to compile', { span: s.statement.span, hint: 'INSERT INTO a connector table, or a statement set.' });
  const options = capturedOptions(session);
  return {
    version: VERSION, statement: (s.statement.kind === 'statementSet' ? 'EXECUTE ' : '') + run.text.slice(s.statement.span.start, s.statement.span.end), database: session.database, searchPath: session.settings.text('search_path'),
    timeZone: session.settings.text('TimeZone'), options, operators: operatorsOf(run, bound, options),
  };
}

function operatorsOf(run: Run, bound: Job, options: Readonly<Record<string, string>>): CompiledPlan['operators'] {
  const { plans } = planInserts(run.core, bound.kind === 'insert' ? [bound] : bound.inserts, run.eval, options);
  const out: { readonly id: string; readonly operator: string }[] = [];
  const seen = new Set<string>();
  const walk = (p: PhysicalPlan): void => {
    for (const input of inputsOf(p)) walk(input);
    const key = `${p.kind} ${p.props.stateId}`;
    if (seen.has(key)) return;
    seen.add(key);
    out.push({ id: p.props.stateId, operator: describeNode(p) });
  };
  for (const p of plans) walk(p);
  return out;
}

/** @returns false when there is a file already. */
async function save(path: string, plan: CompiledPlan, keep: boolean): Promise<boolean> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, `${JSON.stringify(plan, null, 2)}\n`, { flag: 'wx' });
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw new SqlError('io_error', `plan "${path}" cannot be written`, { detail: error instanceof Error ? error.message : String(error), hint: keep ? undefined : 'The path is one of the server.' });
  }
}

async function executePlan(run: Run, s: PlanStatement, path: string): Promise<{ readonly result: Promise<StatementResult> }> {
  const plan = await load(s, path);
  const { session } = run;
  if (plan.database !== session.database) throw new SqlError('invalid_parameter_value', `the plan is for database "${plan.database}"`, { span: s.span, hint: `Connect to it, or USE CATALOG ${plan.database}.` });
  return await underSettings(session, plan, async () => {
    const ast: Statement = parseStatement(plan.statement);
    const { bound } = prepareAst(session, ast, plan.statement, []);
    if (!isJob(bound)) throw unfit(s, 'Its statement is no job any more.');
    const now = operatorsOf(run, bound, plan.options);
    const known = new Set(now.map((o) => o.id));
    const lost = plan.operators.filter((o) => !known.has(o.id));
    if (lost.length > 0) throw unfit(s, `There is no such operator any more: ${lost.map((o) => o.operator).join('; ')}.`);
    return await startInsert({ ...run, text: plan.statement }, bound, ast);
  });
}

const unfit = (s: PlanStatement, detail: string): SqlError =>
  new SqlError('object_not_in_prerequisite_state', `plan "${s.path}" no longer fits`, { span: s.span, detail, hint: 'Tables, settings or the server have changed since. COMPILE PLAN makes a new one, whose job begins without state.' });

/** The settings of the plan for the time of the statement. */
async function underSettings<T>(session: SessionState, plan: CompiledPlan, what: () => Promise<T>): Promise<T> {
  const given = new Map([...Object.entries(plan.options), ['TimeZone', plan.timeZone], ['search_path', plan.searchPath]]);
  const names = ['TimeZone', 'search_path', ...Object.keys(capturedOptions(session)), ...Object.keys(plan.options)];
  const before = new Map(names.map((n) => [n, session.settings.text(n)]));
  try {
    for (const n of names) {
      const value = given.get(n);
      if (value === undefined) session.settings.reset(n);
      else session.settings.set(n, [value], false);
    }
    return await what();
  } finally {
    for (const [n, value] of before) session.settings.set(n, [value], false);
  }
}

async function load(s: PlanStatement, path: string): Promise<CompiledPlan> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch {
    throw new SqlError('undefined_file', `plan "${s.path}" does not exist`, { span: s.span, hint: 'The path is one of the server.' });
  }
  const plan = decode(text);
  if (plan === null) throw new SqlError('data_corrupted', `"${s.path}" is no compiled plan`, { span: s.span });
  if (plan.version !== VERSION) throw new SqlError('feature_not_supported', `plan "${s.path}" has version ${plan.version}, and this server reads version ${VERSION}`, { span: s.span, hint: 'COMPILE PLAN makes a new one.' });
  return plan;
}

function decode(text: string): CompiledPlan | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null) return null;
  const fields = new Map<string, unknown>(Object.entries(value));
  const [version, statement, database, searchPath, timeZone, options, operators] = ['version', 'statement', 'database', 'searchPath', 'timeZone', 'options', 'operators'].map((k) => fields.get(k));
  if (typeof version !== 'number' || typeof statement !== 'string' || typeof database !== 'string' || typeof searchPath !== 'string' || typeof timeZone !== 'string') return null;
  if (typeof options !== 'object' || options === null || !Array.isArray(operators)) return null;
  const named = Object.entries(options).flatMap(([k, v]): [string, string][] => (typeof v === 'string' ? [[k, v]] : []));
  const nodes = operators.flatMap((o: unknown) => {
    if (typeof o !== 'object' || o === null || !('id' in o) || !('operator' in o)) return [];
    return typeof o.id === 'string' && typeof o.operator === 'string' ? [{ id: o.id, operator: o.operator }] : [];
  });
  if (nodes.length !== operators.length) return null;
  return { version, statement, database, searchPath, timeZone, options: Object.fromEntries(named), operators: nodes };
}

import { SqlError } from '../../common/errors.ts';
import { isModule, AGGREGATE_PARTS, head, PRELUDE, wrapped } from './guest.ts';
import { batchGlue, rowGlue, tableGlue, aggregateGlue } from './glue.ts';
import type { UserRoutine } from './routine.ts';
import { GuestError, Sandbox } from './sandbox.ts';
import { shapeOf } from './shape.ts';

/** A user's function in its sandbox, made when it is first called and again after it has hit a limit. */

/** What the file of the user's text is called in stacks. */
const FILE = 'body';

type AggregatePart = (typeof AGGREGATE_PARTS)[number];

/** The guest's entries, by address: what is not of the routine's kind is absent. */
interface Entries {
  readonly sandbox: Sandbox;
  /** Scalar and table functions: text of the arguments to text of the result. */
  readonly row: number;
  /** Scalar: a batch, see `batch.ts`. */
  readonly batch: number;
  readonly room: number;
  /** Aggregates: one for each of the entries that `glue.ts` makes. */
  readonly update: number;
  readonly merge: number;
  readonly finish: number;
  readonly parts: ReadonlySet<AggregatePart>;
}

export class RoutineInstance {
  readonly routine: UserRoutine;
  #entries: Entries | null = null;

  constructor(routine: UserRoutine) {
    this.routine = routine;
  }

  /** Loads it: what is wrong with the body, and where, or null. */
  check(): { readonly error: SqlError; readonly place: ReturnType<typeof placeIn> } | null {
    try {
      const { parts } = load(this.routine);
      const missing = this.routine.kind === 'aggregate' ? (['create_state', 'accumulate'] as const).filter((p) => !parts.has(p)) : [];
      if (missing.length === 0) return null;
      return { error: new SqlError('invalid_function_definition', `aggregate ${this.routine.name} has no function ${missing.join(' and ')}`), place: undefined };
    } catch (error) {
      return { error: asSqlError(this.routine, error), place: error instanceof GuestError ? placeIn(this.routine, error.guestStack) : undefined };
    }
  }

  /**
   * Runs in the sandbox.
   * Errors: external_routine_exception for what the function throws, configuration_limit_exceeded where it hits a limit.
   */
  run<T>(body: (entries: Entries) => T): T {
    if (this.#entries?.sandbox.broken === true) this.#entries = null;
    try {
      return body((this.#entries ??= load(this.routine)));
    } catch (error) {
      throw asSqlError(this.routine, error);
    }
  }
}

/** Where the user's text begins on its first line. */
const firstColumn = (routine: UserRoutine): number => (isModule(routine.source) ? 0 : head(routine.kind, routine.params, routine.source).length);

/** Line and column in the body, counted from 1, of the innermost place in it. */
function placeIn(routine: UserRoutine, stack: string): { readonly line: number; readonly column: number } | undefined {
  const found = /\bbody:(\d+):(\d+)/.exec(stack);
  if (found === null) return undefined;
  const line = Number(found[1]);
  const column = Number(found[2]) - (line === 1 ? firstColumn(routine) : 0);
  return { line, column: Math.max(1, column) };
}

function asSqlError(routine: UserRoutine, error: unknown): SqlError {
  if (error instanceof SqlError) return new SqlError(error.condition, `function ${routine.name}: ${error.message}`, { detail: error.detail, hint: error.hint });
  // Anything else is what a guest made of our own side's code.
  const guest = error instanceof GuestError ? error : new GuestError('', error instanceof Error ? error.message : String(error), '');
  const at = placeIn(routine, guest.guestStack);
  const detail = at === undefined ? undefined : `At line ${at.line}, column ${at.column} of the function's body.`;
  switch (guest.exhausted) {
    case 'steps':
      return new SqlError('configuration_limit_exceeded', `function ${routine.name} took more than ${routine.steps} steps`, { detail, hint: "Steps are jumps and calls. CREATE FUNCTION … WITH ('max-steps' = '…') allows it more." });
    case 'memory':
      return new SqlError('configuration_limit_exceeded', `function ${routine.name} took more than ${routine.memoryBytes} bytes of memory`, { detail, hint: "CREATE FUNCTION … WITH ('max-memory' = '…') allows it more megabytes." });
    case 'stack':
      return new SqlError('configuration_limit_exceeded', `function ${routine.name} calls itself too deeply`, { detail });
    case null: {
      const kind = guest.kind === '' || guest.kind === 'Error' ? '' : `${guest.kind}: `;
      return new SqlError('external_routine_exception', `function ${routine.name}: ${kind}${guest.message === '' ? 'an error without a message' : guest.message}`, { detail });
    }
  }
}

function load(routine: UserRoutine): Entries {
  const sandbox = new Sandbox(routine);
  const prelude = sandbox.script(PRELUDE, 'prelude');
  if (routine.volatility === 'volatile') sandbox.free(sandbox.call(sandbox.script('(p) => p.seeded()', 'prelude'), [prelude]));
  const code = isModule(routine.source) ? sandbox.module(routine.source, FILE) : sandbox.script(wrapped(routine.kind, routine.params, routine.source), FILE);
  const none: Omit<Entries, 'sandbox'> = { row: 0, batch: 0, room: 0, update: 0, merge: 0, finish: 0, parts: new Set() };
  const part = (entries: number, name: string): number => sandbox.call(sandbox.script(`(e) => e.${name}`, 'prelude'), [entries]);
  const linked = (glue: string): number => sandbox.call(sandbox.script(glue, 'prelude'), [prelude, code]);
  const args = routine.params.map((p) => shapeOf(p.type));
  const results = routine.returns.map((r) => [r.name, shapeOf(r.type)] as const);
  const { strict, name } = routine;
  switch (routine.kind) {
    case 'scalar': {
      const entries = linked(`${rowGlue(args, results, strict, name)}`);
      const fast = linked(batchGlue(routine));
      sandbox.watchProgress(part(fast, 'progress'));
      return { ...none, sandbox, row: entries, batch: part(fast, 'many'), room: part(fast, 'room') };
    }
    case 'table':
      return { ...none, sandbox, row: linked(tableGlue(args, results, name)) };
    case 'aggregate': {
      const entries = linked(aggregateGlue(args, results));
      const parts = new Set(AGGREGATE_PARTS.filter((p) => sandbox.textOf(sandbox.call(sandbox.script(`(e) => String(e.has(${JSON.stringify(p)}))`, 'prelude'), [entries])) === 'true'));
      sandbox.watchProgress(part(entries, 'progress'));
      return { ...none, sandbox, update: part(entries, 'update'), merge: part(entries, 'merge'), finish: part(entries, 'finish'), parts };
    }
  }
}

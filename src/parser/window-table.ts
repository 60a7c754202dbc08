import { SqlError } from '../common/errors.ts';
import type { CallExpr, Expr, FunctionArg, Identifier, TableArg } from './ast.ts';
import type { WindowTable } from './ast-queries.ts';

type WindowKind = WindowTable['window'];
type Slot = 'data' | 'timecol' | 'size' | 'step' | 'offset';

/** The parameters of each windowing function by position, and the names Flink gives them. */
const PARAMETERS: Readonly<Record<WindowKind, readonly (readonly [Slot, ...names: string[]])[]>> = {
  tumble: [['data', 'data'], ['timecol', 'timecol'], ['size', 'size'], ['offset', 'offset']],
  hop: [['data', 'data'], ['timecol', 'timecol'], ['step', 'slide'], ['size', 'size'], ['offset', 'offset']],
  cumulate: [['data', 'data'], ['timecol', 'timecol'], ['step', 'step'], ['size', 'size'], ['offset', 'offset']],
  session: [['data', 'data'], ['timecol', 'timecol'], ['size', 'gap', 'size']],
};

/** The windowing function that `call` names, if it is one. */
export function windowKind(call: CallExpr): WindowKind | undefined {
  const [name] = call.name.parts;
  if (name === undefined || call.name.parts.length !== 1 || name.quoted) return undefined;
  const lower = name.name.toLowerCase();
  return lower === 'tumble' || lower === 'hop' || lower === 'cumulate' || lower === 'session' ? lower : undefined;
}

/** Turns any of the three spellings of a windowing call into one node; see `WindowTable`. */
export function toWindowTable(window: WindowKind, call: CallExpr): Omit<WindowTable, 'alias'> {
  const slots = new Map<Slot, FunctionArg['value']>();
  const parameters = PARAMETERS[window];
  call.args.forEach((arg, position) => {
    const { name } = arg;
    const parameter = name === null ? parameters[position] : parameters.find(([, ...names]) => names.includes(name.name.toLowerCase()));
    if (parameter === undefined || slots.has(parameter[0])) {
      const what = name === null ? 'too many arguments' : `unexpected argument "${name.name}"`;
      throw new SqlError('syntax_error', `${what} for function ${window}`, { span: name?.span ?? arg.value.span, hint: usage(window) });
    }
    slots.set(parameter[0], arg.value);
  });
  const need = (slot: Slot): FunctionArg['value'] => {
    const value = slots.get(slot);
    if (value !== undefined) return value;
    throw new SqlError('syntax_error', `missing argument for function ${window}`, { span: call.span, hint: usage(window) });
  };
  const scalar = (value: FunctionArg['value']): Expr => {
    if (value.kind !== 'tableArg' && value.kind !== 'descriptor') return value;
    throw new SqlError('syntax_error', `function ${window} needs a value here`, { span: value.span, hint: usage(window) });
  };
  const step = slots.get('step');
  const offset = slots.get('offset');
  const needsStep = window === 'hop' || window === 'cumulate';
  return {
    kind: 'windowTable',
    window,
    input: toTable(need('data'), window),
    timeColumn: toColumn(need('timecol'), window),
    step: needsStep ? scalar(step ?? need('step')) : null,
    size: scalar(need('size')),
    offset: offset === undefined ? null : scalar(offset),
    span: call.span,
  };
}

function toTable(value: FunctionArg['value'], window: WindowKind): TableArg {
  const { span } = value;
  if (value.kind === 'tableArg') return value;
  if (value.kind === 'name') return { kind: 'tableArg', source: { parts: value.parts, span }, partitionBy: [], orderBy: [], span };
  if (value.kind === 'subquery') return { kind: 'tableArg', source: value.query, partitionBy: [], orderBy: [], span };
  throw new SqlError('syntax_error', `the first argument of function ${window} must be a table`, { span, hint: usage(window) });
}

function toColumn(value: FunctionArg['value'], window: WindowKind): Identifier {
  const columns = value.kind === 'descriptor' ? value.columns : value.kind === 'name' ? value.parts : [];
  const [column] = columns;
  if (column !== undefined && columns.length === 1) return column;
  throw new SqlError('syntax_error', `function ${window} needs one time column`, { span: value.span, hint: usage(window) });
}

function usage(window: WindowKind): string {
  const sizes = { tumble: 'size [, offset]', hop: 'slide, size [, offset]', cumulate: 'step, size [, offset]', session: 'gap' };
  return `Write ${window.toUpperCase()}(TABLE t, DESCRIPTOR(column), ${sizes[window]}).`;
}

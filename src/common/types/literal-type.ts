import { didYouMean } from '../did-you-mean.ts';
import { SqlError, notSupported } from '../errors.ts';
import type { Span } from '../span.ts';
import { PRECISION_MAX } from './decimal-rules.ts';
import type { SqlType } from './sql-type.ts';
import { arrayOf, decimalOf } from './sql-type.ts';
import { LENGTH_MAX } from './text-length.ts';

/**
 * Type names of both dialects. Where the same word differs, the rule is: DECIMAL without arguments is Flink's (10,0);
 * NUMERIC without arguments is PostgreSQL's, each value with its own scale.
 */
type Maker = (args: readonly number[], span: Span | undefined) => SqlType;

const plain =
  (type: SqlType): Maker =>
  (args, span) => {
    if (args.length > 0) throw modifierError(type.kind, span);
    return type;
  };

function modifierError(name: string, span: Span | undefined): SqlError {
  return new SqlError('syntax_error', `type modifier is not allowed for type "${name}"`, { span });
}

const temporal =
  (kind: 'time' | 'timestamp' | 'timestamptz'): Maker =>
  (args, span) => {
    const precision = args[0] ?? 6;
    if (args.length > 1 || precision < 0 || precision > 9) {
      throw new SqlError('invalid_parameter_value', `${kind}(${args.join(',')}) precision must be between 0 and 6`, { span });
    }
    if (precision > 6) {
      throw notSupported(`${kind.toUpperCase()}(${precision})`, span, 'Times are kept to the microsecond: use a precision of 6 or less.');
    }
    return { kind, precision };
  };

const exact =
  (defaultType: SqlType): Maker =>
  (args, span) => {
    const [precision, scale = 0] = args;
    if (precision === undefined) return defaultType;
    if (precision < 1 || precision > PRECISION_MAX) {
      throw new SqlError('invalid_parameter_value', `NUMERIC precision ${precision} must be between 1 and ${PRECISION_MAX}`, {
        span,
        hint: 'NUMERIC without a precision holds any number of digits.',
      });
    }
    if (args.length > 2 || scale < 0 || scale > precision) {
      throw new SqlError('invalid_parameter_value', `NUMERIC scale ${scale} must be between 0 and precision ${precision}`, { span });
    }
    return decimalOf(precision, scale);
  };

const lengthOf = (args: readonly number[], name: string, span: Span | undefined): number | undefined => {
  const [length] = args;
  if (args.length > 1) throw new SqlError('invalid_parameter_value', 'invalid type modifier', { span });
  if (length !== undefined && (length < 1 || length > 2147483647)) {
    throw new SqlError('invalid_parameter_value', `length for type ${name} must be at least 1`, { span });
  }
  return length;
};

const character: Maker = (args, span) => {
  const length = lengthOf(args, 'char', span) ?? 1;
  if (length > LENGTH_MAX) throw new SqlError('invalid_parameter_value', `length for type char cannot exceed ${LENGTH_MAX}`, { span });
  return { kind: 'char', length };
};

const varying: Maker = (args, span) => {
  const length = lengthOf(args, 'varchar', span);
  // VARCHAR(2147483647) is how Flink spells STRING.
  return length === undefined || length === 2147483647 ? { kind: 'varchar' } : { kind: 'varchar', length };
};

/** Without a length, and with the longest, both are BYTES. */
const binary =
  (name: 'binary' | 'varbinary'): Maker =>
  (args, span) => {
    const length = lengthOf(args, name, span);
    if (length === undefined || length === 2147483647) return { kind: 'bytea' };
    if (name === 'varbinary') return { kind: 'bytea', length };
    if (length > LENGTH_MAX) throw new SqlError('invalid_parameter_value', `length for type binary cannot exceed ${LENGTH_MAX}`, { span });
    return { kind: 'bytea', length, fixed: true };
  };

const float: Maker = (args, span) => {
  const bits = args[0];
  if (bits === undefined) return { kind: 'double' };
  if (bits < 1 || bits > 53) throw new SqlError('invalid_parameter_value', 'precision for type float must be between 1 and 53 bits', { span });
  return { kind: bits <= 24 ? 'real' : 'double' };
};

const refused =
  (what: string, hint: string): Maker =>
  (_args, span) => {
    throw notSupported(what, span, hint);
  };

const serial = (name: string): Maker => refused(`type ${name}`, 'Give the column an integer type and supply its values.');

const TYPES: ReadonlyMap<string, Maker> = new Map<string, Maker>(
  Object.entries({
    boolean: plain({ kind: 'boolean' }),
    bool: plain({ kind: 'boolean' }),
    tinyint: plain({ kind: 'tinyint' }),
    smallint: plain({ kind: 'smallint' }),
    int2: plain({ kind: 'smallint' }),
    int: plain({ kind: 'int' }),
    integer: plain({ kind: 'int' }),
    int4: plain({ kind: 'int' }),
    bigint: plain({ kind: 'bigint' }),
    int8: plain({ kind: 'bigint' }),
    real: plain({ kind: 'real' }),
    float4: plain({ kind: 'real' }),
    float: float,
    double: plain({ kind: 'double' }),
    'double precision': plain({ kind: 'double' }),
    float8: plain({ kind: 'double' }),
    decimal: exact(decimalOf(10, 0)),
    dec: exact(decimalOf(10, 0)),
    numeric: exact({ kind: 'numeric' }),
    char: character,
    character: character,
    bpchar: ((args, span) => (args.length === 0 ? { kind: 'varchar' } : character(args, span))) satisfies Maker,
    varchar: varying,
    'character varying': varying,
    'char varying': varying,
    text: plain({ kind: 'varchar' }),
    string: plain({ kind: 'varchar' }),
    bytea: plain({ kind: 'bytea' }),
    bytes: plain({ kind: 'bytea' }),
    binary: binary('binary'),
    varbinary: binary('varbinary'),
    date: plain({ kind: 'date' }),
    time: temporal('time'),
    'time without time zone': temporal('time'),
    timestamp: temporal('timestamp'),
    'timestamp without time zone': temporal('timestamp'),
    timestamptz: temporal('timestamptz'),
    timestamp_ltz: temporal('timestamptz'),
    'timestamp with time zone': temporal('timestamptz'),
    'timestamp with local time zone': temporal('timestamptz'),
    interval: ((args, span) => {
      if (args.length > 0 && args[0] !== 6) throw notSupported(`interval(${args.join(',')})`, span, 'Use interval without a precision.');
      return { kind: 'interval' };
    }) satisfies Maker,
    json: plain({ kind: 'json' }),
    jsonb: plain({ kind: 'jsonb' }),
    variant: plain({ kind: 'jsonb' }),
    uuid: plain({ kind: 'uuid' }),
    oid: plain({ kind: 'oid' }),
    regclass: plain({ kind: 'regclass' }),
    regtype: plain({ kind: 'regtype' }),
    regproc: plain({ kind: 'regproc' }),
    regnamespace: plain({ kind: 'regnamespace' }),
    name: plain({ kind: 'name' }),
    '"char"': plain({ kind: 'internalchar' }),
    unknown: plain({ kind: 'unknown' }),
    int2vector: plain(arrayOf({ kind: 'smallint' })),
    oidvector: plain(arrayOf({ kind: 'oid' })),
    timetz: refused('type timetz', 'Use time or timestamptz.'),
    'time with time zone': refused('type time with time zone', 'Use time or timestamptz.'),
    serial: serial('serial'),
    serial2: serial('smallserial'),
    serial4: serial('serial'),
    serial8: serial('bigserial'),
    smallserial: serial('smallserial'),
    bigserial: serial('bigserial'),
    money: refused('type money', 'Use DECIMAL(19,2).'),
    xml: refused('type xml', 'Use TEXT.'),
    multiset: refused('type MULTISET', 'Use an ARRAY.'),
    raw: refused('type RAW', 'Use BYTES.'),
  }),
);

/** Names that `typeFromName` knows, lower case. */
export function typeNames(): Iterable<string> {
  return TYPES.keys();
}

/**
 * The type of a name with its arguments, e.g. `('varchar', [10])`. A trailing `[]` or a leading `_` (PostgreSQL's name
 * of an array type) makes an array; `pg_catalog.` is dropped. ROW, MAP and ARRAY<…> are built by the parser's caller.
 * Errors: undefined_object, invalid_parameter_value, feature_not_supported.
 */
export function typeFromName(name: string, args: readonly number[] = [], span?: Span): SqlType {
  let lower = name.trim().toLowerCase().replace(/\s+/g, ' ');
  if (lower.startsWith('pg_catalog.')) lower = lower.slice('pg_catalog.'.length);
  if (lower.endsWith('[]')) return arrayOf(typeFromName(lower.slice(0, -2), args, span));
  const maker = TYPES.get(lower);
  if (maker !== undefined) return maker(args, span);
  if (lower.startsWith('_') && TYPES.has(lower.slice(1))) return arrayOf(typeFromName(lower.slice(1), args, span));
  const near = didYouMean(lower, TYPES.keys());
  throw new SqlError('undefined_object', `type "${name}" does not exist`, {
    span,
    hint: near === undefined ? undefined : `Perhaps you meant "${near}".`,
  });
}

/** As `typeFromName`, from the text form: `numeric(10,2)`, `timestamp(3) with time zone`, `int[]`. For casts to regtype. */
export function typeFromText(text: string, span?: Span): SqlType {
  let rest = text.trim();
  let dimensions = 0;
  while (/\[\d*\]$/.test(rest)) {
    rest = rest.replace(/\s*\[\d*\]$/, '');
    dimensions++;
  }
  const match = /^([^()]+?)\s*(?:\(([\d\s,]+)\))?(\s*[^()]*)$/.exec(rest);
  if (match === null) throw new SqlError('undefined_object', `type "${text}" does not exist`, { span });
  const args = match[2] === undefined ? [] : match[2].split(',').map((n) => Number(n.trim()));
  let type = typeFromName(`${match[1] ?? ''}${match[3] ?? ''}`, args, span);
  for (; dimensions > 0; dimensions--) type = arrayOf(type);
  return type;
}

import type { Identifier, IntervalQualifier, ObjectName, TypeName } from '../ast.ts';
import { isPlainWord, mustQuote, RESERVED } from '../keywords.ts';

/** Which quoting and spellings to print. */
export type Dialect = 'postgres' | 'flink';

/** Words that cannot start a call unless quoted; those like CURRENT_TIMESTAMP can. */
const RESERVED_WORDS: ReadonlySet<string> = new Set(RESERVED.filter((word) => !/^(?:CURRENT_|LOCALTIME|SESSION_USER|USER$)/.test(word)));

/** Spellings that only one dialect has, with the other's. */
const TO_POSTGRES: ReadonlyMap<string, string> = new Map([
  ['string', 'text'], ['bytes', 'bytea'], ['double', 'double precision'], ['timestamp_ltz', 'timestamptz'], ['timestamp with local time zone', 'timestamptz'],
]);
const TO_FLINK: ReadonlyMap<string, string> = new Map([
  ['text', 'string'], ['bytea', 'bytes'], ['int2', 'smallint'], ['int4', 'int'], ['int8', 'bigint'], ['float4', 'float'], ['float8', 'double'], ['bool', 'boolean'],
  ['timestamptz', 'timestamp_ltz'], ['timestamp with time zone', 'timestamp_ltz'], ['timestamp with local time zone', 'timestamp_ltz'], ['timestamp without time zone', 'timestamp'],
  ['character varying', 'varchar'], ['character', 'char'], ['double precision', 'double'],
]);

/** Names, literals and types. */
export abstract class TypePrinter {
  protected readonly dialect: Dialect;

  constructor(dialect: Dialect) {
    this.dialect = dialect;
  }

  /**
   * Quoted when it was, or when it must be to be read as a name. For Flink always: it reserves many words that make good
   * names (`value`, `date`, `count`), and quoting changes nothing there, where case always counts.
   */
  protected ident({ name, quoted }: Identifier): string {
    return quoted || this.dialect === 'flink' || mustQuote(name) ? this.quote(name) : name;
  }

  protected quote(name: string): string {
    return this.dialect === 'flink' ? `\`${name.replaceAll('`', '``')}\`` : `"${name.replaceAll('"', '""')}"`;
  }

  /** A function's name: words such as LEFT and REPLACE stand bare before a parenthesis. */
  protected functionName(name: ObjectName): string {
    const print = (part: Identifier): string =>
      part.quoted || !isPlainWord(part.name) || RESERVED_WORDS.has(part.name.toUpperCase()) ? this.quote(part.name) : part.name;
    return name.parts.map(print).join('.');
  }

  protected name(name: ObjectName): string {
    return name.parts.map((part) => this.ident(part)).join('.');
  }

  protected names(names: readonly ObjectName[]): string {
    return names.map((name) => this.name(name)).join(', ');
  }

  protected idents(names: readonly Identifier[]): string {
    return names.map((name) => this.ident(name)).join(', ');
  }

  protected string(value: string): string {
    return `'${value.replaceAll("'", "''")}'`;
  }

  type(type: TypeName): string {
    let text = this.elementType(type);
    for (let i = 0; i < type.arrayDims; i++) text = this.dialect === 'flink' ? `ARRAY<${text}>` : `${text}[]`;
    if (type.nullable !== null) text += type.nullable ? ' NULL' : ' NOT NULL';
    return text;
  }

  private elementType(type: TypeName): string {
    const { name, element, key, fields, interval } = type;
    if (name === 'array' && element !== null) {
      const bare = element.nullable === null && this.dialect === 'postgres';
      return bare ? `${this.type(element)}[]` : `ARRAY<${this.type(element)}>`;
    }
    if (name === 'multiset' && element !== null) return `MULTISET<${this.type(element)}>`;
    if (name === 'map' && key !== null && element !== null) return `MAP<${this.type(key)}, ${this.type(element)}>`;
    if (name === 'row' && fields !== null) {
      return `ROW<${fields.map((field) => `${this.ident(field.name)} ${this.type(field.type)}${field.comment === null ? '' : ` ${this.string(field.comment)}`}`).join(', ')}>`;
    }
    if (interval !== null) return `INTERVAL ${this.qualifier(interval)}`;
    return this.plainType(type);
  }

  private plainType({ name, quoted, schema, args }: TypeName): string {
    const list = args.length > 0 ? `(${args.join(', ')})` : '';
    if (quoted || schema !== null) return `${schema === null ? '' : `${this.ident(schema)}.`}${quoted ? this.quote(name) : name}${list}`;
    const spelt = (this.dialect === 'flink' ? TO_FLINK : TO_POSTGRES).get(name) ?? name;
    const cased = this.dialect === 'flink' ? spelt.toUpperCase() : spelt;
    // The precision stands inside: `timestamp(3) with time zone`.
    const zone = / with(?:out)? .*$/i.exec(cased);
    return zone === null ? cased + list : cased.slice(0, zone.index) + list + zone[0];
  }

  protected qualifier({ from, to, leadingPrecision, fractionPrecision }: IntervalQualifier): string {
    const precision = (value: number | null): string => (value === null ? '' : `(${value})`);
    if (to !== null) return `${from}${precision(leadingPrecision)} TO ${to}${precision(fractionPrecision)}`;
    return from + precision(leadingPrecision ?? fractionPrecision);
  }
}

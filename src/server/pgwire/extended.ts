import { SqlError } from '../../common/errors.ts';
import { typeOfOid, typeOid } from '../../common/types/oids.ts';
import type { SqlType } from '../../common/types/sql-type.ts';
import type { Value } from '../../common/types/value.ts';
import type { PreparedStatement, StatementResult } from '../../engine/api.ts';
import { commandComplete, deliverCopy } from './deliver.ts';
import { FieldReader } from './frames.ts';
import { BACKEND } from './messages.ts';
import { decodeParameters, readFormats, readParameters, spreadFormats } from './parameters-in.ts';
import { ResultRows } from './result-rows.ts';
import { writeRowDescription } from './row-description.ts';
import { rowEncoder } from './row-encoder.ts';
import type { Wire } from './wire.ts';

/** A statement of Parse; `prepared` is null for an empty text. */
interface Statement {
  readonly text: string;
  readonly prepared: PreparedStatement | null;
  /** The type OIDs the client declared; they are told back as they came (pgjdbc insists on its varchar). */
  readonly declared: readonly number[];
}

interface Portal {
  readonly statement: Statement;
  readonly parameters: readonly Value[];
  readonly binary: readonly boolean[];
  /** Rows under way, after the first Execute. */
  rows: { readonly cursor: ResultRows; readonly tag: (rowCount: number) => string } | null;
  state: 'ready' | 'started' | 'done';
}

/** The extended protocol's statements and portals of one session, and its messages. */
export class ExtendedQuery {
  readonly #wire: Wire;
  readonly #statements = new Map<string, Statement>();
  readonly #portals = new Map<string, Portal>();
  #implicit = false;
  /** The text that error positions refer to. */
  text: string | null = null;

  constructor(wire: Wire) {
    this.#wire = wire;
  }

  /** The messages up to the next Sync form an implicit transaction block. */
  #begin(): void {
    if (this.#implicit) return;
    this.#implicit = true;
    this.#wire.session.beginImplicit();
  }

  async parse(body: Buffer): Promise<void> {
    const fields = new FieldReader(body);
    const name = fields.text();
    const text = fields.text();
    this.text = text;
    const count = fields.uint16();
    const declared: number[] = [];
    for (let i = 0; i < count; i++) declared.push(fields.uint32());
    fields.end();
    const types = declared.map(declaredType);
    if (name !== '' && this.#statements.has(name)) {
      throw new SqlError('duplicate_prepared_statement', `prepared statement "${name}" already exists`);
    }
    if (this.#statements.size >= this.#wire.limits.statementsMax) {
      throw new SqlError('configuration_limit_exceeded', 'too many prepared statements', { hint: 'Close statements that are not needed any more.' });
    }
    if (name === '') this.#statements.delete(name);
    const parsed = this.#wire.session.parse(text);
    if (parsed.length > 1) throw new SqlError('syntax_error', 'cannot insert multiple commands into a prepared statement');
    this.#begin();
    const [only] = parsed;
    const prepared = only === undefined ? null : await this.#wire.session.prepare(only, types);
    this.#statements.set(name, { text, prepared, declared });
    this.#wire.out.empty(BACKEND.parseComplete);
  }

  async bind(body: Buffer): Promise<void> {
    const fields = new FieldReader(body);
    const name = fields.text();
    const statementName = fields.text();
    const formats = readFormats(fields);
    const raw = readParameters(fields);
    const resultFormats = readFormats(fields);
    fields.end();
    const statement = this.#statement(statementName);
    this.text = statement.text;
    const types = statement.prepared?.parameters ?? [];
    if (raw.length !== types.length) {
      throw new SqlError(
        'protocol_violation',
        `bind message supplies ${raw.length} parameters, but prepared statement "${statementName}" requires ${types.length}`,
      );
    }
    if (name !== '' && this.#portals.has(name)) throw new SqlError('duplicate_cursor', `cursor "${name}" already exists`);
    if (this.#portals.size >= this.#wire.limits.portalsMax) throw new SqlError('configuration_limit_exceeded', 'too many portals');
    this.#begin();
    await this.#drop(name);
    const parameters = decodeParameters(raw, formats, types, this.#wire.session.text);
    const columns = statement.prepared?.columns ?? [];
    const binary = spreadFormats(resultFormats, columns.length, 'column');
    this.#portals.set(name, { statement, parameters, binary, rows: null, state: 'ready' });
    this.#wire.out.empty(BACKEND.bindComplete);
  }

  describe(body: Buffer): void {
    const fields = new FieldReader(body);
    const kind = fields.byte();
    const name = fields.text();
    fields.end();
    const { out } = this.#wire;
    if (kind === STATEMENT) {
      const { prepared, declared } = this.#statement(name);
      const types = prepared?.parameters ?? [];
      out.begin(BACKEND.parameterDescription).int16(types.length);
      for (const [i, type] of types.entries()) {
        const told = declared[i] ?? 0;
        out.int32(told !== 0 && told !== UNKNOWN_OID ? told : type.kind === 'unknown' ? TEXT_OID : typeOid(type));
      }
      out.end();
      this.#columns(prepared, null);
    } else if (kind === PORTAL) {
      const cursor = this.#portals.has(name) ? undefined : this.#wire.session.cursorSchema?.(name);
      if (cursor !== undefined) writeRowDescription(out, cursor, null);
      else {
        const portal = this.#portal(name);
        this.#columns(portal.statement.prepared, portal.binary);
      }
    } else throw new SqlError('protocol_violation', `invalid DESCRIBE message subtype ${kind}`);
  }

  #columns(prepared: PreparedStatement | null, binary: readonly boolean[] | null): void {
    const columns = prepared?.columns ?? null;
    if (columns === null) this.#wire.out.empty(BACKEND.noData);
    else writeRowDescription(this.#wire.out, columns, binary);
  }

  async execute(body: Buffer): Promise<void> {
    const fields = new FieldReader(body);
    const name = fields.text();
    const max = Math.max(0, fields.int32());
    fields.end();
    const portal = this.#portal(name);
    this.text = portal.statement.text;
    const { prepared } = portal.statement;
    if (prepared === null) {
      this.#wire.out.empty(BACKEND.emptyQuery);
      return;
    }
    if (portal.state === 'done' && portal.rows === null) {
      throw new SqlError('object_not_in_prerequisite_state', `portal "${name}" cannot be run`);
    }
    this.#begin();
    await this.#wire.cancellable(async (signal) => {
      if (portal.state === 'ready') {
        portal.state = 'done';
        const result = await this.#wire.session.execute(prepared, portal.parameters, { signal });
        if (!(await this.#start(portal, result, signal))) return;
      }
      await this.#fetch(portal, max, signal);
    });
  }

  /** Takes in what a statement gave; true when there are rows to fetch. */
  async #start(portal: Portal, result: StatementResult, signal: AbortSignal): Promise<boolean> {
    switch (result.kind) {
      case 'empty':
        this.#wire.out.empty(BACKEND.emptyQuery);
        return false;
      case 'command':
        commandComplete(this.#wire, result.tag);
        return false;
      case 'rows': {
        const binary = result.schema.map((_, i) => portal.binary[i] === true);
        const encode = rowEncoder(result.schema, binary, this.#wire.session.text);
        portal.rows = { cursor: new ResultRows(result.rows, encode, result.live), tag: result.tag };
        portal.state = 'started';
        return true;
      }
      default:
        await deliverCopy(this.#wire, result, signal);
        return false;
    }
  }

  async #fetch(portal: Portal, max: number, signal: AbortSignal): Promise<void> {
    if (portal.rows === null) return;
    const { count, ended } = await portal.rows.cursor.send(this.#wire.out, max, signal);
    if (ended) {
      portal.state = 'done';
      commandComplete(this.#wire, portal.rows.tag(count));
    } else this.#wire.out.empty(BACKEND.portalSuspended);
  }

  async close(body: Buffer): Promise<void> {
    const fields = new FieldReader(body);
    const kind = fields.byte();
    const name = fields.text();
    fields.end();
    if (kind === STATEMENT) this.#statements.delete(name);
    else if (kind === PORTAL) await this.#drop(name);
    else throw new SqlError('protocol_violation', `invalid CLOSE message subtype ${kind}`);
    this.#wire.out.empty(BACKEND.closeComplete);
  }

  /** Ends the implicit block. Portals go with the transaction; those of an open block survive. */
  async sync(failed: boolean): Promise<void> {
    try {
      if (this.#implicit) {
        this.#implicit = false;
        await this.#wire.session.endImplicit(failed);
      }
    } finally {
      this.text = null;
      if (this.#wire.session.transactionStatus === 'I') await this.dropPortals();
    }
  }

  async dropPortals(): Promise<void> {
    for (const name of [...this.#portals.keys()]) await this.#drop(name);
  }

  async #drop(name: string): Promise<void> {
    const portal = this.#portals.get(name);
    if (portal === undefined) return;
    this.#portals.delete(name);
    await portal.rows?.cursor.close();
  }

  #statement(name: string): Statement {
    const found = this.#statements.get(name);
    if (found !== undefined) return found;
    throw new SqlError('invalid_sql_statement_name', name === '' ? 'unnamed prepared statement does not exist' : `prepared statement "${name}" does not exist`);
  }

  #portal(name: string): Portal {
    const found = this.#portals.get(name);
    if (found === undefined) throw new SqlError('invalid_cursor_name', `portal "${name}" does not exist`);
    return found;
  }
}

const STATEMENT = 83;
const PORTAL = 80;
const TEXT_OID = 25;
const UNKNOWN_OID = 705;

function declaredType(oid: number): SqlType | undefined {
  if (oid === 0 || oid === UNKNOWN_OID) return undefined;
  const type = typeOfOid(oid);
  if (type === undefined) throw new SqlError('undefined_object', `type with OID ${oid} does not exist`);
  return type;
}

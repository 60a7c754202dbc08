import { SqlError } from '../common/errors.ts';
import { typeFromText } from '../common/types/literal-type.ts';
import { typeOfOid, typeOid } from '../common/types/oids.ts';
import { typeName, type SqlType } from '../common/types/sql-type.ts';
import type { TextInput, TextOutput } from '../common/types/text-codec.ts';
import type { EvalContext } from './define.ts';

/** Text input and output with the names that reg* types need from the session. */
export interface SessionText extends TextInput, TextOutput {}

const cache = new WeakMap<EvalContext, SessionText>();

export function textContext(cx: EvalContext): SessionText {
  let found = cache.get(cx);
  if (found === undefined) {
    found = {
      get timeZone() {
        return cx.timeZone;
      },
      get nowMicros() {
        return cx.nowMicros;
      },
      oidName: (type, oid) => oidName(cx, type, oid),
      oidOf: (type, text) => oidOf(cx, type, text),
    };
    cache.set(cx, found);
  }
  return found;
}

function oidName(cx: EvalContext, type: SqlType, oid: number): string | undefined {
  switch (type.kind) {
    case 'regclass':
      return cx.session?.relationName(oid);
    case 'regtype': {
      const known = typeOfOid(oid);
      return known === undefined ? undefined : typeName(known);
    }
    case 'regproc':
      return cx.session?.describe('proc', oid, 0) ?? undefined;
    case 'regnamespace':
      return cx.session?.describe('namespace', oid, 0) ?? undefined;
    default:
      return undefined;
  }
}

/** OIDs of schemas that every server has. */
const NAMESPACES: Readonly<Record<string, number>> = { pg_catalog: 11, public: 2200 };

function oidOf(cx: EvalContext, type: SqlType, text: string): number {
  switch (type.kind) {
    case 'regclass': {
      const oid = cx.session?.relationOid(text);
      if (oid === undefined) throw new SqlError('undefined_table', `relation "${text}" does not exist`);
      return oid;
    }
    case 'regtype':
      return cx.session?.typeOid(text) ?? typeOid(typeFromText(text));
    case 'regnamespace': {
      const oid = NAMESPACES[text] ?? cx.session?.namespaceOid?.(text);
      if (oid === undefined) throw new SqlError('invalid_schema_name', `schema "${text}" does not exist`);
      return oid;
    }
    default: {
      const oid = cx.session?.procOid?.(text);
      if (oid === undefined) throw new SqlError('undefined_function', `function "${text}" does not exist`);
      return oid;
    }
  }
}

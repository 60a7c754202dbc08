import { typeOfOid } from '../../src/common/types/oids.ts';
import type { SqlType } from '../../src/common/types/sql-type.ts';

/** The letter that stands for a type in a `query` line. */
export function typeLetter(type: SqlType): string {
  switch (type.kind) {
    case 'tinyint':
    case 'smallint':
    case 'int':
    case 'bigint':
    case 'oid':
      return 'I';
    case 'real':
    case 'double':
    case 'decimal':
    case 'numeric':
      return 'R';
    case 'boolean':
      return 'B';
    case 'date':
    case 'time':
    case 'timestamp':
    case 'timestamptz':
    case 'interval':
      return 'D';
    case 'char':
    case 'varchar':
    case 'name':
    case 'unknown':
      return 'T';
    default:
      return '?';
  }
}

/** The same for a type of PostgreSQL's. */
export function oidLetter(oid: number): string {
  const type = typeOfOid(oid);
  return type === undefined ? '?' : typeLetter(type);
}

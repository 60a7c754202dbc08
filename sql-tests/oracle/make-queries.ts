import { Rng } from '../../src/common/rng.ts';
import { Choices } from '../property/choices.ts';
import { QueryMaker } from '../property/queries.ts';
import type { Table } from '../property/tables.ts';
import { queryCase, type Case } from './corpus-file.ts';

/** The tables of corpus/setup.sql that random queries read. */
const TABLES: readonly [Table, ...Table[]] = [
  { name: 't', keyed: true, columns: [{ name: 'id', kind: 'int' }, { name: 'k', kind: 'int' }, { name: 's', kind: 'text' }, { name: 'd', kind: 'decimal' }] },
  { name: 'u', keyed: true, columns: [{ name: 'id', kind: 'int' }, { name: 'k', kind: 'int' }, { name: 'b', kind: 'bool' }, { name: 'ts', kind: 'time' }] },
  { name: 'w', keyed: false, columns: [{ name: 'id', kind: 'int' }, { name: 'k', kind: 'int' }, { name: 'l', kind: 'bigint' }, { name: 's', kind: 'text' }] },
];

/** The queries of the property test over fixed rows. */
export const randomQueries = (count: number): Case[] => Array.from({ length: count }, (_, i) => queryCase(new QueryMaker(new Choices([], new Rng(7000 + i)), TABLES).query(2).sql));

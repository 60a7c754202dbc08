import { expect, it } from 'vitest';
import { objectId } from '../../common/ids.ts';
import { INT, TEXT } from '../../common/types/sql-type.ts';
import { explainPhysical } from './explain.ts';
import { storedTable } from './stored-table.ts';

it('keeps a stored table by its key, or by the whole row', () => {
  const schema = [{ name: 'id', type: INT, nullable: false }, { name: 'name', type: TEXT, nullable: true }];
  const text = (key: readonly number[] | null): string | undefined => explainPhysical(storedTable(objectId(4), schema, key), { state: false }).split('\n')[0];
  expect(text([0])).toBe('Materialize by (id)  {retract; key (id); hash(id)}');
  expect(text(null)).toBe('Materialize as multiset  {retract; no key; hash(id, name)}');
});

import { describe, expect, it } from 'vitest';
import { tableText } from './table-text.ts';

describe('tables', () => {
  it('look as in psql', () => {
    expect(tableText(['id', 'name'], [true, false], [['1', 'one'], ['10', null]])).toBe([' id | name', '----+------', '  1 | one', ' 10 |', '(2 rows)'].join('\n'));
  });
  it('mark lines that go on', () => {
    expect(tableText(['a'], [false], [['x\nyz']])).toBe([' a', '----', ' x +', ' yz', '(1 row)'].join('\n'));
  });
});

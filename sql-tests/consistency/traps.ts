/** Views on which systems that are consistent only in the end show, on the way there, what never was. */
export interface Trap {
  readonly name: string;
  readonly views: readonly (readonly [name: string, sql: string])[];
  /** Of the last view: what it shows after any prefix of the input; null when it may show anything that the input explains. */
  readonly always: readonly string[] | null;
}

export const TABLES = 'CREATE TABLE moved (id INT PRIMARY KEY, src INT, dst INT, amount INT); CREATE TABLE paid (id INT PRIMARY KEY, amount INT);';

export const TRAPS: readonly Trap[] = [
  {
    name: 'money that moves between accounts is neither made nor lost',
    views: [
      ['credit', 'SELECT dst AS a, SUM(amount) AS s FROM moved GROUP BY dst'],
      ['debit', 'SELECT src AS a, SUM(amount) AS s FROM moved GROUP BY src'],
      ['balance', 'SELECT COALESCE(c.a, d.a) AS a, COALESCE(c.s, 0) - COALESCE(d.s, 0) AS s FROM credit AS c FULL JOIN debit AS d ON c.a = d.a'],
      ['total', 'SELECT COALESCE(SUM(s), 0) AS s FROM balance'],
    ],
    always: ['0'],
  },
  {
    name: 'no row is above the greatest of its group: a stream joined with its own aggregate',
    views: [
      ['top', 'SELECT dst, MAX(amount) AS m, COUNT(*) AS n FROM moved GROUP BY dst'],
      ['above', 'SELECT m.id FROM moved AS m JOIN top ON top.dst = m.dst AND m.amount > top.m'],
    ],
    always: [],
  },
  {
    name: 'every row has its group: an outer join of a stream with its own aggregate',
    views: [['lonely', 'SELECT m.id FROM moved AS m LEFT JOIN (SELECT dst, COUNT(*) AS n FROM moved GROUP BY dst) AS g ON g.dst = m.dst WHERE g.n IS NULL']],
    always: [],
  },
  {
    name: 'two ways to the same number meet: a diamond',
    views: [
      ['one', 'SELECT dst AS a, COUNT(*) AS n FROM moved GROUP BY dst'],
      ['two', 'SELECT a, SUM(n) AS n FROM (SELECT dst AS a, src, COUNT(*) AS n FROM moved GROUP BY dst, src) AS x GROUP BY a'],
      ['apart', 'SELECT COALESCE(one.a, two.a) AS a, one.n AS n, two.n AS m FROM one FULL JOIN two ON one.a = two.a WHERE one.n IS DISTINCT FROM two.n'],
    ],
    always: [],
  },
  {
    name: 'parts add up to the whole: views over views over views',
    views: [
      ['even', 'SELECT id, amount FROM moved WHERE MOD(amount, 2) = 0'],
      ['odd', 'SELECT id, amount FROM moved WHERE MOD(amount, 2) <> 0'],
      ['counts', 'SELECT COUNT(*) AS n FROM even UNION ALL SELECT COUNT(*) FROM odd UNION ALL SELECT -COUNT(*) FROM moved'],
      ['difference', 'SELECT SUM(n) AS n FROM counts'],
    ],
    always: ['0'],
  },
  {
    name: 'a row is there with its partner or without, never both nor neither: a left join whose right side comes late',
    views: [
      ['settled', 'SELECT m.id, p.amount FROM moved AS m LEFT JOIN paid AS p ON p.id = m.id'],
      ['sizes', 'SELECT COUNT(*) AS n FROM settled UNION ALL SELECT -COUNT(*) FROM moved'],
      ['difference2', 'SELECT SUM(n) AS n FROM sizes'],
    ],
    always: ['0'],
  },
  {
    name: 'both sides of a full join are there once',
    views: [
      ['sides', 'SELECT m.id AS i, p.id AS j FROM moved AS m FULL JOIN paid AS p ON p.id = m.id'],
      ['keys', 'SELECT COALESCE(i, j) AS id, COUNT(*) AS n FROM sides GROUP BY COALESCE(i, j)'],
      ['twice', 'SELECT id FROM keys WHERE n <> 1'],
    ],
    always: [],
  },
  {
    name: 'the largest of the moment is one that there is',
    views: [
      ['largest', 'SELECT id, amount FROM moved ORDER BY amount DESC, id LIMIT 2'],
      ['gone', 'SELECT l.id FROM largest AS l LEFT JOIN moved AS m ON m.id = l.id AND m.amount = l.amount WHERE m.id IS NULL'],
    ],
    always: [],
  },
  {
    name: 'a net that is always the same shows nothing at all',
    views: [
      ['pairs', 'SELECT a.id FROM moved AS a JOIN moved AS b ON a.id = b.id'],
      ['missing', 'SELECT id FROM moved EXCEPT SELECT id FROM pairs'],
    ],
    always: [],
  },
];

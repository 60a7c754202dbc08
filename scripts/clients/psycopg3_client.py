"""What applications do through psycopg 3; the argument is the port. Ends with an exception at the first surprise."""
import datetime
import decimal
import sys

import psycopg

address = f"host=127.0.0.1 port={sys.argv[1]} user=tester dbname=millrace"
with psycopg.connect(address, autocommit=True) as c:
    c.execute("create table py (id bigint primary key, name text, at timestamp, price decimal(10,2), tags text[])")
    at = datetime.datetime(2024, 2, 29, 12, 0, 0, 500000)
    for i in range(10):
        c.execute("insert into py values (%s, %s, %s, %s, %s)", (i, None if i == 3 else f"ñ{i}", at, decimal.Decimal("1.50"), ["a", None]))
    for binary in (False, True):
        cur = c.cursor(binary=binary)
        for _ in range(7):
            rows = cur.execute("select * from py where id < %s order by id", (4,)).fetchall()
            assert rows[0] == (0, "ñ0", at, decimal.Decimal("1.50"), ["a", None]), rows[0]
            assert rows[3][1] is None and len(rows) == 4
    with c.pipeline():
        results = [c.execute("select %s::int * 2", (i,)) for i in range(30)]
    assert [r.fetchone()[0] for r in results] == [i * 2 for i in range(30)]
    try:
        c.execute("select 1 from nowhere")
        raise AssertionError("no error")
    except psycopg.errors.UndefinedTable as e:
        assert e.diag.statement_position == "15", e.diag.statement_position
    with c.cursor() as cur:
        with cur.copy("copy py (id, name, at, price, tags) from stdin") as copy:
            copy.write_row((100, "x\ty", at, decimal.Decimal("2"), None))
        with cur.copy("copy (select id, name from py where id = 100) to stdout") as copy:
            assert [row for row in copy.rows()] == [("100", "x\ty")]
    assert sum(1 for _ in c.cursor().stream("select i from generate_series(1, 1000) as g(i)")) == 1000
    with c.transaction():
        with c.cursor("named") as cur:
            cur.execute("select i from generate_series(1, 10) as g(i)")
            assert cur.fetchmany(3) == [(1,), (2,), (3,)]
            assert len(cur.fetchall()) == 7
    assert c.execute("select 1").fetchone() == (1,)
print("psycopg: ok")

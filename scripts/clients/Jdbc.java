import java.io.StringReader;
import java.io.StringWriter;
import java.sql.*;
import java.util.Properties;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyManager;

/** What applications do through pgjdbc; the argument is the JDBC address. Ends with an exception at the first surprise. */
public class Jdbc {
  static void check(boolean ok, String what) {
    if (!ok) throw new AssertionError(what);
  }

  public static void main(String[] args) throws Exception {
    Properties props = new Properties();
    props.setProperty("user", "tester");
    try (Connection c = DriverManager.getConnection(args[0], props)) {
      check(c.isValid(5), "isValid");
      try (Statement s = c.createStatement()) {
        s.execute("create table j (id bigint primary key, name text, at timestamp, price decimal(10,2), ok boolean, d double)");
      }
      try (PreparedStatement p = c.prepareStatement("insert into j values (?, ?, ?, ?, ?, ?)")) {
        for (int i = 0; i < 20; i++) {
          p.setLong(1, i);
          p.setString(2, i % 5 == 0 ? null : "n" + i);
          p.setTimestamp(3, Timestamp.valueOf("2024-02-29 12:00:00.5"));
          p.setBigDecimal(4, new java.math.BigDecimal("12.50"));
          p.setBoolean(5, i % 2 == 0);
          p.setDouble(6, i / 4.0);
          if (i < 10) p.executeUpdate(); else p.addBatch();
        }
        check(p.executeBatch().length == 10, "batch");
      }
      // From the sixth run on the driver asks for binary results of a named statement.
      try (PreparedStatement p = c.prepareStatement("select id, name, at, price, ok, d from j where id >= ? order by id")) {
        for (int run = 0; run < 8; run++) {
          p.setLong(1, 10);
          try (ResultSet r = p.executeQuery()) {
            for (int i = 10; i < 20; i++) {
              check(r.next(), "row " + i);
              check(r.getLong(1) == i && r.getDouble(6) == i / 4.0 && r.getBoolean(5) == (i % 2 == 0), "numbers");
              check(r.getTimestamp(3).equals(Timestamp.valueOf("2024-02-29 12:00:00.5")), "timestamp");
              check(r.getBigDecimal(4).toString().equals("12.50"), "decimal");
              check(i % 5 == 0 ? r.getString(2) == null : r.getString(2).equals("n" + i), "text");
            }
            check(!r.next(), "end");
          }
        }
      }
      c.setAutoCommit(false);
      try (Statement s = c.createStatement()) {
        s.setFetchSize(7);
        int n = 0;
        try (ResultSet r = s.executeQuery("select i from generate_series(1, 100) as g(i)")) {
          while (r.next()) n++;
        }
        check(n == 100, "fetch size");
      }
      c.rollback();
      c.setAutoCommit(true);
      try (Statement s = c.createStatement()) {
        s.executeQuery("select nope");
        check(false, "error");
      } catch (SQLException e) {
        check(e.getSQLState().equals("42703"), e.getSQLState());
      }
      try (Statement s = c.createStatement()) {
        s.execute("create table watched (a int)");
        s.setQueryTimeout(1);
        s.execute("subscribe watched");
        check(false, "timeout");
      } catch (SQLException e) {
        check(e.getSQLState().equals("57014"), e.getSQLState() + e.getMessage());
      }
      CopyManager copy = c.unwrap(PGConnection.class).getCopyAPI();
      check(copy.copyIn("copy watched from stdin", new StringReader("1\n2\n")) == 2, "copy in");
      StringWriter out = new StringWriter();
      copy.copyOut("copy (select * from watched order by a) to stdout", out);
      check(out.toString().equals("1\n2\n"), "copy out");
      DatabaseMetaData meta = c.getMetaData();
      int columns = 0;
      try (ResultSet r = meta.getColumns(null, null, "j", null)) {
        while (r.next()) columns++;
      }
      check(columns == 6, "columns " + columns);
      try (ResultSet r = meta.getPrimaryKeys(null, null, "j")) {
        check(r.next() && r.getString("COLUMN_NAME").equals("id"), "primary key");
      }
      try (ResultSet r = meta.getTables(null, null, "j", null)) {
        check(r.next() && r.getString("TABLE_TYPE").equals("TABLE"), "tables");
      }
    }
    System.out.println("pgjdbc: ok");
  }
}

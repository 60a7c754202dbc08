WITH won AS (
  SELECT a.id, a.seller, max(b.price) AS price, arg_max(b.dateTime, b.price) AS won_at
  FROM auction a JOIN bid b ON b.auction = a.id AND b.dateTime BETWEEN a.dateTime AND a.expires
  GROUP BY a.id, a.seller
), numbered AS (
  SELECT *, count(*) OVER (PARTITION BY seller ORDER BY won_at) AS n FROM won
)
SELECT x.seller, CAST((2 * sum(y.price) + count(*)) // (2 * count(*)) AS BIGINT)
FROM numbered x JOIN numbered y ON x.seller = y.seller AND y.n BETWEEN x.n - 10 AND x.n
GROUP BY x.seller, x.n;

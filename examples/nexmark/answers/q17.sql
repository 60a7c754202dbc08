SELECT
  auction, strftime(dateTime, '%Y-%m-%d') AS d,
  count(*), sum((price < 10000)::INT), sum((price >= 10000 AND price < 1000000)::INT), sum((price >= 1000000)::INT),
  min(price), max(price), CAST((2 * sum(price) + count(*)) // (2 * count(*)) AS BIGINT), sum(price)
FROM bid
GROUP BY auction, d;

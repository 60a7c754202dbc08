WITH top AS (
  SELECT time_bucket(INTERVAL 10 SECOND, dateTime) AS s, max(price) AS price FROM bid GROUP BY ALL
)
SELECT b.auction, b.bidder, b.price, b.dateTime, b.extra
FROM bid b JOIN top USING (price)
WHERE b.dateTime >= s AND b.dateTime <= s + INTERVAL 10 SECOND;

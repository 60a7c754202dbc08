WITH gaps AS (
  SELECT bidder, dateTime, dateTime > lag(dateTime) OVER (PARTITION BY bidder ORDER BY dateTime) + INTERVAL 10 SECOND AS new FROM bid
), numbered AS (
  SELECT bidder, dateTime, count(*) FILTER (WHERE new) OVER (PARTITION BY bidder ORDER BY dateTime) AS n FROM gaps
)
SELECT bidder, count(*), min(dateTime), max(dateTime) + INTERVAL 10 SECOND FROM numbered GROUP BY bidder, n;

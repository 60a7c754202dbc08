WITH starts AS (
  SELECT unnest(generate_series(time_bucket(INTERVAL 2 SECOND, min(dateTime)) - INTERVAL 8 SECOND, max(dateTime), INTERVAL 2 SECOND)) AS s FROM bid
), counted AS (
  SELECT s, auction, count(*) AS num FROM starts, bid WHERE dateTime >= s AND dateTime < s + INTERVAL 10 SECOND GROUP BY s, auction
)
SELECT auction, num FROM counted QUALIFY num = max(num) OVER (PARTITION BY s);

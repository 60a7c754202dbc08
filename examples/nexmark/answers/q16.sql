SELECT
  channel, strftime(dateTime, '%Y-%m-%d') AS d, strftime(max(dateTime), '%H:%M'),
  count(*), sum((price < 10000)::INT), sum((price >= 10000 AND price < 1000000)::INT), sum((price >= 1000000)::INT),
  len(list_distinct(list(bidder))),
  count(DISTINCT CASE WHEN price < 10000 THEN bidder END),
  count(DISTINCT CASE WHEN price >= 10000 AND price < 1000000 THEN bidder END),
  count(DISTINCT CASE WHEN price >= 1000000 THEN bidder END),
  len(list_distinct(list(auction))),
  count(DISTINCT CASE WHEN price < 10000 THEN auction END),
  count(DISTINCT CASE WHEN price >= 10000 AND price < 1000000 THEN auction END),
  count(DISTINCT CASE WHEN price >= 1000000 THEN auction END)
FROM bid
GROUP BY channel, d;

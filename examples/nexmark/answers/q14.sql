SELECT
  auction, bidder, CAST(price AS DECIMAL(19, 0)) * 0.908 AS price,
  CASE
    WHEN hour(dateTime) BETWEEN 8 AND 18 THEN 'dayTime'
    WHEN hour(dateTime) NOT BETWEEN 7 AND 19 THEN 'nightTime'
    ELSE 'otherTime'
  END,
  dateTime, extra, len(list_filter(string_split(extra, ''), lambda x: x = 'c'))
FROM bid
WHERE price * 908 BETWEEN 1000000001 AND 49999999999;

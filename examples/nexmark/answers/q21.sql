SELECT auction, bidder, price, channel, id
FROM (
  SELECT *, coalesce(map {'apple': '0', 'google': '1', 'facebook': '2', 'baidu': '3'}[lower(channel)], nullif(regexp_extract(url, '&channel_id=([^&]*)', 1), '')) AS id
  FROM bid
)
WHERE id IS NOT NULL;

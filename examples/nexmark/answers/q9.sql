SELECT
  a.id, a.itemName, a.description, a.initialBid, a.reserve, a.dateTime, a.expires, a.seller, a.category, a.extra,
  w.auction, w.bidder, w.price, w.dateTime, w.extra
FROM auction a, LATERAL (
  SELECT b.* FROM bid b WHERE b.auction = a.id AND b.dateTime BETWEEN a.dateTime AND a.expires ORDER BY b.price DESC, b.dateTime LIMIT 1
) w;

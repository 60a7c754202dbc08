SELECT b.auction, b.bidder, b.price, b.channel, b.url, b.dateTime, b.extra, 1 + count(c.price) AS r
FROM bid b LEFT JOIN bid c ON c.auction = b.auction AND c.price > b.price
GROUP BY ALL
HAVING r <= 10;

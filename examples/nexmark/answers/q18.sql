SELECT auction, bidder, price, channel, url, dateTime, extra
FROM bid b
WHERE NOT EXISTS (FROM bid c WHERE c.auction = b.auction AND c.bidder = b.bidder AND c.dateTime > b.dateTime);

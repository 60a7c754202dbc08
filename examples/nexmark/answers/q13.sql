SELECT b.auction, b.bidder, b.price, b.dateTime, s.value
FROM bid b JOIN read_csv('${SIDE_INPUT}', header = false, columns = {'key': 'BIGINT', 'value': 'VARCHAR'}) s ON b.auction % 10000 = s.key;

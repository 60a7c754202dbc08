SELECT p.id, p.name, time_bucket(INTERVAL 10 SECOND, p.dateTime) AS s
FROM person p
WHERE EXISTS (FROM auction a WHERE a.seller = p.id AND time_bucket(INTERVAL 10 SECOND, a.dateTime) = time_bucket(INTERVAL 10 SECOND, p.dateTime));

SELECT p.name, p.city, p.state, a.id
FROM person p, auction a
WHERE p.id = a.seller AND a.category = 10 AND p.state IN ('OR', 'ID', 'CA');

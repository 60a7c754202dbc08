-- The mean of integers is rounded half up when it goes into a BIGINT.
WITH won AS (
  SELECT a.id, a.category, (SELECT max(b.price) FROM bid b WHERE b.auction = a.id AND b.dateTime >= a.dateTime AND b.dateTime <= a.expires) AS final
  FROM auction a
)
SELECT category, CAST((2 * sum(final) + count(*)) // (2 * count(*)) AS BIGINT)
FROM won
WHERE final IS NOT NULL
GROUP BY category;

-- The main job, the same for generated.sql and kafka.sql: clean, write out, keep three views up to date.

-- An unknown place comes as an empty text and becomes -1; the page is the path of the request. A visit without a time or
-- with a response that is no number counts nowhere: it is found in millrace_catalog.job_errors.
CREATE VIEW visit AS
SELECT
  id AS event_id,
  event_ts,
  ip,
  CASE WHEN lat = '' THEN -1 ELSE CAST(lat AS DOUBLE) END AS lat,
  CASE WHEN lng = '' THEN -1 ELSE CAST(lng AS DOUBLE) END AS lng,
  user_agent,
  age_bracket,
  opted_into_marketing,
  SPLIT_PART(SPLIT_PART(http_request, ' ', 2), '?', 1) AS page,
  http_response,
  file_size_bytes
FROM website_visit
WHERE id IS NOT NULL AND event_ts IS NOT NULL AND http_response IS NOT NULL;

INSERT INTO website_out SELECT * FROM visit;

-- Event time: a minute is counted once the watermark says that it is over.
CREATE MATERIALIZED VIEW visits_per_minute AS
SELECT window_start, age_bracket, COUNT(*) AS visits, SUM(file_size_bytes) AS bytes
FROM TABLE(TUMBLE(TABLE visit, DESCRIPTOR(event_ts), INTERVAL '1' MINUTE))
GROUP BY window_start, window_end, age_bracket;

CREATE MATERIALIZED VIEW top_pages AS
SELECT page, COUNT(*) AS visits
FROM visit
GROUP BY page
ORDER BY visits DESC, page
LIMIT 10;

CREATE MATERIALIZED VIEW error_rates AS
SELECT
  age_bracket,
  COUNT(*) AS visits,
  COUNT(*) FILTER (WHERE http_response BETWEEN 400 AND 499) AS client_errors,
  COUNT(*) FILTER (WHERE http_response >= 500) AS server_errors,
  CAST(100.0 * COUNT(*) FILTER (WHERE http_response >= 400) / COUNT(*) AS DECIMAL(5, 2)) AS error_percent
FROM visit
GROUP BY age_bracket;

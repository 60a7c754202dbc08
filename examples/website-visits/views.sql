-- Website visits: cleaned events and three views that are kept up to date.
CREATE TABLE visits (
  ip STRING,
  id BIGINT,
  age_bracket STRING,
  http_request STRING,
  http_response INT,
  file_size_bytes INT,
  event_ts TIMESTAMP(3),
  WATERMARK FOR event_ts AS event_ts - INTERVAL '1' SECOND
) WITH (
  'connector' = 'datagen',
  'rows-per-second' = '2000',
  'fields.id.kind' = 'sequence', 'fields.id.start' = '1', 'fields.id.end' = '20000',
  'fields.file_size_bytes.min' = '200', 'fields.file_size_bytes.max' = '90000',
  'fields.http_response.min' = '200', 'fields.http_response.max' = '209'
);

CREATE MATERIALIZED VIEW responses AS
SELECT http_response, COUNT(*) AS visits, SUM(file_size_bytes) AS bytes FROM visits GROUP BY http_response;

CREATE MATERIALIZED VIEW totals AS
SELECT COUNT(*) AS visits, COUNT(*) FILTER (WHERE http_response >= 205) AS errors FROM visits;

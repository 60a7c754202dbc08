-- Website visits from Kafka: events arrive in the topic website-visit, cleaned ones go to website-out.
-- ${bootstrap} stands for the broker's address.
CREATE TABLE website_visit (
  ip STRING,
  id STRING,
  lat STRING,
  lng STRING,
  user_agent STRING,
  age_bracket STRING,
  opted_into_marketing BOOLEAN,
  http_request STRING,
  http_response INT,
  file_size_bytes INT,
  event_datetime STRING,
  event_ts TIMESTAMP(3),
  WATERMARK FOR event_ts AS event_ts - INTERVAL '5' SECOND
) WITH (
  'connector' = 'kafka',
  'topic' = 'website-visit',
  'properties.bootstrap.servers' = '${bootstrap}',
  'scan.startup.mode' = 'earliest-offset',
  'format' = 'json',
  'json.timestamp-format.standard' = 'ISO-8601'
);

-- One message an event; its key is {"event_id": …, "event_ts": …}.
CREATE TABLE website_out (
  event_id STRING,
  event_ts TIMESTAMP(3),
  ip STRING,
  lat DOUBLE,
  lng DOUBLE,
  user_agent STRING,
  age_bracket STRING,
  opted_into_marketing BOOLEAN,
  page STRING,
  http_response INT,
  file_size_bytes INT
) WITH (
  'connector' = 'kafka',
  'topic' = 'website-out',
  'properties.bootstrap.servers' = '${bootstrap}',
  'key.format' = 'json',
  'key.fields' = 'event_id;event_ts',
  'key.json.timestamp-format.standard' = 'ISO-8601',
  'value.format' = 'json',
  'value.json.timestamp-format.standard' = 'ISO-8601'
);

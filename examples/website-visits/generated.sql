-- Website visits without Kafka: the same columns as in kafka.sql, generated here. lat and lng are sometimes empty.
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
  'connector' = 'datagen',
  'rows-per-second' = '500',
  'fields.ip.expression' = '#{internet.ip_v4_address}',
  'fields.id.expression' = '#{internet.uuid}',
  'fields.lat.expression' = '#{address.latitude ''0.1''}',
  'fields.lng.expression' = '#{address.longitude ''0.1''}',
  'fields.user_agent.expression' = '#{internet.user_agent}',
  'fields.age_bracket.expression' = '#{options.weighted ''18-25:25'',''26-40:35'',''41-55:22'',''55+:12'',''under 18:6''}',
  'fields.opted_into_marketing.expression' = '#{options.weighted ''true:35'',''false:65''}',
  'fields.http_request.expression' = '#{internet.http_request}',
  'fields.http_response.expression' = '#{internet.status_code}',
  'fields.file_size_bytes.min' = '120',
  'fields.file_size_bytes.max' = '90000',
  'fields.event_datetime.expression' = '#{date.near ''4'',''SECONDS'',''0.1'',''log''}',
  'fields.event_ts.expression' = '#{date.near ''4'',''SECONDS'',''0.1''}'
);

-- What Kafka's topic website-out is in kafka.sql.
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
) WITH ('connector' = 'blackhole');

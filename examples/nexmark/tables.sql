-- The tables of the Nexmark benchmark, from the generator in process; each kind of event is a table of its own.
-- All jobs see the same events. ${EVENTS} (in all) and ${RATE} (a second of event time) are filled in by whoever runs it: bench/, or sed.
CREATE TABLE person (
  WATERMARK FOR dateTime AS dateTime - INTERVAL '4' SECOND
) WITH ('connector' = 'nexmark', 'nexmark.table' = 'person', 'events.num' = '${EVENTS}', 'first-event.rate' = '${RATE}', 'max-emit-speed' = 'true', 'nexmark.seed' = '1', 'nexmark.base-time-millis' = '1700000000000');

CREATE TABLE auction (
  WATERMARK FOR dateTime AS dateTime - INTERVAL '4' SECOND
) WITH ('connector' = 'nexmark', 'nexmark.table' = 'auction', 'events.num' = '${EVENTS}', 'first-event.rate' = '${RATE}', 'max-emit-speed' = 'true', 'nexmark.seed' = '1', 'nexmark.base-time-millis' = '1700000000000');

CREATE TABLE bid (
  WATERMARK FOR dateTime AS dateTime - INTERVAL '4' SECOND
) WITH ('connector' = 'nexmark', 'nexmark.table' = 'bid', 'events.num' = '${EVENTS}', 'first-event.rate' = '${RATE}', 'max-emit-speed' = 'true', 'nexmark.seed' = '1', 'nexmark.base-time-millis' = '1700000000000');

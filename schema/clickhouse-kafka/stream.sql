-- Reads one stream's topic into {{target}}. Made anew when anything of it changes, since it holds nothing: how far reading has come is kept by Kafka, for
-- the consumer group.
--
-- kafka_{{stream}}_entry is the one view that reads the topic. Messages are read as soon as a table of Kafka's engine has a view, so it is made last
-- and dropped first: no view misses what another has read.

DROP VIEW IF EXISTS kafka_{{stream}}_entry SYNC;
DROP TABLE IF EXISTS kafka_{{stream}} SYNC;
DROP VIEW IF EXISTS kafka_{{stream}}_to_{{target}} SYNC;
DROP VIEW IF EXISTS kafka_{{stream}}_to_dead_letters SYNC;
DROP VIEW IF EXISTS kafka_{{stream}}_to_offsets SYNC;
DROP VIEW IF EXISTS kafka_{{stream}}_to_segments SYNC;
DROP TABLE IF EXISTS kafka_{{stream}}_read SYNC;

CREATE TABLE kafka_{{stream}}
(
    {{columns}}
)
ENGINE = Kafka
SETTINGS {{settings}};

-- What was read, with where it was; it keeps nothing.
CREATE TABLE kafka_{{stream}}_read
(
    {{columns}},
    kafka_topic LowCardinality(String),
    kafka_partition UInt32,
    kafka_offset UInt64,
    kafka_segment String,
    kafka_flows UInt64,
    kafka_segment_flows UInt64,
    kafka_error String,
    kafka_message String
)
ENGINE = Null;

CREATE MATERIALIZED VIEW kafka_{{stream}}_to_{{target}} TO {{target}} AS
SELECT {{selected}}
FROM kafka_{{stream}}_read
WHERE kafka_error = '';

CREATE MATERIALIZED VIEW kafka_{{stream}}_to_dead_letters TO dead_letters AS
SELECT
    kafka_topic AS topic,
    kafka_partition AS partition,
    kafka_offset AS offset,
    kafka_segment AS segment,
    kafka_flows AS flows,
    kafka_error AS error,
    kafka_message AS message
FROM kafka_{{stream}}_read
WHERE kafka_error != '';

CREATE MATERIALIZED VIEW kafka_{{stream}}_to_offsets TO kafka_offsets AS
SELECT
    kafka_topic AS topic,
    kafka_partition AS partition,
    min(kafka_offset) AS first_offset,
    max(kafka_offset) AS last_offset,
    uniqExact(kafka_offset) AS messages,
    countIf(kafka_error = '') AS rows,
    countIf(kafka_error != '') AS dead_letters
FROM kafka_{{stream}}_read
GROUP BY topic, partition;

CREATE MATERIALIZED VIEW kafka_{{stream}}_to_segments TO kafka_segments AS
SELECT
    kafka_segment AS name,
    max(kafka_segment_flows) AS flows,
    countIf(kafka_error = '') AS stored,
    sumIf(kafka_flows, kafka_error != '') AS dead
FROM kafka_{{stream}}_read
WHERE kafka_segment_flows > 0
GROUP BY name;

CREATE MATERIALIZED VIEW kafka_{{stream}}_entry TO kafka_{{stream}}_read AS
WITH name -> _headers.value[indexOf(_headers.name, name)] AS header
SELECT
    {{names}},
    _topic AS kafka_topic,
    _partition AS kafka_partition,
    _offset AS kafka_offset,
    header('segment') AS kafka_segment,
    toUInt64OrZero(header('flows')) AS kafka_flows,
    toUInt64OrZero(header('segment-flows')) AS kafka_segment_flows,
    _error AS kafka_error,
    _raw_message AS kafka_message
FROM kafka_{{stream}}
COMMENT '{{digest}}';

-- What is kept about reading from Kafka. Kafka's promise is "at least once": these tables tell what came twice, what could not be read, and how far
-- reading has come.

-- Messages that could not be read, whole, where they were. `flows` is how many the message's header says it holds.
CREATE TABLE IF NOT EXISTS dead_letters
(
    time DateTime64(3, 'UTC') DEFAULT now64(3),
    topic LowCardinality(String),
    partition UInt32,
    offset UInt64,
    segment String,
    flows UInt64,
    error String,
    message String CODEC(ZSTD(1))
)
-- What is read again is not another dead letter.
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(time)
ORDER BY (topic, partition, offset)
TTL toDateTime(time) + INTERVAL 30 DAY;

-- One row for each insert and partition: all messages from first_offset to last_offset are stored or are dead letters.
CREATE TABLE IF NOT EXISTS kafka_offsets
(
    time DateTime64(3, 'UTC') DEFAULT now64(3),
    topic LowCardinality(String),
    partition UInt32,
    first_offset UInt64,
    last_offset UInt64,
    messages UInt64,
    rows UInt64,
    dead_letters UInt64
)
ENGINE = MergeTree
PARTITION BY toDate(time)
ORDER BY (topic, partition, last_offset)
TTL toDateTime(time) + INTERVAL 30 DAY
SETTINGS ttl_only_drop_parts = 1;

-- What each segment holds, as its messages say, and what came of it: more stored than it holds are duplicates.
CREATE TABLE IF NOT EXISTS kafka_segments
(
    time DateTime('UTC') DEFAULT now(),
    name String,
    flows SimpleAggregateFunction(max, UInt64),
    stored SimpleAggregateFunction(sum, UInt64),
    dead SimpleAggregateFunction(sum, UInt64)
)
ENGINE = AggregatingMergeTree
PARTITION BY toDate(time)
ORDER BY name
TTL time + INTERVAL 30 DAY
SETTINGS ttl_only_drop_parts = 1;

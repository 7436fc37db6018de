-- Who is told of alerts, and what became of it.

-- Insert-only versions, read with FINAL; the API is the only writer.
CREATE TABLE IF NOT EXISTS channels
(
    id String,
    version UInt64,
    deleted UInt8,
    doc String,
    updated_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ReplacingMergeTree(version, deleted)
ORDER BY id;

-- How far each channel has been told: the last row of alert_events, in the order of number, minute, id. Written after it was told, so that
-- after a crash it is told again, with the same id.
CREATE TABLE IF NOT EXISTS channel_progress
(
    channel_id String,
    version UInt64,
    number UInt64,
    minute DateTime('UTC'),
    event_id String
)
ENGINE = ReplacingMergeTree(version)
ORDER BY channel_id;

-- Every attempt.
CREATE TABLE IF NOT EXISTS notifications
(
    time DateTime64(3, 'UTC'),
    channel_id String,
    channel String,
    event_id String,
    alert_id String,
    event LowCardinality(String),
    outcome Enum8('sent' = 1, 'failed' = 2, 'given_up' = 3),
    -- What the other side answered, or why it was not reached.
    detail String,
    ms UInt32
)
ENGINE = MergeTree
ORDER BY time
TTL toDateTime(time) + INTERVAL 90 DAY;

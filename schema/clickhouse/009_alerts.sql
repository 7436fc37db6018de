-- The life cycle of alerts. What was decided stands in alert_evaluations; alerts and alert_events are written from that, again and again when a
-- run was cut off, so that whoever evaluates next completes them.

-- What every minute up to `minute` has led to: one row an evaluation, of which the newest is kept. Evaluations are numbered, and the number is the
-- token of its insert: of two evaluators that go on from the same row the store keeps the first one's, whatever the other one saw.
CREATE TABLE IF NOT EXISTS alert_evaluations
(
    name LowCardinality(String),
    number UInt64,
    -- The newest minute that was judged.
    minute DateTime('UTC'),
    -- Who wrote it, so that an evaluator can tell whether it was first.
    run String,
    decided_at DateTime64(3, 'UTC'),
    -- JSON: the states of what is pending, open, or was open in the last hour; and what happened in this evaluation.
    states String CODEC(ZSTD(3)),
    events String CODEC(ZSTD(3))
)
ENGINE = ReplacingMergeTree(number)
ORDER BY name
SETTINGS non_replicated_deduplication_window = 10000;

-- What happened to alerts: firing, reopened, escalated, still_firing, flapping, no_data, data_back, resolved; and from people: acknowledged, classified,
-- commented, accepted.
-- The events of an evaluation come in one insert, and those of the evaluation before are always there first: whoever has read all up to a number
-- finds the rest behind it. Those of people have the number 0.
CREATE TABLE IF NOT EXISTS alert_events
(
    -- Of fingerprint, minute and event: the same however often, and by whomever, it is written.
    id String,
    number UInt64,
    alert_id String,
    fingerprint String,
    rule_id String,
    minute DateTime('UTC'),
    at DateTime64(3, 'UTC'),
    event LowCardinality(String),
    -- Nobody is to be told.
    silenced UInt8,
    -- One line for people.
    text String,
    -- JSON: the alert as it was then. Of people's events: who it was, and what they said.
    doc String CODEC(ZSTD(3)),
    INDEX alert_id alert_id TYPE bloom_filter GRANULARITY 1
)
ENGINE = ReplacingMergeTree
ORDER BY (number, id)
TTL minute + INTERVAL 1 YEAR
SETTINGS non_replicated_deduplication_window = 10000;

-- The newest state of each alert that has fired.
CREATE TABLE IF NOT EXISTS alerts
(
    id String,
    -- The number of the evaluation.
    version UInt64,
    fingerprint String,
    -- firing, recovering or resolved.
    state LowCardinality(String),
    rule_id String,
    prefixes Array(String),
    fired_at DateTime('UTC'),
    updated_at DateTime('UTC'),
    -- JSON: the alert as the API shows it.
    doc String CODEC(ZSTD(3))
)
ENGINE = ReplacingMergeTree(version)
ORDER BY id
TTL updated_at + INTERVAL 1 YEAR
SETTINGS non_replicated_deduplication_window = 10000;

-- What an alert was about, looked up when it fired, grew and ended.
CREATE TABLE IF NOT EXISTS alert_evidence
(
    alert_id String,
    version UInt64,
    minute DateTime('UTC'),
    -- JSON.
    evidence String CODEC(ZSTD(3))
)
ENGINE = ReplacingMergeTree(version)
ORDER BY alert_id
TTL minute + INTERVAL 1 YEAR;

-- Whom nobody is told of, and when. Insert-only versions, read with FINAL; the API is the only writer. One lasts a year at most.
CREATE TABLE IF NOT EXISTS silences
(
    id String,
    version UInt64,
    deleted UInt8,
    doc String,
    updated_at DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = ReplacingMergeTree(version, deleted)
ORDER BY id
TTL toDateTime(updated_at) + INTERVAL 2 YEAR;

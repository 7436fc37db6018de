-- Every 10 s each collector tells how it and its exporters are: one row for itself, one for each exporter it heard since.
-- Counters count from the collector's start (`boot`).

CREATE TABLE IF NOT EXISTS status
(
    time DateTime64(3, 'UTC'),
    collector LowCardinality(String),
    boot LowCardinality(String),
    started DateTime64(3, 'UTC'),
    kind Enum8('collector' = 1, 'exporter' = 2),
    -- All that this collector received before the watermark is acknowledged by the store.
    watermark DateTime64(3, 'UTC'),
    exporter IPv6,
    last_seen DateTime64(3, 'UTC'),
    datagrams UInt64,
    datagram_bytes UInt64,
    kernel_drops UInt64,
    datagrams_refused Map(LowCardinality(String), UInt64),
    undecodable_sets Map(LowCardinality(String), UInt64),
    undecodable_bytes Map(LowCardinality(String), UInt64),
    flows UInt64,
    flows_acknowledged UInt64,
    flows_spooled UInt64,
    flows_in_memory UInt64,
    flows_dropped Map(LowCardinality(String), UInt64),
    flows_by_sampling_source Map(LowCardinality(String), UInt64),
    templates UInt32,
    spool_bytes UInt64
)
ENGINE = MergeTree
PARTITION BY toDate(time)
ORDER BY (kind, collector, exporter, time)
TTL toDateTime(time) + INTERVAL 30 DAY
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 10000;

-- Every 10 s each collector tells how it and its exporters are: one row for itself, one for each exporter it heard since.
-- Counters of a collector count from its start (`boot`), those of an exporter from `first_seen`.

CREATE TABLE IF NOT EXISTS status
(
    time DateTime64(3, 'UTC'),
    collector LowCardinality(String),
    boot LowCardinality(String),
    started DateTime64(3, 'UTC'),
    kind Enum8('collector' = 1, 'exporter' = 2),
    -- All that this collector received before the watermark is acknowledged by the store.
    watermark DateTime64(3, 'UTC'),

    -- The address that its flows are shown under, and the one that its datagrams come from.
    exporter IPv6,
    udp_source IPv6,
    first_seen DateTime64(3, 'UTC'),
    last_seen DateTime64(3, 'UTC'),

    datagrams UInt64,
    datagram_bytes UInt64,
    datagrams_by_protocol Map(LowCardinality(String), UInt64),
    kernel_drops UInt64,
    datagrams_refused Map(LowCardinality(String), UInt64),
    undecodable_sets Map(LowCardinality(String), UInt64),
    undecodable_bytes Map(LowCardinality(String), UInt64),

    -- By protocol, in what its sequence numbers count: flows (NETFLOW_V5), datagrams (NETFLOW_V9, SFLOW_5), data records (IPFIX).
    -- What arrives late is taken off again, so that this can fall.
    lost Map(LowCardinality(String), UInt64),
    late_datagrams UInt64,
    sequence_resets UInt64,
    -- Packets that sFlow agents could not sample.
    samples_dropped UInt64,
    -- The exporter's clock minus the collector's, as of its last datagram.
    clock_skew_ms Nullable(Int64),

    flows UInt64,
    flows_by_protocol Map(LowCardinality(String), UInt64),
    flows_acknowledged UInt64,
    flows_spooled UInt64,
    flows_in_memory UInt64,
    flows_dropped Map(LowCardinality(String), UInt64),
    rows Map(LowCardinality(String), UInt64),
    rows_dropped Map(LowCardinality(String), UInt64),

    flows_by_sampling_source Map(LowCardinality(String), UInt64),
    -- Of the last flow, 0 before the first; lowest and highest of the flows since the row before, 0 when there were none.
    sampling_rate UInt64,
    sampling_rate_lowest UInt64,
    sampling_rate_highest UInt64,
    sampling_source Enum8('assumed' = 0, 'exporter' = 1, 'router_default' = 2, 'override' = 3),

    -- Held at this moment: templates, and data sets that wait for theirs.
    templates UInt32,
    parked_sets UInt32,
    -- What else decoding counts, by the names that its metrics have.
    decoding Map(LowCardinality(String), UInt64),
    spool_bytes UInt64
)
ENGINE = MergeTree
PARTITION BY toDate(time)
-- All that is asked is about a time.
ORDER BY (kind, toStartOfTenMinutes(time), collector, exporter, time)
TTL toDateTime(time) + INTERVAL 30 DAY
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 10000;

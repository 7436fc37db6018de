-- Traffic of every rule's prefix by UTC minute of time_received, multiplied by the sampling rate: what rules are judged by. Flows of core routers are left
-- out: the edge exported the same packets.

-- One dictionary per family: in a mixed one ::/0 would match IPv4.
CREATE DICTIONARY IF NOT EXISTS prefixes4 (prefix String, chain Array(String), chain_active_from Array(DateTime('UTC')))
PRIMARY KEY prefix
SOURCE(CLICKHOUSE(QUERY 'SELECT prefix, chain, chain_active_from FROM {{database}}.prefixes FINAL WHERE family = 4 AND NOT deleted'))
LAYOUT(IP_TRIE)
LIFETIME(MIN 1 MAX 2);

CREATE DICTIONARY IF NOT EXISTS prefixes6 (prefix String, chain Array(String), chain_active_from Array(DateTime('UTC')))
PRIMARY KEY prefix
SOURCE(CLICKHOUSE(QUERY 'SELECT prefix, chain, chain_active_from FROM {{database}}.prefixes FINAL WHERE family = 6 AND NOT deleted'))
LAYOUT(IP_TRIE)
LIFETIME(MIN 1 MAX 2);

CREATE TABLE IF NOT EXISTS prefix_minutes
(
    minute DateTime('UTC') CODEC(DoubleDelta, ZSTD(1)),
    prefix LowCardinality(String),
    direction Enum8('in' = 1, 'out' = 2),
    -- Wide enough that no exporter, nor anybody who plays one, can make a sum wrap and hide an attack.
    bytes UInt128 CODEC(ZSTD(1)),
    packets UInt128 CODEC(ZSTD(1)),
    flows UInt64 CODEC(T64, ZSTD(1)),
    -- Packets as exported, so as many as estimates rest on; as many as `packets` when all were seen.
    samples UInt128 DEFAULT packets CODEC(ZSTD(1))
)
ENGINE = SummingMergeTree
PARTITION BY toDate(minute)
-- By the hour, so that the minutes of a prefix lie together: hours of very many prefixes are read and grouped in half the time, on half the disk. A single
-- minute costs to find it in its hour; that hour is found because `minute` itself is not of the primary key.
PRIMARY KEY (toStartOfHour(minute), prefix, direction)
ORDER BY (toStartOfHour(minute), prefix, direction, minute)
TTL minute + INTERVAL 90 DAY
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW IF NOT EXISTS ingest_to_prefix_minutes TO prefix_minutes AS
WITH
    -- The rule prefixes that hold an address of 4 or 16 bytes, and from when on each is counted.
    a -> multiIf(
        length(a) = 4, dictGet('{{database}}.prefixes4', ('chain', 'chain_active_from'), tuple(reinterpretAsUInt32(reverse(a)))),
        length(a) = 16, dictGet('{{database}}.prefixes6', ('chain', 'chain_active_from'), tuple(toFixedString(a, 16))),
        ([], [])) AS chain_of,
    a -> arrayFilter((p, active_from) -> active_from <= minute, chain_of(a).1, chain_of(a).2) AS prefixes_of
SELECT
    toStartOfMinute(toDateTime(intDiv(i.time_received_ns, 1000000000), 'UTC')) AS minute,
    matched.1 AS prefix,
    matched.2 AS direction,
    sum(toUInt128(i.bytes) * i.sampling_rate) AS bytes,
    sum(toUInt128(i.packets) * i.sampling_rate) AS packets,
    count() AS flows,
    sum(toUInt128(i.packets)) AS samples
FROM ingest AS i
ARRAY JOIN arrayConcat(
    arrayMap(p -> (p, 'in'), prefixes_of(i.dst_addr)),
    arrayMap(p -> (p, 'out'), prefixes_of(i.src_addr))) AS matched
WHERE i.router_role = 0
GROUP BY minute, prefix, direction;

-- Prefixes whose minutes before active_from have been filled in from raw, from filled_from on.
CREATE TABLE IF NOT EXISTS prefix_fills
(
    prefix String,
    active_from DateTime('UTC'),
    filled_from DateTime('UTC')
)
ENGINE = ReplacingMergeTree
ORDER BY (prefix, active_from)
TTL active_from + INTERVAL 90 DAY;

-- Counters of interfaces as sFlow agents keep them (IF-MIB, RFC 2863): what flows of an interface add up to can be held against them.
-- They count from the agent's start; octets have 64 bits, all else wraps at 2^32. 2^64 - 1, or 2^32 - 1, is an agent's "not counted".

CREATE TABLE IF NOT EXISTS counters
(
    time DateTime64(3, 'UTC') CODEC(DoubleDelta, ZSTD(1)),
    exporter IPv6 CODEC(ZSTD(1)),
    if_index UInt32 CODEC(ZSTD(1)),
    -- IANAifType.
    if_type UInt32 CODEC(ZSTD(1)),
    -- Bits per second.
    if_speed UInt64 CODEC(ZSTD(1)),
    -- 0 unknown, 1 full duplex, 2 half duplex, 3 in, 4 out.
    if_direction UInt32 CODEC(ZSTD(1)),
    -- Bit 0: up by its administrator; bit 1: up in operation.
    if_status UInt32 CODEC(ZSTD(1)),
    in_octets UInt64 CODEC(Delta, ZSTD(1)),
    in_unicast_packets UInt32 CODEC(Delta, ZSTD(1)),
    in_multicast_packets UInt32 CODEC(Delta, ZSTD(1)),
    in_broadcast_packets UInt32 CODEC(Delta, ZSTD(1)),
    in_discards UInt32 CODEC(Delta, ZSTD(1)),
    in_errors UInt32 CODEC(Delta, ZSTD(1)),
    in_unknown_protocols UInt32 CODEC(Delta, ZSTD(1)),
    out_octets UInt64 CODEC(Delta, ZSTD(1)),
    out_unicast_packets UInt32 CODEC(Delta, ZSTD(1)),
    out_multicast_packets UInt32 CODEC(Delta, ZSTD(1)),
    out_broadcast_packets UInt32 CODEC(Delta, ZSTD(1)),
    out_discards UInt32 CODEC(Delta, ZSTD(1)),
    out_errors UInt32 CODEC(Delta, ZSTD(1)),
    promiscuous_mode UInt32 CODEC(ZSTD(1))
)
ENGINE = MergeTree
PARTITION BY toDate(time)
ORDER BY (exporter, if_index, time)
TTL toDateTime(time) + INTERVAL 30 DAY
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 10000;

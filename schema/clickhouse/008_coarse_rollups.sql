-- Traffic by 5 minutes and by hour, worked out by the API from the tables of minutes: again and again for the last hours, so that late flows
-- are in them, too. A row replaces the one before it.
--
-- peak_bytes and peak_packets are those of the row's own greatest minute. The peak of a sum is not the sum of peaks, so sums that are asked for
-- have rows of their own, told apart by `level`; columns that a level does not tell apart are empty in its rows.

CREATE TABLE IF NOT EXISTS interface_5m
(
    time DateTime('UTC') CODEC(DoubleDelta, ZSTD(1)),
    -- Of all exporters; of one; into, or out of, one of its interfaces; from one interface to another; of all exporters at the edge, which is all traffic.
    level Enum8('total' = 0, 'exporter' = 1, 'in' = 2, 'out' = 3, 'pair' = 4, 'edge' = 5),
    exporter IPv6 CODEC(ZSTD(1)),
    in_if UInt32 CODEC(ZSTD(1)),
    out_if UInt32 CODEC(ZSTD(1)),
    bytes UInt128 CODEC(ZSTD(1)),
    packets UInt128 CODEC(ZSTD(1)),
    flows UInt64 CODEC(T64, ZSTD(1)),
    peak_bytes UInt128 CODEC(ZSTD(1)),
    peak_packets UInt128 CODEC(ZSTD(1)),
    version UInt64 CODEC(T64, ZSTD(1))
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toDate(time)
ORDER BY (level, time, exporter, in_if, out_if)
TTL time + INTERVAL 90 DAY
SETTINGS ttl_only_drop_parts = 1;

CREATE TABLE IF NOT EXISTS interface_1h AS interface_5m
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMM(time)
ORDER BY (level, time, exporter, in_if, out_if)
TTL time + INTERVAL 730 DAY
SETTINGS ttl_only_drop_parts = 1;

CREATE TABLE IF NOT EXISTS protocol_5m
(
    time DateTime('UTC') CODEC(DoubleDelta, ZSTD(1)),
    level Enum8('total' = 0, 'family' = 1, 'proto' = 2, 'flags' = 3),
    family Enum8('other' = 0, 'ipv4' = 4, 'ipv6' = 6),
    proto UInt8 CODEC(ZSTD(1)),
    tcp_flags UInt16 CODEC(ZSTD(1)),
    bytes UInt128 CODEC(ZSTD(1)),
    packets UInt128 CODEC(ZSTD(1)),
    flows UInt64 CODEC(T64, ZSTD(1)),
    peak_bytes UInt128 CODEC(ZSTD(1)),
    peak_packets UInt128 CODEC(ZSTD(1)),
    version UInt64 CODEC(T64, ZSTD(1))
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toDate(time)
ORDER BY (level, time, family, proto, tcp_flags)
TTL time + INTERVAL 90 DAY
SETTINGS ttl_only_drop_parts = 1;

CREATE TABLE IF NOT EXISTS protocol_1h AS protocol_5m
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMM(time)
ORDER BY (level, time, family, proto, tcp_flags)
TTL time + INTERVAL 730 DAY
SETTINGS ttl_only_drop_parts = 1;

CREATE TABLE IF NOT EXISTS source_as_5m
(
    time DateTime('UTC') CODEC(DoubleDelta, ZSTD(1)),
    level Enum8('total' = 0, 'as' = 1),
    src_as UInt32 CODEC(ZSTD(1)),
    bytes UInt128 CODEC(ZSTD(1)),
    packets UInt128 CODEC(ZSTD(1)),
    flows UInt64 CODEC(T64, ZSTD(1)),
    peak_bytes UInt128 CODEC(ZSTD(1)),
    peak_packets UInt128 CODEC(ZSTD(1)),
    version UInt64 CODEC(T64, ZSTD(1))
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toDate(time)
ORDER BY (level, time, src_as)
TTL time + INTERVAL 90 DAY
SETTINGS ttl_only_drop_parts = 1;

CREATE TABLE IF NOT EXISTS source_as_1h AS source_as_5m
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMM(time)
ORDER BY (level, time, src_as)
TTL time + INTERVAL 730 DAY
SETTINGS ttl_only_drop_parts = 1;

CREATE TABLE IF NOT EXISTS destination_as_5m
(
    time DateTime('UTC') CODEC(DoubleDelta, ZSTD(1)),
    level Enum8('total' = 0, 'as' = 1),
    dst_as UInt32 CODEC(ZSTD(1)),
    bytes UInt128 CODEC(ZSTD(1)),
    packets UInt128 CODEC(ZSTD(1)),
    flows UInt64 CODEC(T64, ZSTD(1)),
    peak_bytes UInt128 CODEC(ZSTD(1)),
    peak_packets UInt128 CODEC(ZSTD(1)),
    version UInt64 CODEC(T64, ZSTD(1))
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toDate(time)
ORDER BY (level, time, dst_as)
TTL time + INTERVAL 90 DAY
SETTINGS ttl_only_drop_parts = 1;

CREATE TABLE IF NOT EXISTS destination_as_1h AS destination_as_5m
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMM(time)
ORDER BY (level, time, dst_as)
TTL time + INTERVAL 730 DAY
SETTINGS ttl_only_drop_parts = 1;

CREATE TABLE IF NOT EXISTS port_5m
(
    time DateTime('UTC') CODEC(DoubleDelta, ZSTD(1)),
    level Enum8('total' = 0, 'proto' = 1, 'port' = 2),
    proto UInt8 CODEC(ZSTD(1)),
    port UInt16 CODEC(ZSTD(1)),
    bytes UInt128 CODEC(ZSTD(1)),
    packets UInt128 CODEC(ZSTD(1)),
    flows UInt64 CODEC(T64, ZSTD(1)),
    peak_bytes UInt128 CODEC(ZSTD(1)),
    peak_packets UInt128 CODEC(ZSTD(1)),
    version UInt64 CODEC(T64, ZSTD(1))
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toDate(time)
ORDER BY (level, time, proto, port)
TTL time + INTERVAL 90 DAY
SETTINGS ttl_only_drop_parts = 1;

CREATE TABLE IF NOT EXISTS port_1h AS port_5m
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMM(time)
ORDER BY (level, time, proto, port)
TTL time + INTERVAL 730 DAY
SETTINGS ttl_only_drop_parts = 1;

CREATE TABLE IF NOT EXISTS prefix_5m
(
    time DateTime('UTC') CODEC(DoubleDelta, ZSTD(1)),
    prefix LowCardinality(String),
    direction Enum8('in' = 1, 'out' = 2),
    bytes UInt128 CODEC(ZSTD(1)),
    packets UInt128 CODEC(ZSTD(1)),
    flows UInt64 CODEC(T64, ZSTD(1)),
    peak_bytes UInt128 CODEC(ZSTD(1)),
    peak_packets UInt128 CODEC(ZSTD(1)),
    version UInt64 CODEC(T64, ZSTD(1))
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toDate(time)
ORDER BY (prefix, direction, time)
TTL time + INTERVAL 90 DAY
SETTINGS ttl_only_drop_parts = 1;

CREATE TABLE IF NOT EXISTS prefix_1h AS prefix_5m
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMM(time)
ORDER BY (prefix, direction, time)
TTL time + INTERVAL 730 DAY
SETTINGS ttl_only_drop_parts = 1;

CREATE TABLE IF NOT EXISTS prefix_vector_5m
(
    time DateTime('UTC') CODEC(DoubleDelta, ZSTD(1)),
    prefix LowCardinality(String),
    vector Enum8(
        'other' = 0, 'fragment' = 1,
        'tcp' = 10, 'tcp_syn' = 11, 'tcp_synack' = 12, 'tcp_ack' = 13, 'tcp_rst' = 14, 'tcp_fin' = 15,
        'udp' = 20, 'icmp' = 21, 'gre' = 22, 'esp' = 23,
        'udp_qotd' = 40, 'udp_chargen' = 41, 'udp_dns' = 42, 'udp_rpcbind' = 43, 'udp_ntp' = 44, 'udp_netbios' = 45, 'udp_snmp' = 46,
        'udp_cldap' = 47, 'udp_openvpn' = 48, 'udp_ssdp' = 49, 'udp_arms' = 50, 'udp_stun' = 51, 'udp_wsd' = 52, 'udp_mdns' = 53,
        'udp_coap' = 54, 'udp_memcached' = 55),
    bytes UInt128 CODEC(ZSTD(1)),
    packets UInt128 CODEC(ZSTD(1)),
    flows UInt64 CODEC(T64, ZSTD(1)),
    peak_bytes UInt128 CODEC(ZSTD(1)),
    peak_packets UInt128 CODEC(ZSTD(1)),
    version UInt64 CODEC(T64, ZSTD(1))
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toDate(time)
ORDER BY (prefix, vector, time)
TTL time + INTERVAL 90 DAY
SETTINGS ttl_only_drop_parts = 1;

CREATE TABLE IF NOT EXISTS prefix_vector_1h AS prefix_vector_5m
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMM(time)
ORDER BY (prefix, vector, time)
TTL time + INTERVAL 730 DAY
SETTINGS ttl_only_drop_parts = 1;

CREATE TABLE IF NOT EXISTS host_5m
(
    time DateTime('UTC') CODEC(DoubleDelta, ZSTD(1)),
    -- All hosts of a direction, or one.
    level Enum8('total' = 0, 'host' = 1),
    host IPv6 CODEC(ZSTD(1)),
    direction Enum8('in' = 1, 'out' = 2),
    bytes UInt128 CODEC(ZSTD(1)),
    packets UInt128 CODEC(ZSTD(1)),
    flows UInt64 CODEC(T64, ZSTD(1)),
    peak_bytes UInt128 CODEC(ZSTD(1)),
    peak_packets UInt128 CODEC(ZSTD(1)),
    version UInt64 CODEC(T64, ZSTD(1))
)
ENGINE = ReplacingMergeTree(version)
PARTITION BY toDate(time)
-- One host's day lies together: hosts are many.
ORDER BY (level, direction, host, time)
TTL time + INTERVAL 30 DAY
SETTINGS ttl_only_drop_parts = 1;

CREATE TABLE IF NOT EXISTS host_1h AS host_5m
ENGINE = ReplacingMergeTree(version)
PARTITION BY toYYYYMM(time)
ORDER BY (level, time, direction, host)
TTL time + INTERVAL 90 DAY
SETTINGS ttl_only_drop_parts = 1;

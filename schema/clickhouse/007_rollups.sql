-- Traffic by 10 seconds and by minute of time_received: what charts and tables are read from.
--
-- What core routers export (router_role 1) has been exported at the edge as well: it is counted by exporter and interface, and in no other table, so that
-- each packet counts once in all others and they agree.
--
-- Bytes and packets are estimates, multiplied by the sampling rate, and wide enough that no forged counter makes a sum wrap. Each view
-- reads `ingest` itself, so an insert that is sent again under its token completes each table by itself.

CREATE TABLE IF NOT EXISTS interface_10s
(
    time DateTime('UTC') CODEC(DoubleDelta, ZSTD(1)),
    exporter IPv6 CODEC(ZSTD(1)),
    in_if UInt32 CODEC(ZSTD(1)),
    out_if UInt32 CODEC(ZSTD(1)),
    router_role Enum8('edge' = 0, 'core' = 1) CODEC(ZSTD(1)),
    bytes UInt128 CODEC(ZSTD(1)),
    packets UInt128 CODEC(ZSTD(1)),
    flows UInt64 CODEC(T64, ZSTD(1))
)
ENGINE = SummingMergeTree
PARTITION BY toDate(time)
ORDER BY (time, exporter, in_if, out_if, router_role)
TTL time + INTERVAL 7 DAY
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW IF NOT EXISTS ingest_to_interface_10s TO interface_10s AS
WITH a -> CAST(toFixedString(multiIf(length(a) = 16, a, length(a) = 4, concat(unhex('00000000000000000000FFFF'), a), ''), 16) AS IPv6) AS ipv6
SELECT
    toStartOfInterval(toDateTime(intDiv(i.time_received_ns, 1000000000), 'UTC'), INTERVAL 10 SECOND) AS time,
    ipv6(i.sampler_address) AS exporter,
    i.in_if AS in_if,
    i.out_if AS out_if,
    i.router_role AS router_role,
    sum(toUInt128(i.bytes) * i.sampling_rate) AS bytes,
    sum(toUInt128(i.packets) * i.sampling_rate) AS packets,
    count() AS flows
FROM ingest AS i
GROUP BY time, exporter, in_if, out_if, router_role;

-- TCP flags are 0 for other protocols.
CREATE TABLE IF NOT EXISTS protocol_1m
(
    minute DateTime('UTC') CODEC(DoubleDelta, ZSTD(1)),
    family Enum8('other' = 0, 'ipv4' = 4, 'ipv6' = 6),
    proto UInt8 CODEC(ZSTD(1)),
    tcp_flags UInt16 CODEC(ZSTD(1)),
    bytes UInt128 CODEC(ZSTD(1)),
    packets UInt128 CODEC(ZSTD(1)),
    flows UInt64 CODEC(T64, ZSTD(1))
)
ENGINE = SummingMergeTree
PARTITION BY toDate(minute)
ORDER BY (minute, family, proto, tcp_flags)
TTL minute + INTERVAL 30 DAY
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW IF NOT EXISTS ingest_to_protocol_1m TO protocol_1m AS
SELECT
    toStartOfMinute(toDateTime(intDiv(i.time_received_ns, 1000000000), 'UTC')) AS minute,
    multiIf(length(i.src_addr) = 4, 4, length(i.src_addr) = 16, 6, 0) AS family,
    i.proto AS proto,
    if(i.proto = 6, i.tcp_flags, 0) AS tcp_flags,
    sum(toUInt128(i.bytes) * i.sampling_rate) AS bytes,
    sum(toUInt128(i.packets) * i.sampling_rate) AS packets,
    count() AS flows
FROM ingest AS i
WHERE i.router_role = 0
GROUP BY minute, family, proto, tcp_flags;

CREATE TABLE IF NOT EXISTS source_as_1m
(
    minute DateTime('UTC') CODEC(DoubleDelta, ZSTD(1)),
    src_as UInt32 CODEC(ZSTD(1)),
    bytes UInt128 CODEC(ZSTD(1)),
    packets UInt128 CODEC(ZSTD(1)),
    flows UInt64 CODEC(T64, ZSTD(1))
)
ENGINE = SummingMergeTree
PARTITION BY toDate(minute)
ORDER BY (minute, src_as)
TTL minute + INTERVAL 30 DAY
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW IF NOT EXISTS ingest_to_source_as_1m TO source_as_1m AS
SELECT
    toStartOfMinute(toDateTime(intDiv(i.time_received_ns, 1000000000), 'UTC')) AS minute,
    i.src_as AS src_as,
    sum(toUInt128(i.bytes) * i.sampling_rate) AS bytes,
    sum(toUInt128(i.packets) * i.sampling_rate) AS packets,
    count() AS flows
FROM ingest AS i
WHERE i.router_role = 0
GROUP BY minute, src_as;

CREATE TABLE IF NOT EXISTS destination_as_1m
(
    minute DateTime('UTC') CODEC(DoubleDelta, ZSTD(1)),
    dst_as UInt32 CODEC(ZSTD(1)),
    bytes UInt128 CODEC(ZSTD(1)),
    packets UInt128 CODEC(ZSTD(1)),
    flows UInt64 CODEC(T64, ZSTD(1))
)
ENGINE = SummingMergeTree
PARTITION BY toDate(minute)
ORDER BY (minute, dst_as)
TTL minute + INTERVAL 30 DAY
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW IF NOT EXISTS ingest_to_destination_as_1m TO destination_as_1m AS
SELECT
    toStartOfMinute(toDateTime(intDiv(i.time_received_ns, 1000000000), 'UTC')) AS minute,
    i.dst_as AS dst_as,
    sum(toUInt128(i.bytes) * i.sampling_rate) AS bytes,
    sum(toUInt128(i.packets) * i.sampling_rate) AS packets,
    count() AS flows
FROM ingest AS i
WHERE i.router_role = 0
GROUP BY minute, dst_as;

-- The service's port: the lower of the two, which is the server's more often than not. Protocols without ports are left out.
CREATE TABLE IF NOT EXISTS port_1m
(
    minute DateTime('UTC') CODEC(DoubleDelta, ZSTD(1)),
    proto UInt8 CODEC(ZSTD(1)),
    port UInt16 CODEC(ZSTD(1)),
    bytes UInt128 CODEC(ZSTD(1)),
    packets UInt128 CODEC(ZSTD(1)),
    flows UInt64 CODEC(T64, ZSTD(1))
)
ENGINE = SummingMergeTree
PARTITION BY toDate(minute)
ORDER BY (minute, proto, port)
TTL minute + INTERVAL 30 DAY
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 10000;

-- TCP, UDP, DCCP, SCTP and UDP-Lite.
CREATE MATERIALIZED VIEW IF NOT EXISTS ingest_to_port_1m TO port_1m AS
SELECT
    toStartOfMinute(toDateTime(intDiv(i.time_received_ns, 1000000000), 'UTC')) AS minute,
    i.proto AS proto,
    least(i.src_port, i.dst_port) AS port,
    sum(toUInt128(i.bytes) * i.sampling_rate) AS bytes,
    sum(toUInt128(i.packets) * i.sampling_rate) AS packets,
    count() AS flows
FROM ingest AS i
WHERE i.router_role = 0 AND i.proto IN (6, 17, 33, 132, 136)
GROUP BY minute, proto, port;

-- Traffic towards each rule's prefix by the kind of packets that attacks are made of. Each flow is of one kind: the first that fits.
CREATE TABLE IF NOT EXISTS prefix_vector_1m
(
    minute DateTime('UTC') CODEC(DoubleDelta, ZSTD(1)),
    prefix LowCardinality(String),
    vector Enum8(
        'other' = 0, 'fragment' = 1,
        'tcp' = 10, 'tcp_syn' = 11, 'tcp_synack' = 12, 'tcp_ack' = 13, 'tcp_rst' = 14, 'tcp_fin' = 15,
        'udp' = 20, 'icmp' = 21, 'gre' = 22, 'esp' = 23,
        -- UDP from the port of a service that answers much to little.
        'udp_qotd' = 40, 'udp_chargen' = 41, 'udp_dns' = 42, 'udp_rpcbind' = 43, 'udp_ntp' = 44, 'udp_netbios' = 45, 'udp_snmp' = 46,
        'udp_cldap' = 47, 'udp_openvpn' = 48, 'udp_ssdp' = 49, 'udp_arms' = 50, 'udp_stun' = 51, 'udp_wsd' = 52, 'udp_mdns' = 53,
        'udp_coap' = 54, 'udp_memcached' = 55),
    bytes UInt128 CODEC(ZSTD(1)),
    packets UInt128 CODEC(ZSTD(1)),
    flows UInt64 CODEC(T64, ZSTD(1)),
    samples UInt128 DEFAULT packets CODEC(ZSTD(1))
)
ENGINE = SummingMergeTree
PARTITION BY toDate(minute)
ORDER BY (minute, prefix, vector)
TTL minute + INTERVAL 30 DAY
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW IF NOT EXISTS ingest_to_prefix_vector_1m TO prefix_vector_1m AS
WITH
    a -> multiIf(
        length(a) = 4, dictGet('{{database}}.prefixes4', ('chain', 'chain_active_from'), tuple(reinterpretAsUInt32(reverse(a)))),
        length(a) = 16, dictGet('{{database}}.prefixes6', ('chain', 'chain_active_from'), tuple(toFixedString(a, 16))),
        ([], [])) AS chain_of,
    bitAnd(i.tcp_flags, 63) AS flags
SELECT
    toStartOfMinute(toDateTime(intDiv(i.time_received_ns, 1000000000), 'UTC')) AS minute,
    prefix,
    multiIf(
        -- A fragment: not the first, or with more to come.
        i.fragment_offset > 0 OR bitAnd(i.ip_flags, 1) = 1, 1,
        -- SYN without ACK and RST; SYN ACK alone; ACK alone; RST or RST ACK alone; FIN without ACK.
        i.proto = 6, multiIf(bitAnd(flags, 22) = 2, 11, flags = 18, 12, flags = 16, 13, flags IN (4, 20), 14, bitAnd(flags, 17) = 1, 15, 10),
        i.proto = 17, transform(i.src_port,
            [17, 19, 53, 111, 123, 137, 161, 389, 1194, 1900, 3283, 3478, 3702, 5353, 5683, 11211],
            [40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55], 20),
        i.proto IN (1, 58), 21,
        i.proto = 47, 22,
        i.proto = 50, 23,
        0) AS vector,
    sum(toUInt128(i.bytes) * i.sampling_rate) AS bytes,
    sum(toUInt128(i.packets) * i.sampling_rate) AS packets,
    count() AS flows,
    sum(toUInt128(i.packets)) AS samples
FROM ingest AS i
ARRAY JOIN arrayFilter((p, active_from) -> active_from <= minute, chain_of(i.dst_addr).1, chain_of(i.dst_addr).2) AS prefix
WHERE i.router_role = 0
GROUP BY minute, prefix, vector;

-- Hosts inside the rules' prefixes and the local networks only: of all the hosts of the world, they would cost half of everything.
CREATE TABLE IF NOT EXISTS host_1m
(
    minute DateTime('UTC') CODEC(DoubleDelta, ZSTD(1)),
    host IPv6 CODEC(ZSTD(1)),
    direction Enum8('in' = 1, 'out' = 2),
    bytes UInt128 CODEC(ZSTD(1)),
    packets UInt128 CODEC(ZSTD(1)),
    flows UInt64 CODEC(T64, ZSTD(1)),
    samples UInt128 DEFAULT packets CODEC(ZSTD(1))
)
ENGINE = SummingMergeTree
PARTITION BY toDate(minute)
ORDER BY (minute, host, direction)
TTL minute + INTERVAL 7 DAY
SETTINGS ttl_only_drop_parts = 1, non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW IF NOT EXISTS ingest_to_host_1m TO host_1m AS
WITH
    a -> CAST(toFixedString(multiIf(length(a) = 16, a, length(a) = 4, concat(unhex('00000000000000000000FFFF'), a), ''), 16) AS IPv6) AS ipv6,
    a -> multiIf(
        length(a) = 4, dictHas('{{database}}.prefixes4', tuple(reinterpretAsUInt32(reverse(a)))),
        length(a) = 16, dictHas('{{database}}.prefixes6', tuple(toFixedString(a, 16))),
        0) AS is_ours
SELECT
    toStartOfMinute(toDateTime(intDiv(i.time_received_ns, 1000000000), 'UTC')) AS minute,
    ipv6(end.1) AS host,
    end.2 AS direction,
    sum(toUInt128(i.bytes) * i.sampling_rate) AS bytes,
    sum(toUInt128(i.packets) * i.sampling_rate) AS packets,
    count() AS flows,
    sum(toUInt128(i.packets)) AS samples
FROM ingest AS i
ARRAY JOIN arrayFilter(e -> is_ours(e.1), [(i.dst_addr, 'in'), (i.src_addr, 'out')]) AS end
WHERE i.router_role = 0
GROUP BY minute, host, direction;

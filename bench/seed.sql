-- The schema that many GoFlow2 installations begin with, rebuilt from a description of one: what the benchmark stands beside. Three times to
-- the nanosecond, addresses as numbers and as text, in order of time alone, LZ4; routers joined at ingest for the sampling rate; traffic by
-- prefix and minute found by comparing each destination of a block with each prefix. The entry is as ours, so that both read the same.

CREATE TABLE entry AS {{ingest}} ENGINE = Null;

CREATE TABLE routers (router_ip String, default_sampling UInt64) ENGINE = ReplacingMergeTree ORDER BY router_ip;

CREATE TABLE prefixes (prefix String, first UInt128, last UInt128) ENGINE = MergeTree ORDER BY first;

CREATE TABLE raw
(
    type Int32,
    time_received DateTime64(9, 'UTC'),
    time_flow_start DateTime64(9, 'UTC'),
    time_flow_end DateTime64(9, 'UTC'),
    sequence_num UInt32,
    sampling_rate UInt64,
    sampler_address UInt128,
    sampler_address_str String,
    src_addr UInt128,
    src_addr_str String,
    dst_addr UInt128,
    dst_addr_str String,
    src_as UInt32,
    dst_as UInt32,
    etype UInt32,
    proto UInt32,
    src_port UInt32,
    dst_port UInt32,
    in_if UInt32,
    out_if UInt32,
    forwarding_status UInt32,
    tcp_flags UInt32,
    icmp_type UInt32,
    icmp_code UInt32,
    fragment_id UInt32,
    fragment_offset UInt32,
    bytes UInt64,
    packets UInt64,
    total_bytes UInt64,
    total_packets UInt64
)
ENGINE = MergeTree
PARTITION BY toDate(time_received)
ORDER BY time_received
TTL toDateTime(time_received) + INTERVAL 30 DAY;

CREATE MATERIALIZED VIEW entry_to_raw TO raw AS
WITH
    a -> if(length(a) = 4, toUInt128(reinterpretAsUInt32(reverse(a))), reinterpretAsUInt128(reverse(a))) AS number,
    a -> if(length(a) = 4, IPv4NumToString(reinterpretAsUInt32(reverse(a))), IPv6NumToString(toFixedString(a, 16))) AS address
SELECT
    e.type AS type,
    fromUnixTimestamp64Nano(toInt64(e.time_received_ns), 'UTC') AS time_received,
    fromUnixTimestamp64Nano(toInt64(e.time_flow_start_ns), 'UTC') AS time_flow_start,
    fromUnixTimestamp64Nano(toInt64(e.time_flow_end_ns), 'UTC') AS time_flow_end,
    e.sequence_num AS sequence_num,
    if(e.sampling_rate = 0, r.default_sampling, e.sampling_rate) AS sampling_rate,
    number(e.sampler_address) AS sampler_address,
    address(e.sampler_address) AS sampler_address_str,
    number(e.src_addr) AS src_addr,
    address(e.src_addr) AS src_addr_str,
    number(e.dst_addr) AS dst_addr,
    address(e.dst_addr) AS dst_addr_str,
    e.src_as AS src_as,
    e.dst_as AS dst_as,
    e.etype AS etype,
    e.proto AS proto,
    e.src_port AS src_port,
    e.dst_port AS dst_port,
    e.in_if AS in_if,
    e.out_if AS out_if,
    e.forwarding_status AS forwarding_status,
    e.tcp_flags AS tcp_flags,
    e.icmp_type AS icmp_type,
    e.icmp_code AS icmp_code,
    e.fragment_id AS fragment_id,
    e.fragment_offset AS fragment_offset,
    e.bytes AS bytes,
    e.packets AS packets,
    e.bytes * if(e.sampling_rate = 0, r.default_sampling, e.sampling_rate) AS total_bytes,
    e.packets * if(e.sampling_rate = 0, r.default_sampling, e.sampling_rate) AS total_packets
FROM entry AS e
ANY LEFT JOIN routers AS r ON r.router_ip = address(e.sampler_address);

CREATE TABLE prefixes_total_1m (minute DateTime('UTC'), prefix String, bytes UInt64, packets UInt64, flows UInt64)
ENGINE = SummingMergeTree PARTITION BY toDate(minute) ORDER BY (prefix, minute) TTL minute + INTERVAL 30 DAY;

CREATE MATERIALIZED VIEW raw_to_prefixes_total_1m TO prefixes_total_1m AS
SELECT toStartOfMinute(toDateTime(f.time_received)) AS minute, p.prefix AS prefix, sum(f.total_bytes) AS bytes, sum(f.total_packets) AS packets, count() AS flows
FROM raw AS f
INNER JOIN
(
    SELECT d.dst_addr AS dst_addr, prefixes.prefix AS prefix
    FROM (SELECT DISTINCT dst_addr FROM raw) AS d
    CROSS JOIN prefixes
    WHERE d.dst_addr BETWEEN prefixes.first AND prefixes.last
) AS p ON p.dst_addr = f.dst_addr
GROUP BY minute, prefix;

CREATE TABLE prefixes_proto_profile_1m
(
    minute DateTime('UTC'),
    prefix String,
    bytesMap Map(String, UInt64),
    packetsMap Map(String, UInt64),
    flowsMap Map(String, UInt64)
)
ENGINE = SummingMergeTree PARTITION BY toDate(minute) ORDER BY (prefix, minute) TTL minute + INTERVAL 30 DAY;

CREATE MATERIALIZED VIEW raw_to_prefixes_proto_profile_1m TO prefixes_proto_profile_1m AS
SELECT
    minute,
    prefix,
    CAST((groupArray(class), groupArray(class_bytes)), 'Map(String, UInt64)') AS bytesMap,
    CAST((groupArray(class), groupArray(class_packets)), 'Map(String, UInt64)') AS packetsMap,
    CAST((groupArray(class), groupArray(class_flows)), 'Map(String, UInt64)') AS flowsMap
FROM
(
    SELECT
        toStartOfMinute(toDateTime(f.time_received)) AS minute,
        p.prefix AS prefix,
        arrayJoin(arrayFilter(c -> c != '', [
            'general',
            transform(f.proto, [0, 1, 6, 17, 47, 50], ['hopopt', 'icmp', 'tcp', 'udp', 'gre', 'esp'], ''),
            if(f.proto = 6 AND bitTest(f.tcp_flags, 1), 'tcp_syn', ''),
            if(f.proto = 6 AND bitTest(f.tcp_flags, 2), 'tcp_rst', ''),
            if(f.proto = 6 AND bitTest(f.tcp_flags, 4), 'tcp_ack', '')])) AS class,
        sum(f.total_bytes) AS class_bytes,
        sum(f.total_packets) AS class_packets,
        count() AS class_flows
    FROM raw AS f
    INNER JOIN
    (
        SELECT d.dst_addr AS dst_addr, prefixes.prefix AS prefix
        FROM (SELECT DISTINCT dst_addr FROM raw) AS d
        CROSS JOIN prefixes
        WHERE d.dst_addr BETWEEN prefixes.first AND prefixes.last
    ) AS p ON p.dst_addr = f.dst_addr
    GROUP BY minute, prefix, class
)
GROUP BY minute, prefix;

CREATE TABLE sources_1m (minute DateTime('UTC'), source String, bytes UInt64, packets UInt64, flows UInt64)
ENGINE = SummingMergeTree PARTITION BY toDate(minute) ORDER BY (minute, source) TTL minute + INTERVAL 7 DAY;

CREATE MATERIALIZED VIEW raw_to_sources_1m TO sources_1m AS
SELECT
    toStartOfMinute(toDateTime(time_received)) AS minute,
    if(etype = 2048, IPv4NumToString(bitAnd(toUInt32(src_addr), 4294967040)), IPv6NumToString(toFixedString(concat(substring(reverse(reinterpretAsFixedString(src_addr)), 1, 8), unhex('0000000000000000')), 16))) AS source,
    sum(total_bytes) AS bytes,
    sum(total_packets) AS packets,
    count() AS flows
FROM raw
GROUP BY minute, source;

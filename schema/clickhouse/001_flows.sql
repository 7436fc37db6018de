-- Flows: one entry (ingest), from which views fill everything else.
--
-- Every view reads `ingest` itself, never another view's table, and every target keeps a deduplication window: an insert that is
-- sent again under its token (the segment's name) adds to each table only what that table still lacks.

-- The entry keeps nothing. Columns are FlowMessage's (schema/flow.proto) and the name of the segment that brought the flow.
CREATE TABLE IF NOT EXISTS ingest
(
    type UInt8,
    sampling_rate UInt64,
    sequence_num UInt32,
    src_addr String,
    dst_addr String,
    bytes UInt64,
    packets UInt64,
    sampler_address String,
    next_hop String,
    next_hop_as UInt32,
    src_as UInt32,
    dst_as UInt32,
    src_net UInt32,
    dst_net UInt32,
    in_if UInt32,
    out_if UInt32,
    proto UInt32,
    src_port UInt32,
    dst_port UInt32,
    ip_tos UInt32,
    forwarding_status UInt32,
    ip_ttl UInt32,
    tcp_flags UInt32,
    src_mac UInt64,
    dst_mac UInt64,
    vlan_id UInt32,
    etype UInt32,
    icmp_type UInt32,
    icmp_code UInt32,
    src_vlan UInt32,
    dst_vlan UInt32,
    fragment_id UInt32,
    fragment_offset UInt32,
    ipv6_flow_label UInt32,
    ip_flags UInt32,
    ingress_vrf_id UInt32,
    egress_vrf_id UInt32,
    bi_flow_direction UInt32,
    flow_direction UInt32,
    observation_domain_id UInt32,
    observation_point_id UInt32,
    mpls_ttl Array(UInt32),
    mpls_label Array(UInt32),
    mpls_ip Array(String),
    bgp_next_hop String,
    bgp_communities Array(UInt32),
    as_path Array(UInt32),
    layer_stack Array(UInt8),
    layer_size Array(UInt32),
    ipv6_routing_header_addresses Array(String),
    ipv6_routing_header_seg_left UInt32,
    time_received_ns UInt64,
    time_flow_start_ns UInt64,
    time_flow_end_ns UInt64,
    sampling_source UInt32,
    udp_source String,
    router_role UInt32,
    post_nat_src_addr String,
    post_nat_dst_addr String,
    post_nat_src_port UInt32,
    post_nat_dst_port UInt32,
    nat_event UInt32,
    application_id String,
    firewall_event UInt32,
    flow_end_reason UInt32,
    drop_reason UInt32,
    customer_vlan_id UInt32,
    post_customer_vlan_id UInt32,
    vni UInt32,
    segment String
)
ENGINE = Null;

-- Every flow, as exported: `bytes * sampling_rate` is the estimate.
CREATE TABLE IF NOT EXISTS raw
(
    time_received DateTime('UTC') CODEC(DoubleDelta, ZSTD(1)),
    -- Kept as distances, which are small: the two times themselves would take 3 bytes a flow more. Negative for a clock that is ahead.
    flow_end_age_ms Int64 CODEC(T64, ZSTD(1)),
    flow_duration_ms Int64 CODEC(T64, ZSTD(1)),
    time_flow_end DateTime64(3, 'UTC') ALIAS fromUnixTimestamp64Milli(toInt64(toUnixTimestamp(time_received)) * 1000 - flow_end_age_ms, 'UTC'),
    time_flow_start DateTime64(3, 'UTC') ALIAS fromUnixTimestamp64Milli(toInt64(toUnixTimestamp(time_received)) * 1000 - flow_end_age_ms - flow_duration_ms, 'UTC'),
    type Enum8('FLOWUNKNOWN' = 0, 'SFLOW_5' = 1, 'NETFLOW_V5' = 2, 'NETFLOW_V9' = 3, 'IPFIX' = 4) CODEC(ZSTD(1)),
    sampler_address IPv6 CODEC(ZSTD(1)),
    udp_source IPv6 CODEC(ZSTD(1)),
    sampling_rate UInt64 CODEC(ZSTD(1)),
    sampling_source Enum8('assumed' = 0, 'exporter' = 1, 'router_default' = 2, 'override' = 3) CODEC(ZSTD(1)),
    -- Of whoever exported it, as registered when it came. What core routers export has been exported at the edge, too.
    router_role Enum8('edge' = 0, 'core' = 1) CODEC(ZSTD(1)),
    sequence_num UInt32 CODEC(Delta, T64('bit'), ZSTD(1)),
    src_addr IPv6 CODEC(ZSTD(1)),
    dst_addr IPv6 CODEC(ZSTD(1)),
    bytes UInt64 CODEC(T64, ZSTD(1)),
    packets UInt64 CODEC(T64, ZSTD(1)),
    next_hop IPv6 CODEC(ZSTD(1)),
    next_hop_as UInt32 CODEC(ZSTD(1)),
    src_as UInt32 CODEC(ZSTD(1)),
    dst_as UInt32 CODEC(ZSTD(1)),
    src_net UInt8 CODEC(ZSTD(1)),
    dst_net UInt8 CODEC(ZSTD(1)),
    in_if UInt32 CODEC(ZSTD(1)),
    out_if UInt32 CODEC(ZSTD(1)),
    proto UInt8 CODEC(ZSTD(1)),
    src_port UInt16 CODEC(ZSTD(1)),
    dst_port UInt16 CODEC(ZSTD(1)),
    ip_tos UInt8 CODEC(ZSTD(1)),
    forwarding_status UInt32 CODEC(ZSTD(1)),
    ip_ttl UInt8 CODEC(ZSTD(1)),
    tcp_flags UInt16 CODEC(ZSTD(1)),
    src_mac UInt64 CODEC(ZSTD(1)),
    dst_mac UInt64 CODEC(ZSTD(1)),
    vlan_id UInt16 CODEC(ZSTD(1)),
    etype UInt16 CODEC(ZSTD(1)),
    icmp_type UInt8 CODEC(ZSTD(1)),
    icmp_code UInt8 CODEC(ZSTD(1)),
    src_vlan UInt16 CODEC(ZSTD(1)),
    dst_vlan UInt16 CODEC(ZSTD(1)),
    fragment_id UInt32 CODEC(T64, ZSTD(1)),
    fragment_offset UInt16 CODEC(ZSTD(1)),
    ipv6_flow_label UInt32 CODEC(T64, ZSTD(1)),
    ip_flags UInt8 CODEC(ZSTD(1)),
    ingress_vrf_id UInt32 CODEC(ZSTD(1)),
    egress_vrf_id UInt32 CODEC(ZSTD(1)),
    bi_flow_direction UInt8 CODEC(ZSTD(1)),
    flow_direction UInt8 CODEC(ZSTD(1)),
    observation_domain_id UInt32 CODEC(ZSTD(1)),
    observation_point_id UInt32 CODEC(ZSTD(1)),
    mpls_ttl Array(UInt8) CODEC(ZSTD(1)),
    mpls_label Array(UInt32) CODEC(ZSTD(1)),
    mpls_ip Array(IPv6) CODEC(ZSTD(1)),
    bgp_next_hop IPv6 CODEC(ZSTD(1)),
    bgp_communities Array(UInt32) CODEC(ZSTD(1)),
    as_path Array(UInt32) CODEC(ZSTD(1)),
    layer_stack Array(Enum8('Ethernet' = 0, 'IPv4' = 1, 'IPv6' = 2, 'TCP' = 3, 'UDP' = 4, 'MPLS' = 5, 'Dot1Q' = 6, 'ICMP' = 7, 'ICMPv6' = 8, 'GRE' = 9, 'IPv6HeaderRouting' = 10, 'IPv6HeaderFragment' = 11, 'Geneve' = 12, 'Teredo' = 13, 'Custom' = 99)) CODEC(ZSTD(1)),
    layer_size Array(UInt16) CODEC(ZSTD(1)),
    ipv6_routing_header_addresses Array(IPv6) CODEC(ZSTD(1)),
    ipv6_routing_header_seg_left UInt8 CODEC(ZSTD(1)),
    post_nat_src_addr IPv6 CODEC(ZSTD(1)),
    post_nat_dst_addr IPv6 CODEC(ZSTD(1)),
    post_nat_src_port UInt16 CODEC(ZSTD(1)),
    post_nat_dst_port UInt16 CODEC(ZSTD(1)),
    nat_event UInt8 CODEC(ZSTD(1)),
    application_id String CODEC(ZSTD(1)),
    firewall_event UInt8 CODEC(ZSTD(1)),
    flow_end_reason UInt8 CODEC(ZSTD(1)),
    drop_reason UInt32 CODEC(ZSTD(1)),
    customer_vlan_id UInt16 CODEC(ZSTD(1)),
    post_customer_vlan_id UInt16 CODEC(ZSTD(1)),
    vni UInt32 CODEC(ZSTD(1)),
    -- What kind of packets it is made of, as in prefix_vector_1m.
    vector Enum8(
        'other' = 0, 'fragment' = 1,
        'tcp' = 10, 'tcp_syn' = 11, 'tcp_synack' = 12, 'tcp_ack' = 13, 'tcp_rst' = 14, 'tcp_fin' = 15,
        'udp' = 20, 'icmp' = 21, 'gre' = 22, 'esp' = 23,
        'udp_qotd' = 40, 'udp_chargen' = 41, 'udp_dns' = 42, 'udp_rpcbind' = 43, 'udp_ntp' = 44, 'udp_netbios' = 45, 'udp_snmp' = 46,
        'udp_cldap' = 47, 'udp_openvpn' = 48, 'udp_ssdp' = 49, 'udp_arms' = 50, 'udp_stun' = 51, 'udp_wsd' = 52, 'udp_mdns' = 53,
        'udp_coap' = 54, 'udp_memcached' = 55)
        ALIAS multiIf(
            fragment_offset > 0 OR bitAnd(ip_flags, 1) = 1, 1,
            proto = 6, multiIf(
                bitAnd(tcp_flags, 22) = 2, 11, bitAnd(tcp_flags, 63) = 18, 12, bitAnd(tcp_flags, 63) = 16, 13,
                bitAnd(tcp_flags, 63) IN (4, 20), 14, bitAnd(tcp_flags, 17) = 1, 15, 10),
            proto = 17, transform(src_port,
                [17, 19, 53, 111, 123, 137, 161, 389, 1194, 1900, 3283, 3478, 3702, 5353, 5683, 11211],
                [40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55], 20),
            proto IN (1, 58), 21,
            proto = 47, 22,
            proto = 50, 23,
            0),
    INDEX src_addr_bloom src_addr TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX dst_addr_bloom dst_addr TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toDate(time_received)
PRIMARY KEY (toStartOfFiveMinutes(time_received), sampler_address)
-- etype last: addresses of one family beside each other take a fifth less.
ORDER BY (toStartOfFiveMinutes(time_received), sampler_address, in_if, out_if, etype)
TTL time_received + INTERVAL 30 DAY
SETTINGS
    ttl_only_drop_parts = 1,
    non_replicated_deduplication_window = 10000,
    -- Parts below this keep their many columns in one file, which makes writing and merging a second's flows a third cheaper.
    min_bytes_for_wide_part = 268435456,
    -- Larger blocks find more of the addresses that come again.
    min_compress_block_size = 524288;

-- FlowMessage's address bytes (4, 16 or none) become IPv6, IPv4 mapped; none is `::`.
CREATE MATERIALIZED VIEW IF NOT EXISTS ingest_to_raw TO raw AS
WITH
    a -> CAST(toFixedString(multiIf(length(a) = 16, a, length(a) = 4, concat(unhex('00000000000000000000FFFF'), a), ''), 16) AS IPv6) AS ipv6
SELECT
    toDateTime(intDiv(i.time_received_ns, 1000000000), 'UTC') AS time_received,
    toInt64(intDiv(i.time_received_ns, 1000000000)) * 1000 - toInt64(intDiv(i.time_flow_end_ns, 1000000)) AS flow_end_age_ms,
    toInt64(intDiv(i.time_flow_end_ns, 1000000)) - toInt64(intDiv(i.time_flow_start_ns, 1000000)) AS flow_duration_ms,
    i.type AS type,
    ipv6(i.sampler_address) AS sampler_address,
    ipv6(i.udp_source) AS udp_source,
    i.sampling_rate AS sampling_rate,
    i.sampling_source AS sampling_source,
    i.router_role AS router_role,
    i.sequence_num AS sequence_num,
    ipv6(i.src_addr) AS src_addr,
    ipv6(i.dst_addr) AS dst_addr,
    i.bytes AS bytes,
    i.packets AS packets,
    ipv6(i.next_hop) AS next_hop,
    i.next_hop_as AS next_hop_as,
    i.src_as AS src_as,
    i.dst_as AS dst_as,
    i.src_net AS src_net,
    i.dst_net AS dst_net,
    i.in_if AS in_if,
    i.out_if AS out_if,
    i.proto AS proto,
    i.src_port AS src_port,
    i.dst_port AS dst_port,
    i.ip_tos AS ip_tos,
    i.forwarding_status AS forwarding_status,
    i.ip_ttl AS ip_ttl,
    i.tcp_flags AS tcp_flags,
    i.src_mac AS src_mac,
    i.dst_mac AS dst_mac,
    i.vlan_id AS vlan_id,
    i.etype AS etype,
    i.icmp_type AS icmp_type,
    i.icmp_code AS icmp_code,
    i.src_vlan AS src_vlan,
    i.dst_vlan AS dst_vlan,
    i.fragment_id AS fragment_id,
    i.fragment_offset AS fragment_offset,
    i.ipv6_flow_label AS ipv6_flow_label,
    i.ip_flags AS ip_flags,
    i.ingress_vrf_id AS ingress_vrf_id,
    i.egress_vrf_id AS egress_vrf_id,
    i.bi_flow_direction AS bi_flow_direction,
    i.flow_direction AS flow_direction,
    i.observation_domain_id AS observation_domain_id,
    i.observation_point_id AS observation_point_id,
    i.mpls_ttl AS mpls_ttl,
    i.mpls_label AS mpls_label,
    arrayMap(x -> ipv6(x), i.mpls_ip) AS mpls_ip,
    ipv6(i.bgp_next_hop) AS bgp_next_hop,
    i.bgp_communities AS bgp_communities,
    i.as_path AS as_path,
    i.layer_stack AS layer_stack,
    i.layer_size AS layer_size,
    arrayMap(x -> ipv6(x), i.ipv6_routing_header_addresses) AS ipv6_routing_header_addresses,
    i.ipv6_routing_header_seg_left AS ipv6_routing_header_seg_left,
    ipv6(i.post_nat_src_addr) AS post_nat_src_addr,
    ipv6(i.post_nat_dst_addr) AS post_nat_dst_addr,
    i.post_nat_src_port AS post_nat_src_port,
    i.post_nat_dst_port AS post_nat_dst_port,
    i.nat_event AS nat_event,
    i.application_id AS application_id,
    i.firewall_event AS firewall_event,
    i.flow_end_reason AS flow_end_reason,
    i.drop_reason AS drop_reason,
    i.customer_vlan_id AS customer_vlan_id,
    i.post_customer_vlan_id AS post_customer_vlan_id,
    i.vni AS vni
FROM ingest AS i;

-- What each segment brought: the proof that an acknowledged segment is stored whole, and the look-up before an old one is sent again.
CREATE TABLE IF NOT EXISTS segments
(
    name String,
    flows UInt64,
    time DateTime('UTC') DEFAULT now()
)
ENGINE = MergeTree
ORDER BY name
TTL time + INTERVAL 30 DAY
SETTINGS non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW IF NOT EXISTS ingest_to_segments TO segments AS
SELECT segment AS name, count() AS flows
FROM ingest
GROUP BY segment;

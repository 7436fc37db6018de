-- The traffic of the schema's benchmark: {count} flows in the columns of `ingest`, the same for the same parameters. Flow n arrives
-- {start} seconds since 1970 plus n / {rate} seconds.
--
-- An access network: 20,000 hosts in twenty IPv4 /22 and one IPv6 /36, a million hosts elsewhere in 2,000 autonomous systems, some of
-- them far more popular than others. Eight routers: four with NetFlow v9, two with IPFIX (one of them translates addresses), one with
-- NetFlow v5, one with sFlow; each fills the columns that such a router fills. 24 flows share a datagram, sFlow's are single packets.
WITH
    -- 0 to below 1, one for each purpose k.
    (n, k) -> sipHash64(n, k) / 18446744073709551616 AS random,
    (n, k, limit) -> toUInt32(floor(random(n, k) * limit)) AS below,
    intDiv(number, 24) AS datagram,
    -- Two hosts that talk have two flows at a time.
    intDiv(number, 2) AS session,
    -- The first routers export most.
    toUInt8(floor(8 * pow(random(datagram, 'router'), 1.5))) AS router,
    [3, 3, 4, 2, 3, 1, 3, 4][router + 1] AS protocol,
    protocol = 1 AS is_sflow,
    protocol != 2 AND random(session, 'family') < 0.2 AS is_ipv6,
    random(session, 'direction') < 0.6 AS inbound,

    -- The local host and the remote one, by popularity.
    toUInt32(floor(20000 * pow(random(session, 'local'), 2))) AS local,
    toUInt32(floor(pow(1000000, random(session, 'remote')))) AS remote,
    intHash32(remote % 30000) AS remote_network,
    toUInt32(floor(2000 * pow((remote_network % 65536) / 65536, 2))) AS remote_as_index,
    toUInt32(1000 + intHash32(remote_as_index) % 210000) AS remote_as,
    reverse(reinterpretAsFixedString(toUInt32(toUInt32(toIPv4('100.64.0.0')) + intDiv(local, 1000) * 1024 + local % 1000))) AS local4,
    concat(char(11 + remote_network % 180, bitShiftRight(remote_network, 8)), reinterpretAsFixedString(toUInt16(intHash32(remote)))) AS remote4,
    concat(unhex('20010DB8'), reverse(reinterpretAsFixedString(toUInt32(local))), reinterpretAsFixedString(sipHash64(local))) AS local6,
    concat(unhex('2A00'), reverse(reinterpretAsFixedString(remote_network)), unhex('0000'), reinterpretAsFixedString(sipHash64(remote))) AS remote6,
    if(is_ipv6, local6, local4) AS local_addr,
    if(is_ipv6, remote6, remote4) AS remote_addr,
    toUInt32(1 + local % 4) AS local_if,
    toUInt32(101 + remote_as_index % 6) AS remote_if,

    random(session, 'transport') AS transport,
    multiIf(transport < 0.74, 6, transport < 0.97, 17, transport < 0.985, if(is_ipv6, 58, 1), transport < 0.993, 50, 47) AS ip_protocol,
    ip_protocol IN (6, 17) AS has_ports,
    random(session, 'service') AS service,
    toUInt32(multiIf(
        ip_protocol = 6, multiIf(service < 0.72, 443, service < 0.82, 80, service < 0.94, [22, 25, 993, 8080, 5222, 3389, 1935, 8443][1 + below(session, 'port', 8)], 1024 + below(session, 'port', 64512)),
        multiIf(service < 0.6, 443, service < 0.8, 53, service < 0.9, [123, 3478, 51820, 4500, 161, 5060][1 + below(session, 'port', 6)], 1024 + below(session, 'port', 64512)))) AS service_port,
    -- As Linux, Windows and macOS choose them; a tenth has gone through a translator.
    random(number, 'system') AS system,
    toUInt32(multiIf(system < 0.5, 32768 + below(number, 'client', 28232), system < 0.9, 49152 + below(number, 'client', 16384), 1024 + below(number, 'client', 64512))) AS client_port,
    -- Three of four flows run between a local client and a remote server.
    (random(session, 'server') < 0.75) = inbound AS from_server,

    -- Sampled 1 in 1,000 to 1 in 4,096, three of four flows are one packet.
    if(is_sflow, 1, toUInt64(least(100000, floor(pow(1 - random(number, 'packets'), -0.5))))) AS packet_count,
    random(number, 'size') AS size,
    toUInt32(multiIf(size < 0.35, [40, 52, 64, 60][1 + below(number, 'small', 4)], size < 0.75, [1500, 1492, 1420, 1400][1 + below(number, 'large', 4)], 66 + below(number, 'medium', 1334))) AS packet_size,
    toUInt64(packet_count * if(packet_count = 1, packet_size, greatest(40, packet_size * (0.7 + 0.3 * random(number, 'bytes'))))) AS byte_count,

    -- A flow lasts 8 s on average, at most 60 s. Half of them leave within a second of their end, the others after 15 s of silence.
    toUInt64({start:UInt32}) * 1000000000 + toUInt64(datagram * 24 * 1000000000 / {rate:Float64}) AS received,
    toUInt64(intDiv(received, 1000000) - below(number, 'age', 1000) - 15000 * below(number, 'silence', 2)) AS end_ms,
    toUInt64(end_ms - if(packet_count = 1, 0, least(60000, toUInt64(-8000 * log(1 - random(number, 'duration')))))) AS start_ms,
    -- Of 64, 128 or 255, what the way left.
    if(inbound, [64, 128, 64, 255][1 + remote % 4] - 5 - remote_network % 14, [64, 128][1 + local % 2] - 1) AS hops
SELECT
    protocol AS type,
    [1000, 1000, 2000, 1000, 4096, 2048, 1000, 1000][router + 1] AS sampling_rate,
    -- NetFlow v9 and sFlow number datagrams, the others flows.
    toUInt32(1000000 * router + toUInt32(datagram * [0.25, 0.15, 0.12, 0.11, 0.1, 0.1, 0.09, 0.08][router + 1]) * if(protocol IN (1, 3), 1, 24)) AS sequence_num,
    if(inbound, remote_addr, local_addr) AS src_addr,
    if(inbound, local_addr, remote_addr) AS dst_addr,
    byte_count AS bytes,
    packet_count AS packets,
    unhex(concat('C00002', leftPad(hex(router + 1), 2, '0'))) AS sampler_address,
    if(is_sflow, '', if(is_ipv6, unhex(concat('20010DB8FFFF000000000000000000', hex(toUInt8(out_if)))), unhex(concat('C63364', hex(toUInt8(out_if)))))) AS next_hop,
    if(protocol = 3 AND NOT inbound, remote_as, 0) AS next_hop_as,
    if(inbound, remote_as, 64500) AS src_as,
    if(inbound, 64500, remote_as) AS dst_as,
    if(is_sflow, 0, if(inbound, if(is_ipv6, 32 + remote_network % 17, 12 + remote_network % 13), if(is_ipv6, 36, 22))) AS src_net,
    if(is_sflow, 0, if(inbound, if(is_ipv6, 36, 22), if(is_ipv6, 32 + remote_network % 17, 12 + remote_network % 13))) AS dst_net,
    if(inbound, remote_if, local_if) AS in_if,
    if(inbound, local_if, remote_if) AS out_if,
    ip_protocol AS proto,
    if(has_ports, if(from_server, service_port, client_port), 0) AS src_port,
    multiIf(has_ports, if(from_server, client_port, service_port), 0) AS dst_port,
    if(random(number, 'tos') < 0.9, 0, [8, 32, 40, 72, 136, 184][1 + below(number, 'class', 6)]) AS ip_tos,
    if(protocol = 3, 64, 0) AS forwarding_status,
    if(is_sflow OR protocol = 4, hops, 0) AS ip_ttl,
    if(ip_protocol = 6, [16, 16, 16, 16, 16, 24, 24, 24, 2, 18, 17, 27][1 + below(number, 'flags', 12)], 0) AS tcp_flags,
    if(is_sflow, 2199023255552 + in_if, 0) AS src_mac,
    if(is_sflow, 2199023255552 + 256 + out_if, 0) AS dst_mac,
    if(is_sflow, 100 + in_if, 0) AS vlan_id,
    if(is_ipv6, 34525, 2048) AS etype,
    if(ip_protocol IN (1, 58), if(is_ipv6, 128, 8) + if(is_ipv6, 1, -8) * (below(number, 'icmp', 2)), 0) AS icmp_type,
    0 AS icmp_code,
    if(is_sflow, vlan_id, 0) AS src_vlan,
    if(is_sflow, 100 + out_if, 0) AS dst_vlan,
    if(is_sflow AND NOT is_ipv6, below(number, 'fragment', 65536), 0) AS fragment_id,
    0 AS fragment_offset,
    if(is_sflow AND is_ipv6, below(number, 'label', 1048576), 0) AS ipv6_flow_label,
    if(is_sflow AND NOT is_ipv6, 2, 0) AS ip_flags,
    0 AS ingress_vrf_id,
    0 AS egress_vrf_id,
    0 AS bi_flow_direction,
    if(protocol = 4, NOT inbound, 0) AS flow_direction,
    if(protocol IN (3, 4), 256 + router, 0) AS observation_domain_id,
    0 AS observation_point_id,
    []::Array(UInt32) AS mpls_ttl,
    []::Array(UInt32) AS mpls_label,
    []::Array(String) AS mpls_ip,
    if(protocol = 3 AND NOT is_ipv6, unhex(concat('CB0071', hex(toUInt8(remote_as_index % 40)))), '') AS bgp_next_hop,
    if(is_sflow, [4226154497, 4226154498 + remote_as_index % 5], [])::Array(UInt32) AS bgp_communities,
    if(is_sflow AND NOT inbound, [3356 + remote_as_index % 4, remote_as], [])::Array(UInt32) AS as_path,
    if(is_sflow, [0, 6, if(is_ipv6, 2, 1), multiIf(ip_protocol = 6, 3, ip_protocol = 17, 4, 7)], [])::Array(UInt8) AS layer_stack,
    if(is_sflow, [14, 4, if(is_ipv6, 40, 20), multiIf(ip_protocol = 6, 20 + 12 * below(number, 'options', 2), 8)], [])::Array(UInt32) AS layer_size,
    []::Array(String) AS ipv6_routing_header_addresses,
    0 AS ipv6_routing_header_seg_left,
    received AS time_received_ns,
    if(is_sflow, received, start_ms * 1000000) AS time_flow_start_ns,
    if(is_sflow, received, end_ms * 1000000) AS time_flow_end_ns,
    if(router IN (3, 5), 2, 1) AS sampling_source,
    if(is_sflow, unhex('0A000001'), '') AS udp_source,
    0 AS router_role,
    if(router = 7 AND NOT is_ipv6 AND NOT inbound, unhex(concat('CB0071', hex(toUInt8(local % 16)))), '') AS post_nat_src_addr,
    if(router = 7 AND NOT is_ipv6 AND NOT inbound, remote4, '') AS post_nat_dst_addr,
    if(router = 7 AND NOT is_ipv6 AND NOT inbound AND has_ports, below(number, 'nat', 65536), 0) AS post_nat_src_port,
    if(router = 7 AND NOT is_ipv6 AND NOT inbound AND has_ports, dst_port, 0) AS post_nat_dst_port,
    0 AS nat_event,
    if(router = 2, unhex(concat('0D0000', hex(toUInt8(service_port % 100)))), '') AS application_id,
    0 AS firewall_event,
    if(protocol = 4, [1, 1, 2, 3, 3, 4][1 + below(number, 'end', 6)], 0) AS flow_end_reason,
    0 AS drop_reason,
    0 AS customer_vlan_id,
    0 AS post_customer_vlan_id,
    0 AS vni
FROM numbers({first:UInt64}, {count:UInt64})

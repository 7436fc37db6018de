import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import fc from 'fast-check'
import protobuf from 'protobufjs'
import { describe, expect, test } from 'vitest'
import { encodeFlow, maxFlowBytes } from '../../../collector/encode/encode.ts'
import { FlowRecord } from '../../../collector/flow.ts'

const schemaPath = resolve(import.meta.dirname, '../../../schema/flow.proto')
const schema = new protobuf.Root().loadSync(schemaPath, { keepCase: true })
const FlowMessage = schema.lookupType('flowpb.FlowMessage')

function encode(flow: FlowRecord): Uint8Array {
  const target = new Uint8Array(maxFlowBytes)
  return target.subarray(0, encodeFlow(flow, target, 0))
}

/**
 * What protobufjs makes of the fields of `message` that are set, in the proto's names; 64-bit
 * integers as bigint.
 */
function oracle(message: Record<string, unknown>): Uint8Array {
  const set: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(message)) {
    if (typeof value === 'bigint') {
      if (value !== 0n) set[name] = value.toString()
    } else if (typeof value === 'number') {
      if (value !== 0) set[name] = value
    } else if ((value as { length: number }).length > 0) {
      set[name] = value
    }
  }
  return FlowMessage.encodeDelimited(FlowMessage.fromObject(set)).finish()
}

const uint32 = fc.oneof(
  fc.constantFrom(0, 1, 0x7f, 0x80, 0x3fff, 0x4000, 0x1fffff, 0x200000, 2 ** 28 - 1, 2 ** 28),
  fc.constantFrom(2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1),
  fc.nat(0xffff),
  fc.nat(0xffff_ffff),
)
const uint64 = fc.oneof(
  fc.constantFrom(0n, 1n, 2n ** 32n - 1n, 2n ** 32n, 2n ** 53n + 1n, 2n ** 63n, 2n ** 64n - 1n),
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
)
const uint53 = fc.oneof(
  fc.constantFrom(0, 1, 2 ** 32 - 1, 2 ** 32, 2 ** 48 - 1, Number.MAX_SAFE_INTEGER),
  fc.maxSafeNat(),
)
const addressBytes = fc.oneof(
  fc.uint8Array({ minLength: 4, maxLength: 4 }),
  // Not IPv4-mapped: an Address would fold it.
  fc.uint8Array({ minLength: 15, maxLength: 15 }).map((bytes) => Uint8Array.of(0x20, ...bytes)),
)
const address = fc.oneof(fc.constant(new Uint8Array()), addressBytes)
const time = fc.record({
  seconds: fc.oneof(fc.constantFrom(0, 1, 9_007_199, 9_007_200, 2 ** 32 - 1), fc.nat(0xffff_ffff)),
  nanos: fc.oneof(fc.constantFrom(0, 1, 511, 512, 999_999_999), fc.nat(999_999_999)),
})

const uint32Fields = [
  ['sequenceNumber', 'sequence_num'],
  ['nextHopAs', 'next_hop_as'],
  ['srcAs', 'src_as'],
  ['dstAs', 'dst_as'],
  ['srcNet', 'src_net'],
  ['dstNet', 'dst_net'],
  ['inIf', 'in_if'],
  ['outIf', 'out_if'],
  ['proto', 'proto'],
  ['srcPort', 'src_port'],
  ['dstPort', 'dst_port'],
  ['ipTos', 'ip_tos'],
  ['forwardingStatus', 'forwarding_status'],
  ['ipTtl', 'ip_ttl'],
  ['tcpFlags', 'tcp_flags'],
  ['vlanId', 'vlan_id'],
  ['etype', 'etype'],
  ['icmpType', 'icmp_type'],
  ['icmpCode', 'icmp_code'],
  ['srcVlan', 'src_vlan'],
  ['dstVlan', 'dst_vlan'],
  ['fragmentId', 'fragment_id'],
  ['fragmentOffset', 'fragment_offset'],
  ['ipv6FlowLabel', 'ipv6_flow_label'],
  ['ipFlags', 'ip_flags'],
  ['ingressVrfId', 'ingress_vrf_id'],
  ['egressVrfId', 'egress_vrf_id'],
  ['biFlowDirection', 'bi_flow_direction'],
  ['flowDirection', 'flow_direction'],
  ['observationDomainId', 'observation_domain_id'],
  ['observationPointId', 'observation_point_id'],
  ['ipv6RoutingHeaderSegLeft', 'ipv6_routing_header_seg_left'],
  ['postNatSrcPort', 'post_nat_src_port'],
  ['postNatDstPort', 'post_nat_dst_port'],
  ['natEvent', 'nat_event'],
  ['firewallEvent', 'firewall_event'],
  ['flowEndReason', 'flow_end_reason'],
  ['dropReason', 'drop_reason'],
  ['customerVlanId', 'customer_vlan_id'],
  ['postCustomerVlanId', 'post_customer_vlan_id'],
  ['vni', 'vni'],
] as const
const uint53Fields = [
  ['samplingRate', 'sampling_rate'],
  ['srcMac', 'src_mac'],
  ['dstMac', 'dst_mac'],
] as const
const addressFields = [
  ['srcAddr', 'src_addr'],
  ['dstAddr', 'dst_addr'],
  ['samplerAddress', 'sampler_address'],
  ['nextHop', 'next_hop'],
  ['bgpNextHop', 'bgp_next_hop'],
  ['udpSource', 'udp_source'],
  ['postNatSrcAddr', 'post_nat_src_addr'],
  ['postNatDstAddr', 'post_nat_dst_addr'],
] as const
const uint32Lists = [
  ['mplsTtl', 'mpls_ttl', 64],
  ['mplsLabel', 'mpls_label', 64],
  ['bgpCommunities', 'bgp_communities', 1000],
  ['asPath', 'as_path', 1000],
  ['layerStack', 'layer_stack', 64],
  ['layerSize', 'layer_size', 64],
] as const
const addressLists = [
  ['mplsIp', 'mpls_ip', 64],
  ['ipv6RoutingHeaderAddresses', 'ipv6_routing_header_addresses', 64],
] as const

type Message = Record<string, number | bigint | Uint8Array | number[] | Uint8Array[]>

/** A flow with each field set or not, and the message it stands for. */
const flowAndMessage = fc
  .record({
    type: fc.constantFrom(0, 1, 2, 3, 4),
    samplingSource: fc.constantFrom(0, 1, 2, 3),
    routerRole: fc.constantFrom(0, 1),
    uint32: fc.array(uint32, { minLength: uint32Fields.length, maxLength: uint32Fields.length }),
    uint53: fc.tuple(uint53, uint53, uint53),
    addresses: fc.array(address, {
      minLength: addressFields.length,
      maxLength: addressFields.length,
    }),
    numbers: fc.array(fc.array(uint32, { maxLength: 12 }), { minLength: 6, maxLength: 6 }),
    lists: fc.tuple(
      fc.array(addressBytes, { maxLength: 4 }),
      fc.array(addressBytes, { maxLength: 4 }),
    ),
    bytes: uint64,
    packets: uint64,
    times: fc.tuple(time, time, time),
    applicationId: fc.uint8Array({ maxLength: 16 }),
  })
  .map((values) => {
    const flow = new FlowRecord()
    const message: Message = {}
    flow.type = values.type as FlowRecord['type']
    message['type'] = values.type
    flow.samplingSource = values.samplingSource as FlowRecord['samplingSource']
    message['sampling_source'] = values.samplingSource
    flow.routerRole = values.routerRole as FlowRecord['routerRole']
    message['router_role'] = values.routerRole
    for (const [i, [field, name]] of uint32Fields.entries()) {
      flow[field] = message[name] = values.uint32[i]!
    }
    for (const [i, [field, name]] of uint53Fields.entries()) {
      flow[field] = values.uint53[i]!
      message[name] = BigInt(values.uint53[i]!)
    }
    for (const [i, [field, name]] of addressFields.entries()) {
      const bytes = values.addresses[i]!
      flow[field].set(bytes, 0, bytes.length)
      message[name] = bytes
    }
    for (const [i, [field, name]] of uint32Lists.entries()) {
      // A layer is an enum: 31 bits.
      const numbers = values.numbers[i]!.map((n) => (field === 'layerStack' ? n >>> 1 : n))
      for (const number of numbers) flow[field].push(number)
      message[name] = numbers
    }
    for (const [i, [field, name]] of addressLists.entries()) {
      flow[field].push(...values.lists[i]!)
      message[name] = values.lists[i]!
    }
    flow.bytesHigh = Number(values.bytes >> 32n)
    flow.bytesLow = Number(values.bytes & 0xffff_ffffn)
    message['bytes'] = values.bytes
    flow.packetsHigh = Number(values.packets >> 32n)
    flow.packetsLow = Number(values.packets & 0xffff_ffffn)
    message['packets'] = values.packets
    const [received, start, end] = values.times
    flow.timeReceivedSeconds = received.seconds
    flow.timeReceivedNanos = received.nanos
    flow.timeFlowStartSeconds = start.seconds
    flow.timeFlowStartNanos = start.nanos
    flow.timeFlowEndSeconds = end.seconds
    flow.timeFlowEndNanos = end.nanos
    message['time_received_ns'] = nanoseconds(received)
    message['time_flow_start_ns'] = nanoseconds(start)
    message['time_flow_end_ns'] = nanoseconds(end)
    flow.applicationId.set(values.applicationId)
    flow.applicationIdLength = values.applicationId.length
    message['application_id'] = values.applicationId
    return { flow, message }
  })

function nanoseconds(time: { seconds: number; nanos: number }): bigint {
  return BigInt(time.seconds) * 1_000_000_000n + BigInt(time.nanos)
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex').toUpperCase()
}

/** A flow with every field at its longest and every list far beyond its bound. */
function longestFlow(): FlowRecord {
  const flow = new FlowRecord()
  const ipv6 = new Uint8Array(16).fill(0xff)
  flow.type = 4
  flow.samplingSource = 3
  for (const [field] of uint32Fields) flow[field] = 2 ** 32 - 1
  for (const [field] of uint53Fields) flow[field] = Number.MAX_SAFE_INTEGER
  for (const [field] of addressFields) flow[field].set(ipv6, 0, 16)
  for (const [field] of uint32Lists) {
    for (let i = 0; i < 5_000; i++) flow[field].push(2 ** 32 - 1 - i)
  }
  for (const [field] of addressLists) for (let i = 0; i < 5_000; i++) flow[field].push(ipv6)
  flow.bytesHigh = flow.bytesLow = flow.packetsHigh = flow.packetsLow = 2 ** 32 - 1
  flow.timeReceivedSeconds = flow.timeFlowStartSeconds = flow.timeFlowEndSeconds = 2 ** 32 - 1
  flow.timeReceivedNanos = flow.timeFlowStartNanos = flow.timeFlowEndNanos = 999_999_999
  flow.applicationId.fill(0xff)
  flow.applicationIdLength = 16
  return flow
}

describe('encodeFlow', () => {
  test('an empty flow is one length byte of zero', () => {
    expect(encode(new FlowRecord())).toEqual(Uint8Array.of(0))
  })

  test('a small flow has the bytes that the protobuf encoding gives it', () => {
    const flow = new FlowRecord()
    flow.type = 2
    flow.samplingRate = 100
    flow.samplingSource = 1
    flow.srcAddr.set(Uint8Array.of(192, 0, 2, 1), 0, 4)
    flow.bytesLow = 1500
    flow.packetsLow = 1
    flow.proto = 6
    flow.srcPort = 443
    for (const as of [64500, 1]) flow.asPath.push(as)
    flow.timeReceivedSeconds = 1
    flow.timeReceivedNanos = 1
    const bytes = [
      '27', // 39 bytes follow
      '0802', // 1 type: NETFLOW_V5
      '1864', // 3 sampling_rate: 100
      '3204c0000201', // 6 src_addr
      '48dc0b', // 9 bytes: 1500 = 11 * 128 + 92
      '5001', // 10 packets
      'a00106', // 20 proto
      'a801bb03', // 21 src_port: 443 = 3 * 128 + 59
      'b20604f4f70301', // 102 as_path: packed, 64500 = (3 * 128 + 119) * 128 + 116
      'f0068194ebdc03', // 110 time_received_ns: 1000000001
      'c83e01', // 1001 sampling_source: exporter
    ]
    expect(hex(encode(flow)).toLowerCase()).toBe(bytes.join(''))
  })

  test('any flow has the bytes that protobufjs writes for it', () => {
    fc.assert(
      fc.property(flowAndMessage, ({ flow, message }) => {
        expect(Buffer.compare(encode(flow), oracle(message))).toBe(0)
      }),
      { numRuns: 3_000 },
    )
  })

  test('the generated flows cover every field of the schema', () => {
    const message = fc.sample(flowAndMessage, 1)[0]?.message ?? {}
    expect(Object.keys(message).sort()).toEqual(FlowMessage.fieldsArray.map((f) => f.name).sort())
  })

  test.each([126, 127, 128, 129])('a message of %i bytes has the shortest length', (length) => {
    for (const family of [4, 16]) {
      const flow = new FlowRecord()
      flow.srcAddr.set(new Uint8Array(16).fill(7), 0, family)
      const message: Message = { src_addr: flow.srcAddr.bytes.slice(0, family) }
      // A packed list of one-byte numbers fills up: two bytes of tag and one of length before them.
      const ttls = Array<number>(length - (2 + family) - 3).fill(1)
      for (const ttl of ttls) flow.asPath.push(ttl)
      message['as_path'] = ttls
      const bytes = encode(flow)
      expect(bytes.length).toBe(length + (length < 128 ? 1 : 2))
      expect(bytes).toEqual(Uint8Array.from(oracle(message)))
    }
  })

  test('messages stand behind each other and nothing around them is touched', () => {
    const flow = new FlowRecord()
    flow.srcAddr.set(Uint8Array.of(192, 0, 2, 1), 0, 4)
    flow.bytesHigh = 2 ** 21
    flow.bytesLow = 1
    const target = new Uint8Array(64).fill(0xee)
    const end = encodeFlow(flow, target, encodeFlow(flow, target, 5))
    const reader = protobuf.Reader.create(target.subarray(5, end))
    for (let i = 0; i < 2; i++) {
      const message = FlowMessage.toObject(FlowMessage.decodeDelimited(reader), { longs: String })
      expect(message['bytes']).toBe('9007199254740993') // 2^53 + 1
    }
    expect(reader.pos).toBe(reader.len)
    expect([...target.subarray(0, 5), ...target.subarray(end)].every((b) => b === 0xee)).toBe(true)
  })

  test('the longest flow keeps the first elements of its lists and fits maxFlowBytes', () => {
    const flow = longestFlow()
    const bytes = encode(flow)
    expect(bytes.length).toBeLessThanOrEqual(maxFlowBytes)
    const message = FlowMessage.toObject(FlowMessage.decodeDelimited(bytes))
    for (const [field, name, bound] of uint32Lists) {
      // protobufjs reads enums as signed.
      const values = (message[name] as number[]).map((value) => value >>> 0)
      expect(values).toEqual([...flow[field]].slice(0, bound))
    }
    for (const [, name, bound] of addressLists) expect(message[name]).toHaveLength(bound)
  })

  test('numbers out of range spoil their own field only', () => {
    const wrong = fc.oneof(fc.double(), fc.integer(), fc.constantFrom(-1, Number.NaN, -Infinity))
    fc.assert(
      fc.property(wrong, wrong, wrong, wrong, (a, b, c, d) => {
        const flow = new FlowRecord()
        flow.inIf = a
        flow.samplingRate = b
        flow.bytesHigh = c
        flow.timeFlowEndSeconds = d
        for (const number of [a, b, c, d]) flow.asPath.push(number)
        flow.vni = 4096
        const message = FlowMessage.toObject(FlowMessage.decodeDelimited(encode(flow)))
        expect(message['vni']).toBe(4096)
        expect(message['as_path']).toHaveLength(4)
      }),
    )
  })
})

test('ClickHouse reads back what was encoded', () => {
  const flows = fc.sample(flowAndMessage, { numRuns: 300, seed: 1 })
  const directory = mkdtempSync(join(tmpdir(), 'encode-'))
  try {
    const block = Buffer.concat(flows.map(({ flow }) => encode(flow)))
    writeFileSync(join(directory, 'block.pb'), block)
    const columns = `sampling_rate UInt64, src_addr String, bytes UInt64, packets UInt64,
      src_port UInt32, mpls_ip Array(String), as_path Array(UInt32), time_flow_end_ns UInt64, vni UInt32`
    const query = `SELECT * REPLACE (hex(src_addr) AS src_addr, arrayMap(x -> hex(x), mpls_ip) AS mpls_ip)
      FROM file('block.pb', 'Protobuf', '${columns}')
      SETTINGS format_schema = '${schemaPath}:FlowMessage', output_format_json_quote_64bit_integers = 1`
    // The engine owns its process: a child, so that it cannot disturb this one.
    const script = `const { query } = require(process.argv[1])
      process.stdout.write(query(process.argv[2], 'JSONEachRow'))`
    const chdb = import.meta.resolve('chdb').replace('file://', '').replace(/mjs$/, 'js')
    const output = execFileSync(process.execPath, ['-e', script, chdb, query], {
      cwd: directory,
      maxBuffer: 2 ** 26,
    })
    const rows = output.toString('utf8').trim().split('\n')
    expect(rows).toHaveLength(flows.length)
    for (const [i, row] of rows.entries()) {
      const message = flows[i]!.message
      expect(JSON.parse(row)).toEqual({
        sampling_rate: String(message['sampling_rate']),
        src_addr: hex(message['src_addr'] as Uint8Array),
        bytes: String(message['bytes']),
        packets: String(message['packets']),
        src_port: message['src_port'],
        mpls_ip: (message['mpls_ip'] as Uint8Array[]).map(hex),
        as_path: message['as_path'],
        time_flow_end_ns: String(message['time_flow_end_ns']),
        vni: message['vni'],
      })
    }
  } finally {
    rmSync(directory, { recursive: true })
  }
})

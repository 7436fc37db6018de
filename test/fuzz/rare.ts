// What the captures have none of, built by hand so that damage reaches its readers, too.

import { bytes, hex, ip4, ip6, type Part, u8, u16, u32, u64, zeros } from '../build/bytes.ts'
import { source } from '../build/decoded.ts'
import {
  type Field,
  ipfix,
  optionsTemplateSet,
  set,
  templateSet,
  variable,
  variableLength,
} from '../build/ipfix.ts'
import { ethernet, ipv4, ipv6, mplsLabel, udp, vlanTag } from '../build/packet.ts'
import type { CapturedDatagram } from '../build/pcap.ts'
import {
  address,
  expandedFlowSample,
  flowSample,
  rawHeader,
  sflow,
  structure,
} from '../build/sflow.ts'

const words = (...values: number[]) => bytes(...values.map(u32))
const overIpv4 = (...payload: Part[]) => ethernet(0x0800, ipv4({}, ...payload))

const inner = ethernet(0x86dd, ipv6({}, udp(53, 53)))
const vxlan = overIpv4(udp(5000, 4789, hex('08000000 00000700'), inner))
const geneve = overIpv4(udp(5000, 6081, hex('02006558 00000700  01028001 00000001'), inner))
const teredo = overIpv4(udp(5000, 3544, hex('0000 1388 c0000201'), ipv6({}, udp(53, 53))))
/** QinQ with a pseudowire in MPLS in it: its control word, and a frame. */
const labels = bytes(mplsLabel(16, false), mplsLabel(17, true), zeros(4), inner)
const qInQ = ethernet(0x88a8, vlanTag(5, 0x8100, vlanTag(6, 0x8847, labels)))
/** Hop by hop, segment routing with two segments, a first fragment. */
const segments = bytes(hex('2c04 0401 01000000'), ip6('2001:db8::3'), ip6('2001:db8::4'))
const extended = ethernet(
  0x86dd,
  ipv6({ nextHeader: 0 }, hex('2b00 000000000000'), segments, hex('11000001 00000009'), udp(1, 2)),
)

const interfaceCounters = structure(1, new Uint8Array(88).fill(3))
const gateway = structure(
  1003,
  address('2001:db8::1'),
  words(1, 2, 3), // router's AS, source AS, source peer AS
  words(2, 2, 1, 4, 1, 2, 5, 6), // a sequence of one, a set of two
  words(1, 99, 1), // a community, local preference
)
const samples = sflow(
  {},
  structure(2, words(1, 7, 1), interfaceCounters),
  structure(4, words(1, 0, 7, 1), interfaceCounters),
  structure(5, words(1, 0, 7, 2, 7, 0, 258, 1), rawHeader({}, inner)),
  flowSample({ drops: 3 }, rawHeader({}, vxlan), structure(1029, u32(9))),
  flowSample({ output: 0x40000102 }, rawHeader({}, geneve), gateway),
  flowSample({}, rawHeader({}, teredo), structure(1020, words(1, 2))),
  flowSample({}, rawHeader({}, extended), structure(1007, address('2001:db8::5'), address('::'))),
  expandedFlowSample({ outputFormat: 2, output: 3 }, rawHeader({}, qInQ)),
)

const ends: Field[] = [
  [8, 4],
  [12, 4],
  [7, 2],
  [11, 2],
]
/** Octets and packets each way (RFC 5103), a session, and times that count from the exporter's start. */
const biflow: Field[] = [...ends, [1, 8], [1, 8, 29305], [2, 8], [2, 8, 29305], [22, 4], [160, 8]]
const names: Field[] = [
  [82, variable],
  [83, variable],
  [234, 4],
  [236, variable],
  [302, 4],
  [335, 8],
  [305, 4],
  [306, 4],
]
const frame: Field[] = [
  [408, 2],
  [312, 2],
  [315, variable],
  [311, 8],
  [156, 8],
  [230, 1],
  [225, 4],
]
/** 0.1 as a float64. */
const oneInTen = hex('3fb999999999999a')
const text = (value: string) => variableLength(Buffer.from(value))
const endsOfOne = bytes(ip4('192.0.2.1'), ip4('192.0.2.2'), u16(1), u16(2))
const records = ipfix(
  { exportTime: 1_700_000_000, domainId: 7 },
  templateSet(400, ...biflow),
  set(400, endsOfOne, u64(10), u64(20), u64(1), u64(2), u32(5), u64(1_699_999_000_000)),
  optionsTemplateSet(401, [[10, 4]], names),
  set(401, u32(3), text('eth0'), text(''), u32(1), text('mgmt'), u32(2), zeros(8), words(1, 99)),
  templateSet(402, ...frame),
  set(402, u16(1), u16(1500), variableLength(inner), oneInTen, u64(2n ** 62n), u8(1), words(9)),
)

export const rare: readonly CapturedDatagram[] = [samples, records].map((payload) => ({
  source: source('192.0.2.77', 6343),
  payload,
}))

// Tunnels in sampled packets: the flow is the outer packet's; what is inside only adds its layers.

import { describe, expect, test } from 'vitest'
import { bytes, hex, ip4, ip6, type Part, u8, u16, u32, zeros } from '../../build/bytes.ts'
import { ethernet, icmp, ipv4, ipv6, mplsLabel, tcp, udp, vlanTag } from '../../build/packet.ts'
import { layer, readFrame as read } from '../../build/sampled-packet.ts'

const { ethernet: eth, ipv4: v4, ipv6: v6, tcp: tcpLayer, udp: udpLayer, mpls, dot1q } = layer
const { icmpv6: icmpv6Layer, gre: greLayer, routing, geneve, teredo, custom } = layer

const inner = ipv4({ source: '10.0.0.1', destination: '10.0.0.2', protocol: 6 }, tcp(1, 2, 0x010))
const inner6 = ipv6({ source: 'fd00::1', destination: 'fd00::2', nextHeader: 58 }, icmp(128, 1))
const innerFrame = bytes(hex('0a0000000002 0a0000000001'), u16(0x0800), inner)

/** What every one of these packets shows, whatever is inside. */
const outer = {
  srcMac: 0x020000000005,
  dstMac: 0x02000000000d,
  etype: 0x0800,
  srcAddr: '192.0.2.10',
  dstAddr: '198.51.100.20',
  ipTtl: 64,
}
const nothingInside = ['tcpFlags', 'icmpType', 'icmpCode', 'ipv6FlowLabel', 'mplsLabel', 'vlanId']

function expectOuter(flow: object, fields: object): void {
  expect(flow).toMatchObject({ ...outer, ...fields })
  for (const field of nothingInside) expect(flow).not.toHaveProperty(field)
}

describe('IP in IP', () => {
  test('IPv4 in IPv4 (RFC 2003 3)', () => {
    const flow = read(ethernet(0x0800, ipv4({ protocol: 4 }, inner)))
    expectOuter(flow, {
      proto: 4,
      layerStack: [eth, v4, v4, tcpLayer],
      layerSize: [14, 20, 20, 20],
    })
    expect(flow).not.toHaveProperty('srcPort')
  })

  test('IPv6 in IPv4 (RFC 4213 3)', () => {
    const flow = read(ethernet(0x0800, ipv4({ protocol: 41 }, inner6)))
    expectOuter(flow, {
      proto: 41,
      layerStack: [eth, v4, v6, icmpv6Layer],
      layerSize: [14, 20, 40, 8],
    })
  })

  test('segment routing over IPv6: the outer addresses, and the segments (RFC 8754)', () => {
    // Next header 41, length 4, type 4, one segment left, last entry 1.
    const header = bytes(hex('29 04 04 01 01 00 0000'), ip6('2001:db8:b::1'), ip6('2001:db8:a::1'))
    const flow = read(ethernet(0x86dd, ipv6({ nextHeader: 43 }, header, inner6)))
    expect(flow).toMatchObject({
      srcAddr: '2001:db8::10',
      dstAddr: '2001:db8::20',
      proto: 41,
      ipv6RoutingHeaderAddresses: ['2001:db8:b::1', '2001:db8:a::1'],
      ipv6RoutingHeaderSegLeft: 1,
      layerStack: [eth, v6, routing, v6, icmpv6Layer],
      layerSize: [14, 40, 40, 40, 8],
    })
    expect(flow).not.toHaveProperty('icmpType')
  })

  test('segments of an inner packet are not those of the outer', () => {
    const header = bytes(hex('11 02 04 00 00 00 0000'), ip6('2001:db8:a::1'))
    const flow = read(
      ethernet(0x0800, ipv4({ protocol: 41 }, ipv6({ nextHeader: 43 }, header, udp(1, 2)))),
    )
    expectOuter(flow, { layerStack: [eth, v4, v6, routing, udpLayer] })
    expect(flow).not.toHaveProperty('ipv6RoutingHeaderAddresses')
  })

  test('tunnels in tunnels are given up after 16 headers', () => {
    let packet = ipv4({ protocol: 17 }, udp(1, 2))
    for (let i = 0; i < 50; i++) packet = ipv4({ protocol: 4 }, packet)
    expect(read(ethernet(0x0800, packet))['layerStack']).toHaveLength(16)
  })
})

/** RFC 2784 2, RFC 2890 2: flags and version, EtherType, then what the flags announce. */
function gre(flags: number, etherType: number, ...parts: Part[]): Uint8Array {
  return ethernet(0x0800, ipv4({ protocol: 47 }, u16(flags), u16(etherType), ...parts))
}

describe('GRE', () => {
  test.each([
    ['nothing', 0x0000, 4],
    ['a checksum', 0x8000, 8],
    ['a key', 0x2000, 8],
    ['a sequence number', 0x1000, 8],
    ['checksum and key', 0xa000, 12],
    ['checksum and sequence number', 0x9000, 12],
    ['key and sequence number', 0x3000, 12],
    ['checksum, key and sequence number', 0xb000, 16],
  ])('with %s', (_, flags, size) => {
    // Bytes that would be another header if they were not stepped over.
    const optional = new Uint8Array(size - 4).fill(0x66)
    const flow = read(gre(flags, 0x0800, optional, inner))
    expectOuter(flow, {
      proto: 47,
      layerStack: [eth, v4, greLayer, v4, tcpLayer],
      layerSize: [14, 20, size, 20, 20],
    })
    expect(flow).not.toHaveProperty('srcPort')
  })

  test('with a frame in it, and a tag in that', () => {
    const frame = bytes(zeros(12), u16(0x8100), vlanTag(7, 0x86dd, inner6))
    expectOuter(read(gre(0, 0x6558, frame)), {
      proto: 47,
      layerStack: [eth, v4, greLayer, eth, dot1q, v6, icmpv6Layer],
      layerSize: [14, 20, 4, 14, 4, 40, 8],
    })
  })

  test('with MPLS in it (RFC 4023 3.2)', () => {
    expectOuter(read(gre(0, 0x8847, mplsLabel(100, true), inner)), {
      layerStack: [eth, v4, greLayer, mpls, v4, tcpLayer],
      layerSize: [14, 20, 4, 4, 20, 20],
    })
  })

  test.each([
    ['a source route (RFC 1701)', 0x4000],
    ['version 1 (PPTP, RFC 2637 4.1)', 0x0001],
  ])('with %s is not followed', (_, flags) => {
    expectOuter(read(gre(flags, 0x0800, inner)), {
      proto: 47,
      layerStack: [eth, v4, greLayer],
      layerSize: [14, 20, 4],
    })
  })
})

/** A datagram in IPv4: udp/`port` from a port that says nothing. */
function over(port: number, ...payload: Part[]): Uint8Array {
  return ethernet(0x0800, ipv4({}, udp(50_000, port, ...payload)))
}

describe('VXLAN', () => {
  test('gives its network identifier (RFC 7348 5)', () => {
    const flow = read(over(4789, hex('08000000 abcdef 00'), innerFrame))
    expectOuter(flow, {
      proto: 17,
      srcPort: 50_000,
      dstPort: 4789,
      vni: 0xabcdef,
      layerStack: [eth, v4, udpLayer, custom, eth, v4, tcpLayer],
      layerSize: [14, 20, 8, 8, 14, 20, 20],
    })
  })

  test('without a valid identifier is none', () => {
    const flow = read(over(4789, hex('00000000 abcdef 00'), innerFrame))
    expectOuter(flow, { layerStack: [eth, v4, udpLayer] })
    expect(flow).not.toHaveProperty('vni')
  })

  test('from its port is none: the source port is a hash', () => {
    const packet = udp(4789, 50_000, hex('08000000 abcdef 00'), innerFrame)
    const flow = read(ethernet(0x0800, ipv4({}, packet)))
    expect(flow).toMatchObject({ layerStack: [eth, v4, udpLayer] })
    expect(flow).not.toHaveProperty('vni')
  })

  test('in a tunnel keeps its identifier to itself', () => {
    const packet = ipv4({}, udp(50_000, 4789, hex('08000000 abcdef 00'), innerFrame))
    const flow = read(gre(0, 0x0800, packet))
    expectOuter(flow, { layerStack: [eth, v4, greLayer, v4, udpLayer, custom, eth, v4, tcpLayer] })
    expect(flow).not.toHaveProperty('vni')
  })

  test('in a fragment that is not the first cannot be told', () => {
    const packet = ipv4({ fragment: 0x00b9 }, udp(50_000, 4789, hex('08000000 abcdef 00')))
    expect(read(ethernet(0x0800, packet))).not.toHaveProperty('vni')
  })

  test.each([4789, 6081, 3544])('a datagram to %i without payload carries no tunnel', (port) => {
    // 18 bytes that fill the frame up to 60.
    const flow = read(over(port), new Uint8Array(18).fill(0x6c))
    expect(flow).toMatchObject({ layerStack: [eth, v4, udpLayer] })
    expect(flow).not.toHaveProperty('vni')
  })
})

describe('Geneve', () => {
  test('with a frame in it (RFC 8926 3.4)', () => {
    // Version 0, no options; 0x6558; VNI 0x00c0de.
    expectOuter(read(over(6081, hex('00 00 6558 00c0de 00'), innerFrame)), {
      dstPort: 6081,
      vni: 0xc0de,
      layerStack: [eth, v4, udpLayer, geneve, eth, v4, tcpLayer],
      layerSize: [14, 20, 8, 8, 14, 20, 20],
    })
  })

  test('with options and IPv6 in it', () => {
    // Version 0, 3 x 4 bytes of options; control and critical bits; 0x86dd.
    const header = hex('03 c0 86dd 00000100 0102 80 02 aabbccdd 66666666')
    expectOuter(read(over(6081, header, inner6)), {
      vni: 1,
      layerStack: [eth, v4, udpLayer, geneve, v6, icmpv6Layer],
      layerSize: [14, 20, 8, 20, 40, 8],
    })
  })

  test('with options beyond what was sampled ends there', () => {
    expectOuter(read(over(6081, hex('3f 00 6558 00000100'), zeros(16))), {
      layerStack: [eth, v4, udpLayer, geneve],
      layerSize: [14, 20, 8, 24],
    })
  })

  test('of another version than 0 is not read (RFC 8926 3.4)', () => {
    const flow = read(over(6081, hex('40 00 6558 00c0de 00'), innerFrame))
    expectOuter(flow, { layerStack: [eth, v4, udpLayer] })
    expect(flow).not.toHaveProperty('vni')
  })
})

test.each([
  ['VXLAN', 4789, '08000000 000001 00'],
  ['Geneve', 6081, '00 00 6558 000001 00'],
])('a tag and a protocol inside %s are not those of the packet', (_, port, header) => {
  const tagged = ethernet(0x8100, vlanTag(7, 0x86dd, inner6))
  // `etype` stays 0x0800, and there is no `vlanId`.
  expectOuter(read(over(port, hex(header), tagged)), { proto: 17, vni: 1 })
})

describe('Teredo (RFC 4380 5.1.1)', () => {
  // 0x0001, identifier of 2 bytes, authentication of 3, nonce, confirmation: 18 bytes.
  const authentication = bytes(hex('0001 02 03 aaaa bbbbbb'), zeros(8), u8(0))
  // 0x0000, port and address with all bits turned.
  const origin = bytes(hex('0000'), u16(0xffff - 4096), ip4('63.255.253.245'))

  test.each([
    ['a packet alone', [], 0],
    ['an authentication before it', [authentication], 18],
    ['an origin before it', [origin], 8],
    ['both', [authentication, origin], 26],
  ])('%s', (_, indications, size) => {
    expectOuter(read(over(3544, ...indications, inner6)), {
      proto: 17,
      dstPort: 3544,
      layerStack: [eth, v4, udpLayer, teredo, v6, icmpv6Layer],
      layerSize: [14, 20, 8, size, 40, 8],
    })
  })

  test('from a server', () => {
    const packet = ipv4({}, udp(3544, 4096, origin, inner6))
    expectOuter(read(ethernet(0x0800, packet)), {
      srcPort: 3544,
      layerStack: [eth, v4, udpLayer, teredo, v6, icmpv6Layer],
    })
  })

  test.each([
    ['nothing', []],
    ['a bubble that is no IPv6', [u32(0x45000000), zeros(40)]],
    ['an authentication that is cut off', [hex('0001 ff ff'), zeros(8)]],
    ['an origin that is cut off', [hex('0000 ffff')]],
    ['a second authentication', [authentication, authentication, inner6]],
  ])('with %s in it is a datagram like others', (_, payload) => {
    expectOuter(read(over(3544, ...payload)), { layerStack: [eth, v4, udpLayer] })
  })
})

// Datagrams that real exporters sent, compared with what other readers make of them. The captures are not ours to give away: they are read from the
// folder that CAPTURES names.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { createDecoder } from '../../../collector/decode/decode.ts'
import type { LearnedName } from '../../../collector/decode/learned-name.ts'
import { createSource } from '../../../collector/exporters/source.ts'
import { bytes, hex, ip4, u16, u32, zeros } from '../../build/bytes.ts'
import { decoded, type PlainFlow, plainFlow, receivedMs } from '../../build/decoded.ts'
import { readCapture } from '../../build/pcap.ts'

test('the reader of captures finds datagrams and who sent them', () => {
  const packet = bytes(
    zeros(12),
    u16(0x0800),
    hex('45000000 00000000 40110000'),
    ip4('192.0.2.7'),
    ip4('192.0.2.8'),
    u16(50_000),
    u16(2055),
    u16(8 + 3),
    u16(0),
    hex('010203'),
  )
  const header = bytes(hex('a1b2c3d4 0002 0004'), u32(0), u32(0), u32(65_535), u32(1))
  const folder = mkdtempSync(join(tmpdir(), 'capture-'))
  try {
    const path = join(folder, 'one.pcap')
    writeFileSync(
      path,
      bytes(header, u32(0), u32(0), u32(packet.length), u32(packet.length), packet),
    )
    expect(readCapture(path)).toEqual([
      {
        source: createSource(ip4('192.0.2.7'), 50_000),
        payload: hex('010203'),
      },
    ])
  } finally {
    rmSync(folder, { recursive: true })
  }
})

const folder = process.env['CAPTURES']
if (folder === undefined) console.log('CAPTURES is not set: no captures of real exporters are read')
else describe('captures of real exporters', () => captureTests(folder))

interface Reading {
  readonly flows: PlainFlow[]
  readonly decoder: ReturnType<typeof createDecoder>
  readonly outcomes: unknown[]
}

function captureTests(folder: string): void {
  const read = (name: string): Reading => {
    const run = decoded()
    const datagrams = readCapture(join(folder, `${name}.pcap`))
    const outcomes = datagrams.map(({ payload, source }) => run.decode(payload, source))
    return { ...run, outcomes }
  }

  // Each capture was sent, datagram by datagram, to
  //   nfcapd -4 -b 127.0.0.1 -p PORT -w DIR -t 3600 -E        (nfdump 1.7.1)
  // and these are the Flows, Bytes and Packets of
  //   nfdump -r DIR/nfcapd.* -I
  test.each([
    ['nfv5-mikrotik', 30, 40_812, 160],
    ['nfv9-cisco-1941', 29, 70_258, 370],
    ['nfv9-cisco-asa', 14, 888, 0],
    ['nfv9-cisco-asr9k', 21, 208_031, 531],
    ['nfv9-cisco-nbar', 5, 3_064, 40],
    ['nfv9-cisco-xr', 51, 4_500, 56],
    ['nfv9-fortigate-521', 1, 152, 3],
    ['nfv9-h3c', 16, 8_729_687, 6_113],
    ['nfv9-huawei', 1, 200, 4],
    ['nfv9-macaddr', 29, 0, 0],
    ['nfv9-paloalto', 8, 617, 8],
    ['nfv9-softflowd', 7, 1_128, 13],
    ['nfv9-ubnt-edgerouter', 16, 20_418, 114],
    ['nfv9-zero-length-fields', 10, 160, 5],
    ['ipfix-barracuda-uniflow', 2, 0, 0],
    ['ipfix-barracuda', 8, 388, 4],
    ['ipfix-cisco-ipv6-sampling-option', 3, 10_632, 121],
    ['ipfix-cisco', 12, 34_172, 34],
    ['ipfix-generic', 6, 10_563, 42],
    ['ipfix-huawei-vrf', 3, 284_557, 1_227],
    ['ipfix-mikrotik', 46, 103_235, 253],
    ['ipfix-netscaler', 3, 3_106, 5],
    ['ipfix-nokia-bras', 1, 0, 0],
    ['ipfix-openbsd-pflow', 26, 99_323, 209],
    ['ipfix-vmware-vds', 5, 806, 8],
    ['mixed-ipv4-ipv6-sources-a', 11, 955, 11],
    ['mixed-ipv4-ipv6-sources-b', 13, 9_820, 16],
  ])(
    '%s has the %i flows, %i bytes and %i packets that nfdump counts',
    (name, flows, octets, packets) => {
      const reading = read(name)
      expect(totals(reading)).toEqual([flows, BigInt(octets), BigInt(packets)])
      expect(reading.outcomes.every((outcome) => outcome === undefined)).toBe(true)
      expect(reading.decoder.counters).toMatchObject({ internalErrors: 0, timesReplaced: 0 })
    },
  )

  // Where nfdump reads otherwise: it refuses datagrams whose count is wrong, takes the trailing bytes of nfv5-generic for further datagrams, and has
  // both directions of YAF's biflows in one flow. Flows, bytes and packets of
  //   tshark -r FILE -T fields -e cflow.srcaddr -e cflow.octets -e cflow.packets
  // for YAF, of 85 and 86 of both directions, which -V names "Permanent Octets" and "Permanent Packets"; for sFlow, of -V.
  test.each([
    ['nfv5-generic', 2, 534n, 9n, [undefined]],
    ['nfv5-lying-count', 60, 11_138_320_667n, 8_337_181_703n, ['bad-length', 'bad-length']],
    ['ipfix-yaf', 4, 596n, 10n, [undefined, undefined, undefined, undefined, undefined]],
    ['sflow-qinq', 1, 106n, 1n, [undefined]],
    ['sflow-sflow-expanded-sample', 1, 126n, 1n, [undefined]],
    ['sflow-sflow-ipv4-data', 1, 1390n, 1n, [undefined]],
  ])(
    '%s has the %i flows, %i bytes and %i packets that tshark shows',
    (name, flows, octets, packets, outcomes) => {
      const reading = read(name)
      expect(totals(reading)).toEqual([flows, octets, packets])
      expect(reading.outcomes).toEqual(outcomes)
    },
  )

  // The values of `tshark -r FILE -V` for a flow of each capture; starts and ends are computed from the times that it shows.
  test.each<[name: string, index: number, expected: PlainFlow]>([
    [
      'nfv5-mikrotik',
      0,
      {
        srcAddr: '10.0.13.1',
        dstAddr: '192.168.0.98',
        nextHop: '192.168.0.98',
        inIf: 13,
        outIf: 50,
        srcPort: 5228,
        dstPort: 52_734,
        tcpFlags: 0x10,
        proto: 6,
        // 13:51:57.514932, 27361.640 - 27346.270 s before
        start: '2016-07-21T13:51:42.144932000Z',
        end: '2016-07-21T13:51:42.144932000Z',
      },
    ],
    [
      // First is -1 ms: 3.382 s before 18:38:08.280328.
      'nfv5-generic',
      0,
      { start: '2015-05-02T18:38:04.898328000Z', end: '2015-05-02T18:38:07.476328000Z' },
    ],
    [
      'nfv9-cisco-xr',
      0,
      {
        srcAddr: '138.187.58.13',
        dstAddr: '138.187.57.33',
        srcPort: 10_000,
        dstPort: 58_779,
        etype: 0x0800,
        mplsLabel: [16_065, 16_033],
        mplsIp: ['138.187.57.65'],
        inIf: 143,
        outIf: 142,
        forwardingStatus: 64,
        ingressVrfId: 1_610_612_736,
        egressVrfId: 1_610_612_736,
        tcpFlags: 0x10,
        // 09:46:55, 328882.689 - 328866.242 s before
        start: '2023-02-28T09:46:38.553000000Z',
      },
    ],
    [
      'nfv9-cisco-asa',
      1,
      {
        srcAddr: '192.168.23.22',
        dstAddr: '164.164.37.11',
        srcPort: 17_549,
        proto: 1,
        icmpType: 8,
        postNatSrcAddr: '192.168.23.22',
        postNatDstAddr: '164.164.37.11',
        postNatSrcPort: 17_549,
        firewallEvent: 2,
        start: '2015-10-09T09:47:48.169000000Z',
        end: '2015-10-09T09:47:50.179000000Z',
      },
    ],
    [
      'nfv9-cisco-1941',
      28,
      {
        srcAddr: '192.168.0.95',
        dstAddr: '169.45.214.246',
        nextHop: '109.166.216.93',
        srcPort: 35_053,
        dstPort: 5222,
        srcMac: 0xa039f74d49d5,
        bytes: 194n,
        // Engine 5, selector 1
        applicationId: '05000001',
      },
    ],
    [
      'nfv9-paloalto',
      1,
      {
        srcAddr: '10.32.105.103',
        dstAddr: '162.115.24.30',
        tcpFlags: 0x1a,
        firewallEvent: 5,
        // 14:39:31, 1803238.112 - 1802899.112 s before
        start: '2017-11-13T14:33:52.000000000Z',
        end: '2017-11-13T14:39:31.000000000Z',
      },
    ],
    [
      'nfv9-zero-length-fields',
      1,
      { srcAddr: '192.168.1.80', srcNet: 32, bytes: 32n, packets: 1n, flowDirection: 1 },
    ],
    [
      'ipfix-netscaler',
      1,
      {
        srcAddr: '10.0.0.1',
        dstAddr: '192.168.0.1',
        observationPointId: 167_954_698,
        inIf: 2_147_483_651,
        start: '2016-11-11T12:09:19.000099510Z',
      },
    ],
    [
      'ipfix-cisco-ipv6-sampling-option',
      0,
      {
        samplingRate: 256,
        samplingSource: 1,
        samplerAddress: '2a02:a90:4007:700::54',
        etype: 0x86dd,
      },
    ],
    [
      'ipfix-huawei-vrf',
      2,
      {
        srcAddr: 'fd00::2',
        dstAddr: 'fd00::1',
        nextHop: '::1',
        srcPort: 54_194,
        dstPort: 179,
        tcpFlags: 0x18,
        // 2025-01-07T05:57:55 + 1759825 s
        start: '2025-01-27T14:48:20.000000000Z',
      },
    ],
    [
      'ipfix-vmware-vds',
      0,
      {
        srcAddr: '172.18.65.21',
        dstPort: 5985,
        tcpFlags: 2,
        ipTtl: 128,
        flowDirection: 1,
        flowEndReason: 1,
        start: '2016-12-22T12:17:37.000000000Z',
      },
    ],
    [
      'ipfix-yaf',
      0,
      {
        srcAddr: '172.16.32.201',
        dstPort: 53,
        bytes: 132n,
        start: '2016-12-25T12:58:35.818000000Z',
      },
    ],
    [
      // The reverse of flow 0: "Permanent Octets: 200 (Reverse Type 85 BYTES_TOTAL)"
      'ipfix-yaf',
      1,
      {
        srcAddr: '172.16.32.100',
        dstAddr: '172.16.32.201',
        srcPort: 53,
        dstPort: 46_086,
        bytes: 200n,
        packets: 2n,
        start: '2016-12-25T12:58:35.818000000Z',
        end: '2016-12-25T12:58:35.819000000Z',
      },
    ],
    [
      // Duration: 20.269 s, up to the export at 13:58:28; tshark has the times since the start of a system that nothing tells.
      'ipfix-barracuda',
      1,
      {
        srcAddr: '10.99.252.50',
        bytes: 81n,
        firewallEvent: 2,
        start: '2017-06-29T13:58:07.731000000Z',
        end: '2017-06-29T13:58:28.000000000Z',
      },
    ],
    [
      'sflow-qinq',
      0,
      {
        samplerAddress: '172.17.128.58',
        samplingRate: 4096,
        vlanId: 1493,
        customerVlanId: 1493,
        inIf: 369_098_852,
        outIf: 369_098_851,
        srcMac: 0x4caea3520ff6,
        dstMac: 0x000110621493,
        fragmentId: 0xdb5f,
        ipTtl: 62,
        tcpFlags: 0x10,
        layerStack: [0, 6, 6, 1, 3],
        layerSize: [14, 4, 4, 20, 60],
      },
    ],
    [
      'sflow-sflow-expanded-sample',
      0,
      {
        samplerAddress: '49.49.49.49',
        udpSource: '192.0.2.100',
        samplingRate: 1000,
        vlanId: 809,
        ipTos: 8,
        ipFlags: 2,
        tcpFlags: 0x18,
        srcAs: 203_476,
        layerSize: [14, 4, 20, 32],
      },
    ],
    [
      'sflow-sflow-ipv4-data',
      0,
      {
        samplingRate: 256,
        outIf: 182,
        dstVlan: 3001,
        srcPort: 46_622,
        dstPort: 58_631,
        etype: 0x0800,
        layerSize: [14, 20, 8],
      },
    ],
  ])('%s, flow %i, reads as tshark shows it', (name, index, expected) => {
    expect(read(name).flows[index]).toMatchObject(expected)
  })

  // tshark -r FILE -V | grep -A1 -E 'InputInt|ApplicationName|IfDescr'; the ids of applications are not in what it shows, and read from -x.
  test.each([
    ['nfv9-cisco-nbar', 15, 'application', '01000008', 'egp', 'Exterior Gateway Protocol'],
    ['nfv9-cisco-nbar', 15, 'application', '01000000', 'hopopt', 'IPv6 Hop-by-Hop Option'],
    ['nfv9-cisco-asr9k', 19, 'interface', '110', 'TenGigE0_6_1_0', ''],
    ['nfv9-cisco-asr9k', 19, 'interface', '162', 'Bundle-Ether2', ''],
    ['ipfix-generic', 0, '', '', '', ''],
  ])('%s tells the %i names that tshark shows', (capture, count, kind, id, name, description) => {
    const names: LearnedName[] = []
    const { decode } = createDecoder({
      emit: () => {},
      learnName: (learned) => void names.push(learned),
    })
    for (const { payload, source } of readCapture(join(folder, `${capture}.pcap`))) {
      decode(payload, source, receivedMs)
    }
    expect(names).toHaveLength(count)
    if (count > 0) {
      expect(names).toContainEqual(expect.objectContaining({ kind, id, name, description }))
    }
  })

  test('ipfix-cisco has two ports, each with an observation domain and a template of its own', () => {
    const ports = new Set(
      readCapture(join(folder, 'ipfix-cisco.pcap')).map(({ source }) => source.port),
    )
    expect([...ports]).toEqual([50_109, 50_111])
    const domains = read('ipfix-cisco').flows.map((flow) => flow['observationDomainId'])
    expect(new Set(domains)).toEqual(new Set([851_968, 917_504]))
  })

  test('a set whose template never came is kept for it, and counted when it is given up', () => {
    const { decoder } = read('ipfix-netscaler')
    expect(decoder.counters.setsParked).toBe(1)
    decoder.giveUpParked()
    // tshark: one set with the id 280, of 108 bytes.
    expect(decoder.counters.undecodable['unknown-template']).toEqual({ sets: 1, bytes: 108 })
  })

  test('any capture cut off anywhere gives the first flows of the whole', () => {
    for (const name of ['nfv9-softflowd', 'ipfix-mikrotik', 'sflow-qinq', 'nfv5-mikrotik']) {
      const datagrams = readCapture(join(folder, `${name}.pcap`))
      for (const { payload, source } of datagrams) {
        const flowsOf = (length: number) => {
          const flows: string[] = []
          const keep = (flow: PlainFlow) =>
            flows.push(
              JSON.stringify(flow, (_, value) => (typeof value === 'bigint' ? `${value}` : value)),
            )
          const decoder = createDecoder({ emit: (flow) => keep(plainFlow(flow)) })
          for (const earlier of datagrams) {
            if (earlier.payload === payload) break
            decoder.decode(earlier.payload, earlier.source, receivedMs)
          }
          flows.length = 0
          decoder.decode(payload.subarray(0, length), source, receivedMs)
          return flows
        }
        const whole = flowsOf(payload.length)
        for (let length = 0; length < payload.length; length += 7) {
          const part = flowsOf(length)
          expect(part).toEqual(whole.slice(0, part.length))
        }
      }
    }
  })
}

function totals({ flows }: Reading): [number, bigint, bigint] {
  const sum = (name: string) => flows.reduce((total, flow) => total + (flow[name] as bigint), 0n)
  return [flows.length, sum('bytes'), sum('packets')]
}

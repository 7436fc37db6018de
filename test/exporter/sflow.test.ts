import { describe, expect, it } from 'vitest'
import { createSflowExporter, type SflowOptions } from '../../exporter/sflow.ts'
import { parseAddress } from '../../runtime/ip.ts'
import { bootMs, hex, ipv4Flow, ipv6Flow, write } from './samples.ts'

const agent = parseAddress('203.0.113.200')! // cb0071c8

function createExporter(options: Partial<SflowOptions> = {}) {
  return createSflowExporter({ agent, bootMs, samplingRate: 1000, ...options })
}

/** A DNS query in VLAN 100: 90 bytes with FCS, so 68 bytes of IP and 48 of UDP. */
const udpFlow = ipv4Flow({
  proto: 17,
  dstPort: 53,
  tcpFlags: 0,
  bytes: 90,
  packets: 1,
  vlanId: 100,
})

/** The bytes of the sampled frame, behind the 28 of the datagram header and 40 + 24 up to it in a compact sample. */
function frameOf(datagram: Buffer): Buffer {
  const start = 28 + 40 + 24
  return datagram.subarray(start, start + datagram.readUInt32BE(start - 4))
}

describe('sFlow exporter', () => {
  it('writes a compact sample with the header of a tagged UDP packet', () => {
    const exporter = createExporter({ subAgentId: 5, sequence: 77 })
    // The checksums were computed apart from this program.
    expect(write(exporter, [udpFlow])).toEqual(
      hex(`
        00000005 00000001 cb0071c8 00000005 0000004d 0000eb5a 00000001
        00000001 000000f4
          00000001 00000003 000003e8 000003e8 00000000 00000003 00000007 00000004
        00000001 00000068  00000001 0000005a 00000004 00000056
          020000000002 020000000001 8100 0064 0800
          45 b8 0044 0000 4000 39 11 54ba c0000201 c6336402
          c000 0035 0030 5321
          ${'00'.repeat(40)}  0000
        000003e9 00000010  00000064 00000000 00000064 00000000
        000003ea 00000010  00000001 cb007103 00000018 00000010
        000003eb 0000002c  00000001 cb007103 00000000 0000fbf4 0000fbf4
          00000001 00000002 00000001 0000fbf5 00000000 00000000`),
    )
  })

  it('writes an expanded sample of an IPv6 agent, cutting the frame to 128 bytes', () => {
    const exporter = createExporter({ agent: parseAddress('2001:db8::c8')!, expanded: true })
    const flow = ipv6Flow({ bytes: 1000, packets: 1, srcAs: 0, dstAs: 0, inIf: 0x40000001 })
    expect(write(exporter, [flow])).toEqual(
      hex(`
        00000005 00000002 20010db80000000000000000000000c8 00000000 00000001 0000eb5a 00000001
        00000003 000000e8
          00000001 00000000 40000001 000003e8 000003e8 00000000
          00000000 40000001 00000000 00000007 00000002
        00000001 00000090  00000001 000003e8 00000004 00000080
          020000000002 020000000001 86dd
          6b 80 0000 03ae 06 39 20010db8000000000000000000000001 20010db8000000010000000000000002
          c000 01bb 00000000 00000000 501b ffff 8efe 0000
          ${'00'.repeat(54)}
        000003ea 0000001c  00000002 20010db80000000000000000000000ff 00000018 00000010`),
    )
  })

  it('writes ICMP in both families, with type and code from the destination port', () => {
    const echo = { srcPort: 0, tcpFlags: 0, packets: 1 }
    const icmp = ipv4Flow({ ...echo, proto: 1, dstPort: 0x0800, bytes: 86 })
    const icmpv6 = ipv6Flow({ ...echo, proto: 58, dstPort: 0x8000, bytes: 1000 })
    expect(frameOf(write(createExporter(), [icmp]))).toEqual(
      hex(`
        020000000002 020000000001 0800
        45 b8 0044 0000 4000 39 01 54ca c0000201 c6336402
        08 00 f7ff 00000000 ${'00'.repeat(40)}`),
    )
    expect(frameOf(write(createExporter(), [icmpv6])).subarray(54, 62)).toEqual(
      hex('80 00 20a1 00000000'),
    )
  })

  it('writes a UDP checksum of zero as all ones, since zero would mean none', () => {
    const flow = { ...udpFlow, srcPort: 4898 }
    expect(frameOf(write(createExporter(), [flow])).readUInt16BE(18 + 20 + 6)).toBe(0xffff)
  })

  it('counts datagrams, and samples and packets for each ingress interface', () => {
    const exporter = createExporter()
    const datagrams = [[1, 2, 1], [2]].map((interfaces) =>
      write(
        exporter,
        interfaces.map((inIf) => ({ ...udpFlow, inIf })),
      ),
    )
    expect(datagrams.map((datagram) => datagram.readUInt32BE(16))).toEqual([1, 2])
    const sampleBytes = 8 + 0xf4
    const samples = datagrams.flatMap((datagram) =>
      Array.from({ length: datagram.readUInt32BE(24) }, (_, i) => {
        const sample = datagram.subarray(28 + i * sampleBytes)
        return [sample.readUInt32BE(12), sample.readUInt32BE(8), sample.readUInt32BE(20)]
      }),
    )
    // Data source, its samples, its pool.
    expect(samples).toEqual([
      [1, 1, 1000],
      [2, 1, 1000],
      [1, 2, 2000],
      [2, 2, 2000],
    ])
  })

  it('refuses what a sample cannot be', () => {
    const attempt = (changes: Parameters<typeof ipv4Flow>[0]) => () =>
      write(createExporter(), [{ ...udpFlow, ...changes }])
    expect(attempt({ packets: 2 })).toThrow(RangeError)
    expect(attempt({ bytes: 18 + 20 + 8 + 3 })).toThrow(RangeError)
    expect(attempt({ bytes: 70_000 })).toThrow(RangeError)
    expect(attempt({ inIf: 2 ** 24 })).toThrow(RangeError)
    expect(attempt({ outIf: 2 ** 30 })).toThrow(RangeError)
    expect(() => createExporter({ headerBytes: 64 })).toThrow(RangeError)
  })
})

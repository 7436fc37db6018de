import { describe, expect, it } from 'vitest'
import { createIpfixExporter } from '../../exporter/ipfix.ts'
import { hex, ipv4Flow, ipv6Flow, nowMs, write } from './samples.ts'

// RFC 7011 3.4.1: template id, field count, then element and length of each field.
const templates = `
  0002 00a4
  0100 0013 0008 0004  000c 0004  000f 0004  0009 0001  000d 0001  000a 0004  000e 0004
    0002 0008  0001 0008  0007 0002  000b 0002  0020 0002  0004 0001  0006 0001  0005 0001
    0010 0004  0011 0004  0098 0008  0099 0008
  0101 0013 001b 0010  001c 0010  003e 0010  001d 0001  001e 0001  000a 0004  000e 0004
    0002 0008  0001 0008  0007 0002  000b 0002  008b 0002  0004 0001  0006 0001  0005 0001
    0010 0004  0011 0004  0098 0008  0099 0008`

/** The times are 1,700,000,001,000 and 1,700,000,002,500 ms. */
const ipv4Record = `c0000201 c6336402 cb007103 18 10 00000003 00000007
  0000000000000064 000000000001e240 c000 01bb 0000 06 1b b8 0000fbf4 0000fbf5
  0000018bcfe56be8 0000018bcfe571c4`

describe('IPFIX exporter', () => {
  it('sends templates, the sampling of the domain, and the flows of each family', () => {
    const exporter = createIpfixExporter({
      observationDomainId: 9,
      sampling: { rate: 1000, by: 'system' },
      sequence: 0x01020304,
    })
    const icmpv6 = ipv6Flow({ proto: 58, srcPort: 0, dstPort: 0x8000, tcpFlags: 0 })
    expect(write(exporter, [icmpv6, ipv4Flow()])).toEqual(
      hex(`
        000a 0198 6553f13c 01020304 00000009
        ${templates}
        0003 0018  0102 0003 0001  0095 0004  0022 0004  0023 0001  0000
        0102 0010  00000009 000003e8 01  000000
        0100 004c  ${ipv4Record}  00
        0101 0070  20010db8000000000000000000000001 20010db8000000010000000000000002
          20010db80000000000000000000000ff 18 10 00000003 00000007
          0000000000000064 000000000001e240 0000 8000 8000 3a 00 b8
          0000fbf4 0000fbf5 0000018bcfe56be8 0000018bcfe571c4  00`),
    )
  })

  it('describes a selector that takes one packet and skips the rest, and names it in each record', () => {
    const exporter = createIpfixExporter({
      observationDomainId: 9,
      sampling: { rate: 1000, by: 'sampler' },
    })
    const datagram = write(exporter, [ipv4Flow()])
    const templateBytes = 4 + 2 * (4 + 20 * 4)
    expect(datagram.subarray(16 + templateBytes)).toEqual(
      hex(`
        0003 001c  0102 0004 0001  012e 0004  0130 0002  0131 0004  0132 0004  0000
        0102 0014  00000001 0001 00000001 000003e7  0000
        0100 0050  ${ipv4Record} 00000001  00`),
    )
    expect(datagram.subarray(16 + 4 + 4 + 19 * 4, 16 + 4 + 4 + 20 * 4)).toEqual(hex('012e 0004'))
  })

  it('sends no options at all when the router does not announce its rate', () => {
    expect(write(createIpfixExporter({ observationDomainId: 9 }), [ipv4Flow()])).toEqual(
      hex(`
        000a 0100 6553f13c 00000000 00000009
        ${templates}
        0100 004c  ${ipv4Record}  00`),
    )
  })

  it('counts data records in its sequence numbers, options records among them, modulo 2^32', () => {
    const exporter = createIpfixExporter({
      observationDomainId: 9,
      sampling: { rate: 1000, by: 'system' },
      sequence: 0xfffffffe,
      templateEveryDatagrams: 2,
    })
    const sequences = [3, 1, 2, 0].map((count) =>
      write(
        exporter,
        Array.from({ length: count }, () => ipv4Flow()),
      ).readUInt32BE(8),
    )
    // The first and the third message carry an options record.
    expect(sequences).toEqual([0xfffffffe, 2, 3, 6])
  })

  it('sends the templates again after so much time', () => {
    const exporter = createIpfixExporter({ observationDomainId: 9, templateEveryMs: 1000 })
    const hasTemplates = (atMs: number) =>
      write(exporter, [ipv4Flow()], nowMs + atMs).readUInt16BE(16) === 2
    expect([0, 999, 1000, 1001, 2000].map(hasTemplates)).toEqual([true, false, true, false, true])
  })

  it('refuses a message that its length field cannot hold', () => {
    const exporter = createIpfixExporter({ observationDomainId: 9 })
    const flows = Array.from({ length: 1000 }, () => ipv4Flow())
    expect(() => exporter.writeDatagram(flows, nowMs, Buffer.alloc(200_000))).toThrow(RangeError)
  })

  it('refuses to write past the end of the buffer', () => {
    for (const lengthBytes of [15, 100, 255]) {
      const exporter = createIpfixExporter({ observationDomainId: 9 })
      expect(() => exporter.writeDatagram([ipv4Flow()], nowMs, Buffer.alloc(lengthBytes))).toThrow(
        RangeError,
      )
    }
  })
})

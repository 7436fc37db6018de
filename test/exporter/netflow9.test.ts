import { describe, expect, it } from 'vitest'
import { createNetflow9Exporter } from '../../exporter/netflow9.ts'
import { bootMs, hex, ipv4Flow, ipv6Flow, nowMs, write } from './samples.ts'

// RFC 3954 5.2: template id, field count, then type and length of each field.
const templates = `
  0000 00a4
  0100 0013 0008 0004  000c 0004  000f 0004  0009 0001  000d 0001  000a 0004  000e 0004
    0002 0008  0001 0008  0007 0002  000b 0002  0020 0002  0004 0001  0006 0001  0005 0001
    0010 0004  0011 0004  0016 0004  0015 0004
  0101 0013 001b 0010  001c 0010  003e 0010  001d 0001  001e 0001  000a 0004  000e 0004
    0002 0008  0001 0008  0007 0002  000b 0002  008b 0002  0004 0001  0006 0001  0005 0001
    0010 0004  0011 0004  0016 0004  0015 0004`

const ipv4Record = `c0000201 c6336402 cb007103 18 10 00000003 00000007
  0000000000000064 000000000001e240 c000 01bb 0000 06 1b b8 0000fbf4 0000fbf5 000003e8 000009c4`

describe('NetFlow v9 exporter', () => {
  it('sends templates, the sampling of the system, and the flows of each family', () => {
    const exporter = createNetflow9Exporter({
      sourceId: 7,
      bootMs,
      sampling: { rate: 1000, by: 'system' },
      sequence: 0x01020304,
    })
    const icmpv6 = ipv6Flow({ proto: 58, srcPort: 0, dstPort: 0x8000, tcpFlags: 0 })
    expect(write(exporter, [icmpv6, ipv4Flow()])).toEqual(
      hex(`
        0009 0006 0000eb5a 6553f13c 01020304 00000007
        ${templates}
        0001 0018  0102 0004 0008  0001 0004  0022 0004  0023 0001  0000
        0102 0010  00000007 000003e8 01  000000
        0100 0044  ${ipv4Record}  00
        0101 0068  20010db8000000000000000000000001 20010db8000000010000000000000002
          20010db80000000000000000000000ff 18 10 00000003 00000007
          0000000000000064 000000000001e240 0000 8000 8000 3a 00 b8
          0000fbf4 0000fbf5 000003e8 000009c4  00`),
    )
  })

  it('describes a sampler, and names it in each record', () => {
    const exporter = createNetflow9Exporter({
      sourceId: 7,
      bootMs,
      sampling: { rate: 1000, by: 'sampler' },
    })
    const datagram = write(exporter, [ipv4Flow()])
    const templateBytes = 4 + 2 * (4 + 20 * 4)
    expect(datagram.subarray(20 + templateBytes)).toEqual(
      hex(`
        0001 001c  0102 0004 000c  0001 0004  0030 0001  0031 0001  0032 0004  0000
        0102 0010  00000007 01 01 000003e8  0000
        0100 0044  ${ipv4Record} 01`),
    )
    // The last field of the first template.
    expect(datagram.subarray(20 + 4 + 4 + 19 * 4, 20 + 4 + 4 + 20 * 4)).toEqual(hex('0030 0001'))
  })

  it('sends no options at all when the router does not announce its rate', () => {
    const exporter = createNetflow9Exporter({ sourceId: 7, bootMs })
    expect(write(exporter, [ipv4Flow()])).toEqual(
      hex(`
        0009 0003 0000eb5a 6553f13c 00000000 00000007
        ${templates}
        0100 0044  ${ipv4Record}  00`),
    )
  })

  it('counts datagrams in its sequence numbers, modulo 2^32', () => {
    const exporter = createNetflow9Exporter({ sourceId: 7, bootMs, sequence: 0xffffffff })
    const sequences = [5, 0, 1].map((count) =>
      write(
        exporter,
        Array.from({ length: count }, () => ipv4Flow()),
      ).readUInt32BE(12),
    )
    expect(sequences).toEqual([0xffffffff, 0, 1])
  })

  it('sends the templates again after so many datagrams, or so much time', () => {
    const exporter = createNetflow9Exporter({
      sourceId: 7,
      bootMs,
      templateEveryDatagrams: 3,
      templateEveryMs: 1000,
    })
    const hasTemplates = (atMs: number) =>
      write(exporter, [ipv4Flow()], nowMs + atMs).readUInt16BE(20) === 0
    expect([0, 1, 2, 3, 4, 1003, 1004].map(hasTemplates)).toEqual([
      true,
      false,
      false,
      true,
      false,
      true,
      false,
    ])
  })

  it('keeps counters of 64 bits', () => {
    const exporter = createNetflow9Exporter({ sourceId: 7, bootMs, templateEveryDatagrams: 100 })
    write(exporter, [])
    const datagram = write(exporter, [ipv4Flow({ bytes: 2n ** 64n - 1n, packets: 5_000_000_000 })])
    expect(datagram.subarray(20 + 4 + 22, 20 + 4 + 22 + 16)).toEqual(
      hex('000000012a05f200 ffffffffffffffff'),
    )
  })

  it('refuses a counter that is not an exact integer', () => {
    const exporter = createNetflow9Exporter({ sourceId: 7, bootMs })
    for (const bytes of [2 ** 53, 1.5, -1, 2n ** 64n]) {
      expect(() => write(exporter, [ipv4Flow({ bytes })])).toThrow(RangeError)
    }
  })
})

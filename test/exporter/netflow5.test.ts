import { describe, expect, it } from 'vitest'
import { createNetflow5Exporter } from '../../exporter/netflow5.ts'
import { bootMs, hex, ipv4Flow, ipv6Flow, nowMs, write } from './samples.ts'

describe('NetFlow v5 exporter', () => {
  it('writes the header and records of the published layout', () => {
    const exporter = createNetflow5Exporter({
      bootMs,
      engineType: 1,
      engineId: 2,
      samplingRate: 1000,
      sequence: 0x01020304,
    })
    const icmp = ipv4Flow({
      proto: 1,
      srcPort: 0,
      dstPort: 0x0303,
      tcpFlags: 0,
      packets: 1,
      bytes: 56,
    })
    expect(write(exporter, [ipv4Flow(), icmp])).toEqual(
      hex(`
        0005 0002 0000eb5a 6553f13c 0ee6b280 01020304 01 02 43e8
        c0000201 c6336402 cb007103 0003 0007 00000064 0001e240 000003e8 000009c4
          c000 01bb 00 1b 06 b8 fbf4 fbf5 18 10 0000
        c0000201 c6336402 cb007103 0003 0007 00000001 00000038 000003e8 000009c4
          0000 0303 00 00 01 b8 fbf4 fbf5 18 10 0000`),
    )
  })

  it('leaves mode and interval zero when the router does not announce its rate', () => {
    const datagram = write(createNetflow5Exporter({ bootMs }), [ipv4Flow()])
    expect(datagram.readUInt16BE(22)).toBe(0)
  })

  it('counts flows in its sequence numbers, modulo 2^32', () => {
    const exporter = createNetflow5Exporter({ bootMs, sequence: 0xfffffffe })
    const sequences = [3, 1, 2].map((count) =>
      write(
        exporter,
        Array.from({ length: count }, () => ipv4Flow()),
      ).readUInt32BE(16),
    )
    expect(sequences).toEqual([0xfffffffe, 1, 2])
  })

  it('lets sysUptime and the times of flows wrap after 2^32 ms', () => {
    const exporter = createNetflow5Exporter({ bootMs: nowMs - 2 ** 32 - 5 })
    const datagram = write(exporter, [ipv4Flow({ startMs: nowMs - 10, endMs: nowMs })])
    expect(datagram.readUInt32BE(4)).toBe(5)
    expect(datagram.readUInt32BE(24 + 24)).toBe(0xfffffffb)
    expect(datagram.readUInt32BE(24 + 28)).toBe(5)
  })

  it('refuses what the format cannot hold', () => {
    const attempt = (flows: Parameters<typeof write>[1]) => () =>
      write(createNetflow5Exporter({ bootMs }), flows)
    expect(attempt(Array.from({ length: 31 }, () => ipv4Flow()))).toThrow(RangeError)
    expect(attempt([ipv6Flow()])).toThrow(RangeError)
    expect(attempt([ipv4Flow({ bytes: 2 ** 32 })])).toThrow(RangeError)
    expect(attempt([ipv4Flow({ packets: 2n ** 32n })])).toThrow(RangeError)
    expect(attempt([ipv4Flow({ srcAs: 65_536 })])).toThrow(RangeError)
    expect(() => createNetflow5Exporter({ bootMs, samplingRate: 16_384 })).toThrow(RangeError)
  })
})

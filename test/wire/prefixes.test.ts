// A datagram that was cut off on its way. What stands before the cut is read as it would have been, and nothing else is.

import { readdirSync } from 'node:fs'
import path from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createDecoder } from '../../collector/decode/decode.ts'
import type { Source } from '../../collector/exporters/source.ts'
import type { ExportedFlow, Exporter } from '../../exporter/flow.ts'
import { createIpfixExporter } from '../../exporter/ipfix.ts'
import { createNetflow5Exporter } from '../../exporter/netflow5.ts'
import { createNetflow9Exporter } from '../../exporter/netflow9.ts'
import { createSflowExporter } from '../../exporter/sflow.ts'
import { ip4 } from '../build/bytes.ts'
import { type PlainFlow, plainFlow, receivedMs, source } from '../build/decoded.ts'
import { readCapture } from '../build/pcap.ts'

const fixtures = path.join(import.meta.dirname, '..', 'fixtures')
const bootMs = receivedMs - 3_600_000

/** Sampling is left out: options data anywhere in a datagram tells it, of flows before it as well. */
function createReader() {
  const flows: PlainFlow[] = []
  const decoder = createDecoder({
    emit(flow) {
      flow.samplingRate = 0
      flow.samplingSource = 0
      flows.push(plainFlow(flow))
    },
  })
  return (datagram: Uint8Array, from: Source): PlainFlow[] => {
    flows.length = 0
    decoder.decode(datagram, from, receivedMs)
    return [...flows]
  }
}

function expectPrefix(
  read: ReturnType<typeof createReader>,
  datagram: Uint8Array,
  from: Source,
  cut: number,
) {
  const whole = read(datagram, from)
  const part = read(datagram.subarray(0, cut), from)
  expect(part.length).toBeLessThanOrEqual(whole.length)
  expect(part).toEqual(whole.slice(0, part.length))
  return { whole, part }
}

/** `bytes` of address make the family of all addresses in it. */
const flowWith = (bytes: 4 | 16, limits: { packets: number }): fc.Arbitrary<ExportedFlow> => {
  const address = fc.uint8Array({ minLength: bytes, maxLength: bytes })
  const startMs = fc.integer({ min: bootMs, max: receivedMs })
  return fc.record({
    srcAddr: address,
    dstAddr: address,
    nextHop: address,
    srcMask: fc.nat(bytes * 8),
    dstMask: fc.nat(bytes * 8),
    srcAs: fc.nat(0xffff),
    dstAs: fc.nat(0xffff),
    inIf: fc.nat(0xffff),
    outIf: fc.nat(0xffff),
    proto: fc.constantFrom(1, 6, 17, 47, 58),
    srcPort: fc.nat(0xffff),
    dstPort: fc.nat(0xffff),
    tcpFlags: fc.nat(0xff),
    tos: fc.nat(0xff),
    bytes: fc.integer({ min: 128, max: 0xffff }),
    packets: fc.integer({ min: 1, max: limits.packets }),
    startMs,
    endMs: startMs,
    ttl: fc.nat(0xff),
    srcMac: fc.nat(0xffff_ffff),
    dstMac: fc.nat(0xffff_ffff),
    vlanId: fc.nat(0xfff),
  })
}
const any = { packets: 0xffff }
const one = { packets: 1 }

const protocols: readonly [
  name: string,
  create: () => Exporter,
  flow: fc.Arbitrary<ExportedFlow>,
][] = [
  ['NetFlow v5', () => createNetflow5Exporter({ bootMs, samplingRate: 10 }), flowWith(4, any)],
  [
    'NetFlow v9',
    () => createNetflow9Exporter({ sourceId: 1, bootMs, sampling: { rate: 10, by: 'sampler' } }),
    fc.oneof(flowWith(4, any), flowWith(16, any)),
  ],
  [
    'IPFIX',
    () => createIpfixExporter({ observationDomainId: 1, sampling: { rate: 10, by: 'system' } }),
    fc.oneof(flowWith(4, any), flowWith(16, any)),
  ],
  [
    'sFlow',
    () => createSflowExporter({ agent: ip4('192.0.2.1'), bootMs, samplingRate: 10 }),
    fc.oneof(flowWith(4, one), flowWith(16, one)),
  ],
]

describe('any prefix of a datagram gives a prefix of its flows', () => {
  test.each(protocols)('%s of random flows', (_, createExporter, flow) => {
    const from = source()
    const cutAnywhere = fc.nat(999).map((permille) => permille / 1000)
    let flowsInParts = 0
    fc.assert(
      fc.property(fc.array(flow, { minLength: 1, maxLength: 20 }), cutAnywhere, (flows, cut) => {
        const exporter = createExporter()
        const read = createReader()
        // The first has the templates in it, the second does without.
        for (let i = 0; i < 2; i++) {
          const target = Buffer.alloc(9_000)
          const datagram = target.subarray(0, exporter.writeDatagram(flows, receivedMs, target))
          const length = Math.floor(datagram.length * cut)
          const { whole, part } = expectPrefix(createReader(), datagram, from, length)
          flowsInParts += part.length
          if (i === 0) expect(whole).toHaveLength(flows.length)
          expectPrefix(read, datagram, from, length)
        }
      }),
      { numRuns: 150 },
    )
    // A set that is cut off is not read: it takes two sets to see flows of the first.
    expect(flowsInParts).toBeGreaterThan(100)
  })

  const captures = readdirSync(fixtures).filter((name) => name.endsWith('.pcap'))
  test.each(captures)('%s', (name) => {
    const read = createReader()
    const datagrams = readCapture(path.join(fixtures, name))
    for (const { payload, source } of datagrams) read(payload, source)
    for (const { payload, source } of datagrams) {
      for (let cut = 0; cut < payload.length; cut += 17) expectPrefix(read, payload, source, cut)
    }
  })
})

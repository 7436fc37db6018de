// Whatever arrives: the pipeline answers it by a counted reason, its ledger closes, and the next good datagram is decoded.

import path from 'node:path'
import fc from 'fast-check'
import { pino } from 'pino'
import { expect, test } from 'vitest'
import { createLedger, type Ledger } from '../../collector/delivery/ledger.ts'
import { createBlocks } from '../../collector/encode/block.ts'
import { createBlockPool } from '../../collector/encode/block-pool.ts'
import { createExporters } from '../../collector/exporters/exporters.ts'
import { noRouters } from '../../collector/exporters/routers.ts'
import { createSource } from '../../collector/exporters/source.ts'
import { createPipeline, type Pipeline } from '../../collector/pipeline.ts'
import { packageRoot } from '../../runtime/package-root.ts'
import { netflow5 } from '../build/netflow5.ts'
import { readCapture } from '../build/pcap.ts'

/** Every prefix of every datagram of every fixture can be drawn, with any bytes changed. */
const cases = 50_000
/** Of one datagram, wherever it stands in the queue: a machine that is busy with other things must not fail this. */
const boundMs = 2_000

const datagrams = [
  'softflowd-v5',
  'softflowd-v9',
  'softflowd-ipfix',
  'pmacct-nfprobe-v9',
  'pmacct-nfprobe-ipfix',
  'pmacct-sfprobe-sflow',
].flatMap((name) => readCapture(path.join(packageRoot, 'test', 'fixtures', `${name}.pcap`)))

const source = createSource(Uint8Array.of(192, 0, 2, 1), 2055)
const good = netflow5({ seconds: 1_700_000_000 }, { sourcePort: 4711 })

function createTestPipeline(): { pipeline: Pipeline; ledger: Ledger } {
  const ledger = createLedger()
  const pool = createBlockPool()
  const blocks = createBlocks(
    () => 'test',
    pool,
    (segment) => pool.give(segment.payload),
  )
  const pipeline = createPipeline({
    routers: noRouters,
    exporters: createExporters(noRouters),
    ledger,
    output: { append: blocks.append, addRow: () => true },
    knownOnly: false,
    compat: 'none',
    log: pino({ level: 'silent' }),
  })
  return { pipeline, ledger }
}

const refused = (ledger: Ledger) =>
  Object.values(ledger.datagramsRefused).reduce((sum, count) => sum + count, 0)

function expectNextGoodOneDecoded(pipeline: Pipeline, ledger: Ledger): void {
  const before = { flows: ledger.flowsDecoded, decoded: ledger.datagramsDecoded }
  pipeline.handle(good, source, Date.now())
  expect(ledger.flowsDecoded).toBe(before.flows + 1)
  expect(ledger.datagramsDecoded).toBe(before.decoded + 1)
}

test(`${cases} damaged exports of real exporters`, () => {
  const { pipeline, ledger } = createTestPipeline()
  let slowestMs = 0
  const property = fc.property(
    fc.nat({ max: datagrams.length - 1 }),
    fc.nat({ max: 65_535 }),
    fc.array(fc.tuple(fc.nat({ max: 65_535 }), fc.nat({ max: 255 })), { maxLength: 12 }),
    (which, cut, flips) => {
      const whole = datagrams[which]!.payload
      const damaged = whole.slice(0, cut % (whole.length + 1))
      for (const [at, value] of flips) if (damaged.length > 0) damaged[at % damaged.length] = value
      const flowsBefore = ledger.flowsDecoded
      const startedMs = performance.now()
      pipeline.handle(damaged, source, Date.now())
      slowestMs = Math.max(slowestMs, performance.now() - startedMs)
      expect(ledger.flowsDecoded - flowsBefore).toBeLessThanOrEqual(damaged.length)
      expect(ledger.datagrams).toBe(ledger.datagramsDecoded + refused(ledger))
      expectNextGoodOneDecoded(pipeline, ledger)
    },
  )
  fc.assert(property, { numRuns: cases })
  expect(ledger.datagramsRefused.internal).toBe(0)
  expect(slowestMs).toBeLessThan(boundMs)
}, 120_000)

// The two that end node-netflowv9: it loops for ever on the first, and decodes nothing any more after the second.
test.each([
  [
    'a v9 datagram whose set has length 0',
    [...Array(12).fill(0), 0, 0, 0, 1, 0, 0, 0, 1, 1, 0, 0, 0],
    'bad-length',
  ],
  ['a v9 datagram of 8 bytes', [0, 0, 0, 0], 'short-header'],
] as const)('%s is refused for %3$s', (_, rest, reason) => {
  const { pipeline, ledger } = createTestPipeline()
  pipeline.handle(Uint8Array.of(0, 9, 0, 1, ...rest), source, Date.now())
  expect(ledger.datagramsRefused[reason]).toBe(1)
  expectNextGoodOneDecoded(pipeline, ledger)
})

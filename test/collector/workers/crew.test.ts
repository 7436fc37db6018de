// Several workers are as one: what is expected comes from one decoder that is given the same datagrams.

import { setImmediate } from 'node:timers/promises'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createDecoder } from '../../../collector/decode/decode.ts'
import { homeOf } from '../../../collector/workers/home.ts'
import { bytes, u32 } from '../../build/bytes.ts'
import { startTestCrew, type TestCrew } from '../../build/crew.ts'
import { source } from '../../build/decoded.ts'
import { ipfix, set, templateSet } from '../../build/ipfix.ts'
import { flowSet, netflow9, optionsTemplateFlowSet, templateFlowSet } from '../../build/netflow9.ts'

const seconds = Math.floor(Date.now() / 1_000)
/** Octets, and the sampler that saw them. */
const template = templateFlowSet(256, [1, 4], [48, 1])
/** A sampler and its interval, 1 in 100. */
const samplers = bytes(
  optionsTemplateFlowSet(
    257,
    [[1, 4]],
    [
      [48, 1],
      [34, 4],
    ],
  ),
  flowSet(257, u32(0), [7], u32(100)),
)
const octets = (...values: number[]) =>
  flowSet(256, ...values.map((value) => bytes(u32(value), [7])))

const exporterAt = (home: number) => {
  for (let i = 1; ; i++) {
    const address = `192.0.2.${i}`
    if (homeOf(template, source(address), 2) === home) return address
  }
}

const sum = (counts: Record<string, number>) => Object.values(counts).reduce((a, b) => a + b, 0)

/** All that came is somewhere. */
function expectClosed({ crew, segments }: TestCrew): void {
  const { ledger } = crew
  const sealed = segments.reduce((flows, segment) => flows + segment.flows, 0)
  const open = crew.sum(({ told }) => told.openFlows)
  expect(ledger.datagrams).toBe(ledger.datagramsDecoded + sum(ledger.datagramsRefused))
  expect(ledger.flowsDecoded).toBe(sealed + open + sum(ledger.flowsDropped))
}

/** Octets and sampling rate of each flow. */
const ratesOf = ({ flows }: TestCrew) =>
  flows()
    .map(({ bytes, samplingRate }) => [Number(bytes), Number(samplingRate)])
    .sort()

test.each([
  [0, 1],
  [1, 0],
])(
  'a template, a sampling rate and data of one exporter meet, received by workers %i and %i',
  async (first, second) => {
    const test = await startTestCrew()
    test.receive(first, netflow9({ seconds, sequence: 0 }, octets(1_500)), '192.0.2.1', 5_000)
    await test.settle()
    expect(test.crew.sum(({ told }) => told.parked.sets)).toBe(1)
    const announcement = netflow9({ seconds, sequence: 1 }, template, samplers)
    test.receive(second, announcement, '192.0.2.1', 6_000)
    await test.crew.stop(0)
    expect(ratesOf(test)).toEqual([[1_500, 100]])
    expect(test.crew.exporters).toMatchObject([
      { address: '192.0.2.1', datagrams: 2, flows: 1, templates: 2, parkedSets: 0 },
    ])
    expectClosed(test)
  },
)

test('any spread and interleaving of exporters over workers gives the flows and counts of one decoder', async () => {
  /** Of each datagram: its port, the worker whose socket it comes to, whether the others have time to read before the next, and its records. */
  const datagram = fc.record({
    port: fc.nat(2),
    worker: fc.nat(2),
    pauses: fc.boolean(),
    records: fc.integer({ min: 1, max: 3 }),
  })
  const exporter = fc.record({
    protocol: fc.constantFrom('netflow9', 'ipfix'),
    datagrams: fc.array(datagram, { minLength: 1, maxLength: 30 }),
    templateAt: fc.nat(29),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(exporter, { minLength: 1, maxLength: 4 }), async (exporters) => {
      const test = await startTestCrew({ workers: 3 })
      const expected: [octets: number, sequence: number][] = []
      const decoder = createDecoder({
        emit: (flow) => expected.push([flow.bytesLow, flow.sequenceNumber]),
      })
      let octet = 0
      const queues = exporters.map(({ protocol, datagrams, templateAt }, number) => {
        const sequences = new Map<number, number>()
        return datagrams.map(({ port, worker, pauses, records }, at) => {
          const hasTemplate = at === Math.min(templateAt, datagrams.length - 1)
          const values = Array.from({ length: records }, () => ++octet)
          const isIpfix = protocol === 'ipfix'
          // IPFIX counts the records of each port, NetFlow the datagrams of all.
          const sequence = sequences.get(isIpfix ? port : 0) ?? 0
          sequences.set(isIpfix ? port : 0, sequence + (isIpfix ? records : 1))
          const message = isIpfix
            ? ipfix(
                { exportTime: seconds, sequence },
                ...(hasTemplate ? [templateSet(256, [1, 4])] : []),
                set(256, ...values.map(u32)),
              )
            : netflow9({ seconds, sequence }, ...(hasTemplate ? [template] : []), octets(...values))
          return { message, address: `192.0.2.${number}`, port: 5_000 + port, worker, pauses }
        })
      })
      // The exporters take turns.
      for (let turn = 0; turn < 30; turn++) {
        for (const queue of queues) {
          const next = queue[turn]
          if (next === undefined) continue
          decoder.decode(next.message, source(next.address, next.port), Date.now())
          test.receive(next.worker, next.message, next.address, next.port)
          if (next.pauses) await setImmediate()
        }
      }
      decoder.giveUpParked()
      await test.crew.stop(0)

      const flows = test.flows().map(({ bytes, sequenceNum }) => [Number(bytes), sequenceNum])
      expect(flows.sort()).toEqual(expected.sort())
      expectClosed(test)
      const { crew } = test
      const sent = queues.flat().length
      expect([crew.ledger.datagrams, crew.ledger.datagramsDecoded]).toEqual([sent, sent])
      expect(crew.sum(({ told }) => told.templates)).toBe(decoder.templates)
      // What came in another order than it was sent is no loss.
      for (const { protocols } of crew.exporters) {
        for (const { missed, recovered } of protocols) expect(missed).toBe(recovered)
      }
    }),
    { numRuns: 50 },
  )
})

test('what is saved is one snapshot, which any number of workers takes up again', async () => {
  const addresses = Array.from({ length: 20 }, (_, i) => `192.0.2.${i}`)
  const first = await startTestCrew({ workers: 3 })
  for (const [i, address] of addresses.entries()) {
    first.receive(i % 3, netflow9({ seconds, sequence: 0 }, template, samplers), address)
  }
  await first.crew.stop(0)
  const saved = first.crew.learned.snapshot()
  expect(saved.exporters.map(({ address }) => address).sort()).toEqual([...addresses].sort())

  const second = await startTestCrew({ workers: 2, saved: JSON.parse(JSON.stringify(saved)) })
  for (const address of addresses) {
    second.receive(0, netflow9({ seconds, sequence: 9 }, octets(40)), address)
  }
  await second.crew.stop(0)
  expect(ratesOf(second)).toEqual(addresses.map(() => [40, 100]))
  expect(second.crew.learned.snapshot().exporters).toHaveLength(20)
})

test('a worker that ends is started again with what it had learned, the others go on, and what is lost with it is counted', async () => {
  const test = await startTestCrew()
  const [here, there] = [exporterAt(0), exporterAt(1)]
  for (const address of [here, there]) {
    test.receive(0, netflow9({ seconds, sequence: 0 }, template), address)
  }
  await test.saved()
  test.receive(0, netflow9({ seconds, sequence: 1 }, octets(1, 2)), here)
  test.receive(1, netflow9({ seconds, sequence: 1 }, octets(3)), there)
  await test.crash(0)
  test.receive(1, netflow9({ seconds, sequence: 2 }, octets(7)), here)
  test.receive(0, netflow9({ seconds, sequence: 2 }, octets(8)), there)
  await test.crew.stop(0)

  expect(test.crew.restarts).toBe(1)
  const { ledger } = test.crew
  const seen = test.flows().map(({ bytes }) => Number(bytes))
  // Worker 0 had not sealed its two when it ended.
  expect(seen.sort()).toEqual([3, 7, 8])
  expect(ledger.flowsDropped['worker-lost']).toBe(2)
  expect(ledger.datagrams).toBe(6)
  expectClosed(test)
})

test('what was handed to a worker that ended before it read is counted as lost', async () => {
  const test = await startTestCrew()
  const address = exporterAt(1)
  test.receive(0, netflow9({ seconds, sequence: 0 }, template), address)
  await test.settle()
  test.receive(0, netflow9({ seconds, sequence: 1 }, octets(1)), address)
  await test.crash(1, 'at once')
  await test.crew.stop(0)
  const { ledger } = test.crew
  expect(ledger.datagrams).toBe(2)
  expect(ledger.datagramsRefused['worker-lost']).toBe(1)
  expectClosed(test)
})

test('what is handed to a worker that does not read is refused, beyond the room between them', async () => {
  const test = await startTestCrew()
  const address = exporterAt(1)
  const full = netflow9({ seconds }, flowSet(300, new Uint8Array(1_400)))
  // One turn of the event loop: nobody reads meanwhile.
  const sent = 1_000
  for (let i = 0; i < sent; i++) test.receive(0, full, address)
  await test.crew.stop(0)
  const { ledger } = test.crew
  // A record is the datagram of 1,424 bytes and 24 more.
  expect(sent - ledger.datagramsRefused.handover).toBe(Math.floor(2 ** 20 / 1_448))
  expect(ledger.datagrams).toBe(sent)
  expectClosed(test)
})

test('a new list of routers applies in every worker', async () => {
  const addresses = [exporterAt(0), exporterAt(1)]
  const listOf = (default_sampling: number) => ({
    version: String(default_sampling),
    routers: addresses.map((router_ip) => ({
      id: router_ip,
      name: router_ip,
      router_ip,
      default_sampling,
    })),
  })
  const test = await startTestCrew({ routers: listOf(10) })
  const send = (sequence: number) => {
    for (const address of addresses) {
      test.receive(0, netflow9({ seconds, sequence }, template, octets(sequence)), address)
    }
  }
  send(1)
  await test.settle()
  test.crew.takeRouters(listOf(20))
  await test.settle()
  send(2)
  await test.crew.stop(0)
  expect(ratesOf(test)).toEqual([
    [1, 10],
    [1, 10],
    [2, 20],
    [2, 20],
  ])
})

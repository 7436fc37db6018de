import { expect, test } from 'vitest'
import { DatagramFacts } from '../../../collector/decode/datagram-facts.ts'
import { lostOf } from '../../../collector/exporters/exporter.ts'
import { createExporters, maxExporters } from '../../../collector/exporters/exporters.ts'
import type { Source } from '../../../collector/exporters/source.ts'
import { FlowRecord, FlowType, SamplingSource } from '../../../collector/flow.ts'
import { parseAddress } from '../../../runtime/ip.ts'
import { listedRouters, sourceAt } from '../../build/routers.ts'

type Told = Partial<Omit<DatagramFacts, 'agent'>> & { agent?: string }

function factsOf({ agent, ...told }: Told): DatagramFacts {
  const facts = Object.assign(new DatagramFacts(), told)
  const bytes = agent === undefined ? undefined : parseAddress(agent)
  if (bytes !== undefined) facts.agent.set(bytes, 0, bytes.length)
  return facts
}

function flowOf(sampler: string, samplingRate = 1): FlowRecord {
  const flow = new FlowRecord()
  const bytes = parseAddress(sampler)!
  flow.type = FlowType.ipfix
  flow.samplerAddress.set(bytes, 0, bytes.length)
  flow.samplingRate = samplingRate
  flow.samplingSource = SamplingSource.exporter
  return flow
}

const create = () => createExporters(listedRouters({}))

test('losses are kept by protocol, and what arrives late is taken off again', () => {
  const exporters = create()
  const source = sourceAt('192.0.2.1')
  for (const told of [
    { type: FlowType.netflow5, lost: 30 },
    { type: FlowType.ipfix, lost: 100 },
    { type: FlowType.ipfix, lost: -40, isLate: true },
    { type: FlowType.ipfix, lost: 5, isReset: true, samplesDropped: 0 },
    { type: FlowType.sflow5, samplesDropped: 7 },
  ]) {
    exporters.countDatagram(source, factsOf(told), 100, 0)
  }
  const [exporter] = exporters.all()
  const { protocols } = exporter!
  expect(lostOf(protocols[FlowType.netflow5]!)).toBe(30)
  expect(protocols[FlowType.ipfix]).toEqual({ datagrams: 3, flows: 0, missed: 105, recovered: 40 })
  expect(lostOf(protocols[FlowType.ipfix]!)).toBe(65)
  expect(exporter).toMatchObject({
    datagrams: 5,
    datagramBytes: 500,
    lateDatagrams: 1,
    sequenceResets: 1,
    samplesDropped: 7,
  })
})

test('more than was lost cannot arrive late', () => {
  const exporters = create()
  exporters.countDatagram(sourceAt('192.0.2.1'), factsOf({ lost: 2 }), 1, 0)
  exporters.countDatagram(sourceAt('192.0.2.1'), factsOf({ lost: -5 }), 1, 0)
  const [exporter] = exporters.all()
  expect(lostOf(exporter!.protocols[FlowType.unknown]!)).toBe(0)
})

test('the clock skew is that of the last datagram that tells a time', () => {
  const exporters = create()
  const source = sourceAt('192.0.2.1')
  exporters.countDatagram(source, factsOf({ exportMs: 900 }), 1, 1_000)
  // NetFlow v5 tells nanoseconds.
  exporters.countDatagram(source, factsOf({ exportMs: 4_999.6721 }), 1, 2_000)
  exporters.countDatagram(source, factsOf({}), 1, 9_000)
  const [exporter] = exporters.all()
  expect(exporter).toMatchObject({ clockSkewMs: 3_000, firstSeenMs: 1_000, lastSeenMs: 9_000 })
})

test('datagrams count for who sent them: the sFlow agent, or the source when the agent has no address', () => {
  const exporters = create()
  const source = sourceAt('192.0.2.1')
  const agent = (text?: string) =>
    factsOf({ type: FlowType.sflow5, ...(text === undefined ? {} : { agent: text }) })
  exporters.countDatagram(source, agent('203.0.113.1'), 1, 0)
  exporters.countDatagram(source, agent('203.0.113.2'), 1, 0)
  exporters.countDatagram(source, agent('203.0.113.1'), 1, 0)
  exporters.countDatagram(source, agent('0.0.0.0'), 1, 0)
  exporters.countDatagram(source, agent('192.0.2.1'), 1, 0)
  exporters.countDatagram(source, agent(), 1, 0)
  const counted = [...exporters.all()].map(({ address, datagrams }) => [address, datagrams])
  expect(counted).toEqual([
    ['203.0.113.1', 2],
    ['203.0.113.2', 1],
    ['192.0.2.1', 3],
  ])
})

test('flows count for whom they are shown under, with the rates of an interval', () => {
  const exporters = create()
  const proxy = sourceAt('192.0.2.1')
  const count = (sampler: string, rate: number) => {
    const flow = flowOf(sampler, rate)
    exporters.count(exporters.of(flow, proxy, 5), flow, 5)
  }
  count('198.51.100.1', 100)
  count('198.51.100.1', 10)
  count('198.51.100.1', 50)
  count('198.51.100.2', 7)
  const [first, second] = exporters.all()
  expect(first).toMatchObject({
    flows: 3,
    flowsBySampling: [0, 3, 0, 0],
    samplingRate: 50,
    lowestSamplingRate: 10,
    highestSamplingRate: 100,
  })
  expect(first?.protocols[FlowType.ipfix]).toMatchObject({ flows: 3, datagrams: 0 })
  expect(second).toMatchObject({ flows: 1, samplingRate: 7 })
  first!.beginInterval()
  count('198.51.100.1', 60)
  expect(first).toMatchObject({ lowestSamplingRate: 60, highestSamplingRate: 60, samplingRate: 60 })
})

test('that packets were discarded says nothing of how an sFlow agent samples', () => {
  const exporters = create()
  const agent = sourceAt('192.0.2.1')
  const count = (told: Partial<FlowRecord>) => {
    const flow = Object.assign(flowOf('192.0.2.1'), { type: FlowType.sflow5 }, told)
    exporters.count(exporters.of(flow, agent, 5), flow, 5)
  }
  count({ samplingRate: 400, packetsLow: 1 })
  count({ samplingRate: 1, packetsLow: 0, forwardingStatus: 128 })
  const [exporter] = exporters.all()
  expect(exporter).toMatchObject({
    flows: 2,
    samplingRate: 400,
    lowestSamplingRate: 400,
    highestSamplingRate: 400,
  })
})

test('of more than the bound the one heard first is forgotten, and begins anew when it is heard again', () => {
  const exporters = create()
  const first = sourceAt('192.0.2.1')
  exporters.countDatagram(first, factsOf({}), 1, 0)
  for (let i = 0; i < maxExporters; i++) {
    const address = `10.0.${i >> 8}.${i & 255}`
    exporters.countDatagram(sourceAt(address), factsOf({}), 1, 0)
  }
  expect(exporters.forgotten()).toBe(1)
  exporters.countDatagram(first, factsOf({}), 1, 60_000)
  const all = [...exporters.all()]
  expect(all).toHaveLength(maxExporters)
  expect(all.at(-1)).toMatchObject({ address: '192.0.2.1', datagrams: 1, firstSeenMs: 60_000 })
})

test('an exporter that is forgotten while it is the one being counted is not counted into nothing', () => {
  const exporters = create()
  const kept = sourceAt('192.0.2.1')
  const flow = flowOf('192.0.2.1')
  exporters.count(exporters.of(flow, kept, 0), flow, 0)
  for (let i = 0; i < maxExporters; i++) {
    exporters.countDatagram(sourceAt(`10.0.${i >> 8}.${i & 255}`), factsOf({}), 1, 0)
  }
  exporters.count(exporters.of(flow, kept, 0), flow, 0)
  expect([...exporters.all()].at(-1)).toMatchObject({ address: '192.0.2.1', flows: 1 })
})

test('one that sends from several ports is one exporter, and begins anew for each of them after it was forgotten', () => {
  const exporters = createExporters(listedRouters({}), 1)
  const ports = [1, 2].map((port) => sourceAt('192.0.2.1', port))
  const count = (source: Source) => exporters.countDatagram(source, factsOf({}), 1, 0)
  for (const source of [...ports, ...ports]) count(source)
  expect([...exporters.all()].map(({ datagrams }) => datagrams)).toEqual([4])
  count(sourceAt('198.51.100.1'))
  for (const source of ports) count(source)
  expect([...exporters.all()]).toMatchObject([{ address: '192.0.2.1', datagrams: 2 }])
  expect(exporters.forgotten()).toBe(2)
})

test('what others keep of a source is theirs', () => {
  const source = sourceAt('192.0.2.1')
  const [one, other] = [create(), create()]
  for (const exporters of [one, other, one]) exporters.countDatagram(source, factsOf({}), 1, 0)
  expect([...one.all()]).toMatchObject([{ address: '192.0.2.1', datagrams: 2 }])
  expect([...other.all()]).toMatchObject([{ address: '192.0.2.1', datagrams: 1 }])
})

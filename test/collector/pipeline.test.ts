import { pino } from 'pino'
import { expect, test } from 'vitest'
import { createExporters } from '../../collector/exporters.ts'
import { SamplingSource } from '../../collector/flow.ts'
import { createLedger } from '../../collector/ledger.ts'
import { createPipeline } from '../../collector/pipeline.ts'
import type { Router, Routers } from '../../collector/routers.ts'
import type { Source } from '../../collector/source.ts'
import { formatAddress, parseAddress } from '../../runtime/ip.ts'
import { netflow5 } from '../build/netflow5.ts'
import { ethernet, ipv4, udp } from '../build/packet.ts'
import { flowSample, rawHeader, sflow } from '../build/sflow.ts'

const seconds = 1_700_000_000

/** Registered routers and their default rates; `set` is what the next list of the API does. */
function createRouters(
  first: Record<string, number>,
): Routers & { set(list: Record<string, number>): void } {
  let list = first
  let version = 1
  return {
    find(bytes, length) {
      const address = formatAddress(bytes, length)
      const rate = list[address]
      if (rate === undefined) return undefined
      return {
        id: address,
        name: address,
        router_ip: address,
        default_sampling: rate,
      } satisfies Router
    },
    version: () => String(version),
    whenKnown: async () => true,
    stop() {},
    set(next) {
      list = next
      version++
    },
  }
}

function source(address: string, port = 5000): Source {
  return { address, bytes: parseAddress(address)!, port }
}

function createTestPipeline(routers: Routers, knownOnly = false) {
  const ledger = createLedger()
  const exporters = createExporters(routers)
  const kept: { rate: number; source: number }[] = []
  const pipeline = createPipeline(
    exporters,
    ledger,
    knownOnly,
    (flow) => kept.push({ rate: flow.samplingRate, source: flow.samplingSource }),
    pino({ level: 'silent' }),
  )
  return { pipeline, ledger, exporters, kept }
}

const silent = netflow5({ seconds }, {})
const announcing = netflow5({ seconds, sampling: 400 }, {})

test('the announced rate wins over the router’s default, that over 1; a default of 0 is none', () => {
  const routers = createRouters({ '192.0.2.1': 1000, '192.0.2.2': 0 })
  const { pipeline, kept } = createTestPipeline(routers)
  pipeline.handle(announcing, source('192.0.2.1'), 0)
  pipeline.handle(silent, source('192.0.2.1'), 0)
  pipeline.handle(silent, source('192.0.2.2'), 0)
  pipeline.handle(silent, source('192.0.2.3'), 0)
  expect(kept).toEqual([
    { rate: 400, source: SamplingSource.exporter },
    { rate: 1000, source: SamplingSource.routerDefault },
    { rate: 1, source: SamplingSource.assumed },
    { rate: 1, source: SamplingSource.assumed },
  ])
})

test('a new list of routers applies from the next datagram on, to exporters that are known already and to new ones', () => {
  const routers = createRouters({})
  const { pipeline, kept } = createTestPipeline(routers)
  pipeline.handle(silent, source('192.0.2.1'), 0)
  routers.set({ '192.0.2.1': 50, '192.0.2.2': 60 })
  pipeline.handle(silent, source('192.0.2.1'), 0)
  pipeline.handle(silent, source('192.0.2.2'), 0)
  expect(kept.map(({ rate }) => rate)).toEqual([1, 50, 60])
})

test('with known exporters only, flows of others are counted and dropped; an sFlow agent is known by either address', () => {
  const sample = flowSample({}, rawHeader({}, ethernet(0x0800, ipv4({ protocol: 17 }, udp(1, 2)))))
  const datagram = sflow({ agent: '198.51.100.7' }, sample)
  for (const [registered, kept] of [
    ['198.51.100.7', 1], // the agent
    ['192.0.2.9', 1], // the UDP source
    ['192.0.2.8', 0],
  ] as const) {
    const {
      pipeline,
      ledger,
      kept: flows,
    } = createTestPipeline(createRouters({ [registered]: 1 }), true)
    pipeline.handle(datagram, source('192.0.2.9'), 0)
    expect(flows, registered).toHaveLength(kept)
    expect(ledger.flowsDecoded).toBe(1)
    expect(ledger.flowsDropped['unknown-exporter']).toBe(1 - kept)
  }
})

test('each exporter’s datagrams, flows and sampling are counted under the address its flows are shown by', () => {
  const { pipeline, exporters } = createTestPipeline(createRouters({ '192.0.2.1': 10 }))
  pipeline.handle(announcing, source('192.0.2.1'), 1_000)
  pipeline.handle(silent, source('192.0.2.1', 6000), 2_000)
  pipeline.handle(Uint8Array.of(0, 9), source('192.0.2.5'), 3_000)
  const seen = [...exporters.all()].map(
    ({ address, datagrams, datagramBytes, flows, flowsBySampling, lastSeenMs }) => ({
      address,
      datagrams,
      datagramBytes,
      flows,
      flowsBySampling,
      lastSeenMs,
    }),
  )
  expect(seen).toEqual([
    {
      address: '192.0.2.1',
      datagrams: 2,
      datagramBytes: 144,
      flows: 2,
      flowsBySampling: [0, 1, 1, 0],
      lastSeenMs: 2_000,
    },
    {
      address: '192.0.2.5',
      datagrams: 1,
      datagramBytes: 2,
      flows: 0,
      flowsBySampling: [0, 0, 0, 0],
      lastSeenMs: 3_000,
    },
  ])
})

import { pino } from 'pino'
import { expect, test } from 'vitest'
import { createLedger } from '../../collector/delivery/ledger.ts'
import { createExporters } from '../../collector/exporters/exporters.ts'
import type { Routers } from '../../collector/exporters/routers.ts'
import { RouterRole, SamplingSource } from '../../collector/flow.ts'
import { createPipeline } from '../../collector/pipeline.ts'
import { bytes, u8, u16, u32 } from '../build/bytes.ts'
import { netflow5 } from '../build/netflow5.ts'
import { flowSet, netflow9, optionsTemplateFlowSet, templateFlowSet } from '../build/netflow9.ts'
import { ethernet, ipv4, udp } from '../build/packet.ts'
import { listedRouters, sourceAt as source } from '../build/routers.ts'
import { flowSample, rawHeader, sflow, structure } from '../build/sflow.ts'

const seconds = 1_700_000_000

function createTestPipeline(routers: Routers, knownOnly = false) {
  const ledger = createLedger()
  const exporters = createExporters(routers)
  const kept: { rate: number; source: number }[] = []
  const roles: number[] = []
  const rows: [stream: string, row: object][] = []
  let hasRoom = true
  const pipeline = createPipeline({
    routers,
    exporters,
    ledger,
    output: {
      append(flow) {
        kept.push({ rate: flow.samplingRate, source: flow.samplingSource })
        roles.push(flow.routerRole)
      },
      addRow(stream, row) {
        if (hasRoom) rows.push([stream, row])
        return hasRoom
      },
    },
    knownOnly,
    compat: 'none',
    log: pino({ level: 'silent' }),
  })
  const fillUp = () => {
    hasRoom = false
  }
  return { pipeline, ledger, exporters, kept, roles, rows, fillUp }
}

const silent = netflow5({ seconds }, {})
const announcing = netflow5({ seconds, sampling: 400 }, {})

test('the announced rate wins over the router’s default, that over 1; a default of 0 is none', () => {
  const routers = listedRouters({
    '192.0.2.1': { default_sampling: 1000 },
    '192.0.2.2': { default_sampling: 0 },
  })
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

test('a router’s override wins over what its exporter announces, and over its default', () => {
  const routers = listedRouters({
    '192.0.2.1': { default_sampling: 1000, sampling_override: 2000 },
    '192.0.2.2': { default_sampling: 1000, sampling_override: null },
  })
  const { pipeline, kept } = createTestPipeline(routers)
  for (const address of ['192.0.2.1', '192.0.2.2']) {
    pipeline.handle(announcing, source(address), 0)
    pipeline.handle(silent, source(address), 0)
  }
  expect(kept).toEqual([
    { rate: 2000, source: SamplingSource.override },
    { rate: 2000, source: SamplingSource.override },
    { rate: 400, source: SamplingSource.exporter },
    { rate: 1000, source: SamplingSource.routerDefault },
  ])
})

test('flows have the role of their router, with the first datagram behind a change of it; who is no router is of the edge', () => {
  const routers = listedRouters({ '192.0.2.1': { role: 'core' }, '192.0.2.2': { role: 'edge' } })
  const { pipeline, roles } = createTestPipeline(routers)
  const sendAll = () => {
    for (const last of [1, 2, 3]) pipeline.handle(announcing, source(`192.0.2.${last}`), 0)
    return roles.splice(0)
  }
  expect(sendAll()).toEqual([RouterRole.core, RouterRole.edge, RouterRole.edge])
  routers.set({ '192.0.2.2': { role: 'core' }, '192.0.2.3': { role: 'core' } })
  expect(sendAll()).toEqual([RouterRole.edge, RouterRole.core, RouterRole.core])
})

test('the rates in data records of a router that writes them the wrong way round are turned', () => {
  // samplingInterval (34) of 4 bytes: e8 03 00 00 is 1000 with the least significant byte first.
  const datagram = netflow9(
    { seconds },
    templateFlowSet(256, [1, 4], [34, 4]),
    flowSet(256, u32(1), bytes(u8(0xe8), u8(3), u16(0))),
  )
  const routers = listedRouters({ '192.0.2.1': {}, '192.0.2.2': { sampling_byte_order: 'little' } })
  const { pipeline, kept } = createTestPipeline(routers)
  pipeline.handle(datagram, source('192.0.2.2'), 0)
  expect(kept).toEqual([{ rate: 1000, source: SamplingSource.exporter }])
  pipeline.handle(datagram, source('192.0.2.1'), 0)
  expect(kept[1]?.rate).not.toBe(1000)
})

test('names and interface counters become rows of their streams, within bounds', () => {
  const { pipeline, rows, ledger, fillUp } = createTestPipeline(listedRouters({}))
  pipeline.handle(interfaceNames('eth0'), source('192.0.2.1'), 1_000)
  pipeline.handle(interfaceCounters('203.0.113.1'), source('192.0.2.2'), 2_000)
  expect(rows).toEqual([
    [
      'metadata',
      {
        time: '1970-01-01 00:00:01.000',
        kind: 'interface',
        exporter: '192.0.2.1',
        observation_domain_id: 0,
        id: '7',
        name: 'eth0',
        description: '',
      },
    ],
    [
      'counters',
      {
        time: '1970-01-01 00:00:02.000',
        exporter: '203.0.113.1',
        if_index: 7,
        if_type: 6,
        if_speed: '100000000000',
        if_direction: 1,
        if_status: 3,
        in_octets: '18446744073709551614',
        in_unicast_packets: 11,
        in_multicast_packets: 12,
        in_broadcast_packets: 13,
        in_discards: 14,
        in_errors: 15,
        in_unknown_protocols: 16,
        out_octets: '4294967296',
        out_unicast_packets: 21,
        out_multicast_packets: 22,
        out_broadcast_packets: 23,
        out_discards: 24,
        out_errors: 25,
        promiscuous_mode: 2,
      },
    ],
  ])
  expect(ledger.rows).toEqual({ metadata: 1, counters: 1 })
  fillUp()
  pipeline.handle(interfaceNames('eth1'), source('192.0.2.1'), 3_000)
  expect(rows).toHaveLength(2)
  expect(ledger.rowsDropped).toEqual({ 'unknown-exporter': 0, 'row-limit': 1 })
})

test('with known exporters only, names and counters of others are dropped', () => {
  const routers = listedRouters({ '192.0.2.1': {}, '203.0.113.1': {} })
  const { pipeline, rows, ledger } = createTestPipeline(routers, true)
  pipeline.handle(interfaceNames('eth0'), source('192.0.2.1'), 0)
  pipeline.handle(interfaceCounters('203.0.113.1'), source('192.0.2.9'), 0)
  pipeline.handle(interfaceCounters('203.0.113.2'), source('192.0.2.1'), 0)
  pipeline.handle(interfaceNames('eth0'), source('192.0.2.9'), 0)
  pipeline.handle(interfaceCounters('203.0.113.2'), source('192.0.2.9'), 0)
  expect(rows.map(([stream]) => stream)).toEqual(['metadata', 'counters', 'counters'])
  expect(ledger.rowsDropped).toEqual({ 'unknown-exporter': 2, 'row-limit': 0 })
})

/** Options data by scope Interface (2): ifIndex 7 has this interfaceName (82). RFC 3954 6.1. */
function interfaceNames(name: string): Uint8Array {
  return netflow9(
    { seconds },
    optionsTemplateFlowSet(256, [[2, 4]], [[82, 4]]),
    flowSet(256, u32(7), Buffer.from(name)),
  )
}

/** A counters sample with generic interface counters: sFlow v5, 5.2 and `if_counters`. */
function interfaceCounters(agent: string): Uint8Array {
  const counters = [
    [7, 6], // ifIndex, ifType
    [23, 0x4876e800], // ifSpeed: 10^11
    [1, 3], // ifDirection, ifStatus
    [0xffffffff, 0xfffffffe], // in: octets
    [11, 12, 13, 14, 15, 16],
    [1, 0], // out: octets
    [21, 22, 23, 24, 25],
    [2], // promiscuous mode
  ]
  const record = structure(1, ...counters.flat().map(u32))
  return sflow({ agent }, structure(2, u32(1), u32(7), u32(1), record))
}

test('a new list of routers applies from the next datagram on, to exporters that are known already and to new ones', () => {
  const routers = listedRouters({})
  const { pipeline, kept } = createTestPipeline(routers)
  pipeline.handle(silent, source('192.0.2.1'), 0)
  routers.set({
    '192.0.2.1': { default_sampling: 50 },
    '192.0.2.2': { default_sampling: 60, sampling_override: 70 },
  })
  pipeline.handle(silent, source('192.0.2.1'), 0)
  pipeline.handle(silent, source('192.0.2.2'), 0)
  expect(kept.map(({ rate }) => rate)).toEqual([1, 50, 70])
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
    } = createTestPipeline(listedRouters({ [registered]: {} }), true)
    pipeline.handle(datagram, source('192.0.2.9'), 0)
    expect(flows, registered).toHaveLength(kept)
    expect(ledger.flowsDecoded).toBe(1)
    expect(ledger.flowsDropped['unknown-exporter']).toBe(1 - kept)
  }
})

test('each exporter’s datagrams, flows and sampling are counted under the address its flows are shown by', () => {
  const { pipeline, exporters } = createTestPipeline(
    listedRouters({ '192.0.2.1': { default_sampling: 10 } }),
  )
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

// The whole program as a user runs it: `npm start`, exports of real exporters over UDP, the API by fetch, the alert command, Ctrl-C, and again.

import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { packageRoot } from '../../runtime/package-root.ts'
import { readCapture } from '../build/pcap.ts'
import {
  killAll,
  type Program,
  pidOfPart,
  rows,
  runNetmon,
  startProgram,
} from '../build/program.ts'
import { temporaryDirectory } from '../build/temporary.ts'

const fixtures = [
  ['softflowd-v5', 'NETFLOW_V5'],
  ['softflowd-v9', 'NETFLOW_V9'],
  ['softflowd-ipfix', 'IPFIX'],
  ['pmacct-nfprobe-v9', 'NETFLOW_V9'],
  ['pmacct-nfprobe-ipfix', 'IPFIX'],
  ['pmacct-sfprobe-sflow', 'SFLOW_5'],
] as const

interface Expected {
  flow_count: number
  bytes: number
  packets: number
  sampling_rate?: number
  flows: {
    src_addr: string
    dst_addr: string
    proto: number
    src_port?: number
    dst_port?: number
    bytes: number
    packets: number
  }[]
}

const dataDir = temporaryDirectory()
let program: Program

beforeAll(async () => {
  program = await startProgram(dataDir)
}, 60_000)

afterAll(() => killAll(program?.running))

const read = <T>(query: string): Promise<T[]> => rows<T>(program.store, query)

/** Each capture is replayed by a loopback address of its own, so that it is an exporter of its own. */
const sender = (index: number) => `127.0.0.${11 + index}`
/** sfprobe's agent address; all others are shown under the UDP source. */
const shownAs = (name: string, index: number) =>
  name.endsWith('sflow') ? '192.0.2.254' : sender(index)

/** Flows that were sent so far, by the readers' count. */
let sentFlows = 0

async function replay(name: string, index: number): Promise<void> {
  sentFlows += readExpected(name).flow_count
  const socket = createSocket('udp4')
  socket.bind(0, sender(index))
  await once(socket, 'listening')
  for (const { payload } of readCapture(path.join(packageRoot, 'test/fixtures', `${name}.pcap`))) {
    const port = program.udpPorts[0]!
    await new Promise((resolve) => socket.send(payload, port, '127.0.0.1', resolve))
  }
  socket.close()
}

function readExpected(name: string): Expected {
  return JSON.parse(
    readFileSync(path.join(packageRoot, 'test/fixtures', `${name}.expected.json`), 'utf8'),
  )
}

test('exports of softflowd and pmacct are in flows.raw, flow by flow as nfdump and tshark read them', async () => {
  for (const [index, [name]] of fixtures.entries()) await replay(name, index)
  await vi.waitFor(
    async () =>
      expect(await read('SELECT count() AS flows FROM raw')).toEqual([{ flows: sentFlows }]),
    { timeout: 20_000, interval: 100 },
  )
  for (const [index, [name, type]] of fixtures.entries()) {
    const expected = readExpected(name)
    const where = `sampler_address = toIPv6('${shownAs(name, index)}')`
    const sums = await read(
      `SELECT toString(type) AS type, count() AS flow_count, sum(bytes) AS bytes, sum(packets) AS packets FROM raw WHERE ${where} GROUP BY type`,
    )
    const { flow_count, bytes, packets } = expected
    expect(sums, name).toEqual([{ type, flow_count, bytes, packets }])
    const stored = await read<Record<string, unknown>>(
      `SELECT replaceOne(toString(src_addr), '::ffff:', '') AS src_addr, replaceOne(toString(dst_addr), '::ffff:', '') AS dst_addr,
        proto, src_port, dst_port, bytes, packets FROM raw WHERE ${where}`,
    )
    expect(stored.map(textOf).sort(), name).toEqual(expected.flows.map(textOf).sort())
    if (expected.sampling_rate !== undefined) {
      expect(
        await read(
          `SELECT DISTINCT sampling_rate, toString(sampling_source) AS source FROM raw WHERE ${where}`,
        ),
      ).toEqual([{ sampling_rate: expected.sampling_rate, source: 'exporter' }])
    }
  }
}, 60_000)

test('each of them is listed as an exporter, with what it sent', async () => {
  const ask = async () => {
    const answer = await fetch(`${program.apiUrl}/exporters`)
    const { result } = (await answer.json()) as { result: ListedExporter[] }
    return result.map(({ address, state, protocols }) => ({
      address,
      state,
      protocols: protocols.map(({ protocol, flows }) => ({ protocol, flows })),
    }))
  }
  const expected = fixtures.map(([name, type], index) => {
    const protocol = { protocol: type, flows: readExpected(name).flow_count }
    return { address: shownAs(name, index), state: 'active', protocols: [protocol] }
  })
  await vi.waitFor(async () => expect(await ask()).toEqual(expected), {
    timeout: 20_000,
    interval: 500,
  })
}, 30_000)

interface ListedExporter {
  address: string
  state: string
  protocols: { protocol: string; flows: number }[]
}

/** Readers show no ports for ICMP. */
function textOf(flow: Record<string, unknown>): string {
  const isIcmp = flow['proto'] === 1 || flow['proto'] === 58
  const ports = isIcmp ? '' : `${flow['src_port'] ?? 0} ${flow['dst_port'] ?? 0}`
  return `${flow['src_addr']} ${flow['dst_addr']} ${flow['proto']} ${ports} ${flow['bytes']} ${flow['packets']}`
}

test('routers, rules and the channel of the README are accepted as printed, and the default sampling applies', async () => {
  const commands = readFileSync(path.join(packageRoot, 'README.md'), 'utf8').matchAll(
    /curl -X POST (http:\/\/localhost:8090)(\/\w+) \\\n +-d '(\{[^']+\})'/g,
  )
  const statuses: [string, number][] = []
  for (const [, , route, body] of commands) {
    // As curl -d sends it: a form by its type, JSON by its content.
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const answer = await fetch(`${program.apiUrl}${route}`, {
      method: 'POST',
      body: body!,
      headers,
    })
    statuses.push([route!, answer.status])
  }
  expect(statuses).toEqual([
    ['/routers', 201],
    ['/rules', 201],
    ['/rules', 201],
    ['/rules', 201],
    ['/rules', 201],
    ['/channels', 201],
  ])
  // pmacct announces no rate: its flows take the default of the router that sends them, from the next look at the list on.
  const answer = await fetch(`${program.apiUrl}/routers`, {
    method: 'POST',
    body: JSON.stringify({ name: 'silent', router_ip: '127.0.0.20', default_sampling: 512 }),
  })
  expect(answer.status).toBe(201)
  const again = () =>
    read<{ rate: number; source: string }>(
      "SELECT max(sampling_rate) AS rate, toString(argMax(sampling_source, sampling_rate)) AS source FROM raw WHERE sampler_address = toIPv6('127.0.0.20')",
    )
  await vi.waitFor(
    async () => {
      await replay('pmacct-nfprobe-ipfix', 9)
      expect(await again()).toEqual([{ rate: 512, source: 'router_default' }])
    },
    { timeout: 20_000, interval: 500 },
  )
}, 60_000)

test('Ctrl-C and start again: routers, rules, flows and learned templates are still there', async () => {
  await replay('softflowd-v5', 0) // still under way when the stop comes
  await program.store.close()
  expect(await program.stop()).toBe(0)
  program = await startProgram(dataDir)
  expect(await read('SELECT count() AS flows FROM raw')).toEqual([{ flows: sentFlows }])
  for (const [route, count] of [
    ['routers', 2],
    ['rules', 4],
  ] as const) {
    const { result } = (await (await fetch(`${program.apiUrl}/${route}`)).json()) as {
      result: unknown[]
    }
    expect(result, route).toHaveLength(count)
  }
  // The last datagrams of softflowd's v9 export hold data alone: they are decoded by the template of the earlier run.
  const [index, name] = [1, 'softflowd-v9']
  const last = readCapture(path.join(packageRoot, 'test/fixtures', `${name}.pcap`)).at(-1)!
  const socket = createSocket('udp4')
  socket.bind(0, sender(index))
  await once(socket, 'listening')
  socket.send(last.payload, program.udpPorts[0]!, '127.0.0.1')
  await vi.waitFor(
    async () => {
      const [{ flows } = { flows: 0 }] = await read<{ flows: number }>(
        'SELECT count() AS flows FROM raw',
      )
      expect(flows).toBeGreaterThan(sentFlows)
    },
    { timeout: 20_000, interval: 100 },
  )
  socket.close()
}, 90_000)

test.each(['store', 'collector', 'api'])(
  'the %s, when killed, comes back at its address',
  async (part) => {
    const killed = pidOfPart(dataDir, part)
    process.kill(killed, 'SIGKILL')
    await vi.waitFor(() => expect(pidOfPart(dataDir, part)).not.toBe(killed), { timeout: 10_000 })
    const [before] = await vi.waitFor(
      () => read<{ flows: number }>('SELECT count() AS flows FROM raw'),
      { timeout: 20_000, interval: 100 },
    )
    await vi.waitFor(
      async () => {
        await replay('softflowd-v5', 0) // lost while the collector is not there yet
        const [now] = await read<{ flows: number }>('SELECT count() AS flows FROM raw')
        expect(now!.flows).toBeGreaterThan(before!.flows)
        expect((await fetch(`${program.apiUrl}/rules`)).status).toBe(200)
      },
      { timeout: 30_000, interval: 500 },
    )
  },
  60_000,
)

test('where there are not processors enough, the store gives way to the collector', () => {
  const [store, collector] = ['store', 'collector'].map((part) =>
    os.getPriority(pidOfPart(dataDir, part)),
  )
  expect(store! - collector!).toBe(5)
})

test('netmon alert finds the running store by itself; when the store is gone it says so and exits with 1', async () => {
  // A rule that is younger than the newest closed minute: nothing to tell, and nothing to be blind to, as older rules are while the collector was killed.
  const rules = (await (await fetch(`${program.apiUrl}/rules`)).json()) as {
    result: { id: string }[]
  }
  for (const { id } of rules.result)
    expect((await fetch(`${program.apiUrl}/rules/${id}`, { method: 'DELETE' })).status).toBe(204)
  const young = {
    name: 'y',
    type: 'threshold',
    prefixes: ['10.0.0.0/8'],
    packet_threshold: 1,
    duration: 1,
  }
  await fetch(`${program.apiUrl}/rules`, { method: 'POST', body: JSON.stringify(young) })
  const alert = runNetmon(['alert', '--data', dataDir])
  expect(await alert.ended).toBe(0)
  expect(alert.output().stdout).toBe('')
  expect(await program.stop()).toBe(0)
  const blind = runNetmon(['alert', '--data', dataDir])
  expect(await blind.ended).toBe(1)
  expect(blind.output().stdout).toBe('')
  expect(blind.output().stderr.trim().split('\n')).toHaveLength(1)
}, 60_000)

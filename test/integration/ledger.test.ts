// A million flows of fifty routers, half of which say nothing of their sampling: sent = stored + dropped by reason, to the flow, the byte, the packet, and the estimate.

import { createServer } from 'node:net'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type GenerateSummary, generate } from '../../netmon/generate/run.ts'
import { type Program, rows, startProgram } from '../build/program.ts'
import { temporaryDirectory } from '../build/temporary.ts'

const flows = 1_000_000
const routers = 50
/** What this program holds with the tests beside it, and the generator on the same cores. */
const flowsPerSecond = 30_000
const samplingRate = 1_000

interface Health {
  routers_version: string
  kernel_drops: number
  ledger: {
    datagrams: number
    datagramsDecoded: number
    datagramsRefused: Record<string, number>
    flowsDecoded: number
    flowsAcknowledged: number
    flowsDropped: Record<string, number>
  }
}

let program: Program
let healthUrl: string

beforeAll(async () => {
  const port = await freePort()
  healthUrl = `http://127.0.0.1:${port}/health`
  program = await startProgram(temporaryDirectory(), { NETMON_COLLECTOR_HTTP: `127.0.0.1:${port}` })
}, 60_000)
afterAll(() => program?.stop(), 60_000)

const health = async () => (await (await fetch(healthUrl)).json()) as Health
const sum = (counts: Record<string, number>) =>
  Object.values(counts).reduce((total, count) => total + count, 0)

test('a million flows: everything sent is stored, or counted by the reason it was dropped for', async () => {
  await registerRouters()
  const sent = await generate({
    target: { host: '127.0.0.1', port: program.udpPorts[0]! },
    routers,
    flows,
    rate: flowsPerSecond,
    ipv6Share: 0.3,
    announce: 0.5,
    samplingRate,
    source: '127.2.0.1',
  })
  expect(sent.failed.datagrams).toBe(0)
  expect(sent.totals.flows).toBe(flows)

  const { ledger, kernelDrops } = await settled(sent)
  expect(ledger.datagrams + kernelDrops).toBe(sent.totals.datagrams)
  expect(ledger.datagrams).toBe(ledger.datagramsDecoded + sum(ledger.datagramsRefused))
  expect(ledger.flowsDecoded).toBe(ledger.flowsAcknowledged + sum(ledger.flowsDropped))
  // The generator's pace is one that the machine holds: nothing was dropped anywhere, so that the sums below are equal, not close.
  expect({
    kernelDrops,
    refused: sum(ledger.datagramsRefused),
    dropped: sum(ledger.flowsDropped),
  }).toEqual({
    kernelDrops: 0,
    refused: 0,
    dropped: 0,
  })

  const [total] = await rows(
    program.store,
    `SELECT count() AS flows, sum(raw.bytes) AS bytes, sum(raw.packets) AS packets, toString(sum(raw.bytes * sampling_rate)) AS estimate,
      uniqExact(sampler_address, src_addr, src_port) AS different FROM raw`,
  )
  expect(total).toEqual({
    flows,
    bytes: sent.totals.bytes,
    packets: sent.totals.packets,
    estimate: String(BigInt(sent.totals.bytes) * BigInt(samplingRate)),
    different: flows,
  })
  const byRouter = await rows<{ address: string }>(
    program.store,
    `SELECT replaceOne(toString(sampler_address), '::ffff:', '') AS address, count() AS flows, sum(bytes) AS bytes, sum(packets) AS packets,
      groupUniqArray(toString(sampling_source)) AS sources, groupUniqArray(sampling_rate) AS rates FROM raw GROUP BY address`,
  )
  const expected = sent.routers.map(({ router, ...counts }) => ({
    address: router.agent ?? router.address,
    flows: counts.flows,
    bytes: counts.bytes,
    packets: counts.packets,
    sources: [router.announces ? 'exporter' : 'router_default'],
    rates: [samplingRate],
  }))
  const sortByAddress = (list: { address: string }[]) =>
    list.sort((a, b) => (a.address < b.address ? -1 : 1))
  expect(sortByAddress(byRouter)).toEqual(sortByAddress(expected))
  const [segments] = await rows(program.store, 'SELECT sum(flows) AS flows FROM segments')
  expect(segments).toEqual({ flows })
}, 180_000)

/** Every router gets the default rate that half of them do not announce; resolves when the collector has the list. */
async function registerRouters(): Promise<void> {
  const before = (await health()).routers_version
  for (let index = 1; index <= routers; index++) {
    const body = JSON.stringify({
      name: `router ${index}`,
      router_ip: `127.2.0.${index}`,
      default_sampling: samplingRate,
    })
    const answer = await fetch(`${program.apiUrl}/routers`, { method: 'POST', body })
    expect(answer.status).toBe(201)
  }
  const list = await fetch(`${program.apiUrl}/routers`)
  const version = list.headers.get('etag')
  expect(version).not.toBe(before)
  await vi.waitFor(async () => expect((await health()).routers_version).toBe(version), {
    timeout: 20_000,
    interval: 200,
  })
}

/** The collector's ledger when all that it received is acknowledged. */
async function settled(sent: GenerateSummary) {
  return vi.waitFor(
    async () => {
      const { ledger, kernel_drops: kernelDrops } = await health()
      expect(ledger.datagrams + kernelDrops).toBe(sent.totals.datagrams)
      expect(ledger.flowsAcknowledged + sum(ledger.flowsDropped)).toBe(ledger.flowsDecoded)
      return { ledger, kernelDrops }
    },
    { timeout: 60_000, interval: 200 },
  )
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

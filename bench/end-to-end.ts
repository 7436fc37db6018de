// How many flows a second get from UDP into stored rows on one machine, and what memory that takes. The generator plays the routers on the
// same cores. A rate counts as held when nothing was lost and the last row was stored within 5 s of the last datagram.

import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { packageRoot } from '../runtime/package-root.ts'
import type { StoreClient } from '../schema/client.ts'
import { startEverything } from './everything.ts'
import { describeMachine, type Result, writeResult } from './report.ts'

const { values } = parseArgs({
  options: {
    rates: { type: 'string', default: '50000,100000,150000' },
    seconds: { type: 'string', default: '20' },
  },
})

/** What no run counts: the first flows of a program that has just started meet code that is not compiled yet. */
const warmUp = { flowsPerSecond: 20_000, flows: 60_000 }

interface Run extends Result {
  offeredFlowsPerSecond: number
  sentFlowsPerSecond: number
  storedFlowsPerSecond: number
  sentFlows: number
  storedFlows: number
  kernelDrops: number
  storedAfterSeconds: number
  collectorRssMb: number
  groupRssMb: number
  bytesPerFlow: number
}

const runs: Run[] = []
for (const rate of values.rates.split(',').map(Number)) {
  const run = await measure(rate, Number(values.seconds))
  runs.push(run)
  console.log(JSON.stringify(run))
}
const held = runs.filter((run) => run.storedFlows === run.sentFlows && run.storedAfterSeconds < 5)
console.log(describeMachine())
console.log(
  `largest rate held: ${Math.max(0, ...held.map((run) => run.storedFlowsPerSecond))} flows/s`,
)
writeResult('end-to-end', runs)

async function measure(rate: number, seconds: number): Promise<Run> {
  const everything = await startEverything()
  try {
    const store = everything.store()
    const warm = await generate(everything.udpPort, warmUp.flowsPerSecond, warmUp.flows)
    const before = await waitUntilStored(store, warm.flows)
    const memory = watchMemory(everything.pid)
    const startedMs = performance.now()
    const sent = await generate(everything.udpPort, rate, rate * seconds)
    const sentMs = performance.now()
    const after = await waitUntilStored(store, before.flows + sent.flows)
    const stored = after.flows - before.flows
    const storedMs = after.lastMs
    const peak = memory.stop()
    const result: Run = {
      offeredFlowsPerSecond: rate,
      sentFlowsPerSecond: Math.round((sent.flows / (sentMs - startedMs)) * 1000),
      storedFlowsPerSecond: Math.round((stored / (storedMs - startedMs)) * 1000),
      sentFlows: sent.flows,
      storedFlows: stored,
      kernelDrops: await readKernelDrops(store),
      storedAfterSeconds: round((storedMs - sentMs) / 1000),
      collectorRssMb: peak.collector,
      groupRssMb: peak.group,
      bytesPerFlow: await bytesPerFlow(store),
    }
    await store.close()
    return result
  } finally {
    await everything.stop()
  }
}

async function generate(port: number, rate: number, flows: number): Promise<{ flows: number }> {
  const bin = path.join(packageRoot, 'netmon', 'bin.js')
  const args = [
    bin,
    'generate',
    '--target',
    `127.0.0.1:${port}`,
    '--routers',
    '48',
    '--ipv6',
    '0.2',
  ]
  args.push('--rate', String(rate), '--flows', String(flows), '--format', 'json')
  const generator = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  for await (const chunk of generator.stdout) text += String(chunk)
  const summary = JSON.parse(text) as { totals: { flows: number } }
  return { flows: summary.totals.flows }
}

/** Until all are there, or nothing has come for 10 s: how many there are, and when the last of them were first seen. */
async function waitUntilStored(
  store: StoreClient,
  flows: number,
): Promise<{ flows: number; lastMs: number }> {
  const stored = { flows: 0, lastMs: performance.now() }
  while (stored.flows < flows && performance.now() - stored.lastMs < 10_000) {
    const now = await one(store, 'SELECT count() AS value FROM raw')
    if (now !== stored.flows) stored.lastMs = performance.now()
    stored.flows = now
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  return stored
}

function readKernelDrops(store: StoreClient): Promise<number> {
  return one(store, "SELECT max(kernel_drops) AS value FROM status WHERE kind = 'collector'")
}

async function bytesPerFlow(store: StoreClient): Promise<number> {
  const query = `SELECT sum(data_compressed_bytes) / sum(rows) AS value FROM system.parts
    WHERE active AND table = 'raw' AND database = 'flows'`
  return round(await one(store, query))
}

async function one(store: StoreClient, query: string): Promise<number> {
  const result = await store.query({ query, format: 'JSONEachRow' })
  const [row] = await result.json<{ value: number | string }>()
  return Number(row?.value ?? 0)
}

/** Largest resident memory, in MB, of the collector and of the program with all its children, looked at four times a second. */
function watchMemory(supervisor: number): { stop(): { collector: number; group: number } } {
  const peak = { collector: 0, group: 0 }
  const look = () => {
    let group = residentMb(supervisor)
    for (const pid of childrenOf(supervisor)) {
      const mb = residentMb(pid)
      group += mb
      if (read(`/proc/${pid}/cmdline`).includes('\0collector'))
        peak.collector = Math.max(peak.collector, mb)
    }
    peak.group = Math.max(peak.group, group)
  }
  const timer = setInterval(look, 250)
  return {
    stop() {
      clearInterval(timer)
      return { collector: Math.round(peak.collector), group: Math.round(peak.group) }
    },
  }
}

function childrenOf(parent: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => new RegExp(`^PPid:\\s+${parent}$`, 'm').test(read(`/proc/${name}/status`)))
    .map(Number)
}

function residentMb(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/status`))?.[1] ?? 0) / 1024
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return '' // the process ended meanwhile
  }
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}

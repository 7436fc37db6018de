// What questions about traffic cost over HTTP's handlers: 24 hours, by what rollups have and by what only flows have. The API runs in this process
// and the store in its own, so that the processor's time of each is known.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { createApp } from '../api/app.ts'
import { refreshCoarseRollups } from '../api/periodic/coarse-rollups.ts'
import { createConfiguration } from '../rules/configuration/configuration.ts'
import { createLog } from '../runtime/log.ts'
import { createStoreClient } from '../schema/client.ts'
import { describeMachine, type Result, writeResult } from './report.ts'
import { createOurs, rulePrefixes } from './schema-databases.ts'
import { startStore } from './store.ts'
import { trafficQuery } from './traffic.ts'

const { values } = parseArgs({
  options: {
    flows: { type: 'string', default: '5000000' },
    rounds: { type: 'string', default: '5' },
  },
})
const flows = Number(values.flows)
const rounds = Number(values.rounds)
const daySeconds = 86_400
const batchFlows = 500_000

const questions = [
  '/traffic/timeseries?',
  '/traffic/timeseries?by=proto',
  '/traffic/timeseries?by=src_as',
  '/traffic/timeseries?by=port',
  '/traffic/timeseries?by=exporter,in_if',
  '/traffic/timeseries?by=exporter,in_if&bidirectional=true',
  '/traffic/timeseries?by=host',
  '/traffic/timeseries?by=src_addr',
  '/traffic/timeseries?by=proto&filter=dst_port = 443',
  '/traffic/top?by=proto',
  '/traffic/top?by=src_as',
  '/traffic/top?by=host',
  '/traffic/top?by=src_addr',
  '/flows?limit=100',
]

const dataDir = mkdtempSync(path.join(tmpdir(), 'netmon-bench-'))
const bench = await startStore(dataDir)
try {
  const now = Math.floor(Date.now() / 1000)
  await createOurs(bench, 'flows', rulePrefixes(100))
  const store = createStoreClient(bench.address, 3_600_000)
  for (let first = 0; first < flows; first += batchFlows) {
    await store.command({
      query: `INSERT INTO ingest SELECT *, 'bench' FROM (${trafficQuery})`,
      query_params: {
        start: now - daySeconds,
        rate: flows / daySeconds,
        first,
        count: Math.min(batchFlows, flows - first),
      },
    })
  }
  await refreshCoarseRollups(store, now * 1000, (daySeconds + 7200) * 1000)
  const app = createApp({
    configuration: createConfiguration(store, Date.now),
    store,
    migrations: 0,
    access: { token: undefined, hosts: undefined },
    log: createLog('bench', 'silent'),
    storage: () => undefined,
    now: () => now * 1000,
  })

  const machineWas = 'shared with other work: seconds of processor tell more than times'
  const results: Result[] = [{ machineWas }]
  for (const question of questions) {
    const asked: { milliseconds: number; apiMs: number; storeMs: number; bytes: number }[] = []
    for (let round = 0; round < rounds; round++) {
      const storeBefore = bench.cpuSeconds()
      const apiBefore = process.cpuUsage()
      const startedMs = performance.now()
      const response = await app.request(question)
      const text = await response.text()
      if (response.status !== 200) throw new Error(text)
      const milliseconds = Math.round(performance.now() - startedMs)
      const { user, system } = process.cpuUsage(apiBefore)
      asked.push({
        milliseconds,
        apiMs: Math.round((user + system) / 1000),
        storeMs: Math.round((bench.cpuSeconds() - storeBefore) * 1000),
        bytes: text.length,
      })
    }
    const middle = asked.toSorted((a, b) => a.storeMs + a.apiMs - b.storeMs - b.apiMs)[
      Math.floor(rounds / 2)
    ]
    const result = { question, flows, rounds, ...middle }
    results.push(result)
    console.log(JSON.stringify(result))
  }
  await store.close()
  writeResult('traffic-answers', results)
  console.log(describeMachine())
} finally {
  await bench.stop()
  rmSync(dataDir, { recursive: true, force: true })
}

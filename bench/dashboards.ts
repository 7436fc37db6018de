// npm run bench:dashboards: what each panel of each dashboard takes over 24 hours, one at a time, on the embedded store. Grafana is not there: the queries are expanded by the
// documented macros of its data source.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { refreshCoarseRollups } from '../api/periodic/coarse-rollups.ts'
import { createStoreClient, type StoreClient } from '../schema/client.ts'
import { models, panelsOf, variablesOf } from '../test/build/dashboard-models.ts'
import { expand } from '../test/build/expand-panel.ts'
import { round } from './processor.ts'
import { describeMachine, writeResult } from './report.ts'
import { createOurs, rulePrefixes } from './schema-databases.ts'
import { rowsOf, startStore } from './store.ts'
import { trafficQuery } from './traffic.ts'

const { values } = parseArgs({
  options: {
    flows: { type: 'string', default: '10000000' },
    rounds: { type: 'string', default: '5' },
    quiet: { type: 'boolean', default: false },
  },
})
const flows = Number(values.flows)
const rounds = Number(values.rounds)
const machineWas = values.quiet
  ? 'used by nothing else'
  : 'shared with other work: seconds of processor tell more than times'
const batchFlows = 500_000
const daySeconds = 86_400
/** What Grafana chooses for 24 hours on a panel of a thousand points. */
const intervalSeconds = 120
const prefixes = rulePrefixes(100)

interface Panel {
  dashboard: string
  panel: string
  sql: string
  rows: number
  milliseconds: number[]
  cpuSeconds: number[]
}

/** A day of one collector and its eight exporters, as they write themselves down every 10 s. */
const statusOfDay = `INSERT INTO status (time, collector, boot, started, kind, watermark, exporter, udp_source, first_seen, last_seen,
    datagrams, flows, flows_acknowledged, lost, flows_dropped, sampling_rate)
  SELECT toDateTime64({from:UInt32} + intDiv(number, 9) * 10, 3, 'UTC') AS at, 'bench', '1', toDateTime64({from:UInt32}, 3, 'UTC') AS begun,
    if(number % 9 = 0, 'collector', 'exporter'), at, toIPv6(concat('::ffff:192.0.2.', toString(number % 9))) AS address, address, begun, at,
    intDiv(number, 9) * 10, intDiv(number, 9) * 240, intDiv(number, 9) * 240, map('IPFIX', intDiv(number, 9)), map('rejected', intDiv(number, 900)), 1000
  FROM numbers(77760)`

async function load(client: StoreClient, from: number): Promise<void> {
  for (let first = 0; first < flows; first += batchFlows) {
    await client.command({
      query: `INSERT INTO ingest SELECT *, 'bench' FROM (${trafficQuery})`,
      query_params: {
        start: from,
        rate: flows / daySeconds,
        first,
        count: Math.min(batchFlows, flows - first),
      },
    })
  }
  await client.command({ query: statusOfDay, query_params: { from } })
  const rule = { name: 'Bench', type: 'threshold', direction: 'in', bandwidth_threshold: 1e9 }
  await client.insert({
    table: 'rules',
    values: [
      {
        id: 'bench',
        version: 1,
        deleted: 0,
        doc: JSON.stringify({ ...rule, prefixes, counted_prefixes: prefixes }),
      },
    ],
    format: 'JSONEachRow',
  })
  await refreshCoarseRollups(client, Date.now(), (daySeconds + 7_200) * 1000)
}

function panelsOver(from: number, to: number): Panel[] {
  return [...models.values()].flatMap((model) => {
    const variables = variablesOf(model, { prefix: prefixes[1] ?? '', rule: 'bench' })
    return panelsOf(model).flatMap(({ title, targets = [] }) =>
      targets.map(({ rawSql }) => ({
        dashboard: model.title,
        panel: title,
        sql: expand(rawSql, { from, to, intervalSeconds, variables }),
        rows: 0,
        milliseconds: [],
        cpuSeconds: [],
      })),
    )
  })
}

function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

const dataDir = mkdtempSync(path.join(tmpdir(), 'netmon-bench-'))
const bench = await startStore(dataDir)
try {
  await createOurs(bench, 'flows', prefixes)
  const client = createStoreClient(bench.address, 3_600_000)
  const to = Math.floor(Date.now() / 1000 / 3600) * 3600
  const from = to - daySeconds
  await load(client, from)
  const panels = panelsOver(from, to)
  // Each round asks everything once, so that a disturbance meets all alike.
  for (let number = 0; number < rounds; number++) {
    for (const panel of panels) {
      const [startedMs, startedCpu] = [performance.now(), bench.cpuSeconds()]
      panel.rows = (await rowsOf(client, panel.sql)).length
      panel.milliseconds.push(Math.round(performance.now() - startedMs))
      panel.cpuSeconds.push(bench.cpuSeconds() - startedCpu)
    }
  }
  await client.close()
  const results = panels
    .map(({ dashboard, panel, rows, milliseconds, cpuSeconds }) => ({
      dashboard,
      panel,
      rows,
      milliseconds: median(milliseconds),
      fastest: Math.min(...milliseconds),
      cpuSeconds: round(median(cpuSeconds)),
    }))
    .toSorted((a, b) => b.milliseconds - a.milliseconds)
  for (const result of results) console.log(JSON.stringify(result))
  writeResult('dashboards', [{ machineWas, flows, rounds, intervalSeconds }, ...results])
} finally {
  await bench.stop()
  rmSync(dataDir, { recursive: true, force: true })
}
console.log(describeMachine())

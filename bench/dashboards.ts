// npm run bench:dashboards: what each panel of each dashboard takes over 24 hours and over 30 days, one at a time, on the embedded store (bench/month.ts). Grafana is not there:
// the queries are expanded by the documented macros of its data source.

import { parseArgs } from 'node:util'
import { createStoreClient, type StoreClient } from '../schema/client.ts'
import { models, panelsOf, variablesOf } from '../test/build/dashboard-models.ts'
import { expand } from '../test/build/expand-panel.ts'
import { type Month, prepareMonth } from './month.ts'
import { round } from './processor.ts'
import { describeMachine, writeResult } from './report.ts'
import { rowsOf, startStore } from './store.ts'

const { values } = parseArgs({
  options: {
    /** Of a day. */
    flows: { type: 'string', default: '10000000' },
    rounds: { type: 'string', default: '5' },
    /** A directory that the store is kept in, for the next time. */
    store: { type: 'string' },
    quiet: { type: 'boolean', default: false },
  },
})
const rounds = Number(values.rounds)
const machineWas = values.quiet
  ? 'used by nothing else'
  : 'shared with other work: seconds of processor tell more than times'

const daySeconds = 86_400
/** With what Grafana chooses as interval on a panel of a thousand points. */
const ranges = [
  { range: '24 h', seconds: daySeconds, intervalSeconds: 120 },
  { range: '30 days', seconds: 30 * daySeconds, intervalSeconds: 3600 },
] as const

interface Panel {
  range: string
  dashboard: string
  panel: string
  sql: string
  rows: number
  milliseconds: number[]
  cpuSeconds: number[]
}

async function panelsOfAll(client: StoreClient, { to, rules, prefixes }: Month): Promise<Panel[]> {
  const panels: Panel[] = []
  const chosen = { prefix: prefixes[1] ?? '', rule: rules[0] ?? '' }
  for (const model of models.values()) {
    const variables = await variablesOf(model, chosen, (sql) => rowsOf(client, sql))
    for (const { range, seconds, intervalSeconds } of ranges) {
      const view = { from: to - seconds, to, intervalSeconds, variables }
      for (const { title, targets = [] } of panelsOf(model)) {
        for (const { rawSql } of targets) {
          const sql = expand(rawSql, view)
          const measured = { rows: 0, milliseconds: [], cpuSeconds: [] }
          panels.push({ range, dashboard: model.title, panel: title, sql, ...measured })
        }
      }
    }
  }
  return panels
}

function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

const month = await prepareMonth(Number(values.flows), values.store)
try {
  const bench = await startStore(month.dataDir)
  const client = createStoreClient(bench.address, 3_600_000)
  const panels = await panelsOfAll(client, month)
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
  await bench.stop()
  const results = panels
    .map(({ sql: _, milliseconds, cpuSeconds, ...panel }) => ({
      ...panel,
      milliseconds: median(milliseconds),
      fastest: Math.min(...milliseconds),
      cpuSeconds: round(median(cpuSeconds)),
    }))
    .toSorted((a, b) => b.milliseconds - a.milliseconds)
  for (const result of results) console.log(JSON.stringify(result))
  writeResult('dashboards', [{ machineWas, flows: month.flows, rounds, ranges }, ...results])
} finally {
  month.remove()
}
console.log(describeMachine())

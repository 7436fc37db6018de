// What one evaluation costs: every rule against the minutes that are closed, as `/alerts/thresholds` asks for it, with the embedded store. Once by a
// process that has just been started, and once by one that has judged the minute before.
// Two prefixes a rule, all of them with traffic in both directions in every minute that a zscore rule goes back to. Once more with all of them over their
// limits at the same time, as when a whole network moves; each is held against ten days before then.

import { mkdtempSync, rmSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { createConfiguration } from '../rules/configuration/configuration.ts'
import { ruleInputSchema } from '../rules/configuration/rule.ts'
import { evaluate } from '../rules/evaluate.ts'
import { crossedSince } from '../rules/judgement.ts'
import { createSeriesReader } from '../rules/zscore/series-values.ts'
import { usualRanges } from '../rules/zscore/usual.ts'
import { oldestZscoreMinute } from '../rules/zscore/zscore.ts'
import { createStoreClient, type StoreClient } from '../schema/client.ts'
import { migrate, readMigrations } from '../schema/migrate.ts'
import { writePlot } from './plot.ts'
import { describeMachine, readResult, writeResult } from './report.ts'
import { type BenchStore, startStore } from './store.ts'

const { values } = parseArgs({
  options: {
    prefixes: { type: 'string', default: '1000,10000,100000' },
    rounds: { type: 'string', default: '5' },
    quiet: { type: 'boolean', default: false },
  },
})

const rounds = Number(values.rounds)
const prefixesPerRule = 2
/** Of all prefixes together. More would take hours to fill in; then there are fewer minutes, which is told. */
const mostRows = 20_000_000
/** Of more prefixes the days before would take hours to fill in. */
const mostCrossed = 10_000
const zscore = { type: 'zscore', zscore_sensitivity: 'high', zscore_target: 'bits' } as const
const cases = [
  {
    rule: { type: 'threshold', bandwidth_threshold: 1_000_000_000, duration: 5 },
    evaluations: ['first', 'following'],
  },
  { rule: zscore, evaluations: ['first', 'following'] },
  { rule: { ...zscore, scope: 'per_prefix' }, evaluations: ['all crossed'] },
] as const
type EvaluationKind = (typeof cases)[number]['evaluations'][number]

const prefixName = (index: number) =>
  `${10 + (index >> 16)}.${(index >> 8) & 255}.${index & 255}.0/24`

/** What is kept of each, and more. */
interface Evaluation {
  readonly type: (typeof cases)[number]['rule']['type']
  readonly evaluation: EvaluationKind
  readonly prefixes: number
  readonly seconds: number
}

async function measurePrefixes(dataDir: string, prefixes: number): Promise<Evaluation[]> {
  const store = await startStore(dataDir)
  const address = { ...store.address, database: 'flows' }
  const client = createStoreClient(address, 3_600_000)
  try {
    await migrate(address, await readMigrations())
    const network = await fillMinutes(client, prefixes)
    const results: Evaluation[] = []
    for (const { rule, evaluations } of cases) {
      if (evaluations[0] === 'all crossed' && prefixes > mostCrossed) continue
      const createMs = await createRules(client, prefixes, rule)
      for (const evaluation of evaluations) {
        const costs = await measure(store, client, network, evaluation)
        const { minutes } = network
        const result = {
          type: rule.type,
          evaluation,
          prefixes,
          rules: prefixes / prefixesPerRule,
          minutes,
          rounds,
          ...costs,
          createMs,
        }
        results.push(result)
      }
    }
    return results
  } finally {
    await client.close()
    await store.stop()
  }
}

interface Network {
  /** How many were there before the first evaluation. */
  minutes: number
  /** Lets a minute pass, with so many times the traffic. Answers the time at which it has been closed. */
  pass(times: number): Promise<number>
}

/** About 10 Mbit/s in each prefix and direction, with a noise of a tenth. */
async function fillMinutes(client: StoreClient, prefixes: number): Promise<Network> {
  // All that will pass is over by now.
  const passing = 60 * 5 * (rounds + 1)
  let last = Math.floor(Date.now() / 60_000) * 60 - 120 - passing
  const oldest = oldestZscoreMinute(last)
  const first = Math.max(oldest, last - 60 * (Math.floor(mostRows / (2 * prefixes)) - 1))
  // As many rows a statement as a block has, so that parts are as inserts of collectors leave them.
  const step = Math.max(1, Math.floor(1_000_000 / (2 * prefixes)))
  const put = (minute: number, minutes: number, times = 1) =>
    client.command({
      query: `INSERT INTO prefix_minutes (minute, prefix, direction, bytes, packets, flows, samples)
        WITH intDiv(number, 2) % {prefixes:UInt64} AS index, {times:UInt64} * (70000000 + cityHash64({minute:UInt32}, number) % 10000000) AS seen
        SELECT toDateTime({minute:UInt32}) + 60 * intDiv(number, 2 * {prefixes:UInt64}),
          concat(toString(10 + bitShiftRight(index, 16)), '.', toString(bitAnd(bitShiftRight(index, 8), 255)), '.', toString(bitAnd(index, 255)), '.0/24'),
          if(number % 2 = 0, 'in', 'out'), seen, intDiv(seen, 1000), 100, intDiv(seen, 1000000)
        FROM numbers({rows:UInt64})`,
      query_params: { minute, prefixes, times, rows: minutes * 2 * prefixes },
    })
  const days = prefixes > mostCrossed ? [] : usualRanges(last, last + passing).reverse()
  for (const range of [...days, { first, last }]) {
    for (let minute = range.first; minute <= range.last; minute += 60 * step) {
      await put(minute, Math.min(step, (range.last - minute) / 60 + 1))
    }
  }
  const started = days[0]?.first ?? first
  return {
    minutes: (last - first) / 60 + 1,
    async pass(times) {
      last += 60
      await put(last, 1, times)
      const nowMs = (last + 80) * 1000
      // A collector that has run since the first of them and stored everything: what was before is unknown, and no silence.
      const time = (ms: number) => (ms / 1000).toFixed(3)
      const row = { collector: 'bench', boot: 'bench', kind: 'collector' }
      const until = { started: time(started * 1000), watermark: time(nowMs), time: time(nowMs) }
      await client.insert({
        table: 'status',
        values: [{ ...row, ...until }],
        format: 'JSONEachRow',
      })
      return nowMs
    },
  }
}

/** In place of those that there are. Answers how long that took. */
async function createRules(client: StoreClient, prefixes: number, rule: object): Promise<number> {
  const { rules } = createConfiguration(client, () => 0)
  const startedMs = performance.now()
  await rules.rewrite((present) => [
    ...present.map(({ doc }) => ({ id: doc.id, input: undefined })),
    ...Array.from({ length: prefixes / prefixesPerRule }, (_, index) => ({
      input: ruleInputSchema.parse({
        ...rule,
        name: `${index}`,
        prefixes: Array.from({ length: prefixesPerRule }, (_, one) =>
          prefixName(index * prefixesPerRule + one),
        ),
      }),
    })),
  ])
  return Math.round(performance.now() - startedMs)
}

/** The medians of so many evaluations, each of a new minute, after one that nothing is taken of. */
async function measure(
  store: BenchStore,
  client: StoreClient,
  network: Network,
  evaluation: EvaluationKind,
) {
  const runs: { seconds: number; cpuSeconds: number; ownCpuSeconds: number }[] = []
  let verdicts = 0
  let crossed = 0
  let readSeries = createSeriesReader(client)
  for (let round = 0; round <= rounds; round++) {
    if (evaluation === 'first') readSeries = createSeriesReader(client, 0)
    const nowMs = await network.pass(evaluation === 'all crossed' ? 5 : 1)
    const storeCpu = store.cpuSeconds()
    const ownCpu = process.cpuUsage()
    const startedMs = performance.now()
    const evaluated = await evaluate(client, nowMs, readSeries)
    if ('blind' in evaluated) throw new Error(evaluated.blind)
    verdicts = evaluated.verdicts.length
    const { user, system } = process.cpuUsage(ownCpu)
    const own = (user + system) / 1e6
    const seconds = (performance.now() - startedMs) / 1000
    const cpuSeconds = store.cpuSeconds() - storeCpu + own
    crossed = evaluated.verdicts.filter(({ verdict }) => crossedSince(verdict) !== undefined).length
    if (round > 0) runs.push({ seconds, cpuSeconds, ownCpuSeconds: own })
  }
  const median = (key: 'seconds' | 'cpuSeconds' | 'ownCpuSeconds') => {
    const sorted = runs.map((run) => run[key]).sort((a, b) => a - b)
    return Math.round((sorted[Math.floor(sorted.length / 2)] ?? 0) * 100) / 100
  }
  return {
    verdicts,
    crossed,
    seconds: median('seconds'),
    cpuSeconds: median('cpuSeconds'),
    ownCpuSeconds: median('ownCpuSeconds'),
    residentMb: Math.round(process.memoryUsage.rss() / 2 ** 20),
    load: Math.round(loadavg()[0]! * 10) / 10,
  }
}

const machineWas = values.quiet
  ? 'used by nothing else'
  : 'shared with other work: seconds of processor tell more than times'
const sizes = values.prefixes.split(',').map(Number)
for (const prefixes of sizes) {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'netmon-bench-'))
  try {
    const results = await measurePrefixes(dataDir, prefixes)
    for (const result of results) console.log(JSON.stringify(result))
    keep(prefixes, results)
  } finally {
    rmSync(dataDir, { recursive: true, force: true })
  }
}
console.log(describeMachine())

/** In place of those of as many prefixes. */
function keep(prefixes: number, results: readonly Evaluation[]): void {
  const told = results.map((row) => ({ ...row, machineWas }))
  const others = (readResult('rules') as Evaluation[]).filter((row) => row.prefixes !== prefixes)
  const rows = [...others, ...told].sort((a, b) => a.prefixes - b.prefixes)
  writeResult('rules', rows)
  draw(rows)
}

function draw(rows: readonly Evaluation[]): void {
  const series = (['threshold', 'zscore'] as const).flatMap((type) =>
    (['first', 'following'] as const).map((evaluation) => ({
      name: `${type}, ${evaluation}`,
      points: rows
        .filter((row) => row.type === type && row.evaluation === evaluation)
        .map(({ prefixes, seconds }) => [prefixes, seconds] as const),
    })),
  )
  writePlot('growth-rules', {
    title: 'An evaluation of all rules, by their prefixes, two of each',
    xName: 'prefixes',
    yName: 'seconds',
    series,
  })
}

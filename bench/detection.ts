// How soon attacks are told, how often, and what is told that is none: nine scenarios against one rule of each type, on the real store, with the
// evaluator that `netmon alert` uses, minute by minute of a clock that does not wait. Four weeks came before, as far as verdicts look at them.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createEvaluator } from '../rules/alerts/advance.ts'
import { readAlerts } from '../rules/alerts/archive.ts'
import { addRemark } from '../rules/alerts/people.ts'
import { createConfiguration } from '../rules/configuration/configuration.ts'
import { ruleInputSchema } from '../rules/configuration/rule.ts'
import { vectors } from '../rules/ddos/vectors.ts'
import { readEvidence } from '../rules/evidence/evidence.ts'
import { createStoreClient, type StoreClient } from '../schema/client.ts'
import { migrate, readMigrations } from '../schema/migrate.ts'
import {
  playedMinutes,
  type RuleType,
  rulesOf,
  type Scenario,
  scenarios,
} from './detection-scenarios.ts'
import { insertTraffic, type Part, usualTraffic } from './detection-traffic.ts'
import { describeMachine, writeResult } from './report.ts'
import { rowsOf, startStore } from './store.ts'

const day = 86_400
const otherDays = [2, 3, 4, 5, 6, 7, 14, 21, 28]
/** The played time begins at a full hour, and is over when this runs. */
const start = Math.floor(Date.now() / 3_600_000) * 3600 - 4 * 3600
const end = start + 60 * (playedMinutes - 1)

const dataDir = mkdtempSync(path.join(tmpdir(), 'netmon-detection-'))
const store = await startStore(dataDir)
const client = createStoreClient({ ...store.address, database: 'flows' })
try {
  await migrate({ ...store.address, database: 'flows' }, await readMigrations())
  const ids = await createRules()
  await client.command({ query: 'SYSTEM RELOAD DICTIONARIES' })
  await insertHistory()
  await evaluateAll(ids)
  const results = []
  for (const scenario of scenarios) {
    for (const type of ['threshold', 'zscore', 'advanced_ddos'] as const) {
      results.push(await scoreOf(scenario, type, ids.get(`${scenario.network} ${type}`)!))
    }
  }
  console.table(results)
  console.log(describeMachine())
  writeResult('detection', results)
} finally {
  await client.close()
  await store.stop()
  rmSync(dataDir, { recursive: true, force: true })
}

async function createRules(): Promise<Map<string, string>> {
  const configuration = createConfiguration(client, () => (start - 40 * day) * 1000)
  const ids = new Map<string, string>()
  for (const scenario of scenarios) {
    for (const [type, body] of Object.entries(rulesOf(scenario))) {
      const { id } = await configuration.rules.create(ruleInputSchema.parse(body))
      ids.set(`${scenario.network} ${type}`, id)
    }
  }
  return ids
}

/** The day before, the same time of the other days that verdicts look at, and the played time; a collector ran through all of it. */
async function insertHistory(): Promise<void> {
  const hour = 3600
  const ranges = [
    { first: start - 25 * hour, last: end },
    ...otherDays.map((days) => {
      const back = days * day
      return { first: start - back - hour, last: end - back + hour }
    }),
  ]
  const parts: Part[] = ranges.flatMap(({ first, last }) =>
    scenarios.flatMap(({ network }) => usualTraffic(network, first, last)),
  )
  for (const { network, parts: added } of scenarios) {
    for (const { first, last, nightly = false, ...part } of added) {
      for (const back of nightly ? [0, 1, ...otherDays] : [0]) {
        const from = start - back * day
        parts.push({ ...part, network, first: from + 60 * first, last: from + 60 * last })
      }
    }
  }
  await insertTraffic(client, parts)
  const text = (seconds: number) => seconds.toFixed(3)
  await client.insert({
    table: 'status',
    values: [
      {
        collector: 'c',
        boot: 'b',
        kind: 'collector',
        started: text(start - 30 * day),
        watermark: text(end + 600),
        time: text(end + 600),
      },
    ],
    format: 'JSONEachRow',
  })
}

async function evaluateAll(ids: ReadonlyMap<string, string>): Promise<void> {
  const evaluate = createEvaluator(client)
  for (let minute = start; minute <= end; minute += 60) {
    const { blind } = await evaluate((minute + 80) * 1000)
    if (blind !== undefined) throw new Error(blind)
    for (const { network, acceptedAt } of scenarios) {
      if (acceptedAt === (minute - start) / 60) {
        await accept(ids.get(`${network} zscore`)!, (minute + 80) * 1000)
      }
    }
  }
}

/** As `POST /alerts/{id}/accept-baseline` does it. */
async function accept(ruleId: string, nowMs: number): Promise<void> {
  const filter = { ruleId, prefix: undefined, fromMs: undefined, toMs: undefined }
  const { alerts } = await readAlerts(client, { ...filter, state: 'open' }, 1, undefined, nowMs)
  if (alerts[0] === undefined) throw new Error('there is no alert to accept')
  await addRemark(client, alerts[0], { event: 'accepted', by: 'bench', comment: '' }, nowMs)
}

interface Score {
  scenario: string
  rule: RuleType
  fired: 'yes' | 'no' | 'missed' | 'false alarm'
  vector: string | null
  victims: 'right' | 'wrong' | null
  /** From the start of the attack to the end of the minute with which it was told; closing a minute takes 15 s more. */
  delayMinutes: number | null
  /** How often it began. */
  firings: number
  /** All that evaluations said of it, also what is only told again. */
  messages: number
  resolved: number
  /** From the start of the attack to its end. */
  resolvedMinutes: number | null
}

async function scoreOf(scenario: Scenario, rule: RuleType, ruleId: string): Promise<Score> {
  const events = await rowsOf<{ event: string; at: number; vector: string }>(
    client,
    `SELECT event, toUnixTimestamp(minute) AS at, JSONExtractString(doc, 'vector') AS vector
    FROM alert_events FINAL WHERE rule_id = {ruleId:String} AND number > 0 ORDER BY minute, event`,
    { ruleId },
  )
  const minuteOf = (at: number) => (at - start) / 60
  const firings = events.filter(({ event }) => event === 'firing')
  const ended = events.filter(({ event }) => event === 'resolved')
  const [first] = firings
  const { toldBy } = scenario
  const attack = toldBy === undefined || toldBy.includes(rule) ? scenario.attack : undefined
  const isInTime =
    first !== undefined &&
    attack !== undefined &&
    minuteOf(first.at) >= attack.first &&
    minuteOf(first.at) <= attack.last
  const fired = isInTime ? 'yes' : first !== undefined ? 'false alarm' : attack ? 'missed' : 'no'
  return {
    scenario: scenario.name,
    rule,
    fired,
    vector: [...new Set(firings.map(({ vector }) => vector))].filter(Boolean).join(' ') || null,
    victims:
      isInTime && scenario.victim !== undefined
        ? await victimsOf(client, scenario, ruleId, first)
        : null,
    delayMinutes: isInTime ? minuteOf(first.at) + 1 - attack.first : null,
    firings: firings.length,
    messages: events.length,
    resolved: ended.length,
    resolvedMinutes:
      ended.length > 0 && attack !== undefined
        ? minuteOf(ended.at(-1)!.at) + 1 - attack.first
        : null,
  }
}

async function victimsOf(
  client: StoreClient,
  { victim }: Scenario,
  ruleId: string,
  { at, vector }: { at: number; vector: string },
): Promise<Score['victims']> {
  const evidence = await readEvidence(client, {
    source: { ruleId },
    direction: 'in',
    vector: vectors.find((one) => one === vector) ?? null,
    first: at,
    last: at,
  })
  if (evidence === undefined) return 'wrong'
  const { pattern, victims } = evidence
  const isRight =
    victim === null ? pattern === 'carpet' : pattern !== 'carpet' && victims[0]?.host === victim
  return isRight ? 'right' : 'wrong'
}

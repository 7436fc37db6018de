// IPv6 is IPv4 with longer addresses: the same flows, of one family and of the other, lead to the same verdicts.

import { afterAll, beforeAll, expect, test } from 'vitest'
import { createConfiguration } from '../../rules/configuration/configuration.ts'
import { ruleInputSchema } from '../../rules/configuration/rule.ts'
import { evaluate } from '../../rules/evaluate.ts'
import type { Judgement } from '../../rules/judgement.ts'
import { recentDay, startTestDatabase, type TestDatabase } from '../build/database.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await startTestDatabase()
})
afterAll(() => database.remove())

const NOON = Date.parse(`${recentDay}T12:00:00Z`) / 1000
const minutes = 10
/** Numbers below ten are written alike in both notations. */
const networks = [1, 2, 3, 4, 5, 6, 7, 8, 9]

/** Address `host` of one of the two halves of a network; network 0 is the rest of the world. */
function address(family: 4 | 6, network: number, half: number, host: number): string {
  if (family === 4) return network === 0 ? `198.51.100.${host}` : `10.${network}.${half}.${host}`
  if (network === 0) return `2001:db8:ffff::${host}`
  return half === 0 ? `2001:db8:${network}::${host}` : `2001:db8:${network}:${half}::${host}`
}

const prefixes = {
  4: (network: number) => [`10.${network}.0.0/16`, `10.${network}.1.0/24`],
  6: (network: number) => [`2001:db8:${network}::/48`, `2001:db8:${network}:1::/64`],
}

/** The same numbers in every run. */
function createRandom(seed: number) {
  let state = seed
  return (below: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

test.each([1, 2])(
  'verdicts of both families are the same, with the random flows of seed %i',
  async (seed) => {
    await database.empty('rules', 'prefixes', 'prefix_minutes', 'host_1m', 'status')
    const random = createRandom(seed)
    const { rules } = createConfiguration(database.client, () => (NOON - 86_400) * 1000)
    const inputs = networks.flatMap((network) => {
      const zscore = random(4) === 0
      const rule = {
        scope: zscore ? 'rule' : ['rule', 'per_prefix', 'per_host'][random(3)],
        direction: ['in', 'out', 'both'][random(3)],
        ...(zscore
          ? { type: 'zscore', zscore_sensitivity: 'high', zscore_target: 'packets', min_traffic: 1 }
          : { type: 'threshold', bandwidth_threshold: 1 + random(200), duration: 1 + random(3) }),
      }
      return ([4, 6] as const).map((family) => ({
        input: ruleInputSchema.parse({
          ...rule,
          name: `${network} of ${family}`,
          prefixes: prefixes[family](network),
        }),
      }))
    })
    await rules.rewrite(() => inputs)
    await database.client.command({ query: 'SYSTEM RELOAD DICTIONARIES' })

    const flows = Array.from({ length: 250 }, () => {
      const ends = [
        [networks[random(networks.length)] ?? 1, random(2), 1 + random(3)],
        [0, 0, 1],
      ] as const
      const [from, to] = random(2) === 0 ? ends : [ends[1], ends[0]]
      return {
        from,
        to,
        second: random(60 * minutes),
        bytes: 40 + random(1_400),
        packets: 1 + random(30),
        samplingRate: [1, 100][random(2)] ?? 1,
      }
    })
    const values = flows.flatMap(({ from, to, second, bytes, packets, samplingRate }) =>
      ([4, 6] as const).map((family) => {
        const [source, destination] = [from, to].map((end) => {
          const text = `IPv${family}StringToNum('${address(family, ...end)}')`
          return family === 6 ? `CAST(${text} AS String)` : `reverse(reinterpretAsString(${text}))`
        })
        const nanoseconds = `${NOON + second}000000000`
        return `(${nanoseconds}, ${source}, ${destination}, ${bytes}, ${packets}, ${samplingRate})`
      }),
    )
    await database.client.command({
      query: `INSERT INTO ingest (time_received_ns, src_addr, dst_addr, bytes, packets, sampling_rate) VALUES ${values.join(', ')}`,
    })
    const now = NOON + 60 * minutes + 15
    const row = { collector: 'c', boot: 'b', kind: 'collector' }
    const times = { started: `${NOON - 86_400}.000`, watermark: `${now}.000`, time: `${now}.000` }
    await database.client.insert({
      table: 'status',
      values: [{ ...row, ...times }],
      format: 'JSONEachRow',
    })

    const evaluation = await evaluate(database.client, now * 1000)
    if ('blind' in evaluation) throw new Error(evaluation.blind)
    const four = verdictsOf(evaluation.verdicts, 4)
    expect(verdictsOf(evaluation.verdicts, 6)).toEqual(four)
    // Some are crossed and some are not, so that it was worth comparing.
    const crossed = evaluation.verdicts.filter(({ peaks }) => peaks !== undefined)
    expect(crossed.length).toBeGreaterThan(0)
    expect(crossed.length).toBeLessThan(evaluation.verdicts.length)
  },
)

/** By network, direction and what is judged of it, in words of IPv6. */
function verdictsOf(verdicts: readonly Judgement[], family: 4 | 6) {
  return verdicts
    .filter(({ rule }) => rule.name.endsWith(`of ${family}`))
    .map(({ rule, series, verdict, peaks }) => {
      const network = Number(rule.name.split(' ')[0])
      const names = new Map(
        prefixes[4](network).map((prefix, index) => [prefix, prefixes[6](network)[index]]),
      )
      const host = /^10\.(\d)\.(\d)\.(\d)$/
        .exec(series.prefix ?? '')
        ?.slice(1)
        .map(Number)
      const [, half = 0, number = 0] = host ?? []
      const prefix =
        host === undefined
          ? (names.get(series.prefix ?? '') ?? series.prefix)
          : address(6, network, half, number)
      return { name: `${network} ${series.direction} ${prefix}`, verdict, peaks }
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
}

// When a whole network is attacked, or comes back after an outage, lists are longer than a call takes arguments (about 120,000).

import { expect, test } from 'vitest'
import { ruleInputSchema } from '../../rules/configuration/rule.ts'
import { readRuleVectors } from '../../rules/ddos/traffic.ts'
import { findHosts } from '../../rules/threshold/hosts.ts'
import { weighJudged, type ZscoreJudged } from '../../rules/zscore/past.ts'
import type { ZscoreVerdict } from '../../rules/zscore/zscore.ts'
import type { StoreClient } from '../../schema/client.ts'

const veryMany = 200_000
const minute = Date.UTC(2026, 10, 22, 12) / 1000

/** Answers every question with the same rows. */
const storeOf = (rows: readonly object[]) =>
  ({ query: async () => ({ json: async () => rows }) }) as unknown as StoreClient

test('verdicts of a zscore rule are weighed, however many are crossed', async () => {
  const verdict: ZscoreVerdict = {
    kind: 'zscore',
    closedMinute: minute,
    crossed: true,
    reason: 'crossed',
    value: 3_000_000,
    mean: 1_000_000,
    deviation: 100_000,
    limit: 2_000_000,
    usual: undefined,
    z: 20,
    baselineMinutes: 240,
    since: minute,
    errorPercent: undefined,
  }
  const input = { name: 'r', type: 'zscore', prefixes: ['192.0.2.0/24'] }
  const rule = ruleInputSchema.parse({
    ...input,
    zscore_sensitivity: 'high',
    zscore_target: 'bits',
  })
  const judged: ZscoreJudged = {
    rule,
    ruleId: undefined,
    series: { prefix: undefined, direction: 'in', prefixes: rule.prefixes, countedFrom: 0 },
    verdicts: Array<ZscoreVerdict>(veryMany).fill(verdict),
    traffic: new Map([[minute, { bytes: 1n, packets: 1n, flows: 1n, samples: 1n }]]),
    valueAt: () => 3_000_000,
  }
  const [weighed] = await weighJudged(storeOf([]), [judged], () => async () => [() => 0])
  expect(weighed!.verdicts).toHaveLength(veryMany)
  expect(weighed!.verdicts.every(({ crossed }) => crossed)).toBe(true)
})

test('minutes by vector are read, however many there are', async () => {
  const row = { id: 'r', version: '1', prefix: '', counted: 'total', minutes: [] }
  const series = { prefix: undefined, direction: 'in', prefixes: [], countedFrom: 0 } as const
  const read = await readRuleVectors(
    storeOf(Array(veryMany).fill(row)),
    [{ rule: { id: 'r' }, series }],
    [{ first: minute, last: minute }],
  )
  expect([...read.keys()]).toEqual(['r'])
})

test('hosts that are tracked are found, however many rows tell of them', async () => {
  const row = { id: 'other', version: '1', host: '192.0.2.1', direction: 'in', minutes: [] }
  const rule = ruleInputSchema.parse({
    name: 'r',
    type: 'threshold',
    prefixes: ['192.0.2.0/24'],
    scope: 'per_host',
    packet_threshold: 1_000,
    duration: 1,
  })
  const counted = { rule: { ...rule, id: 'r' }, version: 1, series: [] }
  const found = await findHosts(
    storeOf(Array(veryMany).fill(row)),
    [counted as never],
    { oldest: minute, near: minute, last: minute },
    new Map([['r', [{ host: '192.0.2.1', direction: 'in' }]]]),
  )
  expect(found.rules).toHaveLength(1)
})

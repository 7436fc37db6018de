import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Condition, Level } from '../../../rules/alerts/condition.ts'
import { decide, type ToldEvent } from '../../../rules/alerts/decide.ts'
import { fingerprintOf, subjectOf } from '../../../rules/alerts/identity.ts'
import { usualPolicy } from '../../../rules/alerts/policy.ts'
import type { Judged } from '../../../rules/alerts/question.ts'
import type { AlertState } from '../../../rules/alerts/state.ts'
import { ruleSchema } from '../../../rules/configuration/rule.ts'
import type { CountedRule } from '../../../rules/traffic/query.ts'

const noon = 1_795_435_200
const prefixes = ['192.0.2.0/24', '198.51.100.0/24', '2001:db8::/32']
const counted: CountedRule = {
  rule: ruleSchema.parse({
    id: 'r',
    name: 'Web',
    type: 'threshold',
    prefixes,
    scope: 'per_prefix',
    bandwidth_threshold: 100,
    packet_threshold: null,
    duration: 1,
    zscore_sensitivity: null,
    zscore_target: null,
    prefix_match: null,
  }),
  version: 1,
  series: prefixes.map((prefix) => ({
    prefix,
    direction: 'in' as const,
    prefixes: [prefix],
    countedFrom: 0,
  })),
}

const levels: readonly Level[] = ['met', 'over', 'between', 'below', 'unknown', 'learning']
/** Below the limit more often than not, so that alerts end, begin again and flap. */
const observation = fc.record({
  level: fc.oneof(
    { weight: 3, arbitrary: fc.constant<Level>('below') },
    { weight: 2, arbitrary: fc.constant<Level>('met') },
    { weight: 1, arbitrary: fc.constantFrom(...levels) },
  ),
  value: fc.integer({ min: 0, max: 2000 }),
  silenced: fc.boolean(),
  acknowledged: fc.boolean(),
})
/** A minute of each of the three prefixes. */
const minutes = fc.array(fc.tuple(observation, observation, observation), {
  minLength: 1,
  maxLength: 90,
})
type Minutes = ReturnType<typeof minutes.generate>['value']

interface Row {
  number: number
  minute: number
  states: AlertState[]
  events: ToldEvent[]
}

const start: Row = { number: 0, minute: noon - 60, states: [], events: [] }

/** What an evaluator makes of the minutes behind a row, up to the one of this index. */
function next(row: Row, all: Minutes, upTo: number): Row {
  const first = row.minute + 60
  const last = noon + 60 * upTo
  if (first > last) return row
  const at = (minute: number) => all[(minute - noon) / 60]
  const judged: Judged[] = counted.series.map((series, place) => {
    const subject = subjectOf(counted.rule, series)
    const conditions: Condition[] = []
    for (let minute = first; minute <= last; minute += 60) {
      const { level, value } = at(minute)![place]!
      const total = { bytes: value, packets: value }
      conditions.push({
        level,
        metric: 'bandwidth',
        value: level === 'unknown' ? null : value,
        limit: 100,
        ratio: value / 100,
        peaks: { peakBps: value, peakPps: 0, peakFps: 0 },
        total,
        since: minute,
        totalSince: total,
        errorPercent: null,
        clearMinutes: 2,
      })
    }
    return { fingerprint: fingerprintOf(subject), subject, policy: usualPolicy, conditions }
  })
  const people =
    ({ key }: { key: string }, minute: number) =>
    () =>
      at(minute)![prefixes.indexOf(key)]!
  const { states, events } = decide(row.states, [counted], judged, { first, last }, people)
  return { number: row.number + 1, minute: last, states, events }
}

const told = (rows: readonly Row[]) =>
  rows.flatMap(({ events }) =>
    events.map(({ id, event, alertId, silenced, text }) => ({
      id,
      event,
      alertId,
      silenced,
      text,
    })),
  )

function minuteByMinute(all: Minutes): Row[] {
  const rows: Row[] = [start]
  for (let index = 0; index < all.length; index++) rows.push(next(rows.at(-1)!, all, index))
  return rows
}

const sorted = (states: readonly AlertState[]) =>
  [...states].sort((a, b) => (a.fingerprint < b.fingerprint ? -1 : 1))

test('minutes taken in any batches, or twice, lead to the same events and states', () => {
  fc.assert(
    fc.property(minutes, fc.array(fc.nat(89), { maxLength: 20 }), (all, stops) => {
      const expected = minuteByMinute(all)
      const rows: Row[] = [start]
      for (const stop of [...stops, all.length - 1]) {
        const row = next(rows.at(-1)!, all, Math.min(stop, all.length - 1))
        if (row !== rows.at(-1)) rows.push(row)
      }
      expect(told(rows)).toEqual(told(expected))
      expect(sorted(rows.at(-1)!.states)).toEqual(sorted(expected.at(-1)!.states))
    }),
  )
})

test('two evaluators that read and write whenever they like lead to the same events, each once', () => {
  const move = fc.record({
    evaluator: fc.constantFrom(0, 1),
    does: fc.constantFrom('read', 'write'),
    upTo: fc.nat(89),
  })
  fc.assert(
    fc.property(minutes, fc.array(move, { maxLength: 60 }), (all, moves) => {
      const journal: Row[] = [start]
      const read: Row[] = [start, start]
      const last = { upTo: all.length - 1 } as const
      const end = [
        { evaluator: 0, does: 'read', ...last },
        { evaluator: 0, does: 'write', ...last },
      ] as const
      for (const { evaluator, does, upTo } of [...moves, ...end]) {
        if (does === 'read') {
          read[evaluator] = journal.at(-1)!
          continue
        }
        // The store takes a number once, as the token of its insert.
        const row = next(read[evaluator]!, all, Math.min(upTo, all.length - 1))
        if (row.number === journal.at(-1)!.number + 1) journal.push(row)
      }
      const ids = told(journal).map(({ id }) => id)
      expect(new Set(ids).size).toBe(ids.length)
      expect(told(journal)).toEqual(told(minuteByMinute(all)))
    }),
  )
})

test('there is at most one open alert of each, and every end has a beginning', () => {
  fc.assert(
    fc.property(minutes, (all) => {
      const open = new Map<string, string>()
      for (const { events } of minuteByMinute(all)) {
        for (const { event, fingerprint, alertId } of events) {
          if (event === 'firing' || event === 'reopened') {
            expect(open.has(fingerprint)).toBe(false)
            open.set(fingerprint, alertId)
          } else if (event === 'resolved') {
            expect(open.get(fingerprint)).toBe(alertId)
            open.delete(fingerprint)
          } else if (event !== 'flapping') {
            expect(open.get(fingerprint)).toBe(alertId)
          }
        }
      }
    }),
  )
})

test('an alert of a host goes on while its rule is as it was, and is closed with another scope or prefix', () => {
  const rule = { ...counted.rule, scope: 'per_host' as const }
  const sum = { prefix: undefined, direction: 'in' as const, prefixes, countedFrom: 0 }
  const perHost = { ...counted, rule, series: [sum] }
  const subject = subjectOf(rule, { ...sum, prefix: '192.0.2.7' })
  const total = { bytes: 200, packets: 200 }
  const met: Condition = {
    level: 'met',
    metric: 'bandwidth',
    value: 200,
    limit: 100,
    ratio: 2,
    peaks: { peakBps: 200, peakPps: 0, peakFps: 0 },
    total,
    since: noon,
    totalSince: total,
    errorPercent: null,
    clearMinutes: 2,
  }
  const judged = [
    { fingerprint: fingerprintOf(subject), subject, policy: usualPolicy, conditions: [met] },
  ]
  const nobody = () => () => ({ silenced: false, acknowledged: false })
  const at = (states: AlertState[], rules: CountedRule[], minute: number) =>
    decide(states, rules, judged, { first: minute, last: minute }, nobody)
  const { states, events } = at([], [perHost], noon)
  expect(events.map(({ event }) => event)).toEqual(['firing'])
  expect(at(states, [perHost], noon + 60).events).toEqual([])
  const reasons = (changed: CountedRule) =>
    at(states, [changed], noon + 60).events.map(({ alert }) => alert.resolve_reason)
  expect(reasons({ ...perHost, rule: { ...rule, scope: 'rule' } })).toContain('rule_changed')
  expect(reasons({ ...perHost, series: [{ ...sum, prefixes: ['192.0.2.0/24'] }] })).toContain(
    'rule_changed',
  )
})

// Rules, minutes of traffic and collectors for tests of alerts, on a clock that the test moves.

import { createEvaluator } from '../../rules/alerts/advance.ts'
import { createConfiguration } from '../../rules/configuration/configuration.ts'
import type { Rule } from '../../rules/configuration/rule.ts'
import { ruleInputSchema } from '../../rules/configuration/rule.ts'
import { recentDay, rowsOf, type TestDatabase } from './database.ts'

/** Minutes are counted from here. */
export const noon = Date.parse(`${recentDay}T12:00:00Z`) / 1000
export const minuteAt = (index: number) => noon + 60 * index
/** 20 s after the end of a minute, when it is closed. */
export const closedMs = (index: number) => (minuteAt(index) + 80) * 1000

export const sceneTables = [
  'rules',
  'prefixes',
  'prefix_minutes',
  'status',
  'silences',
  'alert_evaluations',
  'alert_events',
  'alerts',
  'alert_evidence',
]

export interface SceneEvent {
  id: string
  event: string
  /** Index of its minute. */
  minute: number
  silenced: boolean
  rule_id: string
}

export function createScene({ client }: TestDatabase) {
  const configuration = createConfiguration(client, () => (noon - 86_400) * 1000)
  const evaluate = createEvaluator(client)
  let boots = 0
  const scene = {
    configuration,
    /** A rule of yesterday: 1000 bit/s for one minute, unless it is changed. */
    addRule: (change: object = {}): Promise<Rule> =>
      configuration.rules.create(
        ruleInputSchema.parse({
          name: 'Web',
          type: 'threshold',
          prefixes: ['192.0.2.0/24'],
          bandwidth_threshold: 1000,
          ...change,
        }),
      ),
    /** Averages of minutes, in bit/s, from the minute `first` on. */
    async traffic(first: number, bitsPerSecond: readonly number[], prefix = '192.0.2.0/24') {
      await client.insert({
        table: 'prefix_minutes',
        values: bitsPerSecond.map((value, index) => ({
          minute: minuteAt(first + index),
          prefix,
          direction: 'in',
          bytes: Math.round((value * 60) / 8),
          packets: 600,
          flows: 1,
          samples: 600,
        })),
        format: 'JSONEachRow',
      })
    },
    /** A collector that ran from the start of one minute until it had stored all of another one, or runs still. */
    async collector(first: number, last: number) {
      const [started, end] = [minuteAt(first), minuteAt(last) + 75].map((time) => time.toFixed(3))
      const boot = String(++boots)
      await client.insert({
        table: 'status',
        columns: ['collector', 'boot', 'kind', 'started', 'watermark', 'time'],
        values: [{ collector: 'c', boot, kind: 'collector', started, watermark: end, time: end }],
        format: 'JSONEachRow',
      })
    },
    /** One evaluation when this minute has been closed. */
    at: (index: number) => evaluate(closedMs(index)),
    /** All events of evaluations, the oldest first. */
    async events(): Promise<SceneEvent[]> {
      const rows = await rowsOf<{
        id: string
        event: string
        at: number
        silenced: number
        rule_id: string
      }>(
        client,
        `SELECT id, event, toUnixTimestamp(minute) AS at, silenced, rule_id FROM alert_events FINAL
        WHERE number > 0 ORDER BY minute, number, event`,
      )
      return rows.map(({ at, silenced, ...rest }) => ({
        ...rest,
        minute: (at - noon) / 60,
        silenced: silenced === 1,
      }))
    },
    /** `minute:event`, one that nobody is told of in parentheses. */
    async told(): Promise<string[]> {
      const events = await scene.events()
      return events.map(({ minute, event, silenced }) =>
        silenced ? `${minute}:(${event})` : `${minute}:${event}`,
      )
    },
  }
  return scene
}

export type Scene = ReturnType<typeof createScene>

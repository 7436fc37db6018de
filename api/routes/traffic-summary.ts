// /traffic/summary: the network at a glance, in one answer.

import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import type { Configuration } from '../../rules/configuration/configuration.ts'
import { closedMinutes, newestMinute } from '../../rules/traffic/minutes.ts'
import { readCollectorRuns } from '../../rules/traffic/query.ts'
import type { StoreClient } from '../../schema/client.ts'
import { json, successSchema } from '../envelope.ts'
import { failures } from '../failures.ts'
import type { NameLists } from '../names/lists.ts'
import { namesOf, readNames } from '../traffic/names.ts'
import {
  type Amounts,
  askSummary,
  type Peak,
  type Summary,
  topDimensions,
} from '../traffic/summary.ts'
import { topRowSchema } from './traffic.ts'
import { answerExactly, exactNumber, timeText } from './traffic-parameters.ts'

const rate = z.number().nullable()
const peakSchema = z
  .object({
    value: z.number(),
    /** The minute, by its start. */
    at: z.iso.datetime(),
  })
  .nullable()
const amountsSchema = z.object({
  /** Per second in the newest closed minute; null where it is not known. */
  now: z.object({ bits: rate, packets: rate, flows: rate }),
  /** Per second over the known minutes of 24 hours. */
  avg: z.object({ bits: rate, packets: rate, flows: rate }),
  /** Per second in the greatest minute of them. */
  peak: z.object({ bits: peakSchema, packets: peakSchema, flows: peakSchema }),
  total: z.object({ bytes: exactNumber, packets: exactNumber, flows: exactNumber }),
})

const summary = createRoute({
  method: 'get',
  path: '/traffic/summary',
  summary: 'What the network carries now and carried in 24 hours, and who most of it is of',
  responses: {
    200: json(
      'Of the 24 hours up to the end of the newest closed minute.',
      successSchema(
        z.object({
          from: z.iso.datetime(),
          to: z.iso.datetime(),
          all: amountsSchema,
          /** Towards all rules' prefixes together, and from them, each flow once; null when there are none. */
          in: amountsSchema.nullable(),
          out: amountsSchema.nullable(),
          /** The greatest by bits in 24 hours, by dimension. */
          top: z.record(z.enum(topDimensions), z.array(topRowSchema)),
        }),
      ),
    ),
    ...failures(422, 503),
  },
})

export interface TrafficSummaryDependencies {
  configuration: Configuration
  store: StoreClient
  now: () => number
  lists?: NameLists
}

const topRows = 5

/** Every browser that shows Home asks every few seconds, and what is told changes once a minute. */
const keptMs = 30_000

export function trafficSummaryRoutes(dependencies: TrafficSummaryDependencies): OpenAPIHono {
  const { configuration, store, now, lists } = dependencies
  const app = new OpenAPIHono()
  let kept: { minute: number; untilMs: number; answer: Promise<Summary> } | undefined

  /** Who asks meanwhile gets the same answer. */
  const ofMinute = (minute: number): Promise<Summary> => {
    if (kept?.minute !== minute || kept.untilMs < now()) {
      const asked = { minute, untilMs: now() + keptMs, answer: askSummary(store, minute, topRows) }
      asked.answer.catch(() => {
        if (kept === asked) kept = undefined
      })
      kept = asked
    }
    return kept.answer
  }

  app.openapi(summary, async (c) => {
    const [minute, names] = await Promise.all([
      readNewestMinute(store, now()),
      readNames(store, configuration, topDimensions, lists),
    ])
    const { from, to, all, in: inwards, out: outwards, top } = await ofMinute(minute)
    return answerExactly(c, {
      from: timeText(from),
      to: timeText(to),
      all: shown(all),
      in: inwards && shown(inwards),
      out: outwards && shown(outwards),
      top: Object.fromEntries(
        topDimensions.map((dimension) => [
          dimension,
          top[dimension].map((row) => ({ ...row, name: namesOf([dimension], row.key, names) })),
        ]),
      ),
    })
  })
  return app
}

/** The newest that is over where no collector tells which ones are closed. */
async function readNewestMinute(store: StoreClient, nowMs: number): Promise<number> {
  const runs = await readCollectorRuns(store, nowMs - 3_600_000)
  const minutes = closedMinutes(runs, nowMs)
  return 'blind' in minutes ? newestMinute(nowMs) : minutes.closed
}

function shown({ peak: { bits, packets, flows }, ...amounts }: Amounts) {
  return { ...amounts, peak: { bits: at(bits), packets: at(packets), flows: at(flows) } }
}

function at(peak: Peak | null) {
  return peak && { value: peak.value, at: timeText(peak.minute) }
}

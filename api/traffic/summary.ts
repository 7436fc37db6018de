// The network at a glance: what it carries now, what it carried in 24 hours and at most in a minute of them, towards and from the prefixes of rules where
// there are some, and who most of it is of. Read from rollups only. All functions throw StoreError.

import { withoutNested } from '../../rules/configuration/prefix.ts'
import { toThousandth } from '../../rules/to-thousandth.ts'
import { knownMinutes } from '../../rules/traffic/minutes.ts'
import { readCollectorRuns, readCountedFrom } from '../../rules/traffic/query.ts'
import type { StoreClient } from '../../schema/client.ts'
import { askTop, readTraffic, type TopRow } from './ask.ts'
import { createParameters } from './parameters.ts'
import { type Plan, planSeries, planWhole } from './plan.ts'
import { type Question, stepsStatement } from './statement.ts'
import { rateFactor, type Unit, units } from './unit.ts'

const minutesOfDay = 24 * 60

/** Per second; null where nothing is known. */
export type Rates = Record<Unit, number | null>

export interface Peak {
  value: number
  /** The minute, by its start in seconds since 1970. */
  minute: number
}

export interface Amounts {
  /** In the newest closed minute. */
  now: Rates
  /** Over the minutes that are known: of prefixes, those in which all of them were counted. */
  avg: Rates
  /** The greatest minute, null when none is known. */
  peak: Record<Unit, Peak | null>
  total: { bytes: bigint; packets: bigint; flows: bigint }
}

export interface Summary {
  /** Seconds since 1970; exclusive. */
  from: number
  to: number
  all: Amounts
  /** Of all rules' prefixes together, each flow once; null when there are none. */
  in: Amounts | null
  out: Amounts | null
  /** The greatest by bits in 24 hours. */
  top: Record<TopDimension, TopRow[]>
}

/** Each is a key of a rollup by itself. */
export const topDimensions = [
  'exporter',
  'src_as',
  'dst_as',
  'host',
  'prefix',
  'port',
  'proto',
] as const
export type TopDimension = (typeof topDimensions)[number]

/** Prefixes that no other one encloses, so that their sum has each flow once: chains hold the prefix itself and what encloses it. */
const outermostPrefixes =
  'prefix IN (SELECT prefix FROM prefixes FINAL WHERE NOT deleted AND chain = [prefix])'

const everything: Question = {
  dimensions: [],
  unit: 'bits',
  limit: 1,
  direction: 'in',
  condition: () => undefined,
  filterFields: new Set(),
}

/** @param minute the newest closed one @param limit of each list */
export async function askSummary(
  store: StoreClient,
  minute: number,
  limit: number,
): Promise<Summary> {
  const to = minute + 60
  const range = { from: to - minutesOfDay * 60, to, now: to + 60 }
  const ofPrefixes = (direction: 'in' | 'out'): Question => ({
    ...everything,
    direction,
    condition: () => outermostPrefixes,
    filterFields: new Set(['prefix']),
  })
  const steps = (question: Question) =>
    readSteps(store, question, planSeries({ ...question, ...range }, minutesOfDay))
  const greatest = async (dimension: TopDimension): Promise<[TopDimension, TopRow[]]> => {
    const question = { ...everything, dimensions: [dimension], limit }
    const { rows } = await askTop(store, question, planWhole({ ...question, ...range }))
    return [dimension, rows]
  }
  const [runs, countedFrom, all, inwards, outwards, ...top] = await Promise.all([
    readCollectorRuns(store, range.from * 1000),
    readCountedFrom(store),
    steps(everything),
    steps(ofPrefixes('in')),
    steps(ofPrefixes('out')),
    ...topDimensions.map(greatest),
  ])
  const isKnown = knownMinutes(runs, range.from, minute)
  const amounts = (rows: readonly Step[], first: number) => amountsOf(rows, isKnown, first, minute)
  const firstOfPrefixes = withoutNested(countedFrom.keys()).reduce(
    (latest, prefix) => Math.max(latest, countedFrom.get(prefix) ?? 0),
    range.from,
  )
  const hasPrefixes = inwards.length > 0 || outwards.length > 0
  return {
    from: range.from,
    to,
    all: amounts(all, range.from),
    in: hasPrefixes ? amounts(inwards, firstOfPrefixes) : null,
    out: hasPrefixes ? amounts(outwards, firstOfPrefixes) : null,
    top: Object.fromEntries(top) as Summary['top'],
  }
}

interface Step {
  /** Its start, in seconds since 1970. */
  bucket: number
  bytes: string
  packets: string
  flows: string
}

function readSteps(store: StoreClient, question: Question, plan: Plan): Promise<Step[]> {
  const parameters = createParameters()
  const sql = stepsStatement(question, plan, parameters)
  return readTraffic<Step>(store, sql, parameters.values)
}

/** Of minutes up to `last`, which are whole from `first` on. Without flows one is 0 where it is known, and nothing where it is not. */
function amountsOf(
  steps: readonly Step[],
  isKnown: (minute: number) => boolean,
  first: number,
  last: number,
): Amounts {
  const stored = new Map(steps.map((step) => [step.bucket, step]))
  let known = 0
  for (let minute = first; minute <= last; minute += 60) {
    if (isKnown(minute) || stored.has(minute)) known++
  }
  const column = (unit: Unit) => (unit === 'bits' ? 'bytes' : unit)
  const sum = (some: readonly Step[], unit: Unit) =>
    some.reduce((all, step) => all + BigInt(step[column(unit)]), 0n)
  const total = (unit: Unit) => sum(steps, unit)
  const whole = steps.filter(({ bucket }) => bucket >= first)
  const rate = (amount: number, minutes: number, unit: Unit) =>
    toThousandth((amount * rateFactor(unit)) / (60 * minutes))
  const each = <T>(tell: (unit: Unit) => T) =>
    Object.fromEntries(units.map((unit) => [unit, tell(unit)])) as Record<Unit, T>
  const newest = stored.get(last)
  const isNewestKnown = first <= last && (newest !== undefined || isKnown(last))
  return {
    now: each((unit) =>
      isNewestKnown ? rate(Number(newest?.[column(unit)] ?? 0), 1, unit) : null,
    ),
    avg: each((unit) => (known === 0 ? null : rate(Number(sum(whole, unit)), known, unit))),
    peak: each((unit) => {
      if (known === 0 && steps.length === 0) return null
      let greatest = { minute: last, amount: 0 }
      for (const step of steps) {
        const amount = Number(step[column(unit)])
        if (amount > greatest.amount) greatest = { minute: step.bucket, amount }
      }
      return { value: rate(greatest.amount, 1, unit), minute: greatest.minute }
    }),
    total: { bytes: total('bits'), packets: total('packets'), flows: total('flows') },
  }
}

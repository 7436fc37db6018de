// Which tables answer a question: the coarsest that tell apart what is asked for, finer ones for what those do not hold yet, raw when
// there is no other way. Pure. Times are whole seconds since 1970.

import { isInRaw } from './columns.ts'
import { type Level, type Rollup, type RollupTable, rollups } from './rollups.ts'

export interface Piece {
  table: RollupTable
  from: number
  /** Exclusive. */
  to: number
}

export interface Source {
  /** Undefined for raw. */
  rollup: Rollup | undefined
  level: Level | undefined
  tables: readonly RollupTable[]
}

export interface Plan {
  source: Source
  /** Of one bucket. */
  stepSeconds: number
  /** Both are whole steps since 1970. */
  from: number
  to: number
  /** Together they cover the time from `from` to `to`, each moment once. */
  pieces: readonly Piece[]
  /** The same for sums over the whole time, which need no steps. */
  wholePieces: readonly Piece[]
  /** The coarse tables' peaks are those of the rows that are asked for. */
  hasPeaks: boolean
}

/** What cannot be answered as it was asked; the message says what can. */
export class Unanswerable extends Error {
  override readonly name = 'Unanswerable'
}

/** The longest time that raw is read for: it has a row for each flow. */
export const mostRawHours = 24

const rawTable: RollupTable = {
  name: 'raw',
  timeColumn: 'time',
  resolutionSeconds: 1,
  keptSeconds: Infinity,
  isCoarse: false,
}

/** Steps of charts: each divides the ones after it, or a day. */
const steps = [10, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400]
const finestRawStep = 10

/** What came before this is in the tables, as a rule. */
const graceSeconds = 15
/** A coarse bucket is written within minutes of its end; until it is sure to be, finer tables are read in its place. */
const coarseDelaySeconds = 20 * 60
/** For less, a table that lies by key costs more than the finer one. */
const leastByKeySeconds = 6 * 3600

export interface PlanRequest {
  dimensions: readonly string[]
  filterFields: ReadonlySet<string>
  /** Towards prefixes and hosts, or from them. */
  direction: 'in' | 'out'
  from: number
  to: number
  now: number
}

/** @throws Unanswerable */
export function planSeries(request: PlanRequest, points: number): Plan {
  const source = findSource(request)
  const { now } = request
  const step = chooseStep(source, request, points)
  const from = floorTo(request.from, step)
  const to = floorTo(Math.min(request.to, now - graceSeconds), step)
  if (to <= from) {
    throw new Unanswerable(
      `there is no whole step of ${step} s that is over between from and to: ask for a longer time`,
    )
  }
  const fitting = source.tables.filter(
    ({ resolutionSeconds }) => resolutionSeconds <= step && step % resolutionSeconds === 0,
  )
  return {
    ...planOf(source, request),
    stepSeconds: step,
    from,
    to,
    pieces: cover(fitting, from, to, now),
    wholePieces: cover(source.tables, from, to, now),
  }
}

/** Sums over the whole time, which begins and ends where the finest table that still holds it can be cut. @throws Unanswerable */
export function planWhole(request: PlanRequest): Plan {
  const source = findSource(request)
  const { now } = request
  const { resolutionSeconds } = finestThatHolds(source.tables, request.from, now)
  const from = floorTo(request.from, resolutionSeconds)
  const to = ceilTo(Math.min(request.to, now), resolutionSeconds)
  if (to <= from) throw new Unanswerable('there is nothing yet between from and to')
  const pieces = cover(source.tables, from, to, now)
  return {
    ...planOf(source, request),
    stepSeconds: to - from,
    from,
    to,
    pieces,
    wholePieces: pieces,
  }
}

/** The first rollup that has all fields, else raw. @throws Unanswerable when raw has not all of them, or would be read for too long. */
function findSource(request: PlanRequest): Source {
  const needed = neededFields(request)
  for (const rollup of rollups) {
    if (rollup.about !== undefined && !needed.has(rollup.about)) continue
    if (rollup.isInbound && request.direction === 'out') continue
    const level = rollup.levels.find(({ keys }) => [...needed].every((name) => keys.includes(name)))
    if (level !== undefined) return { rollup, level, tables: rollup.tables }
  }
  const missing = [...needed].filter((name) => !isInRaw(name))
  if (missing.length > 0) throw new Unanswerable(withoutTable(missing, needed, request.direction))
  const hours = (request.to - request.from) / 3600
  if (hours > mostRawHours) {
    throw new Unanswerable(
      `${reasonForRaw(needed)}: flows themselves are read, for at most ${mostRawHours} hours, and this is ${Math.ceil(hours)} hours`,
    )
  }
  return { rollup: undefined, level: undefined, tables: [rawTable] }
}

function neededFields({ dimensions, filterFields }: PlanRequest): Set<string> {
  return new Set([...dimensions, ...filterFields])
}

function withoutTable(
  missing: readonly string[],
  needed: ReadonlySet<string>,
  direction: 'in' | 'out',
): string {
  const others = [...needed].filter((name) => !missing.includes(name))
  const instead =
    'name networks by src_addr << or dst_addr << to combine them with anything that flows have'
  if (direction === 'out' && needed.has('vector')) {
    return 'vectors of prefixes are known only towards them: ask without the other direction'
  }
  return `${listed(missing)} cannot be combined with ${listed(others.length > 0 ? others : missing)}: ${instead}`
}

function reasonForRaw(needed: ReadonlySet<string>): string {
  const nowhere = [...needed].filter(
    (name) => !rollups.some(({ levels }) => levels.some(({ keys }) => keys.includes(name))),
  )
  if (nowhere.length > 0) return `no rollup has ${listed(nowhere)}`
  return `no rollup has ${listed([...needed])} together`
}

function listed(names: readonly string[]): string {
  if (names.length < 2) return names.join('')
  return `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`
}

function planOf(
  source: Source,
  { dimensions, filterFields }: PlanRequest,
): Pick<Plan, 'source' | 'hasPeaks'> {
  const keys = source.level?.keys
  const isOwnKey =
    keys !== undefined &&
    keys.length === dimensions.length &&
    keys.every((key) => dimensions.includes(key)) &&
    [...filterFields].every((name) => keys.includes(name))
  return { source, hasPeaks: isOwnKey }
}

/** At least what gives at most `points` buckets, and what the table has that still holds the start. */
function chooseStep({ rollup, tables }: Source, request: PlanRequest, points: number): number {
  const { from, to, now } = request
  const finest =
    rollup === undefined ? finestRawStep : finestThatHolds(tables, from, now).resolutionSeconds
  const least = Math.max(finest, (to - from) / points)
  return steps.find((step) => step >= least) ?? ceilTo(least, 86_400)
}

/** When none does, the one that holds most. */
function finestThatHolds(tables: readonly RollupTable[], from: number, now: number): RollupTable {
  return tables.findLast((table) => holds(table, from, now)) ?? tables[0]!
}

function holds({ keptSeconds }: RollupTable, from: number, now: number): boolean {
  return from >= now - keptSeconds
}

/** `tables` from the coarsest to the finest, which can be cut at `from` and `to`. */
function cover(tables: readonly RollupTable[], from: number, to: number, now: number): Piece[] {
  const [table, ...finer] = tables
  if (table === undefined || from >= to) return []
  if (finer.length === 0) return [{ table, from, to }]
  const written = table.isCoarse ? now - coarseDelaySeconds : now
  const first = ceilTo(from, table.resolutionSeconds)
  const last = floorTo(Math.min(to, written), table.resolutionSeconds)
  const isShort = table.isByKey && last - first < leastByKeySeconds && holds(finer[0]!, first, now)
  if (first >= last || isShort) return cover(finer, from, to, now)
  return [
    ...cover(finer, from, first, now),
    { table, from: first, to: last },
    ...cover(finer, last, to, now),
  ]
}

function floorTo(time: number, step: number): number {
  return Math.floor(time / step) * step
}

function ceilTo(time: number, step: number): number {
  return Math.ceil(time / step) * step
}

// Which minutes are over, and which of them are stored whole. Collectors say so in the `status` table. A minute is named by its start, in
// seconds since 1970.

/** One run of one collector, from its start to its newest watermark: all that it received before the watermark is stored. */
export interface CollectorRun {
  collector: string
  startedMs: number
  watermarkMs: number
  lastStatusMs: number
}

/** Minutes from the first to the last, both included. */
export interface MinuteRange {
  first: number
  last: number
}

export interface Minutes {
  /** The newest closed minute: everything up to its end can be judged. */
  closed: number
  isKnown: (minute: number) => boolean
}

/** A minute ends, and then what was received at its end needs this long to be stored and told. */
const graceMs = 15_000
/** A collector tells its status each 10 s; one that is silent for this long is not waited for. */
const liveForMs = 60_000
/** No verdict asks about a minute that is older than this, so neither about a run that ended before. */
export const runsReadMs = 16 * 3_600_000
/** Verdicts that rest on nothing newer are none. */
const blindAfterMinutes = 5

/**
 * The closed minutes at `nowMs`, or why none can be judged: no collector is live, or no minute of the last few is stored whole.
 * Minute m is closed when m + 60 s + grace is past and the watermark of every live collector has reached its end; it is known when one run
 * covers it from start to end. A collector that died in it makes a minute unknown, unless another one ran through it.
 */
export function closedMinutes(
  runs: readonly CollectorRun[],
  nowMs: number,
): Minutes | { blind: string } {
  const live = newestRuns(runs).filter((run) => isLive(run, nowMs))
  if (live.length === 0) return { blind: noneLive(runs) }

  const over = newestMinute(nowMs)
  const closed = Math.min(over, ...live.map((run) => minuteBefore(run.watermarkMs)))
  const isKnown = (minute: number) =>
    runs.some((run) => run.startedMs <= minute * 1000 && run.watermarkMs >= (minute + 60) * 1000)
  for (let minute = over; minute > over - 60 * blindAfterMinutes; minute -= 60) {
    if (minute <= closed && isKnown(minute)) return { closed, isKnown }
  }
  return {
    blind: `no minute of the last ${blindAfterMinutes} is stored whole: ${reachOf(live)}`,
  }
}

/** Which of the minutes from `first` to `last` one run covers from start to end, for asking about very many of them. */
export function knownMinutes(
  runs: readonly CollectorRun[],
  first: number,
  last: number,
): (minute: number) => boolean {
  const known = new Uint8Array(Math.max(0, (last - first) / 60 + 1))
  for (const { startedMs, watermarkMs } of runs) {
    const from = Math.max(0, Math.ceil((startedMs / 1000 - first) / 60))
    const to = Math.floor((watermarkMs / 1000 - first) / 60)
    if (from < to) known.fill(1, from, to)
  }
  return (minute) => known[(minute - first) / 60] === 1
}

/** The newest minute that is over by the grace, whether it is stored or not. */
export function newestMinute(nowMs: number): number {
  return minuteBefore(nowMs - graceMs)
}

export function isLive(run: Pick<CollectorRun, 'lastStatusMs'>, nowMs: number): boolean {
  return nowMs - run.lastStatusMs <= liveForMs
}

/** The newest minute that ended at or before this time. */
function minuteBefore(timeMs: number): number {
  return Math.floor(timeMs / 60_000) * 60 - 60
}

/** The newest run of each collector. */
export function newestRuns(runs: readonly CollectorRun[]): CollectorRun[] {
  const newest = new Map<string, CollectorRun>()
  for (const run of runs) {
    const known = newest.get(run.collector)
    if (known === undefined || run.lastStatusMs > known.lastStatusMs) newest.set(run.collector, run)
  }
  return [...newest.values()]
}

function noneLive(runs: readonly CollectorRun[]): string {
  const last = Math.max(...runs.map((run) => run.lastStatusMs))
  return runs.length === 0
    ? 'no collector has reported in the last 16 hours'
    : `no collector has reported since ${new Date(last).toISOString()}`
}

function reachOf(live: readonly CollectorRun[]): string {
  return live
    .map(
      ({ collector, startedMs, watermarkMs }) =>
        `collector ${collector} runs since ${new Date(startedMs).toISOString()} and has stored all until ${new Date(watermarkMs).toISOString()}`,
    )
    .join('; ')
}

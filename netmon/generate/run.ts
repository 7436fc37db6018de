// A run: batches of flows become datagrams of their routers and leave at the scenario's pace.

import { setImmediate, setTimeout } from 'node:timers/promises'
import type { Progress } from '../progress.ts'
import type { GenerateOptions } from './options.ts'
import { createPacer } from './pacer.ts'
import { createPlan, type Plan } from './plan.ts'
import { createSender, type Failures, type Sender } from './sender.ts'
import { openSockets } from './sockets.ts'
import { sumTallies, type Tally, type Totals } from './tally.ts'

/** Routers booted an hour before the run, so that flows older than it have a sysUptime. */
const uptimeAtStartMs = 3_600_000
/** Datagrams between two turns of the event loop. */
const turnDatagrams = 32
const longestPauseMs = 60_000

/**
 * `stopped` by the signal; `late` when the machine fell so far behind that the scenario's promise (a flood's exact minutes) could
 * not be kept, and the flows from then on were not sent.
 */
export type Outcome = 'completed' | 'stopped' | 'late'

export interface GenerateSummary {
  outcome: Outcome
  target: { host: string; port: number }
  /** What the kernel took over, in the order of the routers. */
  routers: Tally[]
  totals: Totals
  /** The part of the totals that comes from routers that announce their sampling rate. */
  announced: Totals
  /** Numbers of the first and the last flow; undefined when none was sent. */
  firstFlow: number | undefined
  lastFlow: number | undefined
  /** What the kernel refused: between the first and the last flow, but not in the totals. */
  failed: Failures
  elapsedMs: number
}

/**
 * Sends what `options` describe and answers when the kernel has taken the last datagram. Aborting `signal` ends the run early; the
 * summary then tells what was sent until then. `progressOf` is asked for once, with the number of flows.
 * @throws UserError for options that cannot be run, or addresses that cannot be bound.
 */
export async function generate(
  options: GenerateOptions,
  signal: AbortSignal = new AbortController().signal,
  progressOf?: (flows: number) => Progress,
): Promise<GenerateSummary> {
  const plan = createPlan(options)
  const progress = progressOf?.(plan.flows)
  const sockets = await openSockets(plan.routers, plan.options.target)
  try {
    const startMs = plan.scenario.startMs(Date.now())
    const sender = createSender(plan, sockets, startMs - uptimeAtStartMs)
    const ran = await sendFlows(plan, sender, startMs, signal, progress)
    await sender.drain()
    const { tallies, failed } = sender
    return {
      outcome: ran.outcome,
      target: plan.options.target,
      routers: tallies,
      totals: sumTallies(tallies),
      announced: sumTallies(tallies.filter((tally) => tally.router.announces)),
      firstFlow: ran.flows === 0 ? undefined : 0,
      lastFlow: ran.flows === 0 ? undefined : ran.flows - 1,
      failed,
      elapsedMs: ran.elapsedMs,
    }
  } finally {
    progress?.end()
    for (const socket of sockets) socket.close()
  }
}

/** Sends the flows in the order of their numbers, as if the scenario had begun at `startMs`, and answers how many. */
export async function sendFlows(
  { options, scenario, flows, batchOf }: Plan,
  sender: Pick<Sender, 'send'>,
  startMs: number,
  signal: AbortSignal,
  progress?: Progress,
): Promise<{ outcome: Outcome; flows: number; elapsedMs: number }> {
  const startedAt = performance.now() + startMs - Date.now()
  const elapsed = () => performance.now() - startedAt
  const pacer = createPacer(scenario)
  let outcome: Outcome = 'completed'
  let next = 0
  let datagrams = 0
  while (next < flows && elapsed() < options.stopAfterMs) {
    if (signal.aborted) outcome = 'stopped'
    else if (Date.now() - startMs > scenario.latestMs(next)) outcome = 'late'
    if (outcome !== 'completed') break

    const batch = batchOf(next)
    const waitMs = pacer.waitMs(next + batch.count - 1, batch.count, elapsed())
    if (waitMs > 0) {
      progress?.at(next)
      await pause(waitMs, signal)
    } else if (!sender.send(batch)) {
      await setImmediate()
    } else {
      pacer.left(batch.count)
      next += batch.count
      datagrams++
      if (datagrams % turnDatagrams === 0) {
        progress?.at(next)
        await setImmediate()
      }
    }
  }
  return { outcome, flows: next, elapsedMs: Math.max(0, elapsed()) }
}

/** Timers count whole milliseconds, and not for ever; whoever waits looks at the clock again afterwards. */
async function pause(waitMs: number, signal: AbortSignal): Promise<void> {
  try {
    await setTimeout(Math.min(Math.max(1, waitMs), longestPauseMs), undefined, { signal })
  } catch (error) {
    if (!signal.aborted) throw error
  }
}

// How long the longest garbage collections held up the thread that loads this. Loaded before a collector, it tells so on stderr at the end of each of its threads.

import { PerformanceObserver } from 'node:perf_hooks'

export interface GcPauses {
  longestGcPauseMs: number
  /** Of those after the start, when code is compiled and buffers have grown. */
  steadyGcPauseMs: number
}

/** A collector is warmed up for 2 s. */
const steadyAfterMs = 8_000

export const pauses: GcPauses = { longestGcPauseMs: 0, steadyGcPauseMs: 0 }
new PerformanceObserver((list) => {
  for (const { duration, startTime } of list.getEntries()) {
    pauses.longestGcPauseMs = Math.max(pauses.longestGcPauseMs, duration)
    if (startTime > steadyAfterMs) {
      pauses.steadyGcPauseMs = Math.max(pauses.steadyGcPauseMs, duration)
    }
  }
}).observe({ entryTypes: ['gc'] })
process.once('exit', () => process.stderr.write(`${JSON.stringify(pauses)}\n`))

// How long the longest garbage collection held up the thread that loads this. Loaded before a collector, it tells so on stderr at the end.

import { PerformanceObserver } from 'node:perf_hooks'

export let longestGcPauseMs = 0
new PerformanceObserver((list) => {
  for (const { duration } of list.getEntries()) {
    longestGcPauseMs = Math.max(longestGcPauseMs, duration)
  }
}).observe({ entryTypes: ['gc'] })
process.once('exit', () => process.stderr.write(`${JSON.stringify({ longestGcPauseMs })}\n`))

import type { CollectorRun } from '../../rules/traffic/minutes.ts'

/** Of each bucket, the share of its time in which a collector ran whose flows are stored: 0 to 1. `from` is in seconds since 1970. */
export function coverage(
  runs: readonly CollectorRun[],
  from: number,
  stepSeconds: number,
  buckets: number,
): number[] {
  const covered = new Array<number>(buckets).fill(0)
  for (const run of merge(runs)) {
    const first = Math.max(0, Math.floor((run.from - from) / stepSeconds))
    const last = Math.min(buckets - 1, Math.floor((run.to - from) / stepSeconds))
    for (let index = first; index <= last; index++) {
      const start = from + index * stepSeconds
      const seconds = Math.min(run.to, start + stepSeconds) - Math.max(run.from, start)
      covered[index]! += seconds / stepSeconds
    }
  }
  return covered
}

/** Runs of several collectors lie over one another. In seconds. */
function merge(runs: readonly CollectorRun[]): { from: number; to: number }[] {
  const sorted = runs
    .map(({ startedMs, watermarkMs }) => ({ from: startedMs / 1000, to: watermarkMs / 1000 }))
    .filter(({ from, to }) => from < to)
    .sort((a, b) => a.from - b.from)
  const merged: { from: number; to: number }[] = []
  for (const run of sorted) {
    const last = merged.at(-1)
    if (last !== undefined && run.from <= last.to) last.to = Math.max(last.to, run.to)
    else merged.push(run)
  }
  return merged
}

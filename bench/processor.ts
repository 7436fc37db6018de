// Processor time of another process, all its threads together (Linux).

import { readFileSync } from 'node:fs'

/** Clock ticks of /proc, per second. */
const ticks = 100

/** Seconds, in user and kernel mode, since it began. */
export function processorSeconds(pid: number | undefined): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // After the name, which may hold spaces: state is field 3, utime 14, stime 15.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / ticks
}

/** Two digits behind the point. */
export function round(value: number): number {
  return Math.round(value * 100) / 100
}

// How large the part of V8's heap may become that new objects go to. V8 doubles it whenever much of it has survived, up to 32 MiB (Node 20) or 128 MiB (Node 24), and gives little of
// it back. A collector's objects live for one datagram, so that a large one buys nothing; and until it is full the datagrams themselves lie beside it, freed together with their
// objects: seen were 20 MiB of them.

import { PerformanceObserver } from 'node:perf_hooks'
import v8 from 'node:v8'

/** Of both halves. */
const enoughBytes = 8 * 1024 * 1024

/**
 * From 8 MiB on it grows no more: at the latest at 16, since one doubling may have begun. For this thread, by a flag of the whole process, which V8 sets back to 2 whenever another
 * thread begins; so it is set after each collection. A thread that begins later may let it double once more.
 */
export function boundNewSpace(): void {
  const observer = new PerformanceObserver(() => {
    if (newSpaceBytes() >= enoughBytes) v8.setFlagsFromString('--semi-space-growth-factor=1')
  })
  observer.observe({ entryTypes: ['gc'] })
}

export function newSpaceBytes(): number {
  const space = v8.getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space')
  return space?.space_size ?? 0
}

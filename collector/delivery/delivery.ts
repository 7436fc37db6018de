// Sealed segments on their way: written to the spool, then sent, again and again until acknowledged, then deleted. Writing goes on while
// the store is away. At every moment each flow is in exactly one place: in memory, in the spool, acknowledged, or dropped with a reason.

import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf } from '../../runtime/errors.ts'
import type { Logger } from '../../runtime/log.ts'
import type { BlockPool } from '../encode/block-pool.ts'
import { SegmentRefused, type Sink } from '../sink/sink.ts'
import type { DropReason, Ledger } from './ledger.ts'
import type { Segment, SegmentHeader } from './segment.ts'
import type { Spool, SpoolEntry } from './spool.ts'

export interface DeliveryLimits {
  /** Payloads held in memory. Beyond half of it, those that are in the spool are let go and read again when their turn comes. */
  memoryBytes: number
  /** Files in the spool. Beyond it the oldest segment is dropped. */
  spoolBytes: number
}

export const defaultDeliveryLimits: DeliveryLimits = {
  memoryBytes: 32 * 1024 * 1024,
  spoolBytes: 2 * 1024 * 1024 * 1024,
}

const firstRetryMs = 50
const longestRetryMs = 5_000
const spoolRetryMs = 1_000
/** The store forgets names after some thousand inserts; a segment first tried longer ago than this is looked up before it is sent again. */
const lookUpAfterMs = 10 * 60_000
/** A refusal may come of a passing state of the store (a table being changed): it must be repeated to count. */
const refusalsToBelieve = 3

export interface Delivery {
  /** Takes over a sealed segment. */
  accept(segment: Segment): void
  /** When the oldest flow that is not acknowledged was received; undefined when all are. */
  oldestReceivedMs(): number | undefined
  flowsInMemory(): number
  flowsSpooled(): number
  spoolBytes(): number
  /** Sends what there is for at most `deadlineMs`; what is left then stays in the spool for the next start. */
  stop(deadlineMs: number): Promise<void>
}

interface Item {
  readonly header: SegmentHeader
  /** Absent while the payload is only in the spool. */
  segment: Segment | undefined
  /** Absent until the segment is in the spool. */
  entry: SpoolEntry | undefined
  /** The spool could not take it: it may be sent from memory. */
  unspoolable: boolean
  /** Being sent just now: neither dropped nor let go. */
  busy: boolean
  /** Attempts that failed. */
  failures: number
  refusals: number
  /** When it was first sent; undefined before that. */
  firstSentMs: number | undefined
}

/**
 * Starts to deliver `recovered` (what an earlier run left, oldest first) and then what is accepted.
 * Payloads that nobody will read again go back to the pool.
 */
export function createDelivery(
  spool: Spool,
  recovered: readonly SpoolEntry[],
  sink: Sink,
  ledger: Ledger,
  log: Logger,
  limits: DeliveryLimits,
  pool: BlockPool,
): Delivery {
  const items = recovered.map((entry) => createItem(entry, undefined, entry))
  const stopping = new AbortController()
  const changed = createSignal()
  let memoryBytes = 0
  let spoolBytes = recovered.reduce((sum, entry) => sum + entry.fileBytes, 0)
  let draining = false
  ledger.flowsRecovered += recovered.reduce((sum, entry) => sum + entry.flows, 0)

  /** Lets the payload go from memory. */
  const letGo = (item: Item) => {
    if (item.segment === undefined) return
    memoryBytes -= item.header.payloadBytes
    // After an attempt that failed, a dying connection may still be reading the buffers.
    if (item.failures === 0) pool.give(item.segment.payload)
    item.segment = undefined
  }

  /** Takes the item out, as acknowledged (no reason) or dropped. */
  const finish = (item: Item, reason: DropReason | undefined) => {
    items.splice(items.indexOf(item), 1)
    if (reason === undefined) ledger.flowsAcknowledged += item.header.flows
    else ledger.flowsDropped[reason] += item.header.flows
    letGo(item)
    changed.notify()
  }

  const forget = async (entry: SpoolEntry) => {
    spoolBytes -= entry.fileBytes
    await spool.remove(entry).catch((error: unknown) => {
      // It will be found at the next start, looked up, and removed then.
      log.warn({ file: entry.file, error: messageOf(error) }, 'cannot remove a delivered segment')
    })
  }

  const keepMemoryBounded = () => {
    for (const item of items) {
      if (memoryBytes <= limits.memoryBytes / 2) return
      if (!item.busy && item.entry !== undefined) letGo(item)
    }
    for (const item of [...items]) {
      if (memoryBytes <= limits.memoryBytes) return
      if (!item.busy && item.entry === undefined) finish(item, 'memory')
    }
  }

  const keepSpoolBounded = async () => {
    for (const item of [...items]) {
      if (spoolBytes <= limits.spoolBytes) return
      if (item.entry === undefined || item.busy) continue
      const { entry } = item
      log.error(
        { segment: entry.name, flows: entry.flows },
        'the spool is full: dropped its oldest segment',
      )
      finish(item, 'spool-full')
      await forget(entry)
    }
  }

  const writeToSpool = async (item: Item, segment: Segment) => {
    try {
      const entry = await spool.write(segment)
      spoolBytes += entry.fileBytes
      if (items.includes(item)) item.entry = entry
      else await forget(entry) // dropped, or sent from memory, meanwhile
      await keepSpoolBounded()
    } catch (error) {
      if (!item.unspoolable) {
        log.error(
          { segment: segment.name, error: messageOf(error) },
          'cannot write to the spool: holding segments in memory',
        )
      }
      item.unspoolable = true
    }
    keepMemoryBounded()
    changed.notify()
  }

  const spooling = async () => {
    for (;;) {
      const unspooled = items.filter(({ entry }) => entry === undefined)
      const untried = unspooled.find(({ unspoolable }) => !unspoolable)
      const item = untried ?? unspooled[0]
      if (item?.segment === undefined) {
        if (stopping.signal.aborted) return
        await changed.wait()
        continue
      }
      if (untried === undefined) {
        // All that is left was refused by the disk before. New ones do not wait behind it: they are tried, and sent, at once.
        if (stopping.signal.aborted) return
        await sleep(spoolRetryMs, undefined, { signal: stopping.signal }).catch(() => {})
        if (item.entry !== undefined || !items.includes(item)) continue
      }
      await writeToSpool(item, item.segment)
    }
  }

  /** The payload, from memory or from the spool; undefined when the file is damaged, which ends the item. */
  const load = async (item: Item): Promise<Segment | undefined> => {
    if (item.segment !== undefined) return item.segment
    if (item.entry === undefined) return undefined
    const segment = await spool.read(item.entry)
    if (segment !== undefined) {
      item.segment = segment
      memoryBytes += item.header.payloadBytes
      return segment
    }
    log.error(
      { file: item.entry.file, flows: item.entry.flows },
      'a segment in the spool is damaged: set aside',
    )
    spoolBytes -= item.entry.fileBytes
    await spool.setAside(item.entry.file, 'damaged').catch(() => {})
    finish(item, 'spool-damaged')
    return undefined
  }

  const sendOnce = async (item: Item, segment: Segment) => {
    const { signal } = stopping
    const mayBeForgotten =
      item.firstSentMs !== undefined && Date.now() - item.firstSentMs > lookUpAfterMs
    if (!(mayBeForgotten && (await sink.isStored(item.header, signal)))) {
      item.firstSentMs ??= Date.now()
      await sink.send(segment, signal)
    }
    finish(item, undefined)
    if (item.entry !== undefined) await forget(item.entry)
  }

  const setAsideRefused = async (item: Item, error: unknown) => {
    log.error(
      { segment: item.header.name, flows: item.header.flows, error: messageOf(error) },
      'the store refuses a segment: set aside',
    )
    finish(item, 'rejected')
    if (item.entry === undefined) return
    spoolBytes -= item.entry.fileBytes
    await spool.setAside(item.entry.file, 'rejected').catch(() => {})
  }

  const sending = async () => {
    let failures = 0
    while (!stopping.signal.aborted) {
      const item = items.find(({ entry, unspoolable }) => entry !== undefined || unspoolable)
      if (item === undefined) {
        if (draining && items.length === 0) return
        await changed.wait()
        continue
      }
      item.busy = true
      try {
        const segment = await load(item)
        if (segment === undefined) continue
        await sendOnce(item, segment)
        if (failures > 0) log.info({ failures }, 'the store takes segments again')
        failures = 0
      } catch (error) {
        item.failures++
        if (stopping.signal.aborted) return
        if (error instanceof SegmentRefused && ++item.refusals >= refusalsToBelieve) {
          await setAsideRefused(item, error)
          continue
        }
        if (failures === 0)
          log.warn(
            { segment: item.header.name, error: messageOf(error) },
            'cannot deliver, trying again',
          )
        const delayMs = Math.min(longestRetryMs, firstRetryMs * 2 ** Math.min(failures, 10))
        failures++
        item.busy = false
        await sleep(delayMs, undefined, { signal: stopping.signal }).catch(() => {})
      }
    }
  }

  const work = Promise.all([spooling(), sending()])

  return {
    accept(segment) {
      items.push(createItem(segment, segment, undefined))
      memoryBytes += segment.payloadBytes
      keepMemoryBounded()
      changed.notify()
    },
    oldestReceivedMs() {
      let oldest: number | undefined
      for (const { header } of items) {
        if (
          header.stream === 'flows' &&
          (oldest === undefined || header.firstReceivedMs < oldest)
        ) {
          oldest = header.firstReceivedMs
        }
      }
      return oldest
    },
    flowsInMemory: () => countFlows(items, false),
    flowsSpooled: () => countFlows(items, true),
    spoolBytes: () => spoolBytes,
    async stop(deadlineMs) {
      draining = true
      changed.notify()
      const deadline = setTimeout(() => {
        stopping.abort()
        changed.notify()
      }, deadlineMs)
      while (items.length > 0 && !stopping.signal.aborted) await changed.wait()
      clearTimeout(deadline)
      stopping.abort()
      changed.notify()
      await work
      for (const item of [...items]) {
        if (item.entry === undefined) finish(item, 'memory')
      }
    },
  }
}

function createItem(
  { name, stream, flows, firstReceivedMs, payloadBytes, blocks }: SegmentHeader,
  segment: Segment | undefined,
  entry: SpoolEntry | undefined,
): Item {
  return {
    header: { name, stream, flows, firstReceivedMs, payloadBytes, ...(blocks && { blocks }) },
    segment,
    entry,
    unspoolable: false,
    busy: false,
    failures: 0,
    refusals: 0,
    // An earlier run may have sent what it left in the spool, nobody knows when.
    firstSentMs: entry === undefined ? undefined : 0,
  }
}

function countFlows(items: readonly Item[], spooled: boolean): number {
  let flows = 0
  for (const { header, entry } of items)
    if ((entry !== undefined) === spooled) flows += header.flows
  return flows
}

/** Wakes everybody who waits, once for each `notify`. */
function createSignal(): { notify(): void; wait(): Promise<void> } {
  let waiting: (() => void)[] = []
  return {
    notify() {
      const woken = waiting
      waiting = []
      for (const wake of woken) wake()
    },
    wait: () => new Promise((resolve) => waiting.push(resolve)),
  }
}

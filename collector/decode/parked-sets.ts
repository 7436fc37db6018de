// Data sets that came before their template: kept for it, within bounds and for a few minutes. Exporters send their templates
// every few minutes, so that without this all their flows until then would be lost whenever a collector starts.

import type { DecoderCounters } from './counters.ts'
import type { ExporterStore } from './exporter-store.ts'
import type { DecoderLimits } from './limits.ts'
import type { Message } from './message.ts'
import { ParkedSet } from './parked-set.ts'
import { RecencyList } from './recency.ts'
import type { Template } from './template.ts'

/** How much is kept. */
export interface Held {
  sets: number
  bytes: number
}

/** A parked set whose template has come. */
export interface ClaimedSet {
  readonly template: Template
  readonly parked: ParkedSet
}

/** The sets of one exporter, the oldest first. */
interface Waiting {
  readonly sets: ParkedSet[]
  footprintBytes: number
}

const none: readonly ClaimedSet[] = []

/** At a bound the oldest goes: of the exporter's where those are too many, else of all. */
export class ParkedSets {
  readonly held: Held = { sets: 0, bytes: 0 }
  private readonly limits: DecoderLimits
  private readonly counters: DecoderCounters
  private readonly all = new RecencyList<ParkedSet>()
  private readonly byAddress = new Map<string, Waiting>()
  /** Those with sets whose template has come, left for a later datagram. */
  private readonly ready = new Set<Waiting>()
  private footprintBytes = 0
  private claimed: ClaimedSet[] = []
  private replayableBytes = 0

  constructor(limits: DecoderLimits, counters: DecoderCounters) {
    this.limits = limits
    this.counters = counters
  }

  /** Keeps a copy of `set`, which stands in `message` and whose template is not known. */
  park(message: Message, templateId: number, set: Uint8Array): void {
    const { limits } = this
    this.counters.setsParked++
    message.unknownSets++
    if (message.unknownSets > limits.parkedSetsPerExporter) {
      // They would only push out one another: a datagram can have thousands.
      this.counters.setsEvicted++
      this.countUndecodable(set.length)
      return
    }
    const parked = new ParkedSet(message, templateId, set)
    const waiting = this.waitingFor(parked.address)
    waiting.sets.push(parked)
    waiting.footprintBytes += parked.footprintBytes
    this.footprintBytes += parked.footprintBytes
    this.all.add(parked)
    this.held.sets++
    this.held.bytes += parked.bytes.length

    while (
      waiting.sets.length > limits.parkedSetsPerExporter ||
      waiting.footprintBytes > limits.parkedBytesPerExporter
    ) {
      this.evict(waiting.sets[0])
    }
    while (this.footprintBytes > limits.parkedBytes) this.evict(this.all.oldest)
  }

  /** Before each datagram: `replayableBytes` may be read with it, and the set with which that is passed. */
  begin(replayableBytes: number): void {
    this.replayableBytes = replayableBytes
  }

  /** Takes out what can be read now that `address` has sent a template of this id. */
  claim(exporters: ExporterStore, address: string, templateId: number): void {
    const waiting = this.byAddress.get(address)
    if (waiting === undefined) return
    const candidates = waiting.sets.filter((set) => set.templateId === templateId)
    if (!this.claimSome(exporters, candidates)) this.ready.add(waiting)
  }

  /** Takes out what earlier datagrams of `address` left. */
  claimReadyOf(exporters: ExporterStore, address: string): void {
    if (this.ready.size === 0) return
    const waiting = this.byAddress.get(address)
    if (waiting !== undefined && this.ready.has(waiting)) this.claimRest(exporters, waiting)
  }

  /** Takes out what earlier datagrams left, of all exporters. */
  claimReady(exporters: ExporterStore): void {
    for (const waiting of this.ready) this.claimRest(exporters, waiting)
  }

  private claimRest(exporters: ExporterStore, waiting: Waiting): void {
    if (this.claimSome(exporters, [...waiting.sets])) this.ready.delete(waiting)
  }

  /** Returns whether all that can be read were taken, and not only as many as one datagram may bring. */
  private claimSome(exporters: ExporterStore, candidates: readonly ParkedSet[]): boolean {
    for (const parked of candidates) {
      const template = exporters.template(parked, parked.templateId)
      if (template === undefined) continue
      if (this.replayableBytes <= 0) return false
      this.replayableBytes -= parked.bytes.length
      this.remove(parked)
      this.counters.setsReplayed++
      this.claimed.push({ template, parked })
    }
    return true
  }

  /** What was claimed since the last time, the oldest first: to be read now. */
  takeClaimed(): readonly ClaimedSet[] {
    if (this.claimed.length === 0) return none
    const claimed = this.claimed
    this.claimed = []
    return claimed
  }

  /** Gives up what has waited too long. Costs one comparison when nothing has. */
  expire(nowMs: number): void {
    const expiredMs = nowMs - this.limits.parkedMs
    let { oldest } = this.all
    while (oldest !== undefined && oldest.receivedMs <= expiredMs) {
      this.counters.setsExpired++
      this.giveUp(oldest)
      oldest = this.all.oldest
    }
  }

  /** Gives up everything. */
  expireAll(): void {
    this.expire(Number.POSITIVE_INFINITY)
  }

  /** The exporters that have sets waiting. */
  addresses(): Iterable<string> {
    return this.byAddress.keys()
  }

  /** The sets of one exporter, the oldest first. */
  of(address: string): readonly ParkedSet[] {
    return this.byAddress.get(address)?.sets ?? []
  }

  private waitingFor(address: string): Waiting {
    const known = this.byAddress.get(address)
    if (known !== undefined) return known
    while (this.byAddress.size >= this.limits.exporters && this.all.size > 0) {
      this.evict(this.all.oldest)
    }
    const waiting: Waiting = { sets: [], footprintBytes: 0 }
    this.byAddress.set(address, waiting)
    return waiting
  }

  private evict(parked: ParkedSet | undefined): void {
    if (parked === undefined) return
    this.counters.setsEvicted++
    this.giveUp(parked)
  }

  private giveUp(parked: ParkedSet): void {
    this.remove(parked)
    this.countUndecodable(parked.bytes.length)
  }

  private countUndecodable(lengthBytes: number): void {
    const undecodable = this.counters.undecodable['unknown-template']
    undecodable.sets++
    undecodable.bytes += lengthBytes
  }

  private remove(parked: ParkedSet): void {
    this.all.remove(parked)
    this.held.sets--
    this.held.bytes -= parked.bytes.length
    this.footprintBytes -= parked.footprintBytes
    const waiting = this.byAddress.get(parked.address)
    if (waiting === undefined) return
    waiting.sets.splice(waiting.sets.indexOf(parked), 1)
    waiting.footprintBytes -= parked.footprintBytes
    if (waiting.sets.length > 0) return
    this.byAddress.delete(parked.address)
    this.ready.delete(waiting)
  }
}

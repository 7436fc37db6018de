// One sequence of numbers, as an exporter counts what it sends, and what the gaps in it tell.

import type { DatagramFacts } from './datagram-facts.ts'
import type { DecoderLimits } from './limits.ts'

/**
 * What a sequence number counts. The first two are what the protocols say; the others are what some exporters do instead:
 * records including those of the datagram itself, and nothing.
 */
const countings = ['datagrams', 'records', 'records-so-far', 'nothing'] as const
export type Counting = (typeof countings)[number]

export type SequenceLimits = Pick<DecoderLimits, 'lateDatagrams' | 'gapsKept'>

/** A datagram, as far as its number goes. */
export interface Numbered {
  /** 32 bits. */
  readonly sequenceNumber: number
  /** Of the exporter, at export; 0 when unknown. */
  readonly uptimeMs: number
  readonly receivedMs: number
}

/** Of records: not all could be read. */
const unknown = -1

/** Numbers that have not come. */
interface Gap {
  readonly first: number
  readonly count: number
}

/** A step that another way of counting explains this many times in a row shows that the exporter counts that way. */
const stepsToConvince = 3
/** How far the exporter's uptime and our clock may be apart in what they measure between two datagrams. */
const uptimeToleranceMs = 30_000
/** No exporter sends more: a wider gap is a jump. The time counts up to a minute. */
const unitsPerMs = 1_000
const longestOutageMs = 60_000
/** The widest gap to believe in a sequence that has not yet been seen to go on as it should. */
const firstGap = 10_000

/**
 * Follows one sequence. What is expected next is the last number and what it counted; beyond it is a gap, whose numbers are
 * lost until they come late. RFC 3550 A.1 does the like for RTP: what goes back far, or is too far ahead, is a new beginning.
 *
 * A datagram that comes twice counts as late, and fills no gap: it is in none.
 */
export class SequenceStream {
  // What every datagram asks for stands together, and is in the object itself: small integers, sequence numbers and times with a sign, modulo 2^32.
  /** Until it is forgotten. */
  isFollowed = true
  readonly address: string
  /** When its use was last noted (sequence.ts), modulo 2^32. */
  notedMs = 0
  private counting: Counting
  private hasBegun = false
  private isConfirmed = false
  private suspected: Counting | undefined
  /** The datagram that arrived last. */
  private lastSequence = 0
  private lastRecords = unknown
  private mostRecords = 1
  /** The one furthest in the sequence. */
  private headSequence = 0
  private headRecords = unknown
  private headUptimeMs = 0
  private headReceivedMs = 0

  readonly key: number
  older: SequenceStream | undefined
  newer: SequenceStream | undefined
  /** sFlow: what the agent's data sources have dropped (sample-drops.ts). */
  drops: Map<number, number> | undefined
  private readonly limits: SequenceLimits
  private suspicions = 0
  /** The one that was furthest before the latest new beginning. */
  private left: { readonly sequence: number; readonly records: number } | undefined
  private gaps: Gap[] | undefined

  constructor(address: string, key: number, counting: Counting, limits: SequenceLimits) {
    this.limits = limits
    this.address = address
    this.key = key
    this.counting = counting
    this.older = undefined
    this.newer = undefined
    this.drops = undefined
    this.suspected = undefined
    this.left = undefined
    this.gaps = undefined
  }

  /**
   * Takes in the datagram that arrived next, and notes in `facts` what it tells. `records` is how many it holds of what the protocol counts; undefined when not all could be read.
   */
  follow(facts: DatagramFacts, datagram: Numbered, records: number = unknown): void {
    const sequence = datagram.sequenceNumber | 0
    const advance = (sequence - this.lastSequence) | 0
    const { lastRecords } = this
    this.lastSequence = sequence
    this.lastRecords = records
    if (records > this.mostRecords) this.mostRecords = records
    if (!this.hasBegun) {
      this.hasBegun = true
      this.setHead(datagram, records)
      return
    }
    const step = stepTo(this.counting, this.headRecords, records)
    const isKnown = step !== unknown
    const ahead = (sequence - this.headSequence - (isKnown ? step : 0)) | 0
    if (isKnown && this.countsOtherwise(advance, lastRecords, records)) {
      facts.lost -= this.forgetGaps()
      this.setHead(datagram, records)
    } else if (ahead === 0) {
      this.isConfirmed ||= isKnown
      this.setHead(datagram, records)
    } else if (this.continuesLeft(sequence, records)) {
      this.left = { sequence: this.headSequence, records: this.headRecords }
      this.setHead(datagram, records)
    } else if (this.hasRestarted(datagram)) {
      this.restart(facts, datagram, records)
    } else if (ahead < 0 && ahead >= -this.limits.lateDatagrams * this.unitsOf(this.mostRecords)) {
      facts.isLate = true
      facts.lost -= this.fill(sequence, records)
    } else if (!isKnown) {
      // How far it should have gone is not known.
      this.setHead(datagram, records)
    } else if (ahead > 0 && this.isBelievable(ahead, datagram)) {
      facts.lost += ahead
      this.addGap({ first: (sequence - this.before(records) - ahead) >>> 0, count: ahead })
      this.setHead(datagram, records)
    } else {
      this.restart(facts, datagram, records)
    }
  }

  private setHead({ sequenceNumber, uptimeMs, receivedMs }: Numbered, records: number): void {
    this.headSequence = sequenceNumber | 0
    this.headRecords = records
    this.headUptimeMs = uptimeMs | 0
    this.headReceivedMs = receivedMs | 0
  }

  /** Whether another way of counting has explained the latest steps that this one does not, and is now taken. */
  private countsOtherwise(advance: number, lastRecords: number, records: number): boolean {
    const isExpected = explains(this.counting, advance, lastRecords, records)
    const { suspected } = this
    // Nearly always.
    if (isExpected && suspected === undefined) return false
    if (suspected === undefined || !explains(suspected, advance, lastRecords, records)) {
      this.suspected = isExpected
        ? undefined
        : countings.find(
            (counting) =>
              counting !== this.counting && explains(counting, advance, lastRecords, records),
          )
      this.suspicions = 0
    }
    if (isExpected || this.suspected === undefined) return false
    this.suspicions++
    if (this.suspicions < stepsToConvince) return false
    this.counting = this.suspected
    this.suspected = undefined
    return true
  }

  private isBelievable(ahead: number, { receivedMs }: Numbered): boolean {
    if (this.counting === 'nothing') return false
    if (!this.isConfirmed) return ahead <= firstGap
    // Modulo 2^32: who was silent for longer than 24 days is believed less.
    const elapsedMs = (receivedMs - this.headReceivedMs) | 0
    return ahead <= unitsPerMs * Math.min(Math.max(elapsedMs, 1_000), longestOutageMs)
  }

  /** What seemed a new beginning was a stray datagram, or that of another exporter behind the same address. */
  private continuesLeft(sequence: number, records: number): boolean {
    const { left } = this
    return (
      left !== undefined &&
      explains(this.counting, (sequence - left.sequence) | 0, left.records, records)
    )
  }

  /** The uptime did not go on with the clock. Differences of 32 bits: it wraps every 49.7 days. */
  private hasRestarted({ uptimeMs, receivedMs }: Numbered): boolean {
    if (this.headUptimeMs === 0 || uptimeMs === 0) return false
    const elapsedMs = receivedMs - this.headReceivedMs
    return Math.abs((uptimeMs - this.headUptimeMs - elapsedMs) | 0) > uptimeToleranceMs
  }

  /** What was counted as lost by a jump to where it did not stay was no loss. */
  private restart(facts: DatagramFacts, datagram: Numbered, records: number): void {
    const { sequenceNumber } = datagram
    const jumped = this.gaps?.find(({ first, count }) => isWithin(sequenceNumber, first, count))
    facts.lost -= jumped?.count ?? 0
    facts.isReset = true
    this.isConfirmed = false
    this.gaps = undefined
    this.left = { sequence: this.headSequence, records: this.headRecords }
    this.setHead(datagram, records)
  }

  private addGap(gap: Gap): void {
    this.gaps ??= []
    this.gaps.push(gap)
    if (this.gaps.length > this.limits.gapsKept) this.gaps.shift()
  }

  /** Returns how many numbers there were in gaps. */
  private forgetGaps(): number {
    const count = (this.gaps ?? []).reduce((sum, gap) => sum + gap.count, 0)
    this.gaps = undefined
    return count
  }

  /** Takes the numbers of a late datagram out of the gaps. Returns how many were in them. */
  private fill(sequence: number, records: number): number {
    if (this.gaps === undefined) return 0
    const units = this.unitsOf(Math.max(records, 0))
    const from = sequence - this.before(records)
    let filled = 0
    this.gaps = this.gaps.flatMap((gap) => {
      const start = (from - gap.first) | 0
      const first = Math.max(start, 0)
      const end = Math.min(start + units, gap.count)
      if (end <= first) return [gap]
      filled += end - first
      const rest = { first: (gap.first + end) >>> 0, count: gap.count - end }
      return [{ first: gap.first, count: first }, rest].filter(({ count }) => count > 0)
    })
    return filled
  }

  private unitsOf(records: number): number {
    return this.counting === 'datagrams' ? 1 : records
  }

  /** How many of its own a datagram's number counts. */
  private before(records: number): number {
    return this.counting === 'records-so-far' ? Math.max(records, 0) : 0
  }
}

/** Whether the number grows by `advance` from a datagram of `from` records to one of `to`. */
function explains(counting: Counting, advance: number, from: number, to: number): boolean {
  const step = stepTo(counting, from, to)
  return step !== unknown && step === advance
}

/** How much the number grows from a datagram of `from` records to one of `to`; unknown where those are. */
function stepTo(counting: Counting, from: number, to: number): number {
  switch (counting) {
    case 'datagrams':
      return 1
    case 'records':
      return from
    case 'records-so-far':
      return to
    case 'nothing':
      return 0
  }
}

function isWithin(sequence: number, first: number, count: number): boolean {
  return (sequence - first) >>> 0 < count
}

// One sequence of numbers, as an exporter counts what it sends, and what the gaps in it tell.

import type { DatagramFacts } from './datagram-facts.ts'

/**
 * What a sequence number counts. The first two are what the protocols say; the others are what some exporters do instead:
 * records including those of the datagram itself, and nothing.
 */
const countings = ['datagrams', 'records', 'records-so-far', 'nothing'] as const
export type Counting = (typeof countings)[number]

/** A datagram, as far as its number goes. */
export interface Numbered {
  /** 32 bits. */
  readonly sequence: number
  /** How many it holds of what the protocol counts; undefined when not all could be read. */
  readonly records: number | undefined
  /** Of the exporter, at export; 0 when unknown. */
  readonly uptimeMs: number
  readonly receivedMs: number
}

/** Numbers that have not come. */
interface Gap {
  readonly first: number
  readonly count: number
}

/** A datagram may arrive after this many that were sent later. */
const lateDatagrams = 64
/** Gaps that can still be filled, the latest ones. */
const gapsKept = 16
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
 * A datagram that comes twice counts as late, and fills no gap: it is in none. Of gaps, the latest 16 can be filled.
 */
export class SequenceStream {
  readonly address: string
  readonly key: number
  older: SequenceStream | undefined
  newer: SequenceStream | undefined

  private counting: Counting
  /** The one furthest in the sequence, and the one that arrived last. */
  private head: Numbered | undefined
  private last: Numbered | undefined
  /** The one that was furthest before the latest new beginning. */
  private left: Numbered | undefined
  private mostRecords = 1
  private isConfirmed = false
  private gaps: Gap[] | undefined
  private suspected: Counting | undefined
  private suspicions = 0

  constructor(address: string, key: number, counting: Counting) {
    this.address = address
    this.key = key
    this.counting = counting
    this.older = undefined
    this.newer = undefined
    this.head = undefined
    this.last = undefined
    this.left = undefined
    this.gaps = undefined
    this.suspected = undefined
  }

  /** Takes in the datagram that arrived next, and notes in `facts` what it tells. */
  follow(facts: DatagramFacts, datagram: Numbered): void {
    const { head, last } = this
    this.last = datagram
    if (datagram.records !== undefined && datagram.records > this.mostRecords) {
      this.mostRecords = datagram.records
    }
    if (head === undefined || last === undefined) {
      this.head = datagram
      return
    }
    const step = stepTo(this.counting, head, datagram)
    const ahead = (datagram.sequence - head.sequence - (step ?? 0)) | 0
    if (step !== undefined && this.countsOtherwise(last, datagram)) {
      facts.lost -= this.forgetGaps()
      this.head = datagram
    } else if (ahead === 0) {
      this.isConfirmed ||= step !== undefined
      this.head = datagram
    } else if (this.continuesLeft(datagram)) {
      this.left = head
      this.head = datagram
    } else if (hasRestarted(head, datagram)) {
      this.restart(facts, datagram)
    } else if (ahead < 0 && ahead >= -lateDatagrams * this.unitsOf(this.mostRecords)) {
      facts.isLate = true
      facts.lost -= this.fill(datagram)
    } else if (step === undefined) {
      // How far it should have gone is not known.
      this.head = datagram
    } else if (ahead > 0 && this.isBelievable(ahead, head, datagram)) {
      facts.lost += ahead
      this.addGap({
        first: (datagram.sequence - this.before(datagram) - ahead) >>> 0,
        count: ahead,
      })
      this.head = datagram
    } else {
      this.restart(facts, datagram)
    }
  }

  /** Whether another way of counting has explained the latest steps that this one does not, and is now taken. */
  private countsOtherwise(last: Numbered, datagram: Numbered): boolean {
    const advance = (datagram.sequence - last.sequence) | 0
    const explains = (counting: Counting) => stepTo(counting, last, datagram) === advance
    const isExpected = explains(this.counting)
    const { suspected } = this
    if (suspected === undefined || !explains(suspected)) {
      this.suspected = isExpected
        ? undefined
        : countings.find((counting) => counting !== this.counting && explains(counting))
      this.suspicions = 0
    }
    if (isExpected || this.suspected === undefined) return false
    this.suspicions++
    if (this.suspicions < stepsToConvince) return false
    this.counting = this.suspected
    this.suspected = undefined
    return true
  }

  private isBelievable(ahead: number, head: Numbered, datagram: Numbered): boolean {
    if (this.counting === 'nothing') return false
    if (!this.isConfirmed) return ahead <= firstGap
    const elapsedMs = datagram.receivedMs - head.receivedMs
    return ahead <= unitsPerMs * Math.min(Math.max(elapsedMs, 1_000), longestOutageMs)
  }

  /** What seemed a new beginning was a stray datagram, or that of another exporter behind the same address. */
  private continuesLeft(datagram: Numbered): boolean {
    const { left } = this
    if (left === undefined) return false
    const step = stepTo(this.counting, left, datagram)
    return step === ((datagram.sequence - left.sequence) | 0)
  }

  /** What was counted as lost by a jump to where it did not stay was no loss. */
  private restart(facts: DatagramFacts, datagram: Numbered): void {
    const jumped = this.gaps?.find(({ first, count }) => isWithin(datagram.sequence, first, count))
    facts.lost -= jumped?.count ?? 0
    facts.isReset = true
    this.isConfirmed = false
    this.gaps = undefined
    this.left = this.head
    this.head = datagram
  }

  private addGap(gap: Gap): void {
    this.gaps ??= []
    this.gaps.push(gap)
    if (this.gaps.length > gapsKept) this.gaps.shift()
  }

  /** Returns how many numbers there were in gaps. */
  private forgetGaps(): number {
    const count = (this.gaps ?? []).reduce((sum, gap) => sum + gap.count, 0)
    this.gaps = undefined
    return count
  }

  /** Takes the numbers of a late datagram out of the gaps. Returns how many were in them. */
  private fill(datagram: Numbered): number {
    if (this.gaps === undefined) return 0
    const units = this.unitsOf(datagram.records ?? 0)
    const first = datagram.sequence - this.before(datagram)
    let filled = 0
    this.gaps = this.gaps.flatMap((gap) => {
      const from = Math.max((first - gap.first) | 0, 0)
      const to = Math.min(((first - gap.first) | 0) + units, gap.count)
      if (to <= from) return [gap]
      filled += to - from
      const rest = { first: (gap.first + to) >>> 0, count: gap.count - to }
      return [{ first: gap.first, count: from }, rest].filter(({ count }) => count > 0)
    })
    return filled
  }

  private unitsOf(records: number): number {
    return this.counting === 'datagrams' ? 1 : records
  }

  /** How many of its own a datagram's number counts. */
  private before({ records }: Numbered): number {
    return this.counting === 'records-so-far' ? (records ?? 0) : 0
  }
}

/** How much the number grows from one datagram to the next, or undefined when that cannot be known. */
function stepTo(counting: Counting, from: Numbered, to: Numbered): number | undefined {
  switch (counting) {
    case 'datagrams':
      return 1
    case 'records':
      return from.records
    case 'records-so-far':
      return to.records
    case 'nothing':
      return 0
  }
}

/** The uptime did not go on with the clock. Differences of 32 bits: it wraps every 49.7 days. */
function hasRestarted(from: Numbered, to: Numbered): boolean {
  if (from.uptimeMs === 0 || to.uptimeMs === 0) return false
  const elapsedMs = to.receivedMs - from.receivedMs
  return Math.abs((to.uptimeMs - from.uptimeMs - elapsedMs) | 0) > uptimeToleranceMs
}

function isWithin(sequence: number, first: number, count: number): boolean {
  return (sequence - first) >>> 0 < count
}

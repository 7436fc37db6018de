// Which sequence a datagram's number belongs to. What is counted, and by whom, is the protocol's business.

import type { DatagramFacts } from './datagram-facts.ts'
import type { DecoderLimits } from './limits.ts'
import type { Message } from './message.ts'
import { isToBeNoted, RecencyList } from './recency.ts'
import { samplerText } from './sampler-text.ts'
import { type Counting, SequenceStream } from './sequence-stream.ts'
import type { SourceMemos } from './source-memo.ts'

/** The sequences that are followed, within bounds. One that was forgotten begins anew, which claims nothing. */
export class Sequences {
  /** That of the datagram being read. */
  current: SequenceStream | undefined = undefined
  private readonly limits: DecoderLimits
  private readonly streams = new RecencyList<SequenceStream>()
  private readonly byAddress = new Map<string, Map<number, SequenceStream>>()

  constructor(limits: DecoderLimits) {
    this.limits = limits
  }

  get size(): number {
    return this.streams.size
  }

  /** The sequence that `address` counts under `key`: it is the current one from now on. */
  select(address: string, key: number, counting: Counting, receivedMs: number): SequenceStream {
    const known = this.byAddress.get(address)?.get(key)
    return this.use(known ?? this.begin(address, key, counting), receivedMs)
  }

  /** Goes on with a sequence that is followed. */
  use(stream: SequenceStream, receivedMs: number): SequenceStream {
    const nowMs = receivedMs | 0
    if (isToBeNoted(stream.notedMs, nowMs)) {
      stream.notedMs = nowMs
      this.streams.touch(stream)
    }
    this.current = stream
    return stream
  }

  private begin(address: string, key: number, counting: Counting): SequenceStream {
    if (this.size >= this.limits.sequences) this.forgetOldest()
    const stream = new SequenceStream(address, key, counting, this.limits)
    this.streams.add(stream)
    const ofAddress = this.byAddress.get(address)
    if (ofAddress === undefined) this.byAddress.set(address, new Map([[key, stream]]))
    else ofAddress.set(key, stream)
    return stream
  }

  private forgetOldest(): void {
    const stream = this.streams.oldest
    if (stream === undefined) return
    this.streams.remove(stream)
    stream.isFollowed = false
    const ofAddress = this.byAddress.get(stream.address)
    ofAddress?.delete(stream.key)
    if (ofAddress?.size === 0) this.byAddress.delete(stream.address)
  }
}

/** What of a decoder's context it takes. */
interface SequenceContext {
  readonly record: { readonly message: Message }
  readonly facts: DatagramFacts
  readonly sequences: Sequences
  readonly memos: SourceMemos
}

/**
 * Follows the sequence of the message being read, and notes in the facts what its number tells. `id` (48 bits) is whose
 * sequence it is among those of its sender in this protocol; `records` is how many the message holds, or undefined when that is
 * not known. The protocol counts `counting`; that an exporter counts something else shows with time.
 */
export function followSequence(
  { record: { message }, facts, sequences, memos }: SequenceContext,
  id: number,
  counting: Counting,
  records: number | undefined,
): void {
  const memo = memos.of(message.source)
  const address = samplerText(message, memo)
  const { type, receivedMs } = message
  const { stream: known } = memo
  // All that come from one port have the upper 16 bits in common.
  const isKnown =
    known?.isFollowed === true &&
    memo.streamId === (id | 0) &&
    memo.streamType === type &&
    known.address === address
  const stream = isKnown
    ? sequences.use(known, receivedMs)
    : sequences.select(address, type * 2 ** 48 + id, counting, receivedMs)
  memo.stream = stream
  memo.streamType = type
  memo.streamId = id | 0
  stream.follow(facts, message, records)
}

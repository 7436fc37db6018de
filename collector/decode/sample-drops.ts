// Packets that sFlow agents could not sample: each data source counts its own, from its start. sFlow v5 5.1.

import type { DatagramFacts } from './datagram-facts.ts'
import type { DecoderLimits } from './limits.ts'
import type { Sequences } from './sequence.ts'
import type { SequenceStream } from './sequence-stream.ts'

/** The latest counts of data sources, kept with the sequence of their agent, within bounds. */
export class SampleDrops {
  private readonly limits: DecoderLimits
  /** Those that have any, in the order in which they first had. */
  private readonly agents = new Set<SequenceStream>()
  private counts = 0

  constructor(limits: DecoderLimits) {
    this.limits = limits
  }

  /** Keeps a count. Returns by how much it has grown; a first one, and one that began anew, has not. */
  take(agent: SequenceStream, source: number, drops: number): number {
    const known = agent.drops
    const before = known?.get(source)
    // Nearly always: agents keep up.
    if (before === drops) return 0
    if (before === undefined) {
      if (known !== undefined && known.size >= this.limits.dropCountsPerAgent) return 0
      this.counts++
    }
    if (known === undefined) {
      agent.drops = new Map([[source, drops]])
      this.agents.add(agent)
    } else {
      known.set(source, drops)
    }
    if (this.counts > this.limits.dropCounts) this.forgetFirst()
    // 32 bits, and it wraps.
    return before === undefined ? 0 : Math.max((drops - before) | 0, 0)
  }

  private forgetFirst(): void {
    for (const agent of this.agents) {
      this.agents.delete(agent)
      this.counts -= agent.drops?.size ?? 0
      agent.drops = undefined
      return
    }
  }
}

/** What of a decoder's context it takes. */
interface DropsContext {
  readonly facts: DatagramFacts
  readonly sequences: Sequences
  readonly sampleDrops: SampleDrops
}

/**
 * Notes in the facts how many more packets the data source of a flow sample has dropped. To be called when the datagram's
 * sequence was followed. What a late datagram says is known already.
 */
export function noteSampleDrops(
  { facts, sequences, sampleDrops }: DropsContext,
  sourceIdType: number,
  sourceIdIndex: number,
  drops: number,
): void {
  const agent = sequences.current
  if (agent === undefined || facts.isLate) return
  const source = (sourceIdType & 0xffff) * 2 ** 32 + sourceIdIndex
  facts.samplesDropped += sampleDrops.take(agent, source, drops)
}

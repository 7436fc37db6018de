// What the decoder found for a source when it last sent, so that its next datagram, which is mostly like it, needs no look-up.

import type { Source } from '../exporters/source.ts'
import type { Address } from '../flow.ts'
import type { Domain, Exporter } from './exporter.ts'
import type { SequenceStream } from './sequence-stream.ts'
import type { Template } from './template.ts'

export class SourceMemo {
  readonly source: Source
  /** The template used last and what it belongs to, as they were in this version of the store. */
  storeVersion = 0
  template: Template | undefined
  domain: Domain | undefined
  exporter: Exporter | undefined
  /** The sequence followed last. */
  stream: SequenceStream | undefined
  /** sFlow: the last agent that is not the source, and its text. */
  agent: Address | undefined
  agentText = ''

  constructor(source: Source) {
    this.source = source
    this.template = undefined
    this.domain = undefined
    this.exporter = undefined
    this.stream = undefined
    this.agent = undefined
  }
}

/** One for each source, by its slot. */
export class SourceMemos {
  private readonly bySlot: (SourceMemo | undefined)[] = []

  of(source: Source): SourceMemo {
    const known = this.bySlot[source.slot]
    if (known?.source === source) return known
    const memo = new SourceMemo(source)
    this.bySlot[source.slot] = memo
    return memo
  }
}

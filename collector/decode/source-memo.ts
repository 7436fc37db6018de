// What the decoder found for a source when it last sent, so that its next datagram, which is mostly like it, needs no look-up.

import type { Kept, Source } from '../exporters/source.ts'
import { type Address, FlowType } from '../flow.ts'
import type { Domain, Exporter } from './exporter.ts'
import type { Plan } from './record-plan.ts'
import type { SequenceStream } from './sequence-stream.ts'
import type { TemplateProtocol } from './speaker.ts'
import type { Template } from './template.ts'

export class SourceMemo implements Kept {
  readonly keeper: SourceMemos
  /** The sequence followed last, the protocol it is of, and the lower 32 bits of its id. */
  stream: SequenceStream | undefined
  streamType: FlowType = FlowType.unknown
  streamId = 0
  /** The template used last and what it belongs to, as they were in this version of the store. */
  storeVersion = 0
  /** Which domain it is, so that it need not be looked into. */
  domainId = 0
  protocol: TemplateProtocol = 'netflow9'
  template: Template | undefined
  /** Of that template, which then need not be looked into; -1 when there is none. */
  templateId = -1
  plan: Plan | undefined
  domain: Domain | undefined
  exporter: Exporter | undefined
  /** When the use of that template was last noted, modulo 2^32. */
  notedMs = 0
  /** What was announced about sampling, as of this revision of the store. */
  ratesRevision = -1
  /** There are rates of single interfaces or line cards. */
  hasRatesOfRecords = false
  /** That of data of the template and this sampler; 0 when nobody told it, -1 when it was not looked up yet. */
  rate = -1
  rateSampler = 0
  /** sFlow: the last agent that is not the source, and its text. */
  agent: Address | undefined
  agentText = ''

  constructor(keeper: SourceMemos) {
    this.keeper = keeper
    this.template = undefined
    this.plan = undefined
    this.domain = undefined
    this.exporter = undefined
    this.stream = undefined
    this.agent = undefined
  }

  takeTemplate(template: Template | undefined): void {
    this.template = template
    this.templateId = template?.id ?? -1
    this.plan = undefined
    this.rate = -1
  }

  /** Sees to it that what it says of rates is of this revision. */
  takeUpRates(revision: number): void {
    if (this.ratesRevision === revision) return
    const { interfaces, lineCards } = this.exporter?.rates ?? {}
    this.ratesRevision = revision
    this.hasRatesOfRecords = interfaces !== undefined || lineCards !== undefined
    this.rate = -1
  }
}

/** One for each source, kept there. */
export class SourceMemos {
  of(source: Source): SourceMemo {
    const { memo } = source
    if (memo?.keeper === this) return memo as SourceMemo
    const made = new SourceMemo(this)
    source.memo = made
    return made
  }
}

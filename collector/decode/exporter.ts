// What is remembered of one exporter: its templates and sampling rates, by observation domain.

import { RecencyList } from './recency.ts'
import { SamplingRates } from './sampling-rates.ts'
import type { TemplateProtocol } from './speaker.ts'
import type { Template } from './template.ts'

/** One observation domain (NetFlow v9: Source ID) of one exporter, in one protocol. */
export class Domain {
  readonly key: number
  readonly protocol: TemplateProtocol
  readonly id: number
  /** Under each template id, one for each port that it came from: nearly always one. */
  readonly templatesById = new Map<number, Template[]>()
  readonly templates = new RecencyList<Template>()
  rates: SamplingRates | undefined
  /** systemInitTimeMilliseconds of options data; 0 when it never came. */
  systemInitMs = 0
  /** When one of its templates was last used, or something of it last announced. */
  usedMs = 0
  older: Domain | undefined
  newer: Domain | undefined

  constructor(protocol: TemplateProtocol, id: number) {
    this.key = domainKey(protocol, id)
    this.protocol = protocol
    this.id = id
    this.older = undefined
    this.newer = undefined
  }

  /** The template of this id that came from `port` itself. */
  own(id: number, port: number): Template | undefined {
    return this.templatesById.get(id)?.find((template) => template.port === port)
  }

  /**
   * The template for data from `port`. Exporters start again with another port and a collector keeps templates for
   * days: one from another port serves as well, if all ports that have sent this id agree about it.
   */
  find(id: number, port: number): Template | undefined {
    const candidates = this.templatesById.get(id)
    if (candidates === undefined) return undefined
    const [first] = candidates
    let agree = true
    for (const candidate of candidates) {
      if (candidate.port === port) return candidate
      if (agree && first !== undefined && !candidate.agreesWith(first)) agree = false
    }
    return agree ? first : undefined
  }
}

export class Exporter {
  readonly address: string
  readonly domainsByKey = new Map<number, Domain>()
  /** Those that have templates. */
  readonly domains = new RecencyList<Domain>()
  /** Every rate it announced, the latest of those for the same scope in different domains. */
  rates = new SamplingRates()
  lastSeenMs = 0
  templates = 0
  samplingRates = 0
  older: Exporter | undefined
  newer: Exporter | undefined

  constructor(address: string) {
    this.address = address
    this.older = undefined
    this.newer = undefined
  }

  domain(protocol: TemplateProtocol, id: number): Domain | undefined {
    return this.domainsByKey.get(domainKey(protocol, id))
  }
}

function domainKey(protocol: TemplateProtocol, id: number): number {
  return protocol === 'ipfix' ? 2 ** 32 + id : id
}

// The exporters that have sent a template or announced a sampling rate, within bounds.
//
// A template belongs to a transport session (address and port), an observation domain and a protocol: RFC 7011 8, RFC
// 3954 5.1. Sampling rates belong to the address: exporters send options data from other ports, and under other
// domains, than flows.

import type { DecoderCounters } from './counters.ts'
import { Domain, Exporter } from './exporter.ts'
import type { DecoderLimits } from './limits.ts'
import { isToBeNoted, RecencyList } from './recency.ts'
import { type SamplingRate, SamplingRates } from './sampling-rates.ts'
import type { SourceMemo } from './source-memo.ts'
import type { Speaker } from './speaker.ts'
import type { Template } from './template.ts'

/**
 * At a bound the least recently used goes: of the domain's templates or of the
 * exporter's where those are too many, else the exporter that was silent longest.
 */
export class ExporterStore {
  /** Grows with each change worth saving. */
  revision = 0
  /** Grows with each template, domain or exporter that comes or goes. */
  private version = 1
  readonly exporters = new RecencyList<Exporter>()
  private readonly byAddress = new Map<string, Exporter>()
  private readonly limits: DecoderLimits
  private readonly counters: DecoderCounters
  templates = 0
  private samplingRates = 0

  constructor(limits: DecoderLimits, counters: DecoderCounters) {
    this.limits = limits
    this.counters = counters
  }

  find(address: string): Exporter | undefined {
    return this.byAddress.get(address)
  }

  /** The template for data that the speaker sends under this id. */
  template(speaker: Speaker, id: number): Template | undefined {
    const exporter = this.byAddress.get(speaker.address)
    const domain = exporter?.domain(speaker.protocol, speaker.observationDomainId)
    return domain?.find(id, speaker.port)
  }

  /** The template for data that the speaker sends under this id, which is thereby used. `memo` is of the speaker's source. */
  useTemplate(memo: SourceMemo, speaker: Speaker, id: number): Template | undefined {
    this.findDomain(memo, speaker)
    const { exporter, domain } = memo
    const isSame = memo.templateId === id
    if (!isSame) memo.takeTemplate(domain?.find(id, speaker.port))
    const { template } = memo
    if (exporter === undefined || domain === undefined || template === undefined) return undefined
    const nowMs = speaker.receivedMs | 0
    if (isSame && !isToBeNoted(memo.notedMs, nowMs)) return template
    memo.notedMs = nowMs
    this.touch(exporter, speaker.receivedMs)
    touchTemplate(exporter, domain, template, speaker.receivedMs)
    return template
  }

  /** Sees to it that the memo of the speaker's source has the exporter and the domain that it speaks for, if they are known. */
  findDomain(memo: SourceMemo, { address, protocol, observationDomainId }: Speaker): void {
    const isSame =
      memo.domain !== undefined &&
      memo.domainId === observationDomainId &&
      memo.protocol === protocol
    if (isSame && memo.storeVersion === this.version) return
    memo.domainId = observationDomainId
    memo.protocol = protocol
    memo.exporter = this.byAddress.get(address)
    memo.domain = memo.exporter?.domain(protocol, observationDomainId)
    memo.takeTemplate(undefined)
    memo.ratesRevision = -1
    memo.storeVersion = this.version
  }

  /** Keeps a template in place of the one that the speaker had under its id. */
  addTemplate(speaker: Speaker, template: Template): 'added' | 'changed' | 'repeated' {
    const exporter = this.exporterOf(speaker)
    const domain = domainOf(exporter, speaker)
    const known = domain.own(template.id, template.port)
    if (known?.agreesWith(template)) {
      touchTemplate(exporter, domain, known, speaker.receivedMs)
      return 'repeated'
    }
    this.revision++
    this.insert(exporter, domain, template)
    touchTemplate(exporter, domain, template, speaker.receivedMs)
    if (known !== undefined) this.remove(exporter, domain, known)
    this.makeRoom(exporter, domain)
    return known === undefined ? 'added' : 'changed'
  }

  /** Drops the speaker's template of this id. Returns whether there was one. */
  dropTemplate(speaker: Speaker, id: number): boolean {
    const exporter = this.find(speaker.address)
    const domain = exporter?.domain(speaker.protocol, speaker.observationDomainId)
    const template = domain?.own(id, speaker.port)
    if (exporter === undefined || domain === undefined || template === undefined) return false
    this.revision++
    this.remove(exporter, domain, template)
    return true
  }

  /** Drops all of the speaker's data templates, or all its options templates. Returns how many there were. */
  dropTemplates(speaker: Speaker, isOptions: boolean): number {
    const { protocol, observationDomainId, port } = speaker
    const domain = this.find(speaker.address)?.domain(protocol, observationDomainId)
    const ids: number[] = []
    for (const template of domain?.templates ?? []) {
      if (template.port === port && template.isOptions === isOptions) ids.push(template.id)
    }
    for (const id of ids) this.dropTemplate(speaker, id)
    return ids.length
  }

  /** Keeps a rate that options data announced, unless it is beyond belief or bounds. */
  learnRate(speaker: Speaker, announced: SamplingRate): 'learned' | 'known' | 'refused' {
    const { limits } = this
    if (announced.rate > limits.samplingRate) return 'refused'
    const exporter = this.exporterOf(speaker)
    const known = exporter.domain(speaker.protocol, speaker.observationDomainId)?.rates
    const isFull = exporter.samplingRates >= limits.samplingRatesPerExporter
    if (isFull && !known?.has(announced)) return 'refused'
    const domain = domainOf(exporter, speaker)
    domain.usedMs = speaker.receivedMs
    domain.rates ??= new SamplingRates()
    const before = domain.rates.set(announced)
    exporter.rates.set(announced)
    if (before === announced.rate) return 'known'
    this.revision++
    if (before === 0) {
      exporter.samplingRates++
      this.samplingRates++
      while (this.samplingRates > limits.samplingRates) this.dropOldestExporter()
    }
    return 'learned'
  }

  /** Keeps when the exporter started, from options data: IPFIX flows may count from there. */
  learnSystemInit(speaker: Speaker, systemInitMs: number): void {
    const exporter = this.find(speaker.address)
    const domain = exporter?.domain(speaker.protocol, speaker.observationDomainId)
    if (domain === undefined) return
    // Exporters that compute it anew each time are off by a few ms from one time to the next.
    if (Math.abs(domain.systemInitMs - systemInitMs) > 1000) this.revision++
    domain.systemInitMs = systemInitMs
  }

  /**
   * Drops templates that were neither used nor sent again for too long; with the last of them their domain, if no sampling rate was
   * announced there since; with the last domain the exporter.
   */
  expire(nowMs: number): void {
    const idleSinceMs = nowMs - this.limits.templateIdleMs
    for (const exporter of [...this.exporters]) {
      for (const domain of [...exporter.domainsByKey.values()]) {
        this.expireTemplates(exporter, domain, idleSinceMs)
        if (domain.templates.size === 0 && domain.usedMs <= idleSinceMs) {
          this.dropDomain(exporter, domain)
        }
      }
      if (exporter.domainsByKey.size === 0) this.forget(exporter)
    }
  }

  private expireTemplates(exporter: Exporter, domain: Domain, idleSinceMs: number): void {
    let { oldest } = domain.templates
    while (oldest !== undefined && oldest.usedMs <= idleSinceMs) {
      this.remove(exporter, domain, oldest)
      this.counters.templatesExpired++
      this.revision++
      oldest = domain.templates.oldest
    }
  }

  /** Of a domain without templates. Its sampling rates go as well. */
  private dropDomain(exporter: Exporter, domain: Domain): void {
    this.version++
    exporter.domainsByKey.delete(domain.key)
    if (domain.rates === undefined) return
    this.revision++
    const rates = [...domain.rates].length
    exporter.samplingRates -= rates
    this.samplingRates -= rates
    exporter.rates = new SamplingRates()
    for (const { rates } of exporter.domainsByKey.values()) {
      for (const rate of rates ?? []) exporter.rates.set(rate)
    }
  }

  private touch(exporter: Exporter, receivedMs: number): void {
    // What was parked came before what was seen last.
    if (receivedMs > exporter.lastSeenMs) exporter.lastSeenMs = receivedMs
    this.exporters.touch(exporter)
  }

  private exporterOf({ address, receivedMs }: Speaker): Exporter {
    let exporter = this.byAddress.get(address)
    if (exporter === undefined) {
      if (this.exporters.size >= this.limits.exporters) this.dropOldestExporter()
      exporter = new Exporter(address)
      this.byAddress.set(address, exporter)
      this.exporters.add(exporter)
    }
    this.touch(exporter, receivedMs)
    return exporter
  }

  private insert(exporter: Exporter, domain: Domain, template: Template): void {
    this.version++
    if (domain.templates.size === 0) exporter.domains.add(domain)
    domain.templates.add(template)
    const sameId = domain.templatesById.get(template.id)
    if (sameId === undefined) domain.templatesById.set(template.id, [template])
    else sameId.push(template)
    exporter.templates++
    this.templates++
  }

  private remove(exporter: Exporter, domain: Domain, template: Template): void {
    this.version++
    domain.templates.remove(template)
    const sameId = domain.templatesById.get(template.id) ?? []
    if (sameId.length > 1) sameId.splice(sameId.indexOf(template), 1)
    else domain.templatesById.delete(template.id)
    exporter.templates--
    this.templates--
    if (domain.templates.size > 0) return
    exporter.domains.remove(domain)
    if (domain.rates === undefined) exporter.domainsByKey.delete(domain.key)
  }

  /** After one template was added to `domain`. */
  private makeRoom(exporter: Exporter, domain: Domain): void {
    const { limits } = this
    if (domain.templates.size > limits.templatesPerDomain) {
      this.evictOldest(exporter, domain)
    } else if (exporter.templates > limits.templatesPerExporter) {
      this.evictOldest(exporter, exporter.domains.oldest)
    }
    // The one silent longest may have nothing but sampling rates.
    while (this.templates > limits.templates) {
      if (this.exporters.size > 1) this.dropOldestExporter()
      else this.evictOldest(exporter, exporter.domains.oldest)
    }
  }

  private evictOldest(exporter: Exporter, domain: Domain | undefined): void {
    const template = domain?.templates.oldest
    if (domain === undefined || template === undefined) return
    this.remove(exporter, domain, template)
    this.counters.templatesEvicted++
  }

  private dropOldestExporter(): void {
    const exporter = this.exporters.oldest
    if (exporter === undefined) return
    this.counters.templatesEvicted += exporter.templates
    this.counters.exportersEvicted++
    this.forget(exporter)
  }

  private forget(exporter: Exporter): void {
    this.version++
    this.exporters.remove(exporter)
    this.byAddress.delete(exporter.address)
    this.templates -= exporter.templates
    this.samplingRates -= exporter.samplingRates
    this.revision++
  }
}

function touchTemplate(
  exporter: Exporter,
  domain: Domain,
  template: Template,
  receivedMs: number,
): void {
  template.usedMs = receivedMs
  domain.usedMs = receivedMs
  domain.templates.touch(template)
  exporter.domains.touch(domain)
}

function domainOf(exporter: Exporter, { protocol, observationDomainId }: Speaker): Domain {
  const known = exporter.domain(protocol, observationDomainId)
  if (known !== undefined) return known
  const domain = new Domain(protocol, observationDomainId)
  exporter.domainsByKey.set(domain.key, domain)
  return domain
}

// Sampling rates that exporters announced in options data, and which of them a flow has.

import type { DataRecord } from './data-record.ts'

/** What an announced rate holds for. */
export const rateScopes = ['all', 'sampler', 'interface', 'template', 'line-card'] as const
export type RateScope = (typeof rateScopes)[number]

export interface SamplingRate {
  readonly scope: RateScope
  /** The sampler's, interface's, template's or line card's number; 0 for all. */
  readonly id: number
  /** 1 in N. */
  readonly rate: number
}

/**
 * The rates of one observation domain, or of one exporter whatever the domain. Maps are made when they are needed: few
 * exporters need any.
 */
export class SamplingRates {
  all = 0
  samplers: Map<number, number> | undefined
  interfaces: Map<number, number> | undefined
  templates: Map<number, number> | undefined
  lineCards: Map<number, number> | undefined
  private agreed: number | undefined

  has({ scope, id }: SamplingRate): boolean {
    return scope === 'all' ? this.all > 0 : this.map(scope).has(id)
  }

  /** Returns the rate that was there before, 0 for none. */
  set({ scope, id, rate }: SamplingRate): number {
    let before = this.all
    if (scope === 'all') {
      this.all = rate
    } else {
      const map = this.map(scope)
      before = map.get(id) ?? 0
      map.set(id, rate)
    }
    this.agreed = undefined
    return before
  }

  /** The rate that all samplers and line cards share, or 0 when they do not. */
  agreedRate(): number {
    if (this.agreed === undefined) {
      const rates = new Set([
        ...(this.samplers?.values() ?? []),
        ...(this.lineCards?.values() ?? []),
      ])
      const [rate = 0] = rates
      this.agreed = rates.size === 1 ? rate : 0
    }
    return this.agreed
  }

  *[Symbol.iterator](): IterableIterator<SamplingRate> {
    if (this.all > 0) yield { scope: 'all', id: 0, rate: this.all }
    for (const [id, rate] of this.samplers ?? []) yield { scope: 'sampler', id, rate }
    for (const [id, rate] of this.interfaces ?? []) yield { scope: 'interface', id, rate }
    for (const [id, rate] of this.templates ?? []) yield { scope: 'template', id, rate }
    for (const [id, rate] of this.lineCards ?? []) yield { scope: 'line-card', id, rate }
  }

  private map(scope: Exclude<RateScope, 'all'>): Map<number, number> {
    switch (scope) {
      case 'sampler':
        this.samplers ??= new Map()
        return this.samplers
      case 'interface':
        this.interfaces ??= new Map()
        return this.interfaces
      case 'template':
        this.templates ??= new Map()
        return this.templates
      case 'line-card':
        this.lineCards ??= new Map()
        return this.lineCards
    }
  }
}

/** What an options record announces, or undefined when it is about something else. */
export function announcedRate(record: DataRecord): SamplingRate | undefined {
  const { sampling, flow } = record
  const rate = sampling.rate()
  if (rate === 0) return undefined
  if (sampling.hasSamplerId) return { scope: 'sampler', id: sampling.samplerId, rate }
  if (sampling.hasSelectorId) return { scope: 'sampler', id: sampling.selectorId, rate }
  if (record.templateId > 0) return { scope: 'template', id: record.templateId, rate }
  const interfaceIndex = flow.inIf || flow.outIf
  if (interfaceIndex > 0) return { scope: 'interface', id: interfaceIndex, rate }
  if (record.lineCardId > 0) return { scope: 'line-card', id: record.lineCardId, rate }
  return { scope: 'all', id: 0, rate }
}

/**
 * The rate that was announced for the data record, or 0. Sampler ids are looked up in the record's own observation
 * domain, in domain 0, then in any: Cisco's ASR 9000 and Catalyst 9300 announce their samplers under another source id
 * than the flows come with.
 */
export function learnedRate(
  record: DataRecord,
  templateId: number,
  own: SamplingRates | undefined,
  domainZero: SamplingRates | undefined,
  exporter: SamplingRates,
): number {
  const { sampling, flow } = record
  const hasSampler = sampling.hasSamplerId || sampling.hasSelectorId
  return (
    (sampling.hasSamplerId && samplerRate(sampling.samplerId, own, domainZero, exporter)) ||
    (sampling.hasSelectorId && samplerRate(sampling.selectorId, own, domainZero, exporter)) ||
    own?.templates?.get(templateId) ||
    interfaceRate(flow.inIf, own, exporter) ||
    interfaceRate(flow.outIf, own, exporter) ||
    lineCardRate(record.lineCardId, own, exporter) ||
    own?.all ||
    domainZero?.all ||
    exporter.all ||
    // An exporter with one sampler need not say which one took a packet.
    (hasSampler ? 0 : exporter.agreedRate())
  )
}

function samplerRate(
  id: number,
  own: SamplingRates | undefined,
  domainZero: SamplingRates | undefined,
  exporter: SamplingRates,
): number {
  return own?.samplers?.get(id) ?? domainZero?.samplers?.get(id) ?? exporter.samplers?.get(id) ?? 0
}

/** 0 is no interface, and neither it nor a line card 0 is looked up. */
function interfaceRate(id: number, own: SamplingRates | undefined, any: SamplingRates): number {
  return id === 0 ? 0 : (own?.interfaces?.get(id) ?? any.interfaces?.get(id) ?? 0)
}

function lineCardRate(id: number, own: SamplingRates | undefined, any: SamplingRates): number {
  return id === 0 ? 0 : (own?.lineCards?.get(id) ?? any.lineCards?.get(id) ?? 0)
}

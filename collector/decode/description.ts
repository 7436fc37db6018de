// What is known of exporters, for people: the answer of /templates.

import { elements, netflow9Elements, netflow9Scopes } from './element.ts'
import type { Domain, Exporter } from './exporter.ts'
import type { ExporterStore } from './exporter-store.ts'
import type { ParkedSet } from './parked-set.ts'
import type { ParkedSets } from './parked-sets.ts'
import type { SamplingRate } from './sampling-rates.ts'
import type { TemplateProtocol } from './speaker.ts'
import { type Template, variableLength } from './template.ts'

export interface FieldDescription {
  readonly id: number
  /** Private enterprise number, of elements that IANA does not name. */
  readonly enterprise?: number
  /** Of elements that fill a flow. */
  readonly name?: string
  /** Bytes. */
  readonly length: number | 'variable'
}

export interface TemplateDescription {
  readonly protocol: TemplateProtocol
  readonly observationDomainId: number
  readonly id: number
  /** UDP port that it came from. */
  readonly port: number
  readonly kind: 'data' | 'options'
  /** How many fields, from the first, are its scope. */
  readonly scopeCount: number
  readonly fields: readonly FieldDescription[]
}

export interface SamplingRateDescription extends SamplingRate {
  readonly protocol: TemplateProtocol
  readonly observationDomainId: number
}

/** Data sets that wait for one template. */
export interface ParkedDescription {
  readonly protocol: TemplateProtocol
  readonly observationDomainId: number
  readonly templateId: number
  /** UDP port that they came from. */
  readonly port: number
  readonly sets: number
  readonly bytes: number
  /** When the first of them came. */
  readonly sinceMs: number
}

export interface ExporterDescription {
  readonly address: string
  readonly lastSeenMs: number
  readonly templates: readonly TemplateDescription[]
  readonly samplingRates: readonly SamplingRateDescription[]
  readonly parked: readonly ParkedDescription[]
}

/** Those that sent a template, the one silent longest first; then those of which nothing is there but sets without one. */
export function describeExporters(
  exporters: ExporterStore,
  parkedSets: ParkedSets,
): ExporterDescription[] {
  const known = Array.from(exporters.exporters, (exporter) =>
    describeExporter(exporter, parkedSets.of(exporter.address)),
  )
  const waiting = Array.from(parkedSets.addresses())
    .filter((address) => exporters.find(address) === undefined)
    .map((address) => {
      const parked = parkedSets.of(address)
      const lastSeenMs = parked.at(-1)?.receivedMs ?? 0
      return {
        address,
        lastSeenMs,
        templates: [],
        samplingRates: [],
        parked: describeParked(parked),
      }
    })
  return [...known, ...waiting]
}

function describeExporter(
  { address, lastSeenMs, domainsByKey }: Exporter,
  parked: readonly ParkedSet[],
): ExporterDescription {
  const domains = [...domainsByKey.values()]
  return {
    address,
    lastSeenMs,
    templates: domains.flatMap((domain) =>
      [...domain.templates]
        .sort((a, b) => a.id - b.id || a.port - b.port)
        .map((template) => describeTemplate(domain, template)),
    ),
    samplingRates: domains.flatMap((domain) =>
      Array.from(domain.rates ?? [], (rate) => ({ ...domainOf(domain), ...rate })),
    ),
    parked: describeParked(parked),
  }
}

function describeParked(parked: readonly ParkedSet[]): ParkedDescription[] {
  const groups = new Map<string, ParkedDescription>()
  for (const { protocol, observationDomainId, templateId, port, bytes, receivedMs } of parked) {
    const key = `${protocol} ${observationDomainId} ${templateId} ${port}`
    const {
      sets,
      bytes: before,
      sinceMs,
    } = groups.get(key) ?? { sets: 0, bytes: 0, sinceMs: receivedMs }
    groups.set(key, {
      protocol,
      observationDomainId,
      templateId,
      port,
      sets: sets + 1,
      bytes: before + bytes.length,
      sinceMs,
    })
  }
  return [...groups.values()]
}

function domainOf({ protocol, id }: Domain) {
  return { protocol, observationDomainId: id }
}

function describeTemplate(domain: Domain, template: Template): TemplateDescription {
  const { id, port, isOptions, scopeCount } = template
  return {
    ...domainOf(domain),
    id,
    port,
    kind: isOptions ? 'options' : 'data',
    scopeCount,
    fields: template.fields().map((field, index) => {
      const isScope = isOptions && index < scopeCount
      const name = field.enterprise === undefined ? nameOf(template, field.id, isScope) : undefined
      return {
        id: field.id,
        ...(field.enterprise === undefined ? {} : { enterprise: field.enterprise }),
        ...(name === undefined ? {} : { name }),
        length: field.length === variableLength ? 'variable' : field.length,
      }
    }),
  }
}

function nameOf({ protocol }: Template, id: number, isScope: boolean): string | undefined {
  if (protocol === 'ipfix') return elements[id]?.name
  return (isScope ? netflow9Scopes[id] : (elements[id] ?? netflow9Elements[id]))?.name
}

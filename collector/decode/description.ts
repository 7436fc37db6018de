// What is known of exporters, for people: the answer of /templates.

import { elements, netflow9Elements, netflow9Scopes } from './element.ts'
import type { Domain } from './exporter.ts'
import type { ExporterStore } from './exporter-store.ts'
import type { SamplingRate } from './sampling-rates.ts'
import { type Template, type TemplateProtocol, variableLength } from './template.ts'

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

export interface ExporterDescription {
  readonly address: string
  readonly lastSeenMs: number
  readonly templates: readonly TemplateDescription[]
  readonly samplingRates: readonly SamplingRateDescription[]
}

export function describeExporters(exporters: ExporterStore): ExporterDescription[] {
  return Array.from(exporters.exporters, ({ address, lastSeenMs, domainsByKey }) => {
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
    }
  })
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

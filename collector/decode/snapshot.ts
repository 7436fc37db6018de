// What a decoder has learned, as plain JSON: to be saved, and taken over after a restart, so that data decodes from the
// first datagram on. A saved file is input like any other: what is not valid in it is left out.

import { isIP } from 'node:net'
import { z } from 'zod'
import type { Domain } from './exporter.ts'
import type { ExporterStore } from './exporter-store.ts'
import type { DecoderLimits } from './limits.ts'
import { rateScopes } from './sampling-rates.ts'
import { type Speaker, templateProtocols } from './speaker.ts'
import { parseLayout, readLayout, Template } from './template.ts'
import { refuseTemplate } from './template-record.ts'

const uint16 = z.int().min(0).max(0xffff)
const uint32 = z.int().min(0).max(0xffff_ffff)

const templateSchema = z.object({
  id: uint16,
  port: uint16,
  kind: z.enum(['data', 'options']),
  /** How many fields, from the first, are its scope. */
  scopeCount: uint16,
  /** Field specifiers as they came, in hex. */
  fields: z.string().regex(/^([0-9a-f]{8})+$/),
})

const rateSchema = z.object({ scope: z.enum(rateScopes), id: uint32, rate: z.int().min(1) })

const domainSchema = z.object({
  protocol: z.enum(templateProtocols),
  id: uint32,
  /** When the exporter started, as its options data said; 0 when they did not. */
  systemInitMs: z.number().min(0),
  templates: z.array(z.unknown()),
  samplingRates: z.array(z.unknown()),
})

const exporterSchema = z.object({
  address: z.string().refine((text) => isIP(text) !== 0),
  lastSeenMs: z.number(),
  domains: z.array(z.unknown()),
})

const snapshotSchema = z.object({ version: z.literal(1), exporters: z.array(z.unknown()) })

export interface DecoderSnapshot {
  readonly version: 1
  readonly exporters: readonly ExporterSnapshot[]
}

interface ExporterSnapshot {
  readonly address: string
  readonly lastSeenMs: number
  readonly domains: readonly DomainSnapshot[]
}

interface DomainSnapshot extends z.infer<typeof domainSchema> {
  readonly templates: z.infer<typeof templateSchema>[]
  readonly samplingRates: z.infer<typeof rateSchema>[]
}

export interface Restored {
  templates: number
  samplingRates: number
  /** Parts that were left out: each a template, a rate, or a domain, exporter or snapshot with all in it. */
  rejected: number
}

/** All that is known, the least recently used first. */
export function takeSnapshot(exporters: ExporterStore): DecoderSnapshot {
  return {
    version: 1,
    exporters: Array.from(exporters.exporters, ({ address, lastSeenMs, domainsByKey }) => ({
      address,
      lastSeenMs,
      domains: Array.from(domainsByKey.values(), domainSnapshot),
    })),
  }
}

function domainSnapshot(domain: Domain): DomainSnapshot {
  return {
    protocol: domain.protocol,
    id: domain.id,
    systemInitMs: domain.systemInitMs,
    templates: Array.from(domain.templates, (template) => ({
      id: template.id,
      port: template.port,
      kind: template.isOptions ? 'options' : 'data',
      scopeCount: template.scopeCount,
      fields: template.layout,
    })),
    samplingRates: Array.from(domain.rates ?? []),
  }
}

/** Takes over what is valid in `snapshot`. */
export function restoreSnapshot(
  exporters: ExporterStore,
  limits: DecoderLimits,
  snapshot: unknown,
): Restored {
  const restored: Restored = { templates: 0, samplingRates: 0, rejected: 0 }
  const parse = <T>(schema: z.ZodType<T>, value: unknown): T | undefined => {
    const result = schema.safeParse(value)
    if (!result.success) restored.rejected++
    return result.data
  }

  for (const exporterValue of parse(snapshotSchema, snapshot)?.exporters ?? []) {
    const exporter = parse(exporterSchema, exporterValue)
    for (const domainValue of exporter?.domains ?? []) {
      const domain = parse(domainSchema, domainValue)
      if (exporter === undefined || domain === undefined) continue
      const { protocol, id: observationDomainId, systemInitMs } = domain
      const { address, lastSeenMs: receivedMs } = exporter
      const speaker = { protocol, address, port: 0, observationDomainId, receivedMs }

      for (const value of domain.templates) {
        const saved = parse(templateSchema, value)
        if (saved === undefined) continue
        const template = toTemplate(limits, speaker, saved)
        if (template === undefined) restored.rejected++
        else if (exporters.addTemplate({ ...speaker, port: saved.port }, template) !== 'repeated') {
          restored.templates++
        }
      }
      for (const value of domain.samplingRates) {
        const saved = parse(rateSchema, value)
        if (saved === undefined) continue
        if (exporters.learnRate(speaker, saved) === 'refused') restored.rejected++
        else restored.samplingRates++
      }
      if (systemInitMs > 0) exporters.learnSystemInit(speaker, systemInitMs)
    }
  }
  return restored
}

function toTemplate(
  limits: DecoderLimits,
  { protocol }: Speaker,
  { id, port, kind, scopeCount, fields: hex }: z.infer<typeof templateSchema>,
): Template | undefined {
  const fieldCount = parseLayout(protocol, hex).length
  const layout = readLayout(protocol, Buffer.from(hex, 'hex'), 0, hex.length / 2, fieldCount)
  const isOptions = kind === 'options'
  const header = { id, isOptions, fieldCount, scopeCount }
  if (layout === undefined || refuseTemplate(limits, header, layout) !== undefined) return undefined
  const { minRecordBytes } = layout
  return new Template({ protocol, id, port, isOptions, scopeCount, layout: hex, minRecordBytes })
}

// What a decoder remembers of exporters is bounded: anybody can send datagrams, under any source address.

export interface DecoderLimits {
  /** Field specifiers in one template. */
  readonly templateFields: number
  readonly templatesPerDomain: number
  /** So that no single exporter can use up what is there for all. */
  readonly templatesPerExporter: number
  readonly templates: number
  readonly exporters: number
  /** Sampling rates learned from options data. */
  readonly samplingRatesPerExporter: number
  readonly samplingRates: number
  /** An announced rate above this is taken for an error: 1 in N packets. */
  readonly samplingRate: number
}

export const defaultLimits: DecoderLimits = {
  templateFields: 512,
  templatesPerDomain: 1_024,
  templatesPerExporter: 16_384,
  templates: 200_000,
  exporters: 10_000,
  samplingRatesPerExporter: 4_096,
  samplingRates: 200_000,
  samplingRate: 1_000_000,
}

// Who sends templates and data.

/** The two protocols with templates. They share neither ids nor their meaning. */
export const templateProtocols = ['netflow9', 'ipfix'] as const
export type TemplateProtocol = (typeof templateProtocols)[number]

/** Who speaks: one observation domain of one transport session, at one moment. */
export interface Speaker {
  readonly protocol: TemplateProtocol
  readonly address: string
  readonly port: number
  readonly observationDomainId: number
  readonly receivedMs: number
}

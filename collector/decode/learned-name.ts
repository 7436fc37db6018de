// Names that exporters give to numbers in options data, once for all their flows: RFC 3954 6, RFC 6759 4.

/** What has a name. */
export const nameKinds = ['interface', 'application', 'vrf', 'sampler'] as const
export type NameKind = (typeof nameKinds)[number]

/** One name; the receiver may keep the object. */
export interface LearnedName {
  readonly kind: NameKind
  /** The sampler's address, as flows have it, in text. */
  readonly exporter: string
  readonly observationDomainId: number
  /** The number that has the name: an ifIndex, a VRF id or a sampler id in decimal, an application id in hex. */
  readonly id: string
  readonly name: string
  /** Empty when there is none. */
  readonly description: string
  readonly receivedMs: number
}

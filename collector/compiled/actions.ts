// What the writers of templates can do with an element: the ones that nearly all records consist of. It says once more, in a form that can be
// compiled, what `decode/element.ts` says of them; a test holds the two together. A template that needs any other element is interpreted.

/** Fields of FlowMessage that are unsigned integers of up to 32 bits: number, and the bits that a value can have. */
export const uintFields = {
  nextHopAs: [13, 32],
  srcAs: [14, 32],
  dstAs: [15, 32],
  srcNet: [16, 8],
  dstNet: [17, 8],
  inIf: [18, 32],
  outIf: [19, 32],
  proto: [20, 8],
  srcPort: [21, 16],
  dstPort: [22, 16],
  ipTos: [23, 8],
  forwardingStatus: [24, 32],
  ipTtl: [25, 8],
  tcpFlags: [26, 16],
  vlanId: [29, 16],
  icmpType: [31, 8],
  icmpCode: [32, 8],
  srcVlan: [33, 16],
  dstVlan: [34, 16],
  fragmentId: [35, 32],
  fragmentOffset: [36, 32],
  ipv6FlowLabel: [37, 32],
  ipFlags: [38, 8],
  ingressVrfId: [39, 32],
  egressVrfId: [40, 32],
  flowDirection: [42, 8],
  observationPointId: [71, 32],
  postNatSrcPort: [1012, 16],
  postNatDstPort: [1013, 16],
  natEvent: [1014, 8],
  firewallEvent: [1021, 8],
  flowEndReason: [1022, 8],
  customerVlanId: [1030, 16],
  postCustomerVlanId: [1031, 16],
  vni: [1032, 32],
} as const satisfies Record<string, readonly [number: number, bits: 8 | 16 | 32]>
export type UintField = keyof typeof uintFields

/** Addresses that are no end of the flow, by number. */
export const addressFields = {
  nextHop: 12,
  bgpNextHop: 100,
  postNatSrcAddr: 1010,
  postNatDstAddr: 1011,
} as const
export type AddressField = keyof typeof addressFields

/** How the value of an integer is cut to what the field takes, as an expression of it. */
type Cut = (value: string) => string

export type Action =
  | { readonly does: 'fill'; readonly field: UintField; readonly cut: Cut }
  | { readonly does: 'end'; readonly field: 'srcAddr' | 'dstAddr'; readonly family: 4 | 6 }
  | { readonly does: 'address'; readonly field: AddressField }
  | { readonly does: 'count'; readonly field: 'bytes' | 'packets' }
  | { readonly does: 'mac'; readonly field: 'srcMac' | 'dstMac' }
  | { readonly does: 'vlan' }
  | { readonly does: 'icmp'; readonly part: 'both' | 'icmpType' | 'icmpCode' }
  | { readonly does: 'time'; readonly of: 'start' | 'end'; readonly unit: TimeUnit }
  /** The record says what it is: one that does not agree with its addresses is interpreted. */
  | { readonly does: 'check'; readonly what: 'ipVersion' | 'ethernetType' }
  /** The sampling rate is looked up by it, or is what it says. */
  | { readonly does: 'sampler' }
  | { readonly does: 'label'; readonly depth: number }
  | { readonly does: 'labelAddress' }
  | { readonly does: 'application' }

export type TimeUnit = 'uptime' | 'milliseconds' | 'seconds' | 'ntp'

/** The low bits; of 32, which is what is read, all. */
const low = (bits: number): Cut =>
  bits === 32 ? (value) => value : (value) => `${value} & ${2 ** bits - 1}`

const fill = (field: UintField, cut: Cut = low(uintFields[field][1])): Action => ({
  does: 'fill',
  field,
  cut,
})
const end = (field: 'srcAddr' | 'dstAddr', family: 4 | 6): Action => ({
  does: 'end',
  field,
  family,
})
const address = (field: AddressField): Action => ({ does: 'address', field })
const count = (field: 'bytes' | 'packets'): Action => ({ does: 'count', field })
const time = (of: 'start' | 'end', unit: TimeUnit): Action => ({ does: 'time', of, unit })
const label = (depth: number): Action => ({ does: 'label', depth })

/** By the id of the element. */
export const actions: Readonly<Record<number, Action>> = {
  1: count('bytes'),
  23: count('bytes'),
  85: count('bytes'),
  2: count('packets'),
  24: count('packets'),
  86: count('packets'),

  8: end('srcAddr', 4),
  27: end('srcAddr', 6),
  12: end('dstAddr', 4),
  28: end('dstAddr', 6),
  60: { does: 'check', what: 'ipVersion' },
  256: { does: 'check', what: 'ethernetType' },
  9: fill('srcNet'),
  29: fill('srcNet'),
  13: fill('dstNet'),
  30: fill('dstNet'),

  4: fill('proto'),
  7: fill('srcPort'),
  180: fill('srcPort'),
  182: fill('srcPort'),
  11: fill('dstPort'),
  181: fill('dstPort'),
  183: fill('dstPort'),
  6: fill('tcpFlags', low(12)),
  32: { does: 'icmp', part: 'both' },
  139: { does: 'icmp', part: 'both' },
  176: { does: 'icmp', part: 'icmpType' },
  178: { does: 'icmp', part: 'icmpType' },
  177: { does: 'icmp', part: 'icmpCode' },
  179: { does: 'icmp', part: 'icmpCode' },

  5: fill('ipTos'),
  195: fill('ipTos', (value) => `(${value} & 0x3f) << 2`),
  55: fill('ipTos'),
  98: fill('ipTos', (value) => `(${value} & 0x3f) << 2`),
  192: fill('ipTtl'),
  52: fill('ipTtl'),
  53: fill('ipTtl'),
  31: fill('ipv6FlowLabel', low(20)),
  54: fill('fragmentId'),
  88: fill('fragmentOffset'),
  197: fill('ipFlags', (value) => `(${value} & 0xff) >> 5`),

  10: fill('inIf'),
  252: fill('inIf'),
  14: fill('outIf'),
  253: fill('outIf'),
  234: fill('ingressVrfId'),
  235: fill('egressVrfId'),
  61: fill('flowDirection'),
  89: fill('forwardingStatus'),
  56: { does: 'mac', field: 'srcMac' },
  81: { does: 'mac', field: 'srcMac' },
  80: { does: 'mac', field: 'dstMac' },
  57: { does: 'mac', field: 'dstMac' },
  58: { does: 'vlan' },
  243: { does: 'vlan' },
  59: fill('dstVlan', low(12)),
  254: fill('dstVlan', low(12)),
  245: fill('customerVlanId', low(12)),
  255: fill('postCustomerVlanId', low(12)),
  351: fill('vni', low(24)),

  16: fill('srcAs'),
  17: fill('dstAs'),
  128: fill('nextHopAs'),
  15: address('nextHop'),
  62: address('nextHop'),
  18: address('bgpNextHop'),
  63: address('bgpNextHop'),

  22: time('start', 'uptime'),
  21: time('end', 'uptime'),
  150: time('start', 'seconds'),
  151: time('end', 'seconds'),
  152: time('start', 'milliseconds'),
  153: time('end', 'milliseconds'),

  154: time('start', 'ntp'),
  155: time('end', 'ntp'),
  156: time('start', 'ntp'),
  157: time('end', 'ntp'),

  34: { does: 'sampler' },
  50: { does: 'sampler' },
  48: { does: 'sampler' },
  302: { does: 'sampler' },

  70: label(0),
  71: label(1),
  72: label(2),
  73: label(3),
  74: label(4),
  75: label(5),
  76: label(6),
  77: label(7),
  78: label(8),
  79: label(9),
  47: { does: 'labelAddress' },
  140: { does: 'labelAddress' },

  225: address('postNatSrcAddr'),
  281: address('postNatSrcAddr'),
  226: address('postNatDstAddr'),
  282: address('postNatDstAddr'),
  227: fill('postNatSrcPort'),
  228: fill('postNatDstPort'),
  230: fill('natEvent'),
  233: fill('firewallEvent'),
  95: { does: 'application' },
  136: fill('flowEndReason'),
  138: fill('observationPointId'),
}

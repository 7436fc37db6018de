// Vectors: the kinds of packets that attacks are made of, and how much of each is worth a look at all.
//
// The store counts each flow under one vector, the first that fits (prefix_vector_1m). Three vectors here are sums, so that an attack which
// mixes kinds is seen: `tcp` and `udp` are all of their protocol, `total` is everything. All others are as the store counts them.

/** Sums, the narrowest first. */
export const sumVectors = ['tcp', 'udp', 'total'] as const
export type SumVector = (typeof sumVectors)[number]

/** UDP from the port of a service that answers much to little: what comes reflected from servers that somebody else asked. */
export const amplifiers = [
  'udp_qotd',
  'udp_chargen',
  'udp_dns',
  'udp_rpcbind',
  'udp_ntp',
  'udp_netbios',
  'udp_snmp',
  'udp_cldap',
  'udp_openvpn',
  'udp_ssdp',
  'udp_arms',
  'udp_stun',
  'udp_wsd',
  'udp_mdns',
  'udp_coap',
  'udp_memcached',
] as const

/** The most specific ones first: of two that say the same, the first is told. */
export const vectors = [
  ...amplifiers,
  'tcp_syn',
  'tcp_synack',
  'tcp_ack',
  'tcp_rst',
  'tcp_fin',
  'fragment',
  'icmp',
  'gre',
  'esp',
  'other',
  ...sumVectors,
] as const
export type Vector = (typeof vectors)[number]

/** Of anything. FastNetMon's defaults. */
const anyFloor = { bps: 1_000_000_000, pps: 20_000 }

/** Less than this, per second, is never an attack, whatever was usual before. */
const floors: Readonly<Partial<Record<Vector, Partial<Floor>>>> = {
  tcp_syn: { pps: 10_000 },
  tcp_synack: { pps: 10_000 },
  tcp_rst: { pps: 10_000 },
  tcp_fin: { pps: 10_000 },
  icmp: { pps: 5_000 },
  fragment: { pps: 5_000 },
  udp: { bps: 200_000_000 },
  ...Object.fromEntries(amplifiers.map((vector) => [vector, { bps: 100_000_000 }])),
}

/** Bits, packets and flows per second; undefined: this one is not looked at. */
export interface Floor {
  bps: number | undefined
  pps: number | undefined
  fps: number | undefined
}

/** What a rule says of a vector instead; what is null or absent stays as it is. */
export interface VectorSetting {
  enabled: boolean
  bandwidth_floor: number | null
  packet_floor: number | null
  flow_floor: number | null
}

/** Undefined when the rule wants nothing told of this vector. Flows have no floor of their own: how many there are is the exporter's choice. */
export function floorOf(vector: Vector, setting: VectorSetting | undefined): Floor | undefined {
  if (setting?.enabled === false) return undefined
  const usual = { ...anyFloor, ...floors[vector] }
  return {
    bps: setting?.bandwidth_floor ?? usual.bps,
    pps: setting?.packet_floor ?? usual.pps,
    fps: setting?.flow_floor ?? undefined,
  }
}

/** So many sources answer at least in an amplification; one busy server of the same kind is none. */
export const leastAmplifierSources = 20

export function isAmplifier(vector: Vector): boolean {
  return (amplifiers as readonly string[]).includes(vector)
}

/** Is all that `part` counts also counted by `sum`? */
export function isPartOf(part: Vector, sum: Vector): boolean {
  if (part === sum) return false
  if (sum === 'total') return true
  return (sum === 'tcp' || sum === 'udp') && part.startsWith(`${sum}_`)
}

/** What the store calls that which a vector counts; undefined: anything. */
export function storedVectorsOf(vector: Vector): Vector[] | undefined {
  if (vector === 'total') return undefined
  return [vector, ...vectors.filter((part) => isPartOf(part, vector))]
}

/** Attacks by many small packets are measured in packets, all others in bytes. */
export function isOfPackets(vector: Vector | null): boolean {
  return vector !== null && /^(tcp_|icmp|fragment)/.test(vector)
}

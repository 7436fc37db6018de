// IP protocols by their IANA keywords: those that are seen in traffic.

const names: Readonly<Record<number, string>> = {
  0: 'HOPOPT',
  1: 'ICMP',
  2: 'IGMP',
  4: 'IPv4',
  6: 'TCP',
  8: 'EGP',
  9: 'IGP',
  17: 'UDP',
  27: 'RDP',
  33: 'DCCP',
  41: 'IPv6',
  43: 'IPv6-Route',
  44: 'IPv6-Frag',
  46: 'RSVP',
  47: 'GRE',
  50: 'ESP',
  51: 'AH',
  58: 'IPv6-ICMP',
  59: 'IPv6-NoNxt',
  60: 'IPv6-Opts',
  88: 'EIGRP',
  89: 'OSPF',
  94: 'IPIP',
  97: 'ETHERIP',
  98: 'ENCAP',
  103: 'PIM',
  108: 'IPComp',
  112: 'VRRP',
  115: 'L2TP',
  124: 'IS-IS',
  132: 'SCTP',
  136: 'UDPLite',
  137: 'MPLS-in-IP',
  139: 'HIP',
  143: 'Ethernet',
}

const numbers = new Map([
  ...Object.entries(names).map(([number, name]): [string, number] => [
    name.toLowerCase(),
    Number(number),
  ]),
  // What people call them.
  ['icmpv6', 58],
  ['icmp6', 58],
  ['udp-lite', 136],
])

export function protocolName(number: number): string | undefined {
  return Object.hasOwn(names, number) ? names[number] : undefined
}

/** Case does not matter. */
export function protocolNumber(name: string): number | undefined {
  return numbers.get(name.toLowerCase())
}

/** For completion. */
export const protocolNames: readonly string[] = Object.values(names)

// SQL that makes text for people of keys. Traffic is added up by the keys themselves, numbers and addresses, which is cheaper than by text; only the few that are shown get names.

/** SQL of a name, of SQL of a key as text. */
export type Name = (text: string) => string

const protocols: Readonly<Record<number, string>> = {
  1: 'ICMP',
  2: 'IGMP',
  4: 'IPIP',
  6: 'TCP',
  17: 'UDP',
  41: 'IPv6 in IP',
  47: 'GRE',
  50: 'ESP',
  51: 'AH',
  58: 'ICMPv6',
  89: 'OSPF',
  103: 'PIM',
  112: 'VRRP',
  115: 'L2TP',
  132: 'SCTP',
}

/** IANA protocol numbers; others stay numbers. */
export const protocolName: Name = (text) =>
  `transform(${text}, [${listed(Object.keys(protocols))}], [${listed(Object.values(protocols))}], ${text})`

/** Of `portKey`. */
export const portName: Name = (text) => {
  const key = `toUInt32OrZero(${text})`
  return `concat(${protocolName(`toString(intDiv(${key}, 65536))`)}, ' ', toString(${key} % 65536))`
}
export const portKey = 'toUInt32(proto) * 65536 + port'

const flagNames = ['FIN', 'SYN', 'RST', 'PSH', 'ACK', 'URG', 'ECE', 'CWR', 'AE']

/** TCP flags from the lowest bit on (RFC 9293 3.1), of `tcpFlagsKey`. */
export const tcpFlagNames: Name = (text) =>
  `if(${text} = '0', 'none', arrayStringConcat(arrayFilter((name, bit) -> bitTest(toUInt16OrZero(${text}), bit), [${listed(flagNames)}], range(9)), ' '))`
export const tcpFlagsKey = 'bitAnd(tcp_flags, 511)'

/** An IPv6 address as people write it, IPv4 without its mapping. */
export const addressName: Name = (text) => `replaceOne(${text}, '::ffff:', '')`

function listed(texts: readonly string[]): string {
  return texts.map((text) => `'${text}'`).join(', ')
}

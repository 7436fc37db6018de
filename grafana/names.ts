// SQL that makes text for people of the columns' numbers.

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
export const protocolName = `transform(toUInt8(proto), [${Object.keys(protocols).join(', ')}], [${Object.values(
  protocols,
)
  .map((name) => `'${name}'`)
  .join(', ')}], toString(proto))`

/** TCP flags from the lowest bit on (RFC 9293 3.1). */
export const tcpFlagNames = `if(tcp_flags = 0, 'none', arrayStringConcat(arrayFilter((name, bit) -> bitTest(tcp_flags, bit), ['FIN', 'SYN', 'RST', 'PSH', 'ACK', 'URG', 'ECE', 'CWR', 'AE'], range(9)), ' '))`

/** An IPv6 column as people write it, IPv4 without its mapping. */
export const address = (column: string) => `replaceOne(toString(${column}), '::ffff:', '')`

// How the tables tell flows apart: the expression of each field, over raw and over the rollups.

const mapped = "toIPv6('::ffff:0.0.0.0') AND toIPv6('::ffff:255.255.255.255')"

/** /24 of IPv4, /48 of IPv6. */
const network = (address: string) =>
  `IPv6CIDRToRange(${address}, if(${address} BETWEEN ${mapped}, 120, 48)).1`

/** Over raw; fields that are not listed are columns of their name. Rollups have columns of the fields' names. */
const rawExpressions: Readonly<Record<string, string>> = {
  exporter: 'sampler_address',
  // As the rollups have it: by the length of the source address.
  family: `multiIf(src_addr BETWEEN ${mapped}, 'ipv4', src_addr = toIPv6('::') AND etype != 34525, 'other', 'ipv6')`,
  tcp_flags: 'if(proto = 6, tcp_flags, 0)',
  port: 'least(src_port, dst_port)',
  src_net: network('src_addr'),
  dst_net: network('dst_addr'),
}

/** A packet passes several exporters and their interfaces: what is asked by these tells what each of them saw. */
const ofExporters = new Set(['exporter', 'in_if', 'out_if', 'router_role'])

/** What is asked by anything else counts a packet once, where the edge exported it: as the rollups that know no exporter do. */
export function roleCondition(fields: Iterable<string>): string | undefined {
  return [...fields].some((name) => ofExporters.has(name)) ? undefined : "router_role = 'edge'"
}

/** Fields of which raw knows nothing: prefixes come and go with the rules. */
const notInRaw = new Set(['prefix', 'host'])

export function isInRaw(field: string): boolean {
  return !notInRaw.has(field)
}

export function rawExpression(field: string): string {
  return Object.hasOwn(rawExpressions, field) ? rawExpressions[field]! : field
}

/** Flows that have no such field are left out, here as in the rollup: TCP, UDP, DCCP, SCTP and UDP-Lite have ports. */
export function rawCondition(fields: Iterable<string>): string | undefined {
  return [...fields].includes('port') ? 'proto IN (6, 17, 33, 132, 136)' : undefined
}

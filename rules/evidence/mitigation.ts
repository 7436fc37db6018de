// What could stop an attack at a router: a FlowSpec route (RFC 8955, RFC 8956), as ExaBGP writes it, and a line of an access list, as Cisco does. It is a
// proposal for people: nothing here is sent anywhere.

import { z } from 'zod'
import { parsePrefix } from '../configuration/prefix.ts'
import type { FlowSelection } from '../traffic/raw-flows.ts'
import type { Pattern } from './victims.ts'

export const suggestionSchema = z.object({
  flowspec: z.string(),
  acl: z.string(),
  /** What else it would stop, or null: only what looks like the attack. */
  note: z.string().nullable(),
})

export type Suggestion = z.infer<typeof suggestionSchema>

interface Observed {
  selection: Pick<FlowSelection, 'source' | 'direction' | 'vector'>
  pattern: Pattern
  top: Record<
    'dst_addr' | 'dst_net' | 'proto' | 'src_port' | 'dst_port' | 'tcp_flags',
    readonly { key: string; share: number }[]
  >
}

interface Filter {
  /** As a prefix. */
  destination: string
  isIpv6: boolean
  protocol: number
  sourcePort: string | undefined
  destinationPort: string | undefined
  isSyn: boolean
  isFragment: boolean
}

/** What has more than this of an attack describes it. */
const dominant = 0.8
const synFlags = '2'

/** Undefined when nothing narrower than all traffic of a host or a network would do, or when it is unclear where it goes. */
export function suggest({ selection, pattern, top }: Observed): Suggestion | undefined {
  const destination = destinationOf(selection.source, pattern, top)
  const protocol = dominantKey(top.proto)
  if (selection.direction !== 'in' || destination === undefined || protocol === undefined) {
    return undefined
  }
  const isFragment = selection.vector === 'fragment'
  const filter: Filter = {
    destination,
    isIpv6: destination.includes(':'),
    protocol: Number(protocol),
    // Fragments but the first have no ports.
    sourcePort: isFragment ? undefined : dominantKey(top.src_port),
    destinationPort: isFragment ? undefined : dominantKey(top.dst_port),
    isSyn: dominantKey(top.tcp_flags) === synFlags,
    isFragment,
  }
  return { flowspec: flowspecOf(filter), acl: aclOf(filter), note: noteOf(filter) }
}

/** The host, the one prefix that was asked about, or the network that has nearly all of it. */
function destinationOf(
  source: FlowSelection['source'],
  pattern: Pattern,
  top: Observed['top'],
): string | undefined {
  const host = top.dst_addr[0]?.key
  if (pattern === 'single') return host === undefined ? undefined : parsePrefix(host)?.text
  const [prefix, ...others] = 'prefixes' in source ? source.prefixes : []
  return prefix !== undefined && others.length === 0 ? prefix : dominantKey(top.dst_net)
}

function dominantKey(shares: readonly { key: string; share: number }[]): string | undefined {
  const [greatest] = shares
  return greatest !== undefined && greatest.share > dominant ? greatest.key : undefined
}

function flowspecOf(filter: Filter): string {
  const { destination, isIpv6, protocol, sourcePort, destinationPort, isSyn, isFragment } = filter
  const matches = [
    `destination ${destination}${isIpv6 ? '/0' : ''};`,
    `${isIpv6 ? 'next-header' : 'protocol'} =${protocol};`,
    destinationPort && `destination-port =${destinationPort};`,
    sourcePort && `source-port =${sourcePort};`,
    isSyn && 'tcp-flags [ =syn ];',
    isFragment && 'fragment [ is-fragment ];',
  ]
  return `flow route { match { ${matches.filter(Boolean).join(' ')} } then { discard; } }`
}

const aclNames: Readonly<Record<number, string>> = { 1: 'icmp', 6: 'tcp', 17: 'udp', 47: 'gre' }

function aclOf(filter: Filter): string {
  const { protocol, isIpv6, sourcePort, destinationPort, isSyn, isFragment } = filter
  const name = protocol === 58 && isIpv6 ? 'icmp' : (aclNames[protocol] ?? protocol)
  const words = [
    `deny ${name} any`,
    sourcePort && `eq ${sourcePort}`,
    aclDestination(filter.destination),
    destinationPort && `eq ${destinationPort}`,
    isSyn && 'match-all +syn -ack',
    isFragment && 'fragments',
  ]
  return words.filter(Boolean).join(' ')
}

/** IPv4 networks have the mask's complement. */
function aclDestination(text: string): string {
  const prefix = parsePrefix(text)
  const [address = text] = text.split('/')
  if (prefix === undefined) return text
  if (prefix.length === prefix.address.length * 8) return `host ${address}`
  if (prefix.family === 6) return text
  const wildcard = Array.from({ length: 4 }, (_, index) => {
    const bits = Math.min(8, Math.max(0, prefix.length - 8 * index))
    return 0xff >> bits
  })
  return `${address} ${wildcard.join('.')}`
}

function noteOf(filter: Filter): string | null {
  const { destination, sourcePort, destinationPort, isSyn, isFragment } = filter
  const prefix = parsePrefix(destination)
  const isHost = prefix !== undefined && prefix.length === prefix.address.length * 8
  const where = isHost ? destination.replace(/\/\d+$/, '') : `all of ${destination}`
  if (isSyn)
    return `stops every new TCP connection to ${where}${destinationPort ? ` at port ${destinationPort}` : ''}`
  const what = isFragment ? 'every fragment' : 'everything'
  if (sourcePort !== undefined) {
    return isHost ? null : `stops what comes from port ${sourcePort} to ${where}`
  }
  const port = destinationPort === undefined ? '' : ` port ${destinationPort}`
  return `stops ${what} of this protocol to ${where}${port}`
}

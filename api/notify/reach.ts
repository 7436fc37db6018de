// Where notifications may go. Whoever may make a channel must not reach, through this program, what only this machine reaches: its own services, the
// networks around it, a cloud's metadata. So names are looked up here, every address is checked, and the connection goes to what was checked.

import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { encloses, type Prefix, parsePrefix } from '../../rules/configuration/prefix.ts'

/** IANA's special-purpose registries (RFC 6890): what is not globally reachable, and forms that carry an IPv4 address inside. */
const special = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/3',
  // IPv6: of 2000::/3, which all the rest is outside of.
  '2001::/23',
  '2001:db8::/32',
  '2002::/16',
  '3fff::/20',
].map(known)
const globalIpv6 = known('2000::/3')

/** Cannot be told: the message says why, and what to do. */
export class Unreachable extends Error {
  override readonly name = 'Unreachable'
}

export interface Target {
  address: string
  family: 4 | 6
  /** In a network that the operator allowed: there it may be in the clear. */
  isAllowed: boolean
}

export type Resolve = (host: string) => Promise<string[]>

const resolveByDns: Resolve = async (host) =>
  (await lookup(host, { all: true, verbatim: true })).map(({ address }) => address)

/**
 * The address of `host` to connect to. All addresses that it has must be acceptable: one that is not shows a name that is not to be trusted.
 * @throws Unreachable
 */
export async function findTarget(
  host: string,
  allowed: readonly Prefix[],
  resolve: Resolve = resolveByDns,
): Promise<Target> {
  const bare = host.startsWith('[') ? host.slice(1, -1) : host
  const addresses = isIP(bare) === 0 ? await resolveName(bare, resolve) : [bare]
  const targets = addresses.map((address) => judge(address, allowed, host))
  const [first] = targets
  if (first === undefined) throw new Unreachable(`${host} has no address`)
  return first
}

async function resolveName(host: string, resolve: Resolve): Promise<string[]> {
  try {
    return await resolve(host)
  } catch {
    throw new Unreachable(`${host} cannot be looked up`)
  }
}

function judge(address: string, allowed: readonly Prefix[], host: string): Target {
  // IPv4-mapped forms become IPv4 here; a zone makes it no address at all.
  const prefix = parsePrefix(address)
  if (prefix === undefined) throw new Unreachable(`${host} has an address that is none`)
  const isAllowed = allowed.some((network) => encloses(network, prefix))
  const isPublic =
    (prefix.family === 4 || encloses(globalIpv6, prefix)) &&
    !special.some((network) => encloses(network, prefix))
  if (!isAllowed && !isPublic) {
    throw new Unreachable(
      `${host} is in a private network: name it in NETMON_NOTIFY_NETWORKS if notifications may go there`,
    )
  }
  return {
    address: prefix.text.slice(0, prefix.text.indexOf('/')),
    family: prefix.family,
    isAllowed,
  }
}

function known(text: string): Prefix {
  const prefix = parsePrefix(text)
  if (prefix === undefined) throw new Error(`not a prefix: ${text}`)
  return prefix
}

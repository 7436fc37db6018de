// What addresses are called in DNS, when somebody asks: PTR queries and nothing else (RFC 1035 3.5, RFC 3596 2.5), few at a time, remembered.

import { Resolver } from 'node:dns/promises'
import { codeOf } from '../../runtime/errors.ts'
import { parseAddress } from '../../runtime/ip.ts'

export interface HostNames {
  /** One for each address, null where there is none; undefined where it was not asked for: too many were lately, or the resolver does not answer. */
  find(addresses: readonly string[]): Promise<(string | null | undefined)[]>
}

const timeoutMs = 1_500
const mostAtOnce = 16
const mostAMinute = 600
const mostRemembered = 10_000
const foundForMs = 3_600_000
const absentForMs = 300_000
const longestName = 255

interface Remembered {
  name: string | null
  untilMs: number
}

/** Of `servers`, or of those that the machine asks by itself when there are none. */
export function createHostNames(servers: readonly string[], now: () => number): HostNames {
  const resolver = new Resolver({ timeout: timeoutMs, tries: 1 })
  if (servers.length > 0) resolver.setServers(servers)
  // In the order in which they were asked for: the oldest goes first.
  const remembered = new Map<string, Remembered>()
  const asked = new Map<string, Promise<string | null | undefined>>()
  let minute = 0
  let askedInMinute = 0

  const ask = async (address: string): Promise<string | null | undefined> => {
    const current = Math.floor(now() / 60_000)
    if (current !== minute) askedInMinute = 0
    minute = current
    if (askedInMinute >= mostAMinute) return undefined
    askedInMinute++
    try {
      const [name = ''] = await resolver.resolvePtr(reverseName(address)!)
      return remember(address, name === '' ? null : name.slice(0, longestName), foundForMs)
    } catch (error) {
      const code = codeOf(error)
      // It is known that there is none; anything else may be better in a moment.
      if (code === 'ENOTFOUND' || code === 'ENODATA') return remember(address, null, absentForMs)
      return undefined
    }
  }

  const remember = (address: string, name: string | null, forMs: number) => {
    remembered.delete(address)
    remembered.set(address, { name, untilMs: now() + forMs })
    if (remembered.size > mostRemembered) remembered.delete(remembered.keys().next().value!)
    return name
  }

  const findOne = (address: string): Promise<string | null | undefined> => {
    const known = remembered.get(address)
    if (known !== undefined && known.untilMs > now()) return Promise.resolve(known.name)
    const running = asked.get(address)
    if (running !== undefined) return running
    const asking = ask(address).finally(() => asked.delete(address))
    asked.set(address, asking)
    return asking
  }

  return {
    async find(addresses) {
      const names: (string | null | undefined)[] = []
      for (let first = 0; first < addresses.length; first += mostAtOnce) {
        names.push(...(await Promise.all(addresses.slice(first, first + mostAtOnce).map(findOne))))
      }
      return names
    },
  }
}

/** `1.2.0.192.in-addr.arpa`, or 32 digits in front of `ip6.arpa`; undefined when `address` is none. */
export function reverseName(address: string): string | undefined {
  const bytes = parseAddress(address)
  if (bytes === undefined) return undefined
  if (bytes.length === 4) return `${bytes.toReversed().join('.')}.in-addr.arpa`
  const digits = Buffer.from(bytes).toString('hex')
  return `${[...digits].toReversed().join('.')}.ip6.arpa`
}

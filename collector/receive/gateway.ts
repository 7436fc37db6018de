// Docker may serve a published UDP port by a proxy: then every datagram comes from the gateway of the container's network, and all exporters are one.

import { readFileSync } from 'node:fs'
import type { Logger } from '../../runtime/log.ts'

/** Long enough that a second exporter would have been heard. */
const watchedMs = 60_000

/** Heard from, by the address of its datagrams. */
interface Heard {
  source: { address: string }
  firstSeenMs: number
  /** What its flows are shown under: of sFlow the agent's address, which a proxy does not change. */
  address: string
}

/** Private addresses (RFC 1918) that networks of containers and machines are numbered with. */
const isPrivate = (address: string) =>
  /^(?:10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.)/.test(address)

/**
 * Answers a function to call now and then with all exporters, which warns once when after a minute every one of them has the address of this
 * machine's gateway, and that is private. `gateway` is undefined where it is not known.
 */
export function watchForGateway(
  gateway: string | undefined,
  log: Logger,
): (exporters: Iterable<Heard>, nowMs: number) => void {
  let told = gateway === undefined || !isPrivate(gateway)
  return (exporters, nowMs) => {
    if (told) return
    let oldestMs = Number.POSITIVE_INFINITY
    for (const { source, address, firstSeenMs } of exporters) {
      if (source.address !== gateway || address !== gateway) return
      oldestMs = Math.min(oldestMs, firstSeenMs)
    }
    if (nowMs - oldestMs < watchedMs) return
    told = true
    log.warn(
      { address: gateway },
      'everything comes from the gateway of this network: unless that is the only exporter, a proxy hides the others; give the collector the network of its host (docs/compose.md)',
    )
  }
}

/** The gateway of the default route over IPv4 (Linux), from `/proc/net/route`, whose addresses are hexadecimal in the machine's byte order. */
export function defaultGateway(file = '/proc/net/route'): string | undefined {
  let routes: string
  try {
    routes = readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
  for (const line of routes.split('\n').slice(1)) {
    const [, destination, gateway = ''] = line.split('\t')
    if (destination !== '00000000' || !/^[0-9A-F]{8}$/.test(gateway)) continue
    return [...Buffer.from(gateway, 'hex').reverse()].join('.')
  }
  return undefined
}

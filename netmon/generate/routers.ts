// The routers of a run: who they are, what they speak, and what they tell of their sampling.

import type { Exporter } from '../../exporter/flow.ts'
import { createIpfixExporter } from '../../exporter/ipfix.ts'
import { createNetflow5Exporter } from '../../exporter/netflow5.ts'
import { createNetflow9Exporter } from '../../exporter/netflow9.ts'
import { createSflowExporter } from '../../exporter/sflow.ts'
import { UserError } from '../../runtime/errors.ts'
import { formatAddress, parseAddress } from '../../runtime/ip.ts'
import type { Protocol, RunOptions } from './options.ts'
import { hash } from './random.ts'

export interface Router {
  readonly index: number
  readonly protocol: Protocol
  /** Where its datagrams come from. */
  readonly address: string
  /** What it calls itself; only sFlow routers do. */
  readonly agent: string | undefined
  readonly samplingRate: number
  /** Whether its exports tell the rate. */
  readonly announces: boolean
  /** What it puts into one datagram. */
  readonly flowsPerDatagram: number
  /** Even and odd routers of one protocol use its two ways to announce or to sample. */
  readonly variant: 0 | 1
}

/** With templates and options in front, 1,472 bytes hold these: a UDP payload in an Ethernet frame. */
const ipv4FlowsPerDatagram: Record<Protocol, number> = { v5: 30, v9: 15, ipfix: 15, sflow: 4 }
const ipv6FlowsPerDatagram: Record<Protocol, number> = { v5: 30, v9: 10, ipfix: 10, sflow: 4 }

/** @throws UserError (exit code 2) for addresses that are none, or run out. */
export function planRouters(options: RunOptions): Router[] {
  const { protocols, samplingRate } = options
  const hasIpv6 = options.ipv6Share > 0 || options.flood?.victim.includes(':')
  const fitting = hasIpv6 ? ipv6FlowsPerDatagram : ipv4FlowsPerDatagram
  const routers = Array.from({ length: options.routers }, (_, index) => {
    const protocol = protocols[index % protocols.length]!
    return {
      index,
      protocol,
      address: following('--source', options.source, index),
      agent: protocol === 'sflow' ? following('--agent', options.agent, index) : undefined,
      samplingRate,
      flowsPerDatagram: options.flowsPerDatagram ?? fitting[protocol],
      variant: (Math.floor(index / protocols.length) % 2) as 0 | 1,
    }
  })
  const announcing = announcingRouters(options, routers)
  return routers.map((router) => ({ ...router, announces: announcing.has(router.index) }))
}

type Candidate = Omit<Router, 'announces'>

function announcingRouters(options: RunOptions, routers: readonly Candidate[]): Set<number> {
  const sflow = routers.filter((router) => router.protocol === 'sflow')
  const others = routers.filter((router) => router.protocol !== 'sflow')
  const { announce } = options
  const chosen = Array.isArray(announce)
    ? announce.map((address) => routerAt(address, routers))
    : drawRouters(
        others,
        routers.length - Math.round((announce as number) * routers.length),
        options.seed,
      )
  return new Set([...sflow, ...chosen].map((router) => router.index))
}

function routerAt(address: string, routers: readonly Candidate[]): Candidate {
  const parsed = parseAddress(address)
  const canonical = parsed && formatAddress(parsed)
  const router = routers.find((candidate) => candidate.address === canonical)
  if (router !== undefined) return router
  throw new UserError(
    `--announce names ${JSON.stringify(address)}, which is neither a share nor one of the routers ${routers[0]!.address} to ${routers.at(-1)!.address}`,
    2,
  )
}

/** All but `silentCount` of the routers, drawn by the seed so that no protocol is favoured. */
function drawRouters(
  routers: readonly Candidate[],
  silentCount: number,
  seed: number,
): Candidate[] {
  const rank = (router: Candidate) => hash(seed, router.index, 100)
  return [...routers].sort((a, b) => rank(a) - rank(b)).slice(silentCount)
}

/** The address `distance` behind another one. */
function following(flag: string, address: string, distance: number): string {
  const bytes = parseAddress(address)
  if (bytes === undefined) {
    throw new UserError(`${flag} expects an IP address, not ${JSON.stringify(address)}`, 2)
  }
  let carry = distance
  for (let i = bytes.length - 1; i >= 0; i--) {
    carry += bytes[i]!
    bytes[i] = carry & 0xff
    carry >>>= 8
  }
  if (carry !== 0) throw new UserError(`${flag} ${address} leaves no room for all the routers`, 2)
  return formatAddress(bytes)
}

/** The exporting process of a router that booted at `bootMs`. */
export function createExporter(router: Router, bootMs: number): Exporter {
  const { index, samplingRate: rate, announces, variant } = router
  const by = variant === 0 ? 'system' : 'sampler'
  const sampling = announces ? ({ sampling: { rate, by } } as const) : {}
  switch (router.protocol) {
    case 'v5':
      return createNetflow5Exporter({ bootMs, ...(announces ? { samplingRate: rate } : {}) })
    case 'v9':
      return createNetflow9Exporter({ sourceId: index + 1, bootMs, ...sampling })
    case 'ipfix':
      return createIpfixExporter({ observationDomainId: index + 1, ...sampling })
    case 'sflow':
      return createSflowExporter({
        agent: parseAddress(router.agent ?? router.address)!,
        bootMs,
        samplingRate: rate,
        expanded: variant === 1,
      })
  }
}

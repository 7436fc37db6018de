// The network that the demo plays: four routers, their daily curve, and attacks. All of it follows from the time alone, so that what is played live
// goes on where the history ends.

import type { ExportedFlow } from '../../exporter/flow.ts'
import type { RouterInput } from '../../rules/configuration/router.ts'
import type { RuleInput } from '../../rules/configuration/rule.ts'
import { parseAddress } from '../../runtime/ip.ts'
import { hash, pick } from '../generate/random.ts'
import { createFlowSlot } from '../generate/scenario.ts'

export interface DemoRouter {
  readonly name: string
  /** Of loopback: any address of 127.0.0.0/8 can send on Linux. */
  readonly address: string
  readonly protocol: 'v5' | 'v9' | 'ipfix' | 'sflow'
  readonly samplingRate: number
  /** Whether its exports tell the rate. */
  readonly announces: boolean
  readonly flowsPerMinute: number
}

export const demoRouters: readonly DemoRouter[] = [
  {
    name: 'ams-edge-1',
    address: '127.20.0.1',
    protocol: 'ipfix',
    samplingRate: 1000,
    announces: true,
    flowsPerMinute: 36,
  },
  {
    name: 'fra-edge-1',
    address: '127.20.0.2',
    protocol: 'v9',
    samplingRate: 1000,
    announces: true,
    flowsPerMinute: 24,
  },
  {
    name: 'lon-border-1',
    address: '127.20.0.3',
    protocol: 'sflow',
    samplingRate: 65_536,
    announces: true,
    flowsPerMinute: 36,
  },
  {
    name: 'office',
    address: '127.20.0.4',
    protocol: 'v5',
    samplingRate: 100,
    announces: false,
    flowsPerMinute: 14,
  },
]

export const demoRouterInputs: readonly RouterInput[] = demoRouters.map((router) => ({
  name: router.name,
  router_ip: router.address,
  default_sampling: router.announces ? 1 : router.samplingRate,
}))

const ruleDefaults = {
  bandwidth_threshold: null,
  packet_threshold: null,
  flow_threshold: null,
  scope: 'rule',
  direction: 'in',
  duration: 1,
  zscore_sensitivity: null,
  zscore_target: null,
  min_traffic: null,
  min_samples: 10,
  prefix_match: null,
  sensitivity: null,
  vectors: null,
  severity: null,
  repeat_interval: null,
  escalation_factor: null,
} as const

export const demoRules: readonly RuleInput[] = [
  {
    ...ruleDefaults,
    name: 'web servers over 1 Gbit/s',
    type: 'threshold',
    prefixes: ['203.0.113.0/24'],
    bandwidth_threshold: 1_000_000_000,
    duration: 2,
  },
  {
    ...ruleDefaults,
    name: 'customers, unusual packet rate',
    type: 'zscore',
    prefixes: ['198.51.100.0/24'],
    zscore_sensitivity: 'medium',
    zscore_target: 'packets',
  },
]

/** Our own hosts (RFC 5737, RFC 3849) and the weight of each network. */
const ownNetworks = [
  ['203.0.113.', 60],
  ['198.51.100.', 30],
  ['192.0.2.', 10],
] as const
export const ownAs = 64_500
/** Of the networks that traffic is exchanged with; each has the /24 of 198.18.0.0/16 of its place in line. */
export const firstRemoteAs = 64_512
export const remoteCount = 24
/** Those that attacks come from, of 198.19.0.0/16. */
export const firstAttacker = 30
export const attackerCount = 12
const services = [
  { proto: 6, port: 443, weight: 46 },
  { proto: 17, port: 443, weight: 22 },
  { proto: 6, port: 80, weight: 9 },
  { proto: 6, port: 993, weight: 4 },
  { proto: 6, port: 22, weight: 3 },
  { proto: 17, port: 53, weight: 5 },
  { proto: 6, port: 5432, weight: 3 },
  { proto: 6, port: 25, weight: 3 },
  { proto: 17, port: 3478, weight: 3 },
  { proto: 17, port: 123, weight: 2 },
] as const

const seed = 2055
const minuteMs = 60_000
const dayMs = 86_400_000

/** Amplified DNS answers to one web server: a short one some hours ago, one in the last hour, and one that goes on as the demo starts. */
const attacksMs = [
  { from: -7.5 * 3_600_000, to: -7.25 * 3_600_000 },
  { from: -42 * minuteMs, to: -31 * minuteMs },
  { from: -6 * minuteMs, to: 12 * minuteMs },
] as const
const victim = bytesOf('203.0.113.80')
const attackFlowsPerMinute = 60

/** 0.3 at four in the morning, 1 in the evening, in the time zone of this machine. */
export function curve(timeMs: number): number {
  const localMs = timeMs - new Date(timeMs).getTimezoneOffset() * minuteMs
  const turn = ((localMs % dayMs) / dayMs) * 2 * Math.PI
  // Two waves: the day, and the evening on top of it.
  const day = 0.62 - 0.28 * Math.cos(turn - 0.9) + 0.1 * Math.sin(2 * turn - 2.4)
  return Math.min(1, Math.max(0.25, day))
}

/**
 * Calls `emit` with every flow that a router exports in the second that begins at `secondMs`. The flow is lent for one call. The attacks are placed around
 * `startMs`, when the demo began.
 */
export function playSecond(
  index: number,
  secondMs: number,
  startMs: number,
  emit: (flow: ExportedFlow) => void,
): void {
  const router = demoRouters[index]!
  const second = Math.floor(secondMs / 1000)
  const noise = 0.85 + 0.3 * (hash(seed, Math.floor(second / 300) * 8 + index, 1) / 2 ** 32)
  const flows = wholeOf((router.flowsPerMinute / 60) * curve(secondMs) * noise, second * 8 + index)
  for (let number = 0; number < flows; number++) {
    emit(ordinaryFlow(router, secondMs, hash(seed, (second * 8 + index) * 64 + number, 2)))
  }
  const sinceMs = secondMs - startMs
  const isAttacked = attacksMs.some(({ from, to }) => sinceMs >= from && sinceMs < to)
  if (!isAttacked || router.protocol === 'v5' || router.protocol === 'sflow') return
  const attacking = wholeOf(attackFlowsPerMinute / 60, second * 8 + index + 4)
  for (let number = 0; number < attacking; number++) {
    emit(attackFlow(secondMs, hash(seed, (second * 8 + index) * 64 + number, 3)))
  }
}

/** A whole number that is `rate` on average. */
function wholeOf(rate: number, number: number): number {
  return Math.floor(rate + hash(seed, number, 4) / 2 ** 32)
}

const slot = createFlowSlot()

function ordinaryFlow(router: DemoRouter, timeMs: number, bits: number): ExportedFlow {
  const flow = prepared(timeMs)
  const network = weighted(ownNetworks, ([, weight]) => weight, hash(bits, 1, 5))
  const service = weighted(services, ({ weight }) => weight, hash(bits, 2, 5))
  // A few of them have most of it.
  const host = 1 + Math.floor(40 * (hash(bits, 3, 5) / 2 ** 32) ** 2)
  const as = Math.floor(remoteCount * (hash(bits, 4, 5) / 2 ** 32) ** 2)
  const own = bytesOf(`${network[0]}${host}`)
  const remote = bytesOf(`198.18.${as}.${1 + (hash(bits, 5, 5) % 250)}`)
  const isIn = hash(bits, 6, 5) % 10 < 4
  flow.srcAddr.set(isIn ? remote : own)
  flow.dstAddr.set(isIn ? own : remote)
  flow.srcAs = isIn ? firstRemoteAs + as : ownAs
  flow.dstAs = isIn ? ownAs : firstRemoteAs + as
  flow.inIf = isIn ? 1 + (as % 2) : 10
  flow.outIf = isIn ? 10 : 1 + (as % 2)
  flow.proto = service.proto
  flow.tcpFlags = service.proto === 6 ? 0x1b : 0
  const ephemeral = 32_768 + (hash(bits, 7, 5) % 28_000)
  const isToService = isIn === (network[0] === '203.0.113.')
  flow.srcPort = isToService ? ephemeral : service.port
  flow.dstPort = isToService ? service.port : ephemeral
  const packets = router.protocol === 'sflow' ? 1 : 20 + (hash(bits, 8, 5) % 320)
  flow.packets = packets
  flow.bytes = packets * (150 + pick(hash(bits, 9, 5), isIn ? 700 : 1300))
  return flow
}

function attackFlow(timeMs: number, bits: number): ExportedFlow {
  const flow = prepared(timeMs)
  const as = firstAttacker + (hash(bits, 1, 6) % attackerCount)
  flow.srcAddr.set(bytesOf(`198.19.${as}.${1 + (hash(bits, 2, 6) % 250)}`))
  flow.dstAddr.set(victim)
  flow.srcAs = firstRemoteAs + as
  flow.dstAs = ownAs
  flow.inIf = 1 + (as % 2)
  flow.outIf = 10
  flow.proto = 17
  flow.tcpFlags = 0
  flow.srcPort = 53
  flow.dstPort = 1024 + (hash(bits, 3, 6) % 64_000)
  flow.packets = 90 + (hash(bits, 4, 6) % 40)
  flow.bytes = Number(flow.packets) * 1420
  return flow
}

function prepared(timeMs: number): ExportedFlow {
  const { flow, ipv4 } = slot
  flow.srcAddr = ipv4.src
  flow.dstAddr = ipv4.dst
  flow.nextHop = ipv4.nextHop
  flow.srcMask = 24
  flow.dstMask = 24
  flow.tos = 0
  flow.ttl = 60
  flow.startMs = timeMs - 4000
  flow.endMs = timeMs
  return flow
}

function weighted<T>(choices: readonly T[], weightOf: (choice: T) => number, bits: number): T {
  const total = choices.reduce((sum, choice) => sum + weightOf(choice), 0)
  let at = pick(bits, total)
  for (const choice of choices) {
    at -= weightOf(choice)
    if (at < 0) return choice
  }
  return choices[0]!
}

function bytesOf(address: string): Uint8Array {
  return parseAddress(address)!
}

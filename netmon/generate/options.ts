// What a run is told to do. Messages name the flags, since that is where most of it comes from.

import { isIP } from 'node:net'
import { netflow5MaxFlows, netflow5MaxSamplingRate } from '../../exporter/netflow5.ts'
import { flowNumberCount } from '../../exporter/numbering.ts'
import { UserError } from '../../runtime/errors.ts'

export const protocols = ['v5', 'v9', 'ipfix', 'sflow'] as const
export type Protocol = (typeof protocols)[number]

/** What the packets of a flood are: UDP from and to any port, SYNs, what servers answer that somebody else asked, pings. */
export const attacks = ['udp', 'syn', 'ntp', 'dns', 'icmp'] as const
export type Attack = (typeof attacks)[number]

/** An attack: nothing but packets to one victim, exactly so many in each of some whole UTC minutes. */
export interface FloodOptions {
  /** An address or a prefix, IPv4 or IPv6. */
  victim: string
  /** Absent: udp. */
  attack?: Attack
  /** Averages over a minute of the real traffic, which is what is exported times the sampling rate. One may be absent. */
  bitsPerSecond?: number
  packetsPerSecond?: number
  /** Whole minutes, beginning with the next one. */
  minutes: number
}

/** What is absent has the value in `defaults`. */
export interface GenerateOptions {
  /** Where to send: an IP address and a port. */
  target?: { host: string; port: number }
  /** Each router speaks one, in turn. */
  protocols?: readonly Protocol[]
  /** Absent: one for each protocol. */
  routers?: number
  /** Address of the first router's socket; the others follow it. */
  source?: string
  /** Agent address of the first router, for those that speak sFlow; the others follow. Absent: as the source. */
  agent?: string
  /** Flows per second of all routers together; 0: as fast as possible. */
  rate?: number
  /** How many to send; absent: until the duration is over or the run is stopped. */
  flows?: number
  /** With a rate this only says how many flows to send. */
  durationMs?: number
  seed?: number
  /** Share of IPv6 flows, 0 to 1, where the protocol carries them. */
  ipv6Share?: number
  /** Who announces its sampling rate: a share of the routers, or their addresses. sFlow routers always do. */
  announce?: number | readonly string[]
  /** Every router samples 1 in so many, announced or not. */
  samplingRate?: number
  /** Absent: as many as fit into 1,500 bytes. */
  flowsPerDatagram?: number
  /** Absent: steady traffic. */
  flood?: FloodOptions
}

export const defaults = {
  target: { host: '127.0.0.1', port: 2055 },
  protocols,
  source: '127.1.0.1',
  rate: 1000,
  floodRate: 100,
  seed: 1,
  ipv6Share: 0,
  announce: 1,
  samplingRate: 1000,
  minutes: 3,
} as const

/** Options with the defaults filled in. */
export interface RunOptions {
  target: { host: string; port: number }
  protocols: readonly Protocol[]
  routers: number
  source: string
  agent: string
  rate: number
  /** Infinity when the run has no end of its own. */
  flows: number
  /** Only for runs as fast as possible. */
  stopAfterMs: number
  seed: number
  ipv6Share: number
  announce: number | readonly string[]
  samplingRate: number
  flowsPerDatagram: number | undefined
  flood: FloodOptions | undefined
}

const maxRouters = 60_000
/** So that the largest samples still fit into a datagram. */
const maxFlowsPerDatagram = 150

/** @throws UserError (exit code 2) for what cannot be run. */
export function resolveOptions(options: GenerateOptions): RunOptions {
  const used = options.protocols ?? defaults.protocols
  const source = options.source ?? defaults.source
  const rate = options.rate ?? (options.flood ? defaults.floodRate : defaults.rate)
  const run: RunOptions = {
    target: options.target ?? defaults.target,
    protocols: used,
    routers: options.routers ?? used.length,
    source,
    agent: options.agent ?? source,
    rate,
    flows: flowCount(options, rate),
    stopAfterMs: rate === 0 ? (options.durationMs ?? Infinity) : Infinity,
    seed: options.seed ?? defaults.seed,
    ipv6Share: options.ipv6Share ?? defaults.ipv6Share,
    announce: options.announce ?? defaults.announce,
    samplingRate: options.samplingRate ?? defaults.samplingRate,
    flowsPerDatagram: options.flowsPerDatagram,
    flood: options.flood,
  }
  checkRanges(options, run)
  checkTogether(options, run)
  return run
}

function flowCount(options: GenerateOptions, rate: number): number {
  if (options.flows !== undefined) return options.flows
  if (options.durationMs === undefined || rate === 0) return Infinity
  return Math.round((rate * options.durationMs) / 1000)
}

function checkRanges(options: GenerateOptions, run: RunOptions): void {
  if (isIP(run.target.host) === 0) {
    throw new UserError(`--target expects an IP address, not ${JSON.stringify(run.target.host)}`, 2)
  }
  expect('--target', run.target.port, Number.isInteger, 1, 65_535, 'a port')
  expect('--routers', run.routers, Number.isInteger, 1, maxRouters, 'a whole number')
  expect('--rate', run.rate, Number.isFinite, 0, 1e9, 'a number of flows per second')
  if (options.durationMs !== undefined && !(options.durationMs > 0)) {
    throw new UserError('--duration expects a number of seconds above 0', 2)
  }
  if (run.flows !== Infinity) {
    expect('--flows', run.flows, Number.isInteger, 1, flowNumberCount, 'a whole number')
  }
  expect('--seed', run.seed, Number.isInteger, 0, 2 ** 32 - 1, 'a whole number')
  expect('--ipv6', run.ipv6Share, Number.isFinite, 0, 1, 'a share')
  if (typeof run.announce === 'number') {
    expect('--announce', run.announce, Number.isFinite, 0, 1, 'a share')
  }
  const v5 = run.protocols.includes('v5')
  const maxRate = v5 ? netflow5MaxSamplingRate : 2 ** 32 - 1
  const maxFlows = v5 ? netflow5MaxFlows : maxFlowsPerDatagram
  const because = v5 ? ' (NetFlow v5 goes no further)' : ''
  expect(
    '--sampling-rate',
    run.samplingRate,
    Number.isInteger,
    1,
    maxRate,
    'a whole number',
    because,
  )
  if (run.flowsPerDatagram !== undefined) {
    const flows = run.flowsPerDatagram
    expect('--flows-per-datagram', flows, Number.isInteger, 1, maxFlows, 'a whole number', because)
  }
}

function expect(
  flag: string,
  value: number,
  isKind: (value: number) => boolean,
  least: number,
  most: number,
  kind: string,
  because = '',
): void {
  if (isKind(value) && value >= least && value <= most) return
  throw new UserError(`${flag} expects ${kind} from ${least} to ${most}${because}, not ${value}`, 2)
}

function checkTogether(options: GenerateOptions, run: RunOptions): void {
  if (run.protocols.length === 0) throw new UserError('--protocols names none', 2)
  if (run.routers < run.protocols.length) {
    throw new UserError(
      `--routers ${run.routers} is too few for ${run.protocols.join(', ')}: each router speaks one protocol`,
      2,
    )
  }
  if (options.flows !== undefined && options.durationMs !== undefined) {
    throw new UserError('--flows and --duration exclude each other: one of them ends the run', 2)
  }
  if (run.ipv6Share > 0 && run.protocols.every((protocol) => protocol === 'v5')) {
    throw new UserError('--ipv6 needs another protocol than v5, which carries IPv4 only', 2)
  }
  if (run.flood === undefined) return
  if (options.flows !== undefined || options.durationMs !== undefined) {
    throw new UserError('a flood ends with its --minutes: leave --flows and --duration out', 2)
  }
  if (options.ipv6Share !== undefined) {
    throw new UserError("a flood has its victim's address family: leave --ipv6 out", 2)
  }
}

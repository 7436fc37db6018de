// A flood: packets of one kind to one victim, exactly so many bytes and packets in each of a number of whole UTC minutes, so that a rule's
// limit can be met to the bit. Flows leave from second 5 to second 50: what a minute gets, it has received long before its end.

import { type ExportedFlow, IpProtocol } from '../../exporter/flow.ts'
import { flowNumberCount, sourcePort } from '../../exporter/numbering.ts'
import { longestHeaderBytes } from '../../exporter/packet.ts'
import { UserError } from '../../runtime/errors.ts'
import { parseAddress } from '../../runtime/ip.ts'
import type { Attack, FloodOptions, RunOptions } from './options.ts'
import { setPath } from './path.ts'
import { hash } from './random.ts'
import type { Router } from './routers.ts'
import type { FlowSlot, Scenario } from './scenario.ts'

const purpose = { path: 1, victim: 2, port: 3 } as const

const minuteMs = 60_000
const firstMs = 5_000
const sendingMs = 45_000
const latestMs = 58_000

/** Sizes of packets when only one of bytes and packets is given. */
const usualPacketBytes = 100
const largestPacketBytes = 1400
const frameBytes = { least: longestHeaderBytes + 4, most: 9018 }

/** @throws UserError (exit code 2) when the amounts cannot be exported exactly. */
export function createFlood(options: RunOptions, flood: FloodOptions): Scenario {
  const { seed } = options
  const victim = parseVictim(flood.victim)
  const isIpv6 = victim.address.length === 16
  const minute = planMinute(options, flood)
  refuseImpossible(options, flood, minute, isIpv6)

  function fill(slot: FlowSlot, number: number, router: Router, nowMs: number): ExportedFlow {
    const { flow } = slot
    const inMinute = number % minute.flows
    setPath(slot, isIpv6, number, router, hash(seed, number, purpose.path))
    setVictim(flow.dstAddr, victim, seed, number)
    flow.dstMask = victim.prefixLength
    setPackets(flow, flood.attack ?? 'udp', number, isIpv6, hash(seed, number, purpose.port))
    flow.tos = 0
    if (minute.bytes !== undefined) flow.bytes = part(minute.bytes, inMinute, minute.flows)
    if (minute.packets !== undefined) flow.packets = part(minute.packets, inMinute, minute.flows)
    if (minute.bytes === undefined) flow.bytes = Number(flow.packets) * usualPacketBytes
    if (minute.packets === undefined) {
      flow.packets =
        router.protocol === 'sflow' ? 1 : Math.ceil(Number(flow.bytes) / largestPacketBytes)
    }
    flow.startMs = nowMs
    flow.endMs = nowMs
    return flow
  }

  return {
    flows: minute.flows * flood.minutes,
    groupFlows: minute.flows,
    peakRate: (minute.flows / sendingMs) * 1000,
    startMs: (nowMs) => Math.ceil(nowMs / minuteMs) * minuteMs,
    dueMs(number) {
      const inMinute = number % minute.flows
      return minuteOf(number) * minuteMs + firstMs + (sendingMs * (inMinute + 1)) / minute.flows
    },
    latestMs: (number) => minuteOf(number) * minuteMs + latestMs,
    fill,
  }

  function minuteOf(number: number): number {
    return Math.floor(number / minute.flows)
  }
}

const synFlag = 0x02
const [echoRequest, echoRequest6] = [0x0800, 0x8000]

function setPackets(
  flow: ExportedFlow,
  attack: Attack,
  number: number,
  isIpv6: boolean,
  random: number,
): void {
  flow.proto = IpProtocol.udp
  flow.srcPort = sourcePort(number)
  flow.dstPort = random & 0xffff
  flow.tcpFlags = 0
  switch (attack) {
    case 'udp':
      return
    case 'syn':
      flow.proto = IpProtocol.tcp
      flow.dstPort = 443
      flow.tcpFlags = synFlag
      return
    case 'ntp':
      flow.srcPort = 123
      return
    case 'dns':
      flow.srcPort = 53
      return
    case 'icmp':
      flow.proto = isIpv6 ? IpProtocol.icmpv6 : IpProtocol.icmp
      flow.srcPort = 0
      // Type and code.
      flow.dstPort = isIpv6 ? echoRequest6 : echoRequest
  }
}

/** What all flows of one minute carry together, as exported; undefined: whatever follows from the other. */
interface Minute {
  flows: number
  bytes: number | undefined
  packets: number | undefined
}

function planMinute(options: RunOptions, flood: FloodOptions): Minute {
  const { bitsPerSecond, packetsPerSecond, minutes } = flood
  if (bitsPerSecond === undefined && packetsPerSecond === undefined) {
    throw new UserError('a flood needs --bits-per-second, --packets-per-second or both', 2)
  }
  if (!Number.isInteger(minutes) || minutes < 1 || minutes > 1440) {
    throw new UserError(`--minutes expects a whole number from 1 to 1440, not ${minutes}`, 2)
  }
  const flows = options.rate * 60
  if (!Number.isInteger(flows) || flows < 1) {
    throw new UserError(
      `--rate of a flood must make a whole number of flows per minute, not ${flows}`,
      2,
    )
  }
  if (flows * minutes > flowNumberCount) {
    throw new UserError(`--rate ${options.rate} makes more than ${flowNumberCount} flows in all`, 2)
  }
  return {
    flows,
    bytes: perMinute('--bits-per-second', bitsPerSecond, 8, options.samplingRate),
    packets: perMinute('--packets-per-second', packetsPerSecond, 1, options.samplingRate),
  }
}

/** What a minute exports of `perSecond`: a 60-fold, divided by `unit` and the sampling rate. */
function perMinute(
  flag: string,
  perSecond: number | undefined,
  unit: number,
  samplingRate: number,
): number | undefined {
  if (perSecond === undefined) return undefined
  const amount = (perSecond * 60) / unit / samplingRate
  if (Number.isSafeInteger(amount) && amount > 0) return amount
  const step = (unit * samplingRate) / 60
  throw new UserError(
    `${flag} ${perSecond} is not exact: with --sampling-rate ${samplingRate} it must be a positive multiple of ${step}`,
    2,
  )
}

function refuseImpossible(
  options: RunOptions,
  flood: FloodOptions,
  minute: Minute,
  isIpv6: boolean,
): void {
  const { flows, bytes, packets } = minute
  if (isIpv6 && options.protocols.includes('v5')) {
    throw new UserError(
      `--victim ${flood.victim} is IPv6, which v5 does not carry: leave it out of --protocols`,
      2,
    )
  }
  const leastBytes = packets ?? flows
  if ((packets !== undefined && packets < flows) || (bytes !== undefined && bytes < leastBytes)) {
    const amounts = [bytes && `${bytes} bytes`, packets && `${packets} packets`].filter(Boolean)
    throw new UserError(
      `--rate ${options.rate} makes ${flows} flows a minute, too many for the ${amounts.join(' and ')} that are exported in it: each flow has a packet, and each packet a byte`,
      2,
    )
  }
  if (
    options.protocols.includes('v5') &&
    Math.ceil((bytes ?? packets! * usualPacketBytes) / flows) >= 2 ** 32
  ) {
    throw new UserError('v5 counts bytes in 32 bits: raise --rate, so that a flow has fewer', 2)
  }
  if (options.protocols.includes('sflow')) refuseUnlikeSamples(options, minute)
}

/** An sFlow flow is one packet. */
function refuseUnlikeSamples(options: RunOptions, { flows, bytes, packets }: Minute): void {
  if (packets !== undefined && packets !== flows) {
    throw new UserError(
      `an sFlow sample is one packet: use --rate ${packets / 60}, or leave sflow out of --protocols`,
      2,
    )
  }
  const { least, most } = frameBytes
  if (bytes !== undefined && (bytes < least * flows || bytes > most * flows)) {
    throw new UserError(
      `an sFlow sample is one packet of ${least} to ${most} bytes: use a --rate from ${Math.ceil(bytes / most / 60)} to ${Math.floor(bytes / least / 60)} rather than ${options.rate}, or leave sflow out of --protocols`,
      2,
    )
  }
}

/** The share of one of `count` flows in `total`: as even as whole numbers allow, exact in sum. */
function part(total: number, index: number, count: number): number {
  return Math.floor(total / count) + (index < total % count ? 1 : 0)
}

interface Victim {
  address: Uint8Array
  prefixLength: number
}

function parseVictim(text: string): Victim {
  const [host = '', length, ...rest] = text.split('/')
  const address = parseAddress(host)
  const bits = (address?.length ?? 0) * 8
  const prefixLength = length === undefined ? bits : Number(length)
  if (
    address === undefined ||
    rest.length > 0 ||
    !/^(\d{1,3})?$/.test(length ?? '') ||
    length === '' ||
    prefixLength > bits
  ) {
    throw new UserError(
      `--victim expects an address or prefix such as 203.0.113.9 or 2001:db8:5::/48, not ${JSON.stringify(text)}`,
      2,
    )
  }
  return { address, prefixLength }
}

/** An address in the victim's prefix: its host bits are random. */
function setVictim(target: Uint8Array, victim: Victim, seed: number, number: number): void {
  target.set(victim.address)
  for (let i = 0; i < target.length; i++) {
    const hostBits = Math.min(8, (i + 1) * 8 - victim.prefixLength)
    if (hostBits <= 0) continue
    const mask = (1 << hostBits) - 1
    const random = hash(seed, number, purpose.victim + 16 + i)
    target[i] = (target[i]! & ~mask) | (random & mask)
  }
}

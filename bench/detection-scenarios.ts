// What the detection benchmark plays: attacks, and what only looks like one. Each has a network of its own.

import type { RuleInput } from '../rules/rule.ts'
import type { Part } from './detection-traffic.ts'

export type RuleType = RuleInput['type']

export interface Scenario {
  name: string
  network: number
  /** Minutes of the played time in which it is under way, both included; undefined: nothing that anybody should hear of. */
  attack: { first: number; last: number } | undefined
  vector: string | undefined
  /** The host that is attacked; null: all of the network. */
  victim: string | null | undefined
  /** What it adds to the usual traffic, in minutes of the played time; `nightly`: at the same time of every day before, too. */
  parts: (Pick<Part, 'bitsPerSecond' | 'packetBytes' | 'proto' | 'flowsPerMinute' | 'sources'> &
    Partial<Pick<Part, 'flags' | 'srcPort' | 'dstPort' | 'host'>> & {
      first: number
      last: number
      nightly?: boolean
    })[]
}

const toHost = { host: '9', victim: (network: number) => `10.10.${network}.9` }
const tenMinutes = { first: 60, last: 69 }

export const playedMinutes = 150

export const scenarios: readonly Scenario[] = [
  {
    name: 'SYN flood, 150,000 packets/s',
    network: 1,
    attack: tenMinutes,
    vector: 'tcp_syn',
    victim: toHost.victim(1),
    parts: [
      {
        ...tenMinutes,
        bitsPerSecond: '150000 * 60 * 8',
        packetBytes: 60,
        proto: 'tcp',
        flags: 2,
        dstPort: '443',
        host: toHost.host,
        flowsPerMinute: 300,
        sources: 50_000,
      },
    ],
  },
  {
    name: 'NTP amplification, 2 Gbit/s',
    network: 2,
    attack: tenMinutes,
    vector: 'udp_ntp',
    victim: toHost.victim(2),
    parts: [
      {
        ...tenMinutes,
        bitsPerSecond: '2e9',
        packetBytes: 468,
        proto: 'udp',
        srcPort: '123',
        host: toHost.host,
        flowsPerMinute: 300,
        sources: 2000,
      },
    ],
  },
  {
    name: 'carpet bombing, 1.5 Gbit/s of UDP',
    network: 3,
    attack: tenMinutes,
    vector: 'udp',
    victim: null,
    parts: [
      {
        ...tenMinutes,
        bitsPerSecond: '1.5e9',
        packetBytes: 1000,
        proto: 'udp',
        host: 'number % 256',
        flowsPerMinute: 512,
        sources: 5000,
      },
    ],
  },
  {
    name: 'slow ramp, UDP up to 3 Gbit/s in an hour',
    network: 4,
    attack: { first: 30, last: 89 },
    vector: 'udp',
    victim: toHost.victim(4),
    parts: [
      {
        first: 30,
        last: 89,
        bitsPerSecond: '3e9 * (age + 1) / 60',
        packetBytes: 1000,
        proto: 'udp',
        host: toHost.host,
        flowsPerMinute: 300,
        sources: 5000,
      },
    ],
  },
  {
    name: 'level shift, TCP twice as much from now on',
    network: 5,
    attack: undefined,
    vector: undefined,
    victim: undefined,
    parts: [
      {
        first: 60,
        last: playedMinutes - 1,
        bitsPerSecond: '100e6',
        packetBytes: 1000,
        proto: 'tcp',
        flags: 0x18,
        srcPort: '443',
        flowsPerMinute: 60,
        sources: 4000,
      },
    ],
  },
  {
    name: 'nightly backup, 800 Mbit/s for 40 minutes',
    network: 6,
    attack: undefined,
    vector: undefined,
    victim: undefined,
    parts: [
      {
        first: 60,
        last: 99,
        nightly: true,
        bitsPerSecond: '800e6',
        packetBytes: 1400,
        proto: 'tcp',
        flags: 0x18,
        dstPort: '873',
        host: '20',
        flowsPerMinute: 60,
        sources: 4,
      },
    ],
  },
]

/** Each network is watched by one rule of each type, as their documentation advises: twice the greatest minute, for two minutes; medium. */
export function rulesOf({ name, network }: Scenario): Record<RuleType, object> {
  const prefixes = [`10.10.${network}.0/24`]
  const greatest = network === 6 ? 943e6 : 143e6
  return {
    threshold: {
      name: `threshold ${name}`,
      type: 'threshold',
      prefixes,
      bandwidth_threshold: Math.ceil(2 * greatest),
      packet_threshold: Math.ceil((2 * greatest) / 8 / 900),
      duration: 2,
    },
    zscore: {
      name: `zscore ${name}`,
      type: 'zscore',
      prefixes,
      zscore_sensitivity: 'medium',
      zscore_target: 'packets',
    },
    advanced_ddos: { name: `advanced_ddos ${name}`, type: 'advanced_ddos', prefixes },
  }
}

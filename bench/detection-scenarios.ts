// What the detection benchmark plays: attacks, and what only looks like one. Each has a network of its own.

import type { RuleInput } from '../rules/configuration/rule.ts'
import type { Part } from './detection-traffic.ts'

export type RuleType = RuleInput['type']

export interface Scenario {
  name: string
  network: number
  /** Minutes of the played time in which it is to be told, both included; undefined: nothing that anybody should hear of. */
  attack: { first: number; last: number } | undefined
  /** Whose rules should tell it; all of them otherwise. */
  toldBy?: readonly RuleType[]
  /** The minute in which somebody accepts it as normal. */
  acceptedAt?: number
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

/** Long enough for a level shift to be learned: an hour, six hours more, and its end. */
export const playedMinutes = 440

type ScenarioPart = Scenario['parts'][number]

const shift: ScenarioPart = {
  first: 60,
  last: playedMinutes - 1,
  bitsPerSecond: '100e6',
  packetBytes: 1000,
  proto: 'tcp',
  flags: 0x18,
  srcPort: '443',
  flowsPerMinute: 60,
  sources: 4000,
}

const backup: ScenarioPart = {
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
}

const udpFlood = (first: number, bitsPerSecond: string): ScenarioPart => ({
  first,
  last: first + 9,
  bitsPerSecond,
  packetBytes: 1000,
  proto: 'udp',
  host: '9',
  flowsPerMinute: 300,
  sources: 5000,
})

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
    attack: tenMinutes,
    toldBy: ['zscore'],
    vector: undefined,
    victim: undefined,
    parts: [shift],
  },
  {
    name: 'level shift, accepted after 20 minutes',
    network: 7,
    attack: tenMinutes,
    toldBy: ['zscore'],
    acceptedAt: 80,
    vector: undefined,
    victim: undefined,
    parts: [shift],
  },
  {
    name: 'nightly backup, 800 Mbit/s for 40 minutes',
    network: 6,
    attack: undefined,
    vector: undefined,
    victim: undefined,
    parts: [backup],
  },
  {
    name: 'as much UDP two hours after that backup',
    network: 8,
    attack: { first: 220, last: 229 },
    // The limit of the threshold rule is twice the backup.
    toldBy: ['zscore', 'advanced_ddos'],
    vector: 'udp',
    victim: toHost.victim(8),
    parts: [backup, udpFlood(220, '800e6')],
  },
  {
    name: '1.5 Gbit/s of UDP on top of that backup',
    network: 9,
    attack: { first: 70, last: 79 },
    vector: 'udp',
    victim: toHost.victim(9),
    parts: [backup, udpFlood(70, '1.5e9')],
  },
]

/** Each network is watched by one rule of each type, as their documentation advises: twice the greatest minute, for two minutes; medium. */
export function rulesOf({ name, network, parts }: Scenario): Record<RuleType, object> {
  const prefixes = [`10.10.${network}.0/24`]
  const greatest = parts.includes(backup) ? 943e6 : 143e6
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

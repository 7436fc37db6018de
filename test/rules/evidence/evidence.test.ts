import { afterAll, beforeAll, expect, test } from 'vitest'
import { countPrefixes } from '../../../rules/configuration/counted-prefixes.ts'
import { readEvidence } from '../../../rules/evidence/evidence.ts'
import { recentDay, startTestDatabase, type TestDatabase } from '../../build/database.ts'

let database: TestDatabase
const minute = Date.parse(`${recentDay}T12:00:00Z`) / 1000
const prefixes = ['203.0.113.0/24', '198.51.100.0/24', '2001:db8:1::/48']

beforeAll(async () => {
  database = await startTestDatabase()
  const past = (minute - 3600) * 1000
  await countPrefixes(database.client, { rules: prefixes, local: [] }, past)
  await database.client.command({ query: 'SYSTEM RELOAD DICTIONARIES' })
  await insert([
    ...ntp,
    ...carpet,
    ...syn6,
    // Not of these minutes, or not towards these prefixes.
    { ...flow, second: 60, src: '192.0.2.99', dst: '203.0.113.9' },
    { ...flow, second: -1, src: '192.0.2.99', dst: '203.0.113.9' },
    { ...flow, src: '203.0.113.9', dst: '192.0.2.99' },
    { ...flow, src: '192.0.2.99', dst: '203.0.114.9' },
  ])
})
afterAll(() => database.remove())

interface Flow {
  second: number
  src: string
  dst: string
  srcPort: number
  dstPort: number
  proto: number
  flags: number
  bytes: number
  packets: number
  as: number
}

const flow: Flow = {
  second: 5,
  src: '',
  dst: '',
  srcPort: 123,
  dstPort: 80,
  proto: 17,
  flags: 0,
  bytes: 4680,
  packets: 10,
  as: 64_500,
}

/** 30 servers send 10 packets of 468 bytes each to one host; one of a hundred bytes goes to another. */
const ntp: Flow[] = [
  ...Array.from({ length: 30 }, (_, index) => ({
    ...flow,
    src: `192.0.${2 + (index % 2)}.${index + 1}`,
    dst: '203.0.113.9',
    dstPort: 1000 + index,
  })),
  {
    ...flow,
    src: '192.0.2.250',
    dst: '203.0.113.10',
    srcPort: 5000,
    bytes: 100,
    packets: 1,
    as: 0,
  },
]

/** The same to each of 50 hosts. */
const carpet: Flow[] = Array.from({ length: 50 }, (_, index) => ({
  ...flow,
  src: '192.0.2.1',
  dst: `198.51.100.${index + 1}`,
  srcPort: 2000 + index,
  dstPort: 3000 + index,
}))

const syn6: Flow[] = Array.from({ length: 4 }, (_, index) => ({
  ...flow,
  src: `2001:db8:f:${index}::1`,
  dst: '2001:db8:1::9',
  srcPort: 2000 + index,
  dstPort: 443,
  proto: 6,
  flags: 2,
  bytes: 60,
  packets: 1,
}))

/** Sampled 1 in 1000 by 192.0.2.254, coming in at interface 7. */
async function insert(flows: Flow[]): Promise<void> {
  const text = flows
    .map(({ second, src, dst, srcPort, dstPort, proto, flags, bytes, packets, as }) => {
      const time = BigInt(minute + second) * 1_000_000_000n
      const octets = (one: string) =>
        one.includes(':')
          ? `toString(reinterpret(toIPv6('${one}'), 'FixedString(16)'))`
          : `reverse(reinterpretAsString(toIPv4('${one}')))`
      return `(3, 1000, ${octets(src)}, ${octets(dst)}, ${srcPort}, ${dstPort}, ${proto}, ${flags}, ${bytes}, ${packets}, ${as}, ${octets('192.0.2.254')}, 7, ${src.includes(':') ? 0x86dd : 0x800}, ${time})`
    })
    .join(', ')
  await database.client.command({
    query: `INSERT INTO ingest (type, sampling_rate, src_addr, dst_addr, src_port, dst_port, proto, tcp_flags, bytes, packets, src_as, sampler_address, in_if, etype, time_received_ns) VALUES ${text}`,
  })
}

const towards = (prefix: string) => ({
  source: { prefixes: [prefix] },
  direction: 'in' as const,
  first: minute,
  last: minute,
})

test('an amplification is told by its sources, its port and its victim', async () => {
  const evidence = await readEvidence(database.client, {
    ...towards('203.0.113.0/24'),
    vector: null,
  })
  expect(evidence).toMatchObject({
    bytes: (30 * 4680 + 100) * 1000,
    packets: 301_000,
    flows: 31,
    sources: 31,
    destinations: 2,
    pattern: 'single',
    victims: [
      { host: '203.0.113.9', bytes: 140_400_000, packets: 300_000, share: 0.9993 },
      { host: '203.0.113.10', bytes: 100_000, packets: 1000, share: 0.0007 },
    ],
    suggestion: {
      flowspec:
        'flow route { match { destination 203.0.113.9/32; protocol =17; source-port =123; } then { discard; } }',
      acl: 'deny udp any eq 123 host 203.0.113.9',
      note: null,
    },
  })
  expect(evidence?.top).toMatchObject({
    src_net: [
      { key: '192.0.2.0/24', bytes: (15 * 4680 + 100) * 1000, share: 0.5004 },
      { key: '192.0.3.0/24', bytes: 15 * 4680 * 1000, share: 0.4996 },
    ],
    src_port: [{ key: '123' }, { key: '5000' }],
    src_as: [{ key: '64500', share: 0.9993 }],
    proto: [{ key: '17', name: 'udp', share: 1 }],
    packet_size: [{ key: '256-511' }, { key: '65-127' }],
    exporter: [{ key: '192.0.2.254', share: 1 }],
    interface: [{ key: '192.0.2.254 7', name: null }],
    tcp_flags: [],
  })
  expect(evidence?.top.src_addr).toHaveLength(10)
})

test('a network that is attacked as a whole is a carpet, and what would stop it says so', async () => {
  const evidence = await readEvidence(database.client, {
    ...towards('198.51.100.0/24'),
    vector: 'udp',
  })
  expect(evidence).toMatchObject({ pattern: 'carpet', destinations: 50, sources: 1 })
  expect(evidence?.victims).toHaveLength(10)
  expect(evidence?.victims[0]).toMatchObject({ share: 0.02 })
  expect(evidence?.suggestion).toEqual({
    flowspec:
      'flow route { match { destination 198.51.100.0/24; protocol =17; } then { discard; } }',
    acl: 'deny udp any 198.51.100.0 0.0.0.255',
    note: 'stops everything of this protocol to all of 198.51.100.0/24',
  })
})

test('SYNs are told by packets and flags, in IPv6 alike', async () => {
  const evidence = await readEvidence(database.client, {
    ...towards('2001:db8:1::/48'),
    vector: 'tcp_syn',
  })
  expect(evidence).toMatchObject({
    packets: 4000,
    pattern: 'single',
    victims: [{ host: '2001:db8:1::9', share: 1 }],
    top: {
      tcp_flags: [{ key: '2', name: 'SYN', share: 1 }],
      dst_net: [{ key: '2001:db8:1::/48' }],
      src_net: [{ key: '2001:db8:f::/48', share: 1 }],
    },
    suggestion: {
      flowspec:
        'flow route { match { destination 2001:db8:1::9/128/0; next-header =6; destination-port =443; tcp-flags [ =syn ]; } then { discard; } }',
      acl: 'deny tcp any host 2001:db8:1::9 eq 443 match-all +syn -ack',
      note: 'stops every new TCP connection to 2001:db8:1::9 at port 443',
    },
  })
})

test('it can be of one host, one vector, and what goes out', async () => {
  const of = (change: object) =>
    readEvidence(database.client, { ...towards('203.0.113.0/24'), vector: null, ...change })
  expect(await of({ host: '203.0.113.10' })).toMatchObject({ flows: 1, destinations: 1 })
  expect(await of({ vector: 'udp_ntp' })).toMatchObject({ flows: 30 })
  expect(await of({ direction: 'out' })).toMatchObject({
    flows: 1,
    victims: [{ host: '192.0.2.99' }],
    suggestion: null,
  })
})

test('of minutes without such flows there is none', async () => {
  const earlier = { first: minute - 3600, last: minute - 3600 }
  const selection = { ...towards('203.0.113.0/24'), vector: null, ...earlier }
  expect(await readEvidence(database.client, selection)).toBeUndefined()
})

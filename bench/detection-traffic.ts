// Traffic of the detection benchmark: flows by formula, written where a collector's flows come in, so that every view counts them.

import type { StoreClient } from '../schema/client.ts'

/** One kind of flows, the same in each of the minutes but for their amount. */
export interface Part {
  /** 10.10.x.0/24 is the network. */
  network: number
  /** Seconds since 1970; both included. */
  first: number
  last: number
  flowsPerMinute: number
  /** Of a minute, in SQL: `at` is its start, `age` counts minutes since `first`. */
  bitsPerSecond: string
  packetBytes: number
  proto: 'tcp' | 'udp'
  flags?: number
  /** In SQL, of a random number `r`. */
  srcPort?: string
  dstPort?: string
  host?: string
  sources: number
}

export const samplingRate = 1000
const protocols = { tcp: 6, udp: 17 } as const

/** By day 70 to 130 Mbit/s, ten per cent up and down from minute to minute: what every network has all the time. */
const usual = `100e6 * (1 + 0.3 * sin(2 * pi() * (at % 86400) / 86400)) * (0.9 + 0.2 * (cityHash64(at, network) % 1000) / 1000)`

export function usualTraffic(network: number, first: number, last: number): Part[] {
  const part = { network, first, last, sources: 4000 }
  return [
    {
      ...part,
      flowsPerMinute: 40,
      bitsPerSecond: `0.8 * ${usual}`,
      packetBytes: 1000,
      proto: 'tcp',
      flags: 0x18,
      srcPort: '443',
    },
    {
      ...part,
      flowsPerMinute: 15,
      bitsPerSecond: `0.19 * ${usual}`,
      packetBytes: 1200,
      proto: 'udp',
      srcPort: '443',
    },
    {
      ...part,
      flowsPerMinute: 3,
      bitsPerSecond: `0.01 * ${usual}`,
      packetBytes: 250,
      proto: 'udp',
      srcPort: '53',
      sources: 8,
    },
  ]
}

export async function insertTraffic(client: StoreClient, parts: readonly Part[]): Promise<void> {
  for (const part of parts) {
    const { network, first, last, flowsPerMinute, bitsPerSecond, packetBytes, proto } = part
    const minutes = (last - first) / 60 + 1
    await client.command({
      query: `INSERT INTO ingest (type, sampling_rate, src_addr, dst_addr, bytes, packets, sampler_address, src_port, dst_port, proto,
          tcp_flags, etype, in_if, time_received_ns)
        WITH
          {network:UInt8} AS network,
          intDiv(number, {flows:UInt32}) AS age,
          {first:UInt32} + 60 * age AS at,
          cityHash64(number, network, {first:UInt32}) AS r,
          r % {sources:UInt32} AS source,
          (${bitsPerSecond}) * 60 / 8 / {sampling:UInt32} / {flows:UInt32} AS flow_bytes
        SELECT 3, {sampling:UInt32}, unhex(concat('C612', hex(toUInt8(source % 256)), hex(toUInt8(intDiv(source, 256) % 256)))),
          unhex(concat('0A0A', hex({network:UInt8}), hex(toUInt8(${part.host ?? '1 + r % 50'})))),
          toUInt64(flow_bytes), greatest(1, toUInt64(flow_bytes / {packet:UInt32})), unhex('C00002FE'),
          toUInt32(${part.srcPort ?? '1024 + r % 60000'}), toUInt32(${part.dstPort ?? '1024 + intDiv(r, 65536) % 60000'}),
          {proto:UInt32}, {flags:UInt32}, 2048, 1 + r % 4, toUInt64(at + 5 + number % 50) * 1000000000
        FROM numbers({count:UInt64})
        WHERE flow_bytes >= 1`,
      query_params: {
        network,
        first,
        flows: flowsPerMinute,
        sampling: samplingRate,
        sources: part.sources,
        packet: packetBytes,
        proto: protocols[proto],
        flags: part.flags ?? 0,
        count: minutes * flowsPerMinute,
      },
    })
  }
}

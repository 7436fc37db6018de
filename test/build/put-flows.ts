// Flows put into the store by hand, as a collector's insert does.

import type { StoreClient } from '../../schema/client.ts'

export interface PutFlow {
  /** Of reception, in seconds since 1970. */
  second: number
  /** Addresses are hexadecimal: 4 or 16 bytes. */
  src: string
  dst: string
  sampler: string
  bytes: number
  packets: number
  sampling_rate: number
  proto: number
  src_port: number
  dst_port: number
  src_as: number
  dst_as: number
  in_if: number
  out_if: number
  tcp_flags: number
  /** Absent: of the edge. */
  router_role?: 0 | 1
}

const columns =
  'bytes, packets, sampling_rate, proto, src_port, dst_port, src_as, dst_as, in_if, out_if, tcp_flags, router_role'

/** Through `ingest`, so that every rollup gets them. */
export async function putFlows(client: StoreClient, flows: readonly PutFlow[]): Promise<void> {
  await client.command({
    query: `CREATE TABLE IF NOT EXISTS put_flows (second UInt64, src String, dst String, sampler String, bytes UInt64, packets UInt64,
      sampling_rate UInt64, proto UInt32, src_port UInt32, dst_port UInt32, src_as UInt32, dst_as UInt32, in_if UInt32, out_if UInt32,
      tcp_flags UInt32, router_role UInt32) ENGINE = Memory`,
  })
  await client.insert({ table: 'put_flows', values: [...flows], format: 'JSONEachRow' })
  await client.command({
    query: `INSERT INTO ingest (time_received_ns, sampler_address, src_addr, dst_addr, etype, ${columns})
      SELECT second * 1000000000, unhex(sampler), unhex(src), unhex(dst), if(length(src) = 8, 2048, 34525), ${columns}
      FROM put_flows`,
  })
  await client.command({ query: 'TRUNCATE TABLE put_flows' })
}

/** Rows of `status` by which one collector ran from one time to another, in seconds since 1970. */
export async function putRun(client: StoreClient, from: number, to: number): Promise<void> {
  const row = {
    kind: 'collector',
    collector: 'edge',
    boot: `since ${from}`,
    started: timeText(from),
    time: timeText(to),
    watermark: timeText(to),
  }
  await client.insert({ table: 'status', values: [row], format: 'JSONEachRow' })
}

function timeText(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(0, -1).replace('T', ' ')
}

// The generator's flows, put into a store through `ingest` at times of our choice, and what they come to by the generator's own count.

import { createPlan, planRun } from '../../netmon/generate/plan.ts'
import { createFlowSlot } from '../../netmon/generate/scenario.ts'
import { sumTallies, type Totals } from '../../netmon/generate/tally.ts'
import type { StoreClient } from '../../schema/client.ts'

export interface Batch {
  /** Seconds since 1970: flows are spread over the time between, evenly. */
  from: number
  to: number
  flows: number
  seed: number
}

export interface Loaded extends Batch {
  totals: Totals
  /** Estimated bytes and packets by what is told apart. */
  by: Readonly<Record<Dimension, ReadonlyMap<string, Amount>>>
}

export interface Amount {
  bytes: number
  packets: number
}

export type Dimension = 'router' | 'proto' | 'src_addr' | 'dst_addr' | 'src_port' | 'dst_port'

const types = { v5: 2, v9: 3, ipfix: 4, sflow: 1 } as const

/** Inserts one batch and answers what is in it. */
export async function load(client: StoreClient, batch: Batch): Promise<Loaded> {
  const options = { flows: batch.flows, seed: batch.seed, routers: 6, ipv6Share: 0.2 }
  const plan = createPlan(options)
  const by: Record<Dimension, Map<string, Amount>> = {
    router: new Map(),
    proto: new Map(),
    src_addr: new Map(),
    dst_addr: new Map(),
    src_port: new Map(),
    dst_port: new Map(),
  }
  const rows = Array.from({ length: plan.flows }, (_, number) => {
    const { router } = plan.batchOf(number)
    const flow = plan.scenario.fill(createFlowSlot(), number, router, 0)
    const second = batch.from + Math.floor(((batch.to - batch.from) * number) / batch.flows)
    const bytes = Number(flow.bytes)
    const packets = Number(flow.packets)
    const row = {
      type: types[router.protocol],
      time: second,
      sampler: router.agent ?? router.address,
      rate: router.samplingRate,
      src: hex(flow.srcAddr),
      dst: hex(flow.dstAddr),
      bytes,
      packets,
      proto: flow.proto,
      src_port: flow.srcPort,
      dst_port: flow.dstPort,
      flags: flow.tcpFlags,
      src_as: flow.srcAs,
      dst_as: flow.dstAs,
      in_if: flow.inIf,
      out_if: flow.outIf,
    }
    const keys: Record<Dimension, string> = {
      router: row.sampler,
      proto: String(row.proto),
      src_addr: row.src,
      dst_addr: row.dst,
      src_port: String(row.src_port),
      dst_port: String(row.dst_port),
    }
    for (const [dimension, key] of Object.entries(keys) as [Dimension, string][]) {
      const amount = by[dimension].get(key) ?? { bytes: 0, packets: 0 }
      amount.bytes += bytes * row.rate
      amount.packets += packets * row.rate
      by[dimension].set(key, amount)
    }
    return row
  })
  await client.insert({ table: 'loading', values: rows, format: 'JSONEachRow' })
  return { ...batch, totals: sumTallies(planRun(options)), by }
}

const hex = (address: Uint8Array) => Buffer.from(address).toString('hex')

/** What `load` writes to; its view makes FlowMessage's columns of it. */
export const loadingTables = [
  `CREATE TABLE loading (type UInt8, time UInt32, sampler String, rate UInt64, src String, dst String, bytes UInt64, packets UInt64, proto UInt32,
    src_port UInt32, dst_port UInt32, flags UInt32, src_as UInt32, dst_as UInt32, in_if UInt32, out_if UInt32) ENGINE = Null`,
  `CREATE MATERIALIZED VIEW loading_to_ingest TO ingest AS SELECT type, toUInt64(time) * 1000000000 AS time_received_ns,
    time_received_ns AS time_flow_start_ns, time_received_ns AS time_flow_end_ns, reinterpretAsString(reverse(reinterpretAsFixedString(toIPv4(sampler)))) AS sampler_address, rate AS sampling_rate,
    unhex(src) AS src_addr, unhex(dst) AS dst_addr, bytes, packets, proto, src_port, dst_port, flags AS tcp_flags, src_as, dst_as, in_if, out_if,
    if(length(src) = 8, 2048, 34525) AS etype, 'test/1/1' AS segment FROM loading`,
]

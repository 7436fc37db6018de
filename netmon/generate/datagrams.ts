// From batches to datagrams.

import type { Exporter } from '../../exporter/flow.ts'
import type { Batch, Plan } from './plan.ts'
import { createExporter } from './routers.ts'
import { createFlowSlot } from './scenario.ts'

/** What one datagram came to. */
interface Written {
  lengthBytes: number
  bytes: number
  packets: number
}

/** Answers a function that writes the datagram of a batch, batch after batch, as the routers' exporters would. */
export function createDatagramWriter(
  plan: Plan,
  bootMs: number,
): (batch: Batch, nowMs: number, target: Buffer) => Written {
  const exporters: Exporter[] = plan.routers.map((router) => createExporter(router, bootMs))
  const longest = Math.max(...plan.routers.map((router) => router.flowsPerDatagram))
  const slots = Array.from({ length: longest }, createFlowSlot)
  const all = slots.map((slot) => slot.flow)

  return (batch, nowMs, target) => {
    const { first, count, router } = batch
    let bytes = 0
    let packets = 0
    for (let i = 0; i < count; i++) {
      const flow = plan.scenario.fill(slots[i]!, first + i, router, nowMs)
      bytes += Number(flow.bytes)
      packets += Number(flow.packets)
    }
    const flows = count === all.length ? all : all.slice(0, count)
    const lengthBytes = exporters[router.index]!.writeDatagram(flows, nowMs, target)
    return { lengthBytes, bytes, packets }
  }
}

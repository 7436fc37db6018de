// The day before the demo: written as a collector would have sent it, before one listens.

import { refreshCoarseRollups } from '../../api/periodic/coarse-rollups.ts'
import { encodeFlow, maxFlowBytes } from '../../collector/encode/encode.ts'
import { FlowRecord, FlowType, SamplingSource } from '../../collector/flow.ts'
import { readIdentity } from '../../collector/identity.ts'
import { createClickHouseSink } from '../../collector/sink/clickhouse.ts'
import { timeText } from '../../collector/telemetry/rows.ts'
import { statusSegment } from '../../collector/telemetry/status.ts'
import type { ExportedFlow } from '../../exporter/flow.ts'
import { createEvaluator } from '../../rules/alerts/advance.ts'
import { createConfiguration } from '../../rules/configuration/configuration.ts'
import { makeDirectory } from '../../runtime/files.ts'
import { parseAddress } from '../../runtime/ip.ts'
import type { StoreClient } from '../../schema/client.ts'
import type { Progress } from '../progress.ts'
import { demoRouterInputs, demoRouters, demoRules, playSecond } from './network.ts'

const hourMs = 3_600_000
export const historyHours = 24
const historyMs = historyHours * hourMs
/** Rules that are a little older than the history were counted through all of it. */
const rulesAgeMs = historyMs + hourMs
/** The store looks the prefixes up anew each second or two (003_prefix_minutes.sql). */
const dictionariesMs = 2_500
const blockBytes = 4 * 1024 * 1024
/** Alerts of the last hour are told as they would have been. */
const alertsMs = 55 * 60_000

const types = {
  v5: FlowType.netflow5,
  v9: FlowType.netflow9,
  ipfix: FlowType.ipfix,
  sflow: FlowType.sflow5,
} as const

const protocolNames = {
  v5: 'NETFLOW_V5',
  v9: 'NETFLOW_V9',
  ipfix: 'IPFIX',
  sflow: 'SFLOW_5',
} as const

/** Routers, rules, 24 hours of flows up to `startMs`, and what the rules made of them. `collectorDirectory` says in whose name; `progress` is told hours. */
export async function writeHistory(
  store: StoreClient,
  collectorDirectory: string,
  startMs: number,
  progress: Progress,
): Promise<void> {
  const configuration = createConfiguration(store, () => startMs - rulesAgeMs)
  for (const router of demoRouterInputs) await configuration.routers.create(router)
  for (const rule of demoRules) await configuration.rules.create(rule)
  await new Promise((resolve) => setTimeout(resolve, dictionariesMs))

  await makeDirectory(collectorDirectory)
  const { collector, boot } = await readIdentity(collectorDirectory, startMs - historyMs)
  const sink = createClickHouseSink(store)
  const signal = new AbortController().signal
  let flows = 0
  let segments = 0
  const flowsOfRouter = demoRouters.map(() => 0)
  for (const block of blocksOf(startMs - historyMs, startMs, flowsOfRouter)) {
    const name = `${collector}/${boot}/${segments++}`
    flows += block.flows
    progress.at((block.firstMs - (startMs - historyMs)) / hourMs)
    await sink.send(
      {
        name,
        stream: 'flows',
        flows: block.flows,
        firstReceivedMs: block.firstMs,
        payloadBytes: block.bytes.length,
        payload: [block.bytes],
      },
      signal,
    )
  }
  const row = {
    time: timeText(startMs),
    collector,
    boot,
    started: timeText(startMs - historyMs),
    watermark: timeText(startMs),
    kind: 'collector',
    flows,
    flows_acknowledged: flows,
  }
  const exporters = demoRouters.map((router, index) => ({
    ...row,
    kind: 'exporter',
    exporter: router.address,
    udp_source: router.address,
    first_seen: timeText(startMs - historyMs),
    last_seen: timeText(startMs),
    flows: flowsOfRouter[index],
    flows_acknowledged: 0,
    flows_by_protocol: { [protocolNames[router.protocol]]: flowsOfRouter[index] },
    sampling_rate: router.samplingRate,
    sampling_rate_lowest: router.samplingRate,
    sampling_rate_highest: router.samplingRate,
    sampling_source: router.announces ? 'exporter' : 'router_default',
  }))
  const rows = [row, ...exporters]
  await sink.send(statusSegment(`${collector}/${boot}/status`, rows, startMs), signal)
  await refreshCoarseRollups(store, startMs, historyMs + hourMs)
  // Not before minutes are closed: each evaluation goes on from the one before.
  const evaluate = createEvaluator(store)
  for (const agoMs of [alertsMs, 0]) await evaluate(startMs - agoMs)
}

interface Block {
  bytes: Uint8Array
  flows: number
  firstMs: number
}

/** All flows of a time, in its order; counts those of each router. */
function* blocksOf(fromMs: number, toMs: number, flowsOfRouter: number[]): Generator<Block> {
  const record = new FlowRecord()
  let target = Buffer.alloc(blockBytes)
  let end = 0
  let flows = 0
  let firstMs = fromMs
  for (let secondMs = fromMs; secondMs < toMs; secondMs += 1000) {
    for (const index of demoRouters.keys()) {
      playSecond(index, secondMs, toMs, (flow) => {
        fillRecord(record, flow, index, secondMs)
        end = encodeFlow(record, target, end)
        flows++
        flowsOfRouter[index]!++
      })
    }
    // No second has as many flows as would fill what is left then.
    if (blockBytes - end < (1000 * maxFlowBytes) / 8 || secondMs + 1000 >= toMs) {
      yield { bytes: target.subarray(0, end), flows, firstMs }
      target = Buffer.alloc(blockBytes)
      end = 0
      flows = 0
      firstMs = secondMs + 1000
    }
  }
}

function fillRecord(record: FlowRecord, flow: ExportedFlow, index: number, timeMs: number): void {
  const router = demoRouters[index]!
  const address = parseAddress(router.address)!
  record.reset()
  record.type = types[router.protocol]
  record.samplerAddress.set(address, 0, address.length)
  record.samplingRate = router.samplingRate
  record.samplingSource = router.announces ? SamplingSource.exporter : SamplingSource.routerDefault
  record.srcAddr.set(flow.srcAddr, 0, 4)
  record.dstAddr.set(flow.dstAddr, 0, 4)
  record.srcAs = flow.srcAs
  record.dstAs = flow.dstAs
  record.srcNet = flow.srcMask
  record.dstNet = flow.dstMask
  record.inIf = flow.inIf
  record.outIf = flow.outIf
  record.proto = flow.proto
  record.srcPort = flow.srcPort
  record.dstPort = flow.dstPort
  record.tcpFlags = flow.tcpFlags
  record.bytesLow = Number(flow.bytes)
  record.packetsLow = Number(flow.packets)
  record.etype = 0x0800
  record.timeReceivedSeconds = Math.floor(timeMs / 1000)
  record.timeFlowStartSeconds = Math.floor(flow.startMs / 1000)
  record.timeFlowEndSeconds = Math.floor(flow.endMs / 1000)
}

// What is known of each exporter: which router it is, and what it sent.

import { formatAddress } from '../runtime/ip.ts'
import type { Address, FlowRecord, SamplingSource } from './flow.ts'
import type { Router, Routers } from './routers.ts'
import type { Source } from './source.ts'

/** DESIGN bound: addresses are free to invent, so the exporter heard first is forgotten beyond this many. */
export const maxExporters = 10_000

export interface Exporter {
  /** The sampler's address: the agent for sFlow, else the UDP source. */
  readonly address: string
  readonly addressBytes: Uint8Array
  readonly source: Source
  router: Router | undefined
  datagrams: number
  datagramBytes: number
  flows: number
  /** Flows by SamplingSource. */
  readonly flowsBySampling: [number, number, number, number]
  lastSeenMs: number
}

export interface Exporters {
  /** Before each datagram: a new list of routers applies to it. */
  takeUpRouters(): void
  /** The exporter of this flow. Consecutive flows mostly share one, which is found without a look-up. */
  of(flow: FlowRecord, source: Source): Exporter
  count(exporter: Exporter, sampling: SamplingSource): void
  /** After each datagram: counts it for the exporter whose flows it held, or for its source when it held none. */
  countDatagram(source: Source, bytes: number, receivedMs: number): void
  all(): Iterable<Exporter>
  /** Exporters forgotten to stay inside the bound. */
  forgotten(): number
}

export function createExporters(routers: Routers): Exporters {
  const exporters = new Map<string, Exporter>()
  let routersVersion = routers.version()
  let last: Exporter | undefined
  let forgotten = 0

  const find = (bytes: Uint8Array, length: number, source: Source): Exporter => {
    const address = formatAddress(bytes, length)
    const key = address === source.address ? address : `${address} ${source.address}`
    const known = exporters.get(key)
    if (known !== undefined) return known
    if (exporters.size >= maxExporters) {
      const [oldest] = exporters.keys()
      if (oldest !== undefined) exporters.delete(oldest)
      forgotten++
    }
    const exporter: Exporter = {
      address,
      addressBytes: bytes.slice(0, length),
      source,
      router: undefined,
      datagrams: 0,
      datagramBytes: 0,
      flows: 0,
      flowsBySampling: [0, 0, 0, 0],
      lastSeenMs: 0,
    }
    attachRouter(exporter, routers)
    exporters.set(key, exporter)
    return exporter
  }

  return {
    takeUpRouters() {
      if (routers.version() === routersVersion) return
      routersVersion = routers.version()
      for (const exporter of exporters.values()) attachRouter(exporter, routers)
    },
    of(flow, source) {
      if (last !== undefined && last.source === source && holds(last, flow.samplerAddress))
        return last
      const { bytes, length } = flow.samplerAddress
      last = find(bytes, length, source)
      return last
    },
    count(exporter, sampling) {
      exporter.flows++
      exporter.flowsBySampling[sampling]++
    },
    countDatagram(source, bytes, receivedMs) {
      const exporter =
        last?.source === source ? last : find(source.bytes, source.bytes.length, source)
      exporter.datagrams++
      exporter.datagramBytes += bytes
      exporter.lastSeenMs = receivedMs
    },
    all: () => exporters.values(),
    forgotten: () => forgotten,
  }
}

/** A router is registered by the address its flows are shown under, or by the one its datagrams come from. */
function attachRouter(exporter: Exporter, routers: Routers): void {
  const { addressBytes, source } = exporter
  exporter.router =
    routers.find(addressBytes, addressBytes.length) ??
    routers.find(source.bytes, source.bytes.length)
}

function holds(exporter: Exporter, address: Address): boolean {
  const { addressBytes } = exporter
  if (addressBytes.length !== address.length) return false
  for (let i = 0; i < address.length; i++) if (addressBytes[i] !== address.bytes[i]) return false
  return true
}

// sFlow version 5 (sflow.org/sflow_version_5.txt): XDR, everything aligned to 4 bytes.

import { type ExportedFlow, type Exporter, writeAddress } from './flow.ts'
import { longestHeaderBytes, writeFrameStart } from './packet.ts'

const compactLimits = { source: 2 ** 24 - 1, interface: 2 ** 30 - 1 }

export interface SflowOptions {
  /** 4 or 16 bytes. Need not be the address that the datagrams come from. */
  agent: Uint8Array
  subAgentId?: number
  /** When the agent started, milliseconds since 1970. */
  bootMs: number
  /** Every sample says 1 in so many: an agent cannot keep it to itself. */
  samplingRate: number
  /** Expanded samples (format 3) instead of compact ones (format 1): interface indexes of 32 bits. */
  expanded?: boolean
  /** How much of a frame is sampled. */
  headerBytes?: number
  /** Sequence number of the next datagram; they start at 1. */
  sequence?: number
}

/** What an agent counts for one data source, which here is an ingress interface. */
interface DataSource {
  samples: number
  /** Packets that could have been sampled. */
  pool: number
}

/** The exporter counts datagrams, and samples for each data source. */
export function createSflowExporter(options: SflowOptions): Exporter {
  const { agent, subAgentId = 0, bootMs, samplingRate, expanded = false } = options
  const { headerBytes = 128 } = options
  if (headerBytes < longestHeaderBytes) {
    throw new RangeError(`sampled headers need ${longestHeaderBytes} bytes or more`)
  }
  const sources = new Map<number, DataSource>()
  let sequence = options.sequence ?? 1

  /*
   * Datagram: version u32 = 5, agent address, sub-agent id u32, sequence u32, uptime ms u32, number of samples u32, samples.
   */
  function writeDatagram(flows: readonly ExportedFlow[], nowMs: number, target: Buffer): number {
    let offset = target.writeUInt32BE(5, 0)
    offset = writeXdrAddress(target, offset, agent)
    offset = target.writeUInt32BE(subAgentId, offset)
    offset = target.writeUInt32BE(sequence, offset)
    offset = target.writeUInt32BE((nowMs - bootMs) >>> 0, offset)
    offset = target.writeUInt32BE(flows.length, offset)
    for (const flow of flows) offset = writeSample(target, offset, flow)
    sequence = (sequence + 1) >>> 0
    return offset
  }

  /*
   * Flow sample: format u32, length of what follows u32, sequence u32, data source, rate u32, pool u32, drops u32, input, output,
   * number of records u32, records. Compact (1): source = type u8 and index u24, interfaces = format (2 bits) and value (30 bits).
   * Expanded (3): source = type u32 and index u32, interfaces = format u32 and value u32. Type and format 0 mean an ifIndex.
   */
  function writeSample(target: Buffer, start: number, flow: ExportedFlow): number {
    if (Number(flow.packets) !== 1) {
      throw new RangeError(`an sFlow sample is one packet, not ${flow.packets}`)
    }
    if (!expanded) refuseLargeIndexes(flow)
    const source = countSample(flow.inIf)
    let offset = target.writeUInt32BE(expanded ? 3 : 1, start)
    const lengthOffset = offset
    offset = target.writeUInt32BE(source.samples, offset + 4)
    offset = writeIndex(target, offset, flow.inIf)
    offset = target.writeUInt32BE(samplingRate, offset)
    offset = target.writeUInt32BE(source.pool, offset)
    offset = target.writeUInt32BE(0, offset)
    offset = writeIndex(target, offset, flow.inIf)
    offset = writeIndex(target, offset, flow.outIf)
    const countOffset = offset
    offset += 4

    let records = 2
    offset = writeRawHeader(target, offset, flow, headerBytes)
    if (flow.vlanId !== 0) {
      offset = writeSwitch(target, offset, flow)
      records++
    }
    offset = writeRouter(target, offset, flow)
    if (flow.srcAs !== 0 || flow.dstAs !== 0) {
      offset = writeGateway(target, offset, flow)
      records++
    }
    target.writeUInt32BE(records, countOffset)
    target.writeUInt32BE(offset - lengthOffset - 4, lengthOffset)
    return offset
  }

  function writeIndex(target: Buffer, start: number, ifIndex: number): number {
    return target.writeUInt32BE(ifIndex, expanded ? target.writeUInt32BE(0, start) : start)
  }

  function countSample(ifIndex: number): DataSource {
    let source = sources.get(ifIndex)
    if (source === undefined) {
      source = { samples: 0, pool: 0 }
      sources.set(ifIndex, source)
    }
    source.samples = (source.samples + 1) >>> 0
    source.pool = (source.pool + samplingRate) >>> 0
    return source
  }

  return { writeDatagram }
}

function refuseLargeIndexes(flow: ExportedFlow): void {
  if (flow.inIf > compactLimits.source || flow.outIf > compactLimits.interface) {
    throw new RangeError('interface indexes this large need expanded samples')
  }
}

/** Flow record: format u32, length of what follows u32, content. */
function writeRecord(
  target: Buffer,
  start: number,
  format: number,
  writeContent: (offset: number) => number,
): number {
  target.writeUInt32BE(format, start)
  const end = writeContent(start + 8)
  target.writeUInt32BE(end - start - 8, start + 4)
  return end
}

/** Sampled header: header protocol u32 (1: Ethernet), frame length u32, stripped u32 (the FCS), header length u32, header. */
function writeRawHeader(target: Buffer, start: number, flow: ExportedFlow, maxBytes: number) {
  return writeRecord(target, start, 1, (first) => {
    let offset = target.writeUInt32BE(1, first)
    offset = target.writeUInt32BE(Number(flow.bytes), offset)
    offset = target.writeUInt32BE(4, offset)
    const capturedBytes = writeFrameStart(target, offset + 4, flow, maxBytes)
    offset = target.writeUInt32BE(capturedBytes, offset) + capturedBytes
    while ((offset - first) % 4 !== 0) offset = target.writeUInt8(0, offset)
    return offset
  })
}

/** Extended switch: source VLAN u32, source priority u32, destination VLAN u32, destination priority u32. */
function writeSwitch(target: Buffer, start: number, flow: ExportedFlow): number {
  return writeRecord(target, start, 1001, (first) => {
    let offset = target.writeUInt32BE(flow.vlanId, first)
    offset = target.writeUInt32BE(0, offset)
    offset = target.writeUInt32BE(flow.vlanId, offset)
    return target.writeUInt32BE(0, offset)
  })
}

/** Extended router: next hop, source prefix length u32, destination prefix length u32. */
function writeRouter(target: Buffer, start: number, flow: ExportedFlow): number {
  return writeRecord(target, start, 1002, (first) => {
    let offset = writeXdrAddress(target, first, flow.nextHop)
    offset = target.writeUInt32BE(flow.srcMask, offset)
    return target.writeUInt32BE(flow.dstMask, offset)
  })
}

/**
 * Extended gateway: next hop, the router's AS u32, source AS u32, source peer AS u32, number of path segments u32, segments (type
 * u32, 2: sequence; number of ASs u32; ASs), number of communities u32, local preference u32. The path is the destination AS alone.
 */
function writeGateway(target: Buffer, start: number, flow: ExportedFlow): number {
  return writeRecord(target, start, 1003, (first) => {
    let offset = writeXdrAddress(target, first, flow.nextHop)
    const path = flow.dstAs === 0 ? [0] : [1, 2, 1, flow.dstAs]
    for (const word of [0, flow.srcAs, flow.srcAs, ...path, 0, 0]) {
      offset = target.writeUInt32BE(word, offset)
    }
    return offset
  })
}

/** Address: type u32 (1: IPv4, 2: IPv6), 4 or 16 bytes. */
function writeXdrAddress(target: Buffer, start: number, address: Uint8Array): number {
  const offset = target.writeUInt32BE(address.length === 4 ? 1 : 2, start)
  writeAddress(target, address, offset, address.length === 4 ? 4 : 16)
  return offset + address.length
}

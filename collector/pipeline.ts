// A datagram's way, left to right: decode, sampling, output. All of it happens in one call, so that nothing waits in a queue.

import { parseAddress } from '../runtime/ip.ts'
import type { Logger } from '../runtime/log.ts'
import type { DirectOutput } from './compiled/direct.ts'
import type { Compat } from './decode/compat.ts'
import { createDecoder, type Decoder } from './decode/decode.ts'
import type { DecoderLimits } from './decode/limits.ts'
import type { Ledger } from './delivery/ledger.ts'
import type { Output } from './delivery/output.ts'
import { createByteOrders } from './exporters/byte-order.ts'
import type { Exporter } from './exporters/exporter.ts'
import type { Exporters } from './exporters/exporters.ts'
import { type Routers, roleOf, routerOf } from './exporters/routers.ts'
import type { Source } from './exporters/source.ts'
import { applySampling } from './sampling.ts'
import { counterRow } from './telemetry/counter-row.ts'
import { createMetadata } from './telemetry/metadata.ts'

const faultLogEveryMs = 10_000
const faultLogBytes = 64

export interface Pipeline {
  readonly decoder: Decoder
  handle(datagram: Uint8Array, source: Source, receivedMs: number): void
  /** Every few seconds: what has waited long enough is given up. */
  expire(nowMs: number): void
  /** At the end: nothing more will come. */
  finish(nowMs: number): void
}

export interface PipelineParts {
  routers: Routers
  exporters: Exporters
  ledger: Ledger
  /** Copies what it keeps of a flow. */
  output: Pick<Output, 'append' | 'addRow' | 'blocks'>
  /** What comes from exporters that are no registered router is counted and dropped. */
  knownOnly: boolean
  compat: Compat
  /** Of the decoder, in place of the default ones. */
  limits?: Partial<DecoderLimits>
  log: Logger
}

export function createPipeline(parts: PipelineParts): Pipeline {
  const { routers, exporters, ledger, output, knownOnly, compat, limits, log } = parts
  let receivedMs = 0

  const isUnknown = (exporter: string, source: Source): boolean =>
    knownOnly && routerOf(routers, parseAddress(exporter) ?? source.bytes, source) === undefined

  const addRow = (stream: keyof Ledger['rows'], row: object): boolean => {
    const hasRoom = output.addRow(stream, row, receivedMs)
    if (hasRoom) ledger.rows[stream]++
    else ledger.rowsDropped['row-limit']++
    return hasRoom
  }
  const learnName = createMetadata((row) => addRow('metadata', row))

  const { blocks } = output
  let begun: Exporter | undefined
  const direct: DirectOutput | undefined = blocks && {
    begin(flow, source) {
      begun = exporters.of(flow, source, receivedMs)
      if (knownOnly && begun.router === undefined) return false
      applySampling(flow, begun.router)
      flow.routerRole = roleOf(begun.router)
      return true
    },
    open: () => blocks.open(receivedMs),
    wrote(flow, flows, offset) {
      ledger.flowsDecoded += flows
      if (begun !== undefined) exporters.count(begun, flow, receivedMs, flows)
      blocks.wrote(flows, offset)
    },
  }

  const decoder = createDecoder({
    compat,
    ...(direct && { direct }),
    ...(limits && { limits }),
    hasLittleEndianSampling: createByteOrders(routers),
    emit(flow, source) {
      ledger.flowsDecoded++
      const exporter = exporters.of(flow, source, receivedMs)
      if (knownOnly && exporter.router === undefined) {
        ledger.flowsDropped['unknown-exporter']++
        return
      }
      applySampling(flow, exporter.router)
      flow.routerRole = roleOf(exporter.router)
      exporters.count(exporter, flow, receivedMs)
      output.append(flow, receivedMs)
    },
    learnName(name, source) {
      if (isUnknown(name.exporter, source)) ledger.rowsDropped['unknown-exporter']++
      else learnName(name)
    },
    takeCounters(counters, source) {
      if (isUnknown(counters.exporter, source)) ledger.rowsDropped['unknown-exporter']++
      else addRow('counters', counterRow(counters))
    },
  })

  /** A datagram that makes one of our faults show may come a thousand times a second. */
  let toldMs = -Infinity
  const tellFault = (datagram: Uint8Array, { address }: Source, nowMs: number) => {
    if (nowMs - toldMs < faultLogEveryMs) return
    toldMs = nowMs
    const { internalError } = decoder
    const error = internalError instanceof Error ? internalError.stack : String(internalError)
    const start = Buffer.from(datagram.subarray(0, faultLogBytes)).toString('hex')
    log.error(
      { exporter: address, error, start },
      'a fault of ours while decoding: the datagram is skipped',
    )
  }

  return {
    decoder,
    expire(nowMs) {
      receivedMs = nowMs
      decoder.expire(nowMs)
    },
    finish(nowMs) {
      receivedMs = nowMs
      decoder.giveUpParked()
    },
    handle(datagram, from, atMs) {
      receivedMs = atMs
      ledger.datagrams++
      ledger.datagramBytes += datagram.length
      exporters.takeUpRouters()
      const reason = decoder.decode(datagram, from, atMs)
      if (reason === undefined) ledger.datagramsDecoded++
      else ledger.datagramsRefused[reason]++
      if (reason === 'internal') tellFault(datagram, from, atMs)
      exporters.countDatagram(from, decoder.facts, datagram.length, atMs)
    },
  }
}

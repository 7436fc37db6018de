// A datagram's way, left to right: decode, sampling, output. All of it happens in one call, so that nothing waits in a queue.

import type { Logger } from '../runtime/log.ts'
import { createDecoder, type Decoder } from './decode/decode.ts'
import type { Exporters } from './exporters.ts'
import type { FlowRecord } from './flow.ts'
import type { Ledger } from './ledger.ts'
import { applySampling } from './sampling.ts'
import type { Source } from './source.ts'

const faultLogEveryMs = 10_000
const faultLogBytes = 64

export interface Pipeline {
  readonly decoder: Decoder
  handle(datagram: Uint8Array, source: Source, receivedMs: number): void
}

/** `append` copies what it keeps of the flow. With `knownOnly`, flows of exporters that are no registered router are counted and dropped. */
export function createPipeline(
  exporters: Exporters,
  ledger: Ledger,
  knownOnly: boolean,
  append: (flow: FlowRecord, receivedMs: number) => void,
  log: Logger,
): Pipeline {
  let source: Source
  let receivedMs = 0

  const decoder = createDecoder({
    emit(flow) {
      ledger.flowsDecoded++
      const exporter = exporters.of(flow, source)
      if (knownOnly && exporter.router === undefined) {
        ledger.flowsDropped['unknown-exporter']++
        return
      }
      applySampling(flow, exporter.router?.default_sampling ?? 0)
      exporters.count(exporter, flow.samplingSource)
      append(flow, receivedMs)
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
    handle(datagram, from, atMs) {
      source = from
      receivedMs = atMs
      ledger.datagrams++
      ledger.datagramBytes += datagram.length
      exporters.takeUpRouters()
      const reason = decoder.decode(datagram, from, atMs)
      if (reason === undefined) ledger.datagramsDecoded++
      else ledger.datagramsRefused[reason]++
      if (reason === 'internal') tellFault(datagram, from, atMs)
      exporters.countDatagram(from, datagram.length, atMs)
    },
  }
}

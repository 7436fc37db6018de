// Runs a decoder and keeps what it emits in a form that assertions read well.

import { createDecoder, type Decoder } from '../../collector/decode/decode.ts'
import type { DecoderLimits } from '../../collector/decode/limits.ts'
import type { DecodeReason } from '../../collector/decode/outcome.ts'
import { createSource, type Source } from '../../collector/exporters/source.ts'
import { Address, type FlowRecord } from '../../collector/flow.ts'
import { NumberList } from '../../collector/number-list.ts'
import { formatAddress } from '../../runtime/ip.ts'
import { ip4 } from './bytes.ts'

/** A flow with only the fields that are set: addresses as text, counters as bigint, times as ISO text with nanoseconds. */
export type PlainFlow = Record<string, unknown>

/** 2026-01-02T03:04:05.678Z */
export const receivedMs = Date.UTC(2026, 0, 2, 3, 4, 5, 678)
/** The same in whole seconds. */
export const receivedSeconds = Math.floor(receivedMs / 1000)

export function source(address = '192.0.2.1', port = 2055): Source {
  return createSource(ip4(address), port)
}

export interface Decoded {
  readonly decoder: Decoder
  /** Everything emitted so far. */
  readonly flows: PlainFlow[]
  /** Decodes one datagram from `from`, received at `receivedMs`. */
  decode(datagram: Uint8Array, from?: Source): DecodeReason | undefined
}

export function decoded(limits?: Partial<DecoderLimits>): Decoded {
  const flows: PlainFlow[] = []
  const emit = (flow: FlowRecord) => void flows.push(plainFlow(flow))
  const decoder = createDecoder(limits === undefined ? { emit } : { emit, limits })
  const usual = source()
  return {
    decoder,
    flows,
    decode: (datagram, from = usual) => decoder.decode(datagram, from, receivedMs),
  }
}

/** The flows of datagrams that all come from one source. */
export function flowsOf(...datagrams: Uint8Array[]): PlainFlow[] {
  const { flows, decode } = decoded()
  for (const datagram of datagrams) decode(datagram)
  return flows
}

export function plainFlow(flow: FlowRecord): PlainFlow {
  const plain: PlainFlow = {}
  for (const [name, value] of Object.entries(flow) as [string, unknown][]) {
    if (value instanceof Address) {
      if (value.length > 0) plain[name] = formatAddress(value.bytes, value.length)
    } else if (value instanceof NumberList) {
      if (value.length > 0) plain[name] = [...value]
    } else if (Array.isArray(value)) {
      if (value.length > 0) {
        plain[name] = value.map((item) => formatAddress(item))
      }
    } else if (
      typeof value === 'number' &&
      value !== 0 &&
      !/(High|Low|Seconds|Nanos|Length)$/.test(name)
    ) {
      plain[name] = value
    }
  }
  const applicationId = flow.applicationId.slice(0, flow.applicationIdLength)
  if (applicationId.length > 0) plain['applicationId'] = Buffer.from(applicationId).toString('hex')
  plain['bytes'] = (BigInt(flow.bytesHigh) << 32n) + BigInt(flow.bytesLow)
  plain['packets'] = (BigInt(flow.packetsHigh) << 32n) + BigInt(flow.packetsLow)
  plain['received'] = isoTime(flow.timeReceivedSeconds, flow.timeReceivedNanos)
  plain['start'] = isoTime(flow.timeFlowStartSeconds, flow.timeFlowStartNanos)
  plain['end'] = isoTime(flow.timeFlowEndSeconds, flow.timeFlowEndNanos)
  return plain
}

function isoTime(seconds: number, nanos: number): string {
  const date = new Date(seconds * 1000).toISOString().slice(0, 19)
  return `${date}.${String(nanos).padStart(9, '0')}Z`
}

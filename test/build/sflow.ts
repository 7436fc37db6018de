// sFlow v5 datagrams for tests: sflow.org, "sFlow Version 5", section 5.

import { bytes, ip4, ip6, type Part, u32, zeros } from './bytes.ts'

export interface SflowHeader {
  /** Text of the address; undefined for the type "unknown". */
  agent?: string | undefined
  subAgent?: number
  sequence?: number
  uptimeMs?: number
  count?: number
}

/** A datagram whose sample count is the number of samples unless the header says otherwise. */
export function sflow(header: SflowHeader, ...samples: Part[]): Uint8Array {
  return bytes(
    u32(5),
    'agent' in header ? address(header.agent) : address('203.0.113.1'),
    u32(header.subAgent ?? 0),
    u32(header.sequence ?? 0),
    u32(header.uptimeMs ?? 0),
    u32(header.count ?? samples.length),
    ...samples,
  )
}

/** An address with its type before it. */
export function address(text: string | undefined): Uint8Array {
  if (text === undefined) return u32(0)
  return text.includes(':') ? bytes(u32(2), ip6(text)) : bytes(u32(1), ip4(text))
}

/** A sample or a flow record: format, length, content padded to 4 bytes. */
export function structure(format: number, ...content: Part[]): Uint8Array {
  const body = bytes(...content)
  return bytes(u32(format), u32(body.length), body, zeros(-body.length & 3))
}

export interface FlowSample {
  sourceType?: number
  sourceIndex?: number
  rate?: number
  drops?: number
  input?: number
  output?: number
  count?: number
}

export function flowSample(sample: FlowSample, ...records: Part[]): Uint8Array {
  return structure(
    1,
    u32(1),
    u32((sample.sourceType ?? 0) * 2 ** 24 + (sample.sourceIndex ?? 7)),
    u32(sample.rate ?? 1000),
    u32(0),
    u32(sample.drops ?? 0),
    u32(sample.input ?? 0),
    u32(sample.output ?? 0),
    u32(sample.count ?? records.length),
    ...records,
  )
}

export interface ExpandedFlowSample {
  sourceType?: number
  sourceIndex?: number
  rate?: number
  drops?: number
  inputFormat?: number
  input?: number
  outputFormat?: number
  output?: number
  count?: number
}

export function expandedFlowSample(sample: ExpandedFlowSample, ...records: Part[]): Uint8Array {
  return structure(
    3,
    u32(1),
    u32(sample.sourceType ?? 0),
    u32(sample.sourceIndex ?? 7),
    u32(sample.rate ?? 1000),
    u32(0),
    u32(sample.drops ?? 0),
    u32(sample.inputFormat ?? 0),
    u32(sample.input ?? 0),
    u32(sample.outputFormat ?? 0),
    u32(sample.output ?? 0),
    u32(sample.count ?? records.length),
    ...records,
  )
}

export interface RawHeader {
  protocol?: number
  frameLength?: number
  headerLength?: number
}

/** Raw packet header: Ethernet, of the length that is there, unless told otherwise. */
export function rawHeader(record: RawHeader, header: Uint8Array): Uint8Array {
  return structure(
    1,
    u32(record.protocol ?? 1),
    u32(record.frameLength ?? header.length),
    u32(0),
    u32(record.headerLength ?? header.length),
    header,
  )
}

// NetFlow v5 for writers: its records have one layout, which is a template that never comes.

import type { DecodeContext } from '../decode/context.ts'
import { compile, type Plan } from '../decode/plan.ts'
import { Template } from '../decode/template.ts'
import { SamplingSource } from '../flow.ts'
import { writeRun, writerOf } from './write-records.ts'
import type { Writer } from './writers.ts'

/** Element and length of each field, in the order of `decode/netflow5.ts`. paddingOctets (210) stands for what is nothing. */
const fields = [
  [8, 4], // source address
  [12, 4], // destination address
  [15, 4], // next hop
  [10, 2], // input
  [14, 2], // output
  [2, 4], // packets
  [1, 4], // octets
  [22, 4], // first
  [21, 4], // last
  [7, 2], // source port
  [11, 2], // destination port
  [210, 1],
  [6, 1], // TCP flags
  [4, 1], // protocol
  [5, 1], // ToS
  [16, 2], // source AS
  [17, 2], // destination AS
  [9, 1], // source mask
  [13, 1], // destination mask
  [210, 2],
] as const

export interface Netflow5Layout {
  readonly template: Template
  readonly plan: Plan
}

export function createNetflow5Layout(): Netflow5Layout {
  const layout = Buffer.alloc(4 * fields.length)
  for (const [i, [id, length]] of fields.entries()) {
    layout.writeUInt16BE(id, 4 * i)
    layout.writeUInt16BE(length, 4 * i + 2)
  }
  const template = new Template({
    protocol: 'netflow9',
    id: 0,
    port: 0,
    isOptions: false,
    scopeCount: 0,
    layout: layout.toString('hex'),
    minRecordBytes: fields.reduce((sum, [, length]) => sum + length, 0),
  })
  return { template, plan: compile(template) }
}

/** For the datagram that the context's message is of. */
export function netflow5Writer(context: DecodeContext): Writer | undefined {
  const { template, plan } = context.netflow5
  return writerOf(context, template, plan, undefined, undefined)
}

/** Writes records from `offset` on, up to `end` or to one that is to be interpreted. Returns where that is. */
export function writeNetflow5(
  context: DecodeContext,
  writer: Writer,
  samplingRate: number,
  bytes: Uint8Array,
  offset: number,
  end: number,
): number {
  const { record, direct } = context
  if (direct === undefined) return offset
  const { flow, message } = record
  record.begin()
  flow.samplingRate = samplingRate
  if (samplingRate > 0) flow.samplingSource = SamplingSource.exporter
  if (!direct.output.begin(flow, message.source)) return offset
  const wire = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return writeRun(context, direct, writer, 'netflow5', wire, offset, end)
}

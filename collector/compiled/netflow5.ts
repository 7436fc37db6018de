// NetFlow v5 for writers.

import type { DecodeContext } from '../decode/context.ts'
import { SamplingSource } from '../flow.ts'
import type { Writer } from './layout.ts'
import { writeRun, writerOf } from './write-records.ts'

/** For the datagram that the context's message is of. */
export function netflow5Writer(context: DecodeContext): Writer | undefined {
  const { template, plan } = context.netflow5
  return writerOf(context, template, plan, undefined)
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

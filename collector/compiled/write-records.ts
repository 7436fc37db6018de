// Writes the records of a data set, as far as nothing is odd about them.

import { readUint } from '../decode/bytes.ts'
import type { DecodeContext } from '../decode/context.ts'
import { samplingRate, systemInit } from '../decode/flow-completion.ts'
import type { Message } from '../decode/message.ts'
import { runSteps } from '../decode/plan.ts'
import type { Plan } from '../decode/record-plan.ts'
import type { SourceMemo } from '../decode/source-memo.ts'
import type { Template } from '../decode/template.ts'
import { SamplingSource } from '../flow.ts'
import type { Direct } from './create-direct.ts'
import type { Writer } from './layout.ts'
import { Stop } from './state.ts'

/** The writer for a set of this template that the context's message holds; undefined when its records are to be interpreted. */
export function writerOf(
  { direct, record, exporters }: DecodeContext,
  template: Template,
  plan: Plan,
  memo: SourceMemo | undefined,
): Writer | undefined {
  if (direct === undefined) return undefined
  const { message } = record
  const writer = direct.writers.of(template, plan, message.receivedMs)
  if (writer === undefined) return undefined
  if (writer.usesUptime) {
    direct.state.initMs =
      message.protocol === 'ipfix' ? systemInit(message, memo?.exporter, memo?.domain) : 0
    if (direct.state.initMs === 0 && !tellsUptime(message)) return undefined
  }
  if (memo === undefined) return writer
  memo.takeUpRates(exporters.revision)
  // Rates of interfaces and line cards would have to be looked up for each record.
  return memo.hasRatesOfRecords ? undefined : writer
}

/** NetFlow v5's header has room for a nanosecond part that is none. */
function tellsUptime({ uptimeMs, exportNanos }: Message): boolean {
  return uptimeMs !== 0 && exportNanos < 1_000_000_000
}

/**
 * Writes records from `offset` on, up to the end of the set or to one that is to be interpreted. Returns where that is.
 */
export function writeRecords(
  context: DecodeContext,
  writer: Writer,
  template: Template,
  plan: Plan,
  memo: SourceMemo,
  bytes: Uint8Array,
  offset: number,
  end: number,
): number {
  const { record, direct } = context
  if (direct === undefined) return offset
  const { flow, message } = record
  const { state } = direct
  const wire = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  while (end - offset >= writer.recordBytes) {
    record.begin()
    const { sampler } = writer
    state.samplerId = 0
    if (sampler !== undefined) {
      runSteps(plan, plan.samplerSteps, record, bytes, offset)
      // Each rate that is refused is counted.
      if (record.sampling.rate() > context.limits.samplingRate) return offset
      state.samplerId = readUint(bytes, offset + sampler.at, sampler.length) | 0
    }
    flow.samplingRate = rateOf(context, template, memo, state.samplerId)
    if (flow.samplingRate > 0) flow.samplingSource = SamplingSource.exporter
    if (!direct.output.begin(flow, message.source)) return offset
    offset = writeRun(context, direct, writer, message.protocol, wire, offset, end)
    if (state.stop !== Stop.sampler) return offset
  }
  return offset
}

/** As `samplingRate`, which is asked once for each template, sampler and announcement. The memo has taken up the rates (`writerOf`). */
function rateOf(
  context: DecodeContext,
  template: Template,
  memo: SourceMemo,
  samplerId: number,
): number {
  const { exporter, domain } = memo
  if (memo.template !== template || context.record.sampling.rate() > 0) {
    return samplingRate(context, template, exporter, domain)
  }
  if (memo.rate === -1 || memo.rateSampler !== samplerId) {
    memo.rate = samplingRate(context, template, exporter, domain)
    memo.rateSampler = samplerId
  }
  return memo.rate
}

/** Writes flows that are as `record.flow` in what their message and their sampling say. */
export function writeRun(
  { record, counters }: DecodeContext,
  { output, state }: Direct,
  { write }: Writer,
  protocol: 'netflow5' | 'netflow9' | 'ipfix',
  wire: DataView,
  offset: number,
  end: number,
): number {
  if (write === undefined) return offset
  const { message, flow } = record
  state.begin(message, flow)
  do {
    const block = output.open()
    const { bytes, view, limit } = block
    const at = write(state, wire, offset, end, bytes, view, block.offset, limit)
    offset = state.offset
    if (state.flows > 0) {
      message.dataRecords += state.flows
      counters.flows[protocol] += state.flows
      output.wrote(flow, state.flows, at)
    }
  } while (state.stop === Stop.full)
  return offset
}

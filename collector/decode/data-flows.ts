// The flows of a data record: one, or one for each direction.

import type { DecodeContext } from './context.ts'
import type { DataRecord } from './data-record.ts'
import type { Domain, Exporter } from './exporter.ts'
import { completeFlow, samplingRate } from './flow-completion.ts'
import { runSteps } from './plan.ts'
import type { Plan } from './record-plan.ts'
import type { Template } from './template.ts'

/**
 * Completes and emits the flow in `record`, which was read at `offset`, and the reverse flow when the record has one. Of
 * two directions, one without octets and packets is no flow; a record without any is one.
 */
export function emitFlows(
  context: DecodeContext,
  plan: Plan,
  template: Template,
  exporter: Exporter | undefined,
  domain: Domain | undefined,
  bytes: Uint8Array,
  offset: number,
): void {
  const { record } = context
  // Of both directions. Who gets a flow may change what is in it.
  const rate = samplingRate(context, template, exporter, domain)
  if (plan.reverseSteps === undefined) {
    finish(context, exporter, domain, rate)
    return
  }
  if (isRepeatedSession(context)) {
    clearCounters(record)
    finish(context, exporter, domain, rate)
    return
  }
  const isAnswerOnly = countsNothing(record)
  if (!isAnswerOnly) finish(context, exporter, domain, rate)
  record.begin()
  record.isReverse = true
  runSteps(plan, plan.reverseSteps, record, bytes, offset)
  if (!countsNothing(record)) {
    finish(context, exporter, domain, rate)
    return
  }
  if (!isAnswerOnly) return
  record.begin()
  runSteps(plan, plan.steps, record, bytes, offset)
  finish(context, exporter, domain, rate)
}

function finish(
  context: DecodeContext,
  exporter: Exporter | undefined,
  domain: Domain | undefined,
  rate: number,
): void {
  completeFlow(context, exporter, domain, rate)
  const { record, counters, emit } = context
  counters.flows[record.message.protocol]++
  emit(record.flow, record.message.source)
}

function isRepeatedSession({ record, sessions }: DecodeContext): boolean {
  const { flow, flowId, message } = record
  if (flowId === 0) return false
  const { address, observationDomainId } = message
  return sessions.isRepeated(address, observationDomainId, flowId, flow.firewallEvent)
}

/** Neither counters nor a sampled packet. */
function countsNothing({ flow, frameBytes }: DataRecord): boolean {
  const { bytesLow, bytesHigh, packetsLow, packetsHigh } = flow
  return (bytesLow | bytesHigh | packetsLow | packetsHigh | frameBytes) === 0
}

function clearCounters(record: DataRecord): void {
  const { flow } = record
  record.frameBytes = 0
  flow.bytesLow = 0
  flow.bytesHigh = 0
  flow.packetsLow = 0
  flow.packetsHigh = 0
}

// The flows of a data record: one, or one for each direction.

import type { FlowRecord } from '../flow.ts'
import type { DecodeContext } from './context.ts'
import type { Domain, Exporter } from './exporter.ts'
import { completeFlow, samplingRate } from './flow-completion.ts'
import { runSteps } from './plan.ts'
import type { Plan } from './record-plan.ts'
import type { Template } from './template.ts'

/**
 * Completes and emits the flow in `record`, which was read at `offset`, and the reverse flow when the record has one with
 * packets or octets.
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
  completeFlow(context, exporter, domain, rate)
  if (plan.reverseSteps === undefined) {
    emit(context)
    return
  }
  const isRepeated = isRepeatedSession(context)
  if (isRepeated) clearCounters(record.flow)
  emit(context)
  if (isRepeated) return

  record.begin()
  record.isReverse = true
  runSteps(plan, plan.reverseSteps, record, bytes, offset)
  if (isEmpty(record.flow)) return
  completeFlow(context, exporter, domain, rate)
  emit(context)
}

function emit({ record, counters, emit }: DecodeContext): void {
  counters.flows[record.message.protocol]++
  emit(record.flow, record.message.source)
}

function isRepeatedSession({ record, sessions }: DecodeContext): boolean {
  const { flow, flowId, message } = record
  if (flowId === 0) return false
  const { address, observationDomainId } = message
  return sessions.isRepeated(address, observationDomainId, flowId, flow.firewallEvent)
}

function isEmpty({ bytesLow, bytesHigh, packetsLow, packetsHigh }: FlowRecord): boolean {
  return bytesLow === 0 && bytesHigh === 0 && packetsLow === 0 && packetsHigh === 0
}

function clearCounters(flow: FlowRecord): void {
  flow.bytesLow = 0
  flow.bytesHigh = 0
  flow.packetsLow = 0
  flow.packetsHigh = 0
}

// Sets: what NetFlow v9 (where they are FlowSets) and IPFIX messages consist of. RFC 3954 5 and 6, RFC 7011 3.3 and
// 3.4.

import { allZero, readUint16 } from './bytes.ts'
import { countUndecodable, type DecodeContext, fail } from './context.ts'
import { completeFlow } from './flow-completion.ts'
import { compile, type Plan, readRecord } from './plan.ts'
import { announcedRate, type SamplingRate } from './sampling-rates.ts'
import type { Template } from './template.ts'

const setHeaderBytes = 4
/** Sets with this id and above hold records of the template with that id. */
const firstTemplateId = 256

/** What the two protocols write differently. */
export interface SetProtocol {
  readonly templateSetId: number
  readonly optionsTemplateSetId: number
  readonly readTemplate: ReadTemplate
  readonly readOptionsTemplate: ReadTemplate
}

/**
 * Reads the template record at `offset`, of which 4 bytes are there. Returns where the next one starts, or -1 when that
 * cannot be known.
 */
export type ReadTemplate = (
  context: DecodeContext,
  bytes: Uint8Array,
  offset: number,
  end: number,
) => number

/** A data set and the template that was in force when it came. */
interface DataSet {
  readonly template: Template
  readonly offset: number
  readonly end: number
}

/**
 * Reads the sets from `offset` to `end` and emits their flows. Templates take effect from where they stand. Sampling
 * rates in options data hold for all flows of the datagram, those before them as well, so data sets are read last.
 *
 *   0  set id 2
 *   2  length 2   with this header
 */
export function readSets(
  context: DecodeContext,
  protocol: SetProtocol,
  bytes: Uint8Array,
  offset: number,
  end: number,
): void {
  const { message } = context.record
  const dataSets: DataSet[] = []
  const first = offset
  while (end - offset >= setHeaderBytes) {
    const id = readUint16(bytes, offset)
    const length = readUint16(bytes, offset + 2)
    if (length < setHeaderBytes || length > end - offset) {
      // Palo Alto fills its datagrams up with zeros.
      const isFill = offset > first && allZero(bytes, offset, end)
      if (!isFill) fail(context, 'bad-length', end - offset)
      break
    }
    const body = offset + setHeaderBytes
    const setEnd = offset + length
    if (id === protocol.templateSetId) {
      readTemplates(context, protocol.readTemplate, bytes, body, setEnd)
    } else if (id === protocol.optionsTemplateSetId) {
      readTemplates(context, protocol.readOptionsTemplate, bytes, body, setEnd)
    } else if (id >= firstTemplateId) {
      const template = context.exporters.useTemplate(message, id)
      if (template === undefined) countUndecodable(context, 'unknown-template', length)
      else if (template.isOptions) readOptionsData(context, template, bytes, body, setEnd)
      else dataSets.push({ template, offset: body, end: setEnd })
    } else {
      countUndecodable(context, 'reserved-set', length)
    }
    offset = setEnd
  }
  for (const set of dataSets) readData(context, set.template, bytes, set.offset, set.end)
}

function readTemplates(
  context: DecodeContext,
  readTemplate: ReadTemplate,
  bytes: Uint8Array,
  offset: number,
  end: number,
): void {
  while (end - offset >= 4) {
    if (readUint16(bytes, offset) === 0 && allZero(bytes, offset, end)) return
    const next = readTemplate(context, bytes, offset, end)
    if (next === -1) {
      context.counters.templatesRejected++
      fail(context, 'bad-template', end - offset)
      return
    }
    offset = next
  }
}

function readData(
  context: DecodeContext,
  template: Template,
  bytes: Uint8Array,
  offset: number,
  end: number,
): void {
  const { record, counters, exporters } = context
  const { message } = record
  const plan = planOf(template)
  const exporter = exporters.find(message.address)
  const domain = exporter?.domain(message.protocol, message.observationDomainId)
  while (hasRecord(plan, bytes, offset, end)) {
    record.begin()
    const next = readRecord(plan, record, bytes, offset, end)
    if (next === -1) {
      fail(context, 'bad-length', end - offset)
      return
    }
    completeFlow(context, template, exporter, domain)
    counters.flows[message.protocol]++
    context.emit(record.flow)
    offset = next
  }
}

function readOptionsData(
  context: DecodeContext,
  template: Template,
  bytes: Uint8Array,
  offset: number,
  end: number,
): void {
  const { record, counters, exporters } = context
  const plan = planOf(template)
  while (hasRecord(plan, bytes, offset, end)) {
    record.begin()
    const next = readRecord(plan, record, bytes, offset, end)
    if (next === -1) {
      fail(context, 'bad-length', end - offset)
      return
    }
    counters.optionsRecords++
    const announced = announcedRate(record)
    if (announced !== undefined) learnRate(context, announced)
    const { systemInitMs } = record.times
    if (systemInitMs > 0) exporters.learnSystemInit(record.message, systemInitMs)
    offset = next
  }
}

function learnRate({ exporters, counters, record }: DecodeContext, announced: SamplingRate): void {
  const answer = exporters.learnRate(record.message, announced)
  if (answer === 'learned') counters.samplingRatesLearned++
  else if (answer === 'refused') counters.samplingRatesRefused++
}

function planOf(template: Template): Plan {
  template.plan ??= compile(template)
  return template.plan
}

/**
 * Whether a record is at `offset`, and not the end of the set or its padding. Padding is shorter than any record (RFC 7011
 * 3.3.1), but exporters pad to multiples of 4 all the same: zeros there are taken for records only where each has its fixed
 * length, and not for values of length 0.
 */
function hasRecord(plan: Plan, bytes: Uint8Array, offset: number, end: number): boolean {
  const left = end - offset
  if (left < plan.minBytes) return false
  return left >= 4 || plan.variable === undefined || !allZero(bytes, offset, end)
}

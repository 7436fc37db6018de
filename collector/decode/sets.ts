// Sets: what NetFlow v9 (where they are FlowSets) and IPFIX messages consist of. RFC 3954 5 and 6, RFC 7011 3.3 and
// 3.4.

import { writeRecords, writerOf } from '../compiled/write-records.ts'
import { allZero, readUint16 } from './bytes.ts'
import { countUndecodable, type DecodeContext, fail } from './context.ts'
import { emitFlows } from './data-flows.ts'
import type { DataSet } from './data-sets.ts'
import { learnNames } from './names.ts'
import { readRecord } from './plan.ts'
import type { Plan } from './record-plan.ts'
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

/** Reads the records of a set. */
type ReadRecords = (
  context: DecodeContext,
  template: Template,
  plan: Plan,
  bytes: Uint8Array,
  offset: number,
  end: number,
) => void

/**
 * Reads the sets from `offset` to `end` and emits their flows. Templates take effect from where they stand, and data sets that
 * waited for one are read with those of the datagram. Sampling rates in options data hold for all flows, those before them as
 * well, so options data is read before the others.
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
  const { exporters, parked, record, memos, plans, optionsSets, dataSets } = context
  const { message } = record
  const memo = memos.of(message.source)
  const first = offset
  // Should the datagram before have failed.
  optionsSets.clear()
  dataSets.clear()
  parked.claimReadyOf(exporters, message.address)
  addClaimed(context)
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
      addClaimed(context)
    } else if (id === protocol.optionsTemplateSetId) {
      readTemplates(context, protocol.readOptionsTemplate, bytes, body, setEnd)
      addClaimed(context)
    } else if (id < firstTemplateId) {
      countUndecodable(context, 'reserved-set', length)
    } else if (length > setHeaderBytes) {
      const template = exporters.useTemplate(memo, message, id)
      if (template === undefined) {
        message.hasUnread = true
        parked.park(message, id, bytes.subarray(offset, setEnd))
      } else {
        memo.plan ??= plans.of(template)
        const sets = memo.plan.isOptions ? optionsSets : dataSets
        sets.add(template, memo.plan, bytes, body, setEnd)
      }
    }
    offset = setEnd
  }
  readAll(context)
}

/** Reads the parked sets whose template has come, without waiting for a datagram of their exporters. */
export function replayReady(context: DecodeContext): void {
  context.parked.claimReady(context.exporters)
  addClaimed(context)
  readAll(context)
}

function readAll(context: DecodeContext): void {
  const { optionsSets, dataSets } = context
  try {
    for (let i = 0; i < optionsSets.count; i++) readSet(context, readOptionsData, optionsSets.at(i))
    for (let i = 0; i < dataSets.count; i++) readSet(context, readData, dataSets.at(i))
  } finally {
    optionsSets.clear()
    dataSets.clear()
  }
}

/** Adds the parked sets for which a template has just come. */
function addClaimed({ parked: parkedSets, plans, optionsSets, dataSets }: DecodeContext): void {
  for (const { template, parked } of parkedSets.takeClaimed()) {
    const { bytes } = parked
    const plan = plans.of(template)
    const sets = plan.isOptions ? optionsSets : dataSets
    sets.add(template, plan, bytes, setHeaderBytes, bytes.length, parked)
  }
}

/** A parked set is read as a part of the message that it came in. */
function readSet(context: DecodeContext, read: ReadRecords, set: DataSet | undefined): void {
  if (set === undefined) return
  const { template, plan, bytes, offset, end, parked } = set
  if (parked === undefined) {
    read(context, template, plan, bytes, offset, end)
    return
  }
  const { record, parkedMessage } = context
  const { message } = record
  parkedMessage.resume(parked)
  record.message = parkedMessage
  try {
    read(context, template, plan, bytes, offset, end)
  } finally {
    record.message = message
  }
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
  plan: Plan,
  bytes: Uint8Array,
  offset: number,
  end: number,
): void {
  const { record, exporters, memos } = context
  const { message, sampling } = record
  const memo = memos.of(message.source)
  exporters.findDomain(memo, message)
  sampling.isLittleEndian =
    plan.hasSamplingInterval && context.hasLittleEndianSampling(message.source)
  const writer = writerOf(context, template, plan, memo)
  while (hasRecord(plan, bytes, offset, end)) {
    if (writer !== undefined) {
      offset = writeRecords(context, writer, template, plan, memo, bytes, offset, end)
      // What it stopped in front of is read here.
      if (!hasRecord(plan, bytes, offset, end)) return
    }
    record.begin()
    const next = readRecord(plan, record, bytes, offset, end)
    if (next === -1) {
      fail(context, 'bad-length', end - offset)
      return
    }
    message.dataRecords++
    if (plan.layout !== undefined) plan.layout.recordsRead++
    emitFlows(context, plan, template, memo.exporter, memo.domain, bytes, offset)
    offset = next
  }
}

function readOptionsData(
  context: DecodeContext,
  _: Template,
  plan: Plan,
  bytes: Uint8Array,
  offset: number,
  end: number,
): void {
  const { record, counters, exporters } = context
  record.sampling.isLittleEndian = false
  while (hasRecord(plan, bytes, offset, end)) {
    record.begin()
    record.names.clear()
    const next = readRecord(plan, record, bytes, offset, end)
    if (next === -1) {
      fail(context, 'bad-length', end - offset)
      return
    }
    record.message.dataRecords++
    counters.optionsRecords++
    const announced = announcedRate(record)
    if (announced !== undefined) learnRate(context, announced)
    learnNames(context)
    const { systemInitMs } = record.times
    if (systemInitMs > 0) exporters.learnSystemInit(record.message, systemInitMs)
    offset = next
  }
}

/** The scope of a record may be another observation domain than the one that sends it: RFC 7011 4.1. */
function learnRate({ exporters, counters, record }: DecodeContext, announced: SamplingRate): void {
  const { message, domainId } = record
  const { protocol, address, port, receivedMs } = message
  const observationDomainId = domainId ?? message.observationDomainId
  const speaker = { protocol, address, port, observationDomainId, receivedMs }
  const answer = exporters.learnRate(speaker, announced)
  if (answer === 'learned') counters.samplingRatesLearned++
  else if (answer === 'refused') counters.samplingRatesRefused++
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

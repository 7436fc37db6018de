// IPFIX. RFC 7011: message header 3.1, sets 3.3, template records 3.4.1, options template records 3.4.2, withdrawals
// 8.1.

import type { Source } from '../exporters/source.ts'
import { FlowType } from '../flow.ts'
import { readUint16, readUint32 } from './bytes.ts'
import { type DecodeContext, fail } from './context.ts'
import type { DecodeReason } from './outcome.ts'
import { followSequence } from './sequence.ts'
import { readSets, type SetProtocol } from './sets.ts'
import { minTemplateId, takeTemplate } from './template-record.ts'

const headerBytes = 16

const sets: SetProtocol = {
  templateSetId: 2,
  optionsTemplateSetId: 3,
  readTemplate,
  readOptionsTemplate,
}

/**
 * Reads one datagram.
 *
 *    0  version 2    4  export time 4    12  observation domain id 4
 *    2  length  2    8  sequence    4
 */
export function decodeIpfix(
  context: DecodeContext,
  bytes: Uint8Array,
  source: Source,
  receivedMs: number,
): DecodeReason | undefined {
  if (bytes.length < headerBytes) return 'short-header'
  const { message } = context.record
  message.begin(FlowType.ipfix, source, receivedMs)
  message.exportSeconds = readUint32(bytes, 4)
  message.sequenceNumber = readUint32(bytes, 8)
  message.observationDomainId = readUint32(bytes, 12)
  context.facts.takeHeader(message)

  const length = readUint16(bytes, 2)
  if (length < headerBytes) {
    fail(context, 'bad-length', bytes.length)
    return message.reason
  }
  readSets(context, sets, bytes, headerBytes, Math.min(length, bytes.length))
  // A message longer than its datagram was cut off on the way; its last whole set may have been the last.
  if (length > bytes.length) {
    message.reason ??= 'bad-length'
    message.hasUnread = true
  }
  // Each transport session counts the data records of each domain.
  const id = message.port * 2 ** 32 + message.observationDomainId
  followSequence(context, id, 'records', message.recordCount())
  return message.reason
}

/**
 *   0  template id 2
 *   2  field count 2   0 withdraws the template
 *   4  fields
 */
function readTemplate(
  context: DecodeContext,
  bytes: Uint8Array,
  offset: number,
  end: number,
): number {
  const id = readUint16(bytes, offset)
  const fieldCount = readUint16(bytes, offset + 2)
  if (fieldCount === 0) return withdraw(context, id, false, offset)
  return takeTemplate(
    context,
    { id, isOptions: false, fieldCount, scopeCount: 0 },
    bytes,
    offset + 4,
    end,
  )
}

/**
 *   0  template id       2
 *   2  field count       2   0 withdraws the template, and then nothing follows
 *   4  scope field count 2   of those: it should be 1 or more, and is 0 with some vendors
 *   6  fields
 */
function readOptionsTemplate(
  context: DecodeContext,
  bytes: Uint8Array,
  offset: number,
  end: number,
): number {
  const id = readUint16(bytes, offset)
  const fieldCount = readUint16(bytes, offset + 2)
  if (fieldCount === 0) return withdraw(context, id, true, offset)
  if (end - offset < 6) return -1
  const scopeCount = readUint16(bytes, offset + 4)
  return takeTemplate(
    context,
    { id, isOptions: true, fieldCount, scopeCount },
    bytes,
    offset + 6,
    end,
  )
}

/** The set id in place of a template id withdraws all templates of that set. An unknown one is none to withdraw. */
function withdraw(context: DecodeContext, id: number, isOptions: boolean, offset: number): number {
  const { exporters, counters, record } = context
  const setId = isOptions ? sets.optionsTemplateSetId : sets.templateSetId
  if (id === setId) {
    counters.templatesWithdrawn += exporters.dropTemplates(record.message, isOptions)
  } else if (id < minTemplateId) {
    fail(context, 'bad-template', 4)
  } else if (exporters.dropTemplate(record.message, id)) {
    counters.templatesWithdrawn++
  }
  return offset + 4
}

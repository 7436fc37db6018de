// NetFlow v9. RFC 3954: header 5.1, template FlowSet 5.2, data FlowSet 5.3, options template FlowSet 6.1.

import type { Source } from '../exporters/source.ts'
import { FlowType } from '../flow.ts'
import { readUint16, readUint32 } from './bytes.ts'
import type { DecodeContext } from './context.ts'
import type { DecodeReason } from './outcome.ts'
import { followSequence } from './sequence.ts'
import { readSets, type SetProtocol } from './sets.ts'
import { takeTemplate } from './template-record.ts'

const headerBytes = 20
const fieldBytes = 4

const sets: SetProtocol = {
  templateSetId: 0,
  optionsTemplateSetId: 1,
  readTemplate,
  readOptionsTemplate,
}

/**
 * Reads one datagram.
 *
 *    0  version 2    4  uptime       4   12  sequence  4
 *    2  count   2    8  unix seconds 4   16  source id 4
 *
 * The count is of records, or of FlowSets, or wrong: exporters do not agree, and nothing here depends on it.
 */
export function decodeNetflow9(
  context: DecodeContext,
  bytes: Uint8Array,
  source: Source,
  receivedMs: number,
): DecodeReason | undefined {
  if (bytes.length < headerBytes) return 'short-header'
  const { message } = context.record
  message.begin(FlowType.netflow9, source, receivedMs)
  message.uptimeMs = readUint32(bytes, 4)
  message.exportSeconds = readUint32(bytes, 8)
  message.sequenceNumber = readUint32(bytes, 12)
  message.observationDomainId = readUint32(bytes, 16)
  context.facts.takeHeader(message)
  readSets(context, sets, bytes, headerBytes, bytes.length)
  followSequence(context, message.observationDomainId, 'datagrams', message.recordCount())
  return message.reason
}

/**
 *   0  template id 2
 *   2  field count 2
 *   4  fields
 */
function readTemplate(
  context: DecodeContext,
  bytes: Uint8Array,
  offset: number,
  end: number,
): number {
  const header = {
    id: readUint16(bytes, offset),
    isOptions: false,
    fieldCount: readUint16(bytes, offset + 2),
    scopeCount: 0,
  }
  return takeTemplate(context, header, bytes, offset + 4, end)
}

/**
 *   0  template id   2
 *   2  scope length  2   bytes of scope fields
 *   4  option length 2   bytes of the other fields
 *   6  fields
 */
function readOptionsTemplate(
  context: DecodeContext,
  bytes: Uint8Array,
  offset: number,
  end: number,
): number {
  if (end - offset < 6) return -1
  const scopeLength = readUint16(bytes, offset + 2)
  const optionLength = readUint16(bytes, offset + 4)
  if (scopeLength % fieldBytes !== 0 || optionLength % fieldBytes !== 0) return -1
  const header = {
    id: readUint16(bytes, offset),
    isOptions: true,
    fieldCount: (scopeLength + optionLength) / fieldBytes,
    scopeCount: scopeLength / fieldBytes,
  }
  return takeTemplate(context, header, bytes, offset + 6, end)
}

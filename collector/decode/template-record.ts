// Takes in the template records of NetFlow v9 and IPFIX, once their headers are read.

import { type DecodeContext, fail } from './context.ts'
import type { DecoderLimits } from './limits.ts'
import type { DecodeReason } from './outcome.ts'
import { type Layout, maxRecordBytes, readLayout, Template } from './template.ts'

export const minTemplateId = 256

export interface TemplateHeader {
  readonly id: number
  readonly isOptions: boolean
  readonly fieldCount: number
  /** Of an options template's fields, how many from the first are its scope. */
  readonly scopeCount: number
}

/**
 * Reads the field specifiers at `offset` and keeps the template, or rejects it. Returns where the next record starts,
 * or -1 when the fields do not end before `end`.
 */
export function takeTemplate(
  context: DecodeContext,
  header: TemplateHeader,
  bytes: Uint8Array,
  offset: number,
  end: number,
): number {
  const { record, exporters, counters } = context
  const { message } = record
  const layout = readLayout(message.protocol, bytes, offset, end, header.fieldCount)
  if (layout === undefined) {
    exporters.dropTemplate(message, header.id)
    return -1
  }
  const reason = refuseTemplate(context.limits, header, layout)
  if (reason !== undefined) {
    // The exporter means something else by this id from now on: what we had of it would read its records wrongly.
    exporters.dropTemplate(message, header.id)
    counters.templatesRejected++
    fail(context, reason, layout.end - offset)
    return layout.end
  }
  counters.templatesReceived++
  const { protocol, port } = message
  const { id, isOptions, scopeCount } = header
  const { minRecordBytes } = layout
  const specifiers = bytes.subarray(offset, layout.end)
  const hex = Buffer.from(specifiers.buffer, specifiers.byteOffset, specifiers.length)
  const change = exporters.addTemplate(
    message,
    new Template({
      protocol,
      id,
      port,
      isOptions,
      scopeCount,
      layout: hex.toString('hex'),
      minRecordBytes,
    }),
  )
  context.parked.claim(exporters, message.address, id)
  if (change === 'added') counters.templatesAdded++
  else if (change === 'changed') counters.templatesChanged++
  return layout.end
}

/** Why a template that is whole cannot be used. */
export function refuseTemplate(
  limits: DecoderLimits,
  { id, fieldCount, scopeCount }: TemplateHeader,
  { minRecordBytes }: Layout,
): DecodeReason | undefined {
  if (id < minTemplateId || scopeCount > fieldCount) return 'bad-template'
  // Records of no bytes would never end.
  if (minRecordBytes === 0 || minRecordBytes > maxRecordBytes) return 'bad-template'
  return fieldCount > limits.templateFields ? 'limit' : undefined
}

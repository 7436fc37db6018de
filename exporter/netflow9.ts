// NetFlow v9. RFC 3954: header 5.1, template FlowSet 5.2, data FlowSet 5.3, options 6.

import type { ExportedFlow, Exporter } from './flow.ts'
import {
  type ConstantField,
  createRefresh,
  type Field,
  flowFields,
  type SamplingAnnouncement,
  type Template,
  type TemplateRefresh,
  unsigned,
  writeConstants,
  writeDataSet,
  writeSet,
  writeSpecifiers,
  writeTemplateRecord,
} from './templates.ts'

const headerBytes = 20
const templateSetId = 0
const optionsTemplateSetId = 1
const ipv4TemplateId = 256
const ipv6TemplateId = 257
const optionsTemplateId = 258
const samplerId = 1

export interface Netflow9Options extends TemplateRefresh {
  sourceId: number
  /** When the router booted, milliseconds since 1970: sysUptime 0. */
  bootMs: number
  /** Absent: the router does not tell, and sends no options at all. */
  sampling?: SamplingAnnouncement
  /** Datagrams exported so far. */
  sequence?: number
}

/** The exporter counts datagrams. Templates and options travel in front of the flows of the same datagram. */
export function createNetflow9Exporter(options: Netflow9Options): Exporter {
  const { sourceId, bootMs, sampling } = options
  const ownFields: Field[] = [
    unsigned(22, 4, (flow) => (flow.startMs - bootMs) >>> 0), // FIRST_SWITCHED, sysUptime ms
    unsigned(21, 4, (flow) => (flow.endMs - bootMs) >>> 0), // LAST_SWITCHED
  ]
  if (sampling?.by === 'sampler') ownFields.push(unsigned(48, 1, () => samplerId)) // FLOW_SAMPLER_ID
  const ipv4: Template = { id: ipv4TemplateId, fields: [...flowFields(4), ...ownFields] }
  const ipv6: Template = { id: ipv6TemplateId, fields: [...flowFields(16), ...ownFields] }
  const isRefreshDue = createRefresh(options)
  let sequence = options.sequence ?? 0

  /*
   * Header: version u16 = 9, count of all records (templates, options and data) u16, sysUptime ms u32, unix seconds u32,
   * sequence u32, source id u32.
   */
  function writeDatagram(flows: readonly ExportedFlow[], nowMs: number, target: Buffer): number {
    let offset = headerBytes
    let records = flows.length
    if (isRefreshDue(nowMs)) {
      offset = writeTemplates(target, offset)
      records += 2
      if (sampling !== undefined) {
        offset = writeSampling(target, offset, sampling, sourceId)
        records += 2
      }
    }
    offset = writeDataSet(target, offset, ipv4, flows, 4)
    offset = writeDataSet(target, offset, ipv6, flows, 16)

    target.writeUInt16BE(9, 0)
    target.writeUInt16BE(records, 2)
    target.writeUInt32BE((nowMs - bootMs) >>> 0, 4)
    target.writeUInt32BE(Math.floor(nowMs / 1000), 8)
    target.writeUInt32BE(sequence, 12)
    target.writeUInt32BE(sourceId, 16)
    sequence = (sequence + 1) >>> 0
    return offset
  }

  function writeTemplates(target: Buffer, start: number): number {
    return writeSet(target, start, templateSetId, (offset) =>
      writeTemplateRecord(target, writeTemplateRecord(target, offset, ipv4), ipv6),
    )
  }

  return { writeDatagram }
}

/**
 * The options template and its one record. Options template: template id u16, length of the scope specifiers in bytes u16, length
 * of the option specifiers in bytes u16, the specifiers.
 */
function writeSampling(
  target: Buffer,
  start: number,
  sampling: SamplingAnnouncement,
  sourceId: number,
): number {
  const scope: ConstantField[] = [{ element: 1, lengthBytes: 4, value: sourceId }] // System
  const fields = samplingFields(sampling)
  const afterTemplate = writeSet(target, start, optionsTemplateSetId, (first) => {
    let offset = target.writeUInt16BE(optionsTemplateId, first)
    offset = target.writeUInt16BE(4 * scope.length, offset)
    offset = target.writeUInt16BE(4 * fields.length, offset)
    return writeSpecifiers(target, offset, [...scope, ...fields])
  })
  return writeSet(target, afterTemplate, optionsTemplateId, (offset) =>
    writeConstants(target, offset, [...scope, ...fields]),
  )
}

function samplingFields({ rate, by }: SamplingAnnouncement): ConstantField[] {
  if (by === 'system') {
    return [
      { element: 34, lengthBytes: 4, value: rate }, // SAMPLING_INTERVAL
      { element: 35, lengthBytes: 1, value: 1 }, // SAMPLING_ALGORITHM: deterministic
    ]
  }
  return [
    { element: 48, lengthBytes: 1, value: samplerId }, // FLOW_SAMPLER_ID
    { element: 49, lengthBytes: 1, value: 1 }, // FLOW_SAMPLER_MODE: deterministic
    { element: 50, lengthBytes: 4, value: rate }, // FLOW_SAMPLER_RANDOM_INTERVAL
  ]
}

// IPFIX. RFC 7011: message header 3.1, sets 3.3, template records 3.4.1, options templates 3.4.2. Sampling: RFC 5477.

import type { ExportedFlow, Exporter } from './flow.ts'
import {
  type ConstantField,
  counter,
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

const headerBytes = 16
const templateSetId = 2
const optionsTemplateSetId = 3
const ipv4TemplateId = 256
const ipv6TemplateId = 257
const optionsTemplateId = 258
const selectorId = 1

export interface IpfixOptions extends TemplateRefresh {
  observationDomainId: number
  /** Absent: the router does not tell, and sends no options at all. */
  sampling?: SamplingAnnouncement
  /** Data records exported so far. */
  sequence?: number
}

/**
 * The exporter counts data records, options records among them: the sequence number of a message is the number of them before it.
 * Templates and options travel in front of the flows of the same message.
 */
export function createIpfixExporter(options: IpfixOptions): Exporter {
  const { observationDomainId, sampling } = options
  const ownFields: Field[] = [
    counter(152, (flow) => Math.floor(flow.startMs)), // flowStartMilliseconds
    counter(153, (flow) => Math.floor(flow.endMs)), // flowEndMilliseconds
  ]
  if (sampling?.by === 'sampler') ownFields.push(unsigned(302, 4, () => selectorId)) // selectorId
  const ipv4: Template = { id: ipv4TemplateId, fields: [...flowFields(4), ...ownFields] }
  const ipv6: Template = { id: ipv6TemplateId, fields: [...flowFields(16), ...ownFields] }
  const isRefreshDue = createRefresh(options)
  let sequence = options.sequence ?? 0

  /*
   * Header: version u16 = 10, length of the message u16, export time in seconds u32, sequence u32, observation domain id u32.
   */
  function writeDatagram(flows: readonly ExportedFlow[], nowMs: number, target: Buffer): number {
    let offset = headerBytes
    let dataRecords = flows.length
    if (isRefreshDue(nowMs)) {
      offset = writeTemplates(target, offset)
      if (sampling !== undefined) {
        offset = writeSampling(target, offset, sampling, observationDomainId)
        dataRecords++
      }
    }
    offset = writeDataSet(target, offset, ipv4, flows, 4)
    offset = writeDataSet(target, offset, ipv6, flows, 16)

    target.writeUInt16BE(10, 0)
    target.writeUInt16BE(offset, 2)
    target.writeUInt32BE(Math.floor(nowMs / 1000), 4)
    target.writeUInt32BE(sequence, 8)
    target.writeUInt32BE(observationDomainId, 12)
    sequence = (sequence + dataRecords) >>> 0
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
 * The options template and its one record. Options template: template id u16, count of all fields u16, count of the scope fields
 * u16, the specifiers, scope first.
 */
function writeSampling(
  target: Buffer,
  start: number,
  sampling: SamplingAnnouncement,
  observationDomainId: number,
): number {
  const fields = samplingFields(sampling, observationDomainId)
  const afterTemplate = writeSet(target, start, optionsTemplateSetId, (first) => {
    let offset = target.writeUInt16BE(optionsTemplateId, first)
    offset = target.writeUInt16BE(fields.length, offset)
    offset = target.writeUInt16BE(1, offset)
    return writeSpecifiers(target, offset, fields)
  })
  return writeSet(target, afterTemplate, optionsTemplateId, (offset) =>
    writeConstants(target, offset, fields),
  )
}

/** The first field is the scope. */
function samplingFields(
  { rate, by }: SamplingAnnouncement,
  observationDomainId: number,
): ConstantField[] {
  if (by === 'system') {
    return [
      { element: 149, lengthBytes: 4, value: observationDomainId }, // observationDomainId
      { element: 34, lengthBytes: 4, value: rate }, // samplingInterval
      { element: 35, lengthBytes: 1, value: 1 }, // samplingAlgorithm: deterministic
    ]
  }
  return [
    { element: 302, lengthBytes: 4, value: selectorId }, // selectorId
    { element: 304, lengthBytes: 2, value: 1 }, // selectorAlgorithm: systematic, by packet count
    { element: 305, lengthBytes: 4, value: 1 }, // samplingPacketInterval: of each group one is taken
    { element: 306, lengthBytes: 4, value: rate - 1 }, // samplingPacketSpace: and so many are skipped
  ]
}

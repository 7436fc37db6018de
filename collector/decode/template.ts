// Templates: the layout of records, sent by the exporter ahead of them. RFC 7011 3.2 and 3.4, RFC 3954 5.2 and 6.1.

import { readUint16, readUint32 } from './bytes.ts'
import type { Plan } from './record-plan.ts'
import type { TemplateProtocol } from './speaker.ts'

/** The length of a field whose values carry their own, RFC 7011 7. H3C writes it in NetFlow v9, too. */
export const variableLength = 65_535

/** No record is longer: it stands in a set, and the length of a set is 16 bits with 4 bytes of header in it. */
export const maxRecordBytes = 65_531

export interface FieldSpecifier {
  readonly id: number
  /** Bytes, or `variableLength`. */
  readonly length: number
  /** Private enterprise number; undefined for the elements that IANA names. */
  readonly enterprise: number | undefined
}

/** Where the field specifiers of a template end, and the bytes of the shortest record of them. */
export interface Layout {
  readonly end: number
  readonly minRecordBytes: number
}

/**
 * Walks over `count` field specifiers at `offset`. Returns undefined when they do not fit before `end`.
 *
 *   NetFlow v9 (RFC 3954 5.2)    IPFIX (RFC 7011 3.2)
 *   0  id       2                0  enterprise bit 1, id 15 bits
 *   2  length   2                2  length              2
 *                                4  enterprise number   4, if the bit is set
 */
export function readLayout(
  protocol: TemplateProtocol,
  bytes: Uint8Array,
  offset: number,
  end: number,
  count: number,
): Layout | undefined {
  let minRecordBytes = 0
  for (let i = 0; i < count; i++) {
    if (end - offset < 4) return undefined
    const length = readUint16(bytes, offset + 2)
    // A variable length takes at least the byte that tells it.
    minRecordBytes += length === variableLength ? 1 : length
    const hasEnterprise = protocol === 'ipfix' && (bytes[offset]! & 0x80) !== 0
    offset += hasEnterprise ? 8 : 4
  }
  return offset <= end ? { end: offset, minRecordBytes } : undefined
}

/** The field specifiers of a layout in hex. */
export function parseLayout(protocol: TemplateProtocol, layout: string): FieldSpecifier[] {
  const bytes = Buffer.from(layout, 'hex')
  const fields: FieldSpecifier[] = []
  for (let offset = 0; offset < bytes.length; ) {
    const id = readUint16(bytes, offset)
    const length = readUint16(bytes, offset + 2)
    const hasEnterprise = protocol === 'ipfix' && id >= 0x8000
    const enterprise = hasEnterprise ? readUint32(bytes, offset + 4) : undefined
    fields.push({ id: hasEnterprise ? id & 0x7fff : id, length, enterprise })
    offset += hasEnterprise ? 8 : 4
  }
  return fields
}

/** One template. What it says never changes: a new layout under the same id is a new template. */
export class Template {
  // What every data set asks for stands together.
  readonly id: number
  readonly isOptions: boolean
  readonly protocol: TemplateProtocol
  /** Shared with all templates of the same fields; made for the first record. */
  plan: Plan | undefined = undefined

  /** The UDP port that it came from. */
  readonly port: number
  /** How many of an options template's fields, from the first, are its scope. */
  readonly scopeCount: number
  /** The field specifiers as they came, in hex: a compact form that compares, and that a snapshot can hold. */
  readonly layout: string
  readonly minRecordBytes: number
  /** When it was last used, or sent again. */
  usedMs = 0
  older: Template | undefined = undefined
  newer: Template | undefined = undefined

  constructor(fields: {
    protocol: TemplateProtocol
    id: number
    port: number
    isOptions: boolean
    scopeCount: number
    layout: string
    minRecordBytes: number
  }) {
    this.protocol = fields.protocol
    this.id = fields.id
    this.port = fields.port
    this.isOptions = fields.isOptions
    this.scopeCount = fields.scopeCount
    this.layout = fields.layout
    this.minRecordBytes = fields.minRecordBytes
  }

  /** Whether records of one read as records of the other. */
  agreesWith(other: Template): boolean {
    return (
      this.layout === other.layout &&
      this.isOptions === other.isOptions &&
      this.scopeCount === other.scopeCount
    )
  }

  fields(): FieldSpecifier[] {
    return parseLayout(this.protocol, this.layout)
  }
}

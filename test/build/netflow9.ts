// NetFlow v9 datagrams for tests: RFC 3954 5 and 6.

import { bytes, type Part, u16, u32 } from './bytes.ts'

export interface Netflow9Header {
  count?: number
  uptimeMs?: number
  seconds?: number
  sequence?: number
  sourceId?: number
}

export function netflow9(header: Netflow9Header, ...flowSets: Part[]): Uint8Array {
  return bytes(
    u16(9),
    u16(header.count ?? flowSets.length),
    u32(header.uptimeMs ?? 0),
    u32(header.seconds ?? 0),
    u32(header.sequence ?? 0),
    u32(header.sourceId ?? 0),
    ...flowSets,
  )
}

/** A FlowSet whose length is that of its content. */
export function flowSet(id: number, ...content: Part[]): Uint8Array {
  const body = bytes(...content)
  return bytes(u16(id), u16(4 + body.length), body)
}

/** A field: id and length. */
export type Field9 = readonly [id: number, length: number]

export function templateFlowSet(id: number, ...fields: Field9[]): Uint8Array {
  return flowSet(0, template9(id, ...fields))
}

export function template9(id: number, ...fields: Field9[]): Uint8Array {
  return bytes(u16(id), u16(fields.length), ...fields.map(field9))
}

export function optionsTemplateFlowSet(
  id: number,
  scopes: Field9[],
  options: Field9[],
): Uint8Array {
  return flowSet(
    1,
    u16(id),
    u16(4 * scopes.length),
    u16(4 * options.length),
    ...[...scopes, ...options].map(field9),
  )
}

function field9([id, length]: Field9): Uint8Array {
  return bytes(u16(id), u16(length))
}

// IPFIX messages for tests: RFC 7011 3.

import { bytes, type Part, u8, u16, u32 } from './bytes.ts'

export interface IpfixHeader {
  length?: number
  exportTime?: number
  sequence?: number
  domainId?: number
}

/** A message whose length is its own unless the header says otherwise. */
export function ipfix(header: IpfixHeader, ...sets: Part[]): Uint8Array {
  const body = bytes(...sets)
  return bytes(
    u16(10),
    u16(header.length ?? 16 + body.length),
    u32(header.exportTime ?? 0),
    u32(header.sequence ?? 0),
    u32(header.domainId ?? 0),
    body,
  )
}

/** A set whose length is that of its content. */
export function set(id: number, ...content: Part[]): Uint8Array {
  const body = bytes(...content)
  return bytes(u16(id), u16(4 + body.length), body)
}

/** A field: id, length and, of elements that are not IANA's, the enterprise number. */
export type Field = readonly [id: number, length: number, enterprise?: number]

export const variable = 65_535

export function templateSet(id: number, ...fields: Field[]): Uint8Array {
  return set(2, template(id, ...fields))
}

export function template(id: number, ...fields: Field[]): Uint8Array {
  return bytes(u16(id), u16(fields.length), ...fields.map(field))
}

export function optionsTemplateSet(id: number, scopes: Field[], options: Field[]): Uint8Array {
  const fields = [...scopes, ...options]
  return set(3, u16(id), u16(fields.length), u16(scopes.length), ...fields.map(field))
}

/** Takes back the template `id`: RFC 7011 8.1. */
export function withdrawal(id: number): Uint8Array {
  return bytes(u16(id), u16(0))
}

/** A value with its length before it, RFC 7011 7; three bytes of length when it is 255 or more, or when told so. */
export function variableLength(value: Part, longForm = value.length >= 255): Uint8Array {
  return longForm ? bytes(u8(255), u16(value.length), value) : bytes(u8(value.length), value)
}

function field([id, length, enterprise]: Field): Uint8Array {
  return enterprise === undefined
    ? bytes(u16(id), u16(length))
    : bytes(u16(0x8000 | id), u16(length), u32(enterprise))
}

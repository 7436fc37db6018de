// Filters by the letter of docs/traffic.md, on flows that were put in: what the store selects is held against it.

import { parseAddressRange } from '../../api/traffic/address-range.ts'
import type { Filter, Test, Value } from '../../api/traffic/filter.ts'
import { formatAddress } from '../../runtime/ip.ts'
import type { PutFlow } from './put-flows.ts'

/** Addresses of routers by name. */
export type Routers = Readonly<Record<string, string>>

export function matches(filter: Filter, flow: PutFlow, routers: Routers): boolean {
  switch (filter.kind) {
    case 'and':
      return filter.parts.every((part) => matches(part, flow, routers))
    case 'or':
      return filter.parts.some((part) => matches(part, flow, routers))
    case 'not':
      return !matches(filter.part, flow, routers)
    case 'test':
      return passes(filter, fieldOf(filter.field, flow), routers)
  }
}

function passes({ operator, values }: Test, field: bigint | string, routers: Routers): boolean {
  const [value] = values
  // Only fields that are numbers have operators that compare.
  const actual = field as bigint
  const number = value?.kind === 'numbers' ? BigInt(value.first) : 0n
  switch (operator) {
    case '<':
      return actual < number
    case '<=':
      return actual <= number
    case '>':
      return actual > number
    case '>=':
      return actual >= number
    case 'HAS':
      return (actual & number) === number
    case 'LIKE':
    case 'NOTLIKE':
      return isLike(value!, actual, routers) === (operator === 'LIKE')
    case '!=':
    case 'NOTIN':
      return !values.some((each) => isIn(each, field))
    default:
      return values.some((each) => isIn(each, field))
  }
}

function isIn(value: Value, actual: bigint | string): boolean {
  if (value.kind === 'text' || typeof actual === 'string') {
    return value.kind === 'text' && value.text === actual
  }
  return actual >= BigInt(value.first) && actual <= BigInt(value.last)
}

function isLike(value: Value, actual: bigint, routers: Routers): boolean {
  if (value.kind !== 'text') return false
  const escaped = value.text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
  const pattern = new RegExp(`^${escaped.replaceAll('%', '.*').replaceAll('_', '.')}$`, 'i')
  return Object.entries(routers).some(
    ([name, address]) => pattern.test(name) && parseAddressRange(address)?.first === actual,
  )
}

function fieldOf(field: string, flow: PutFlow): bigint | string {
  switch (field) {
    case 'exporter':
      return number(flow.sampler)
    case 'src_addr':
      return number(flow.src)
    case 'dst_addr':
      return number(flow.dst)
    case 'family':
      return flow.src.length === 8 ? 'ipv4' : 'ipv6'
    case 'etype':
      return flow.src.length === 8 ? 0x0800n : 0x86ddn
    case 'port':
      return BigInt(Math.min(flow.src_port, flow.dst_port))
    case 'tcp_flags':
      return flow.proto === 6 ? BigInt(flow.tcp_flags) : 0n
    default:
      return BigInt(flow[field as 'bytes'])
  }
}

const number = (hex: string) => parseAddressRange(addressOf(hex))!.first

/** As text, of its bytes in hexadecimal. */
export function addressOf(hex: string): string {
  return formatAddress(Buffer.from(hex, 'hex'))
}

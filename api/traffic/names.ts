// What the numbers and addresses of keys are called.

import { portName } from './port-names.ts'
import { protocolName } from './protocol-names.ts'

export interface KnownNames {
  /** Of routers, by address. */
  routers: ReadonlyMap<string, string>
}

/** One for each part of the key; null for what has no name. */
export function namesOf(
  dimensions: readonly string[],
  key: readonly string[],
  { routers }: KnownNames,
): (string | null)[] {
  return dimensions.map((dimension, index) => {
    const text = key[index] ?? ''
    switch (dimension) {
      case 'exporter':
        return routers.get(text) ?? null
      case 'proto':
        return protocolName(Number(text)) ?? null
      case 'port':
      case 'src_port':
      case 'dst_port':
        return portName(Number(text)) ?? null
      default:
        return null
    }
  })
}

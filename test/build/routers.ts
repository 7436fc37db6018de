// Lists of routers as the API would give them.

import type { Router, Routers } from '../../collector/exporters/routers.ts'
import { createSource, type Source } from '../../collector/exporters/source.ts'
import { formatAddress, parseAddress } from '../../runtime/ip.ts'

/** What the list says of routers, by address; the default rate is 0 unless it says otherwise. */
export type RouterList = Record<string, Partial<Router>>

/** `set` is what the next list of the API does; `looked` counts how often a router was looked up. */
export function listedRouters(
  first: RouterList,
): Routers & { set(list: RouterList): void; readonly looked: number } {
  let list = first
  let version = 1
  let looked = 0
  return {
    find(bytes, length) {
      looked++
      const address = formatAddress(bytes, length)
      const router = list[address]
      if (router === undefined) return undefined
      return { id: address, name: address, router_ip: address, default_sampling: 0, ...router }
    },
    version: () => String(version),
    set(next) {
      list = next
      version++
    },
    get looked() {
      return looked
    },
  }
}

export function sourceAt(address: string, port = 5000): Source {
  return createSource(parseAddress(address)!, port)
}

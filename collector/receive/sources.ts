import type { RemoteInfo } from 'node:dgram'
import { formatAddress, parseAddress } from '../../runtime/ip.ts'
import type { Source } from '../exporters/source.ts'

/** UDP sources are free to invent: beyond this many, one heard early is forgotten (it only costs making it again). */
const maxSources = 65_536

/** Gives each UDP source one `Source`, however often it sends. */
export function createSources(): (sender: Pick<RemoteInfo, 'address' | 'port'>) => Source {
  // Nearly every address sends from one port, and is found by its text as the kernel tells it: no key has to be made for each datagram.
  const firstPorts = new Map<string, Source>()
  const otherPorts = new Map<string, Source>()

  const slot = (): number => {
    const slots = firstPorts.size + otherPorts.size
    if (slots < maxSources) return slots
    const sources = otherPorts.size > 0 ? otherPorts : firstPorts
    for (const [key, oldest] of sources) {
      sources.delete(key)
      return oldest.slot
    }
    return 0
  }

  return ({ address, port }) => {
    const first = firstPorts.get(address)
    if (first?.port === port) return first
    const key = first === undefined ? address : `${address} ${port}`
    const known = otherPorts.get(key)
    if (known !== undefined) return known
    const source = createSource(address, port, slot())
    if (first === undefined) firstPorts.set(key, source)
    else otherPorts.set(key, source)
    return source
  }
}

/** A dual-stack socket names IPv4 senders ::ffff:a.b.c.d, and link-local ones with a zone (%eth0) that means nothing elsewhere. */
function createSource(text: string, port: number, slot: number): Source {
  const bytes = parseAddress(text.split('%', 1)[0] ?? '')
  if (bytes === undefined) throw new Error(`the kernel named a sender ${JSON.stringify(text)}`)
  return { address: formatAddress(bytes, bytes.length), bytes, port, slot }
}

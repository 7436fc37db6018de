import type { RemoteInfo } from 'node:dgram'
import { formatAddress, parseAddress } from '../../runtime/ip.ts'
import type { Source } from '../source.ts'

/** UDP sources are free to invent: beyond this many, the one heard first is forgotten (it only costs making it again). */
const maxSources = 65_536

/** Gives each UDP source one `Source`, however often it sends. */
export function createSources(): (sender: Pick<RemoteInfo, 'address' | 'port'>) => Source {
  const sources = new Map<string, Source>()
  return ({ address, port }) => {
    const key = `${address} ${port}`
    const known = sources.get(key)
    if (known !== undefined) return known
    if (sources.size >= maxSources) {
      const [oldest] = sources.keys()
      if (oldest !== undefined) sources.delete(oldest)
    }
    const source = createSource(address, port)
    sources.set(key, source)
    return source
  }
}

/** A dual-stack socket names IPv4 senders ::ffff:a.b.c.d, and link-local ones with a zone (%eth0) that means nothing elsewhere. */
function createSource(text: string, port: number): Source {
  const bytes = parseAddress(text.split('%', 1)[0] ?? '')
  if (bytes === undefined) throw new Error(`the kernel named a sender ${JSON.stringify(text)}`)
  return { address: formatAddress(bytes, bytes.length), bytes, port }
}

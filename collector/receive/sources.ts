import type { RemoteInfo } from 'node:dgram'
import { parseAddress } from '../../runtime/ip.ts'
import { createSource, type Source } from '../exporters/source.ts'
import { Ipv4Senders } from './ipv4-senders.ts'

/** UDP sources are free to invent: beyond this many all are forgotten, which only costs making those anew that send again. */
const maxSources = 65_536

/** Gives each UDP source one `Source`, however often it sends. */
export function createSources(): (sender: Pick<RemoteInfo, 'address' | 'port'>) => Source {
  const known: Source[] = []
  const ipv4 = new Ipv4Senders()
  const ipv6 = new Map<string, Map<number, Source>>()

  const create = (bytes: Uint8Array, port: number): Source => {
    if (known.length >= maxSources) {
      known.length = 0
      ipv4.clear()
      ipv6.clear()
    }
    const source = createSource(bytes, port)
    known.push(source)
    return source
  }

  const createIpv4 = (address: number, port: number): Source => {
    const bytes = Uint8Array.of(address >>> 24, address >>> 16, address >>> 8, address)
    const source = create(bytes, port)
    ipv4.add(address, port, known.length - 1)
    return source
  }

  const createIpv6 = (text: string, port: number): Source => {
    // A link-local address has a zone (%eth0) that means nothing elsewhere.
    const bytes = parseAddress(text.split('%', 1)[0] ?? '')
    if (bytes === undefined) throw new Error(`the kernel named a sender ${JSON.stringify(text)}`)
    const source = create(bytes, port)
    const ofAddress = ipv6.get(text)
    if (ofAddress === undefined) ipv6.set(text, new Map([[port, source]]))
    else ofAddress.set(port, source)
    return source
  }

  return ({ address, port }) => {
    const number = parseIpv4(address)
    if (number === undefined) return ipv6.get(address)?.get(port) ?? createIpv6(address, port)
    const place = ipv4.find(number, port)
    return place === -1 ? createIpv4(number, port) : known[place]!
  }
}

const mappedPrefix = '::ffff:'
const dot = 46
const zero = 48

/** An IPv4 address as 32 bits with a sign; undefined when the kernel's text is of another. A dual-stack socket names IPv4 senders ::ffff:a.b.c.d. */
function parseIpv4(text: string): number | undefined {
  let address = 0
  let part = 0
  let dots = 0
  for (let at = text.startsWith(mappedPrefix) ? mappedPrefix.length : 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === dot) {
      address = (address << 8) | part
      part = 0
      dots++
    } else if (code >= zero && code < zero + 10) {
      part = 10 * part + code - zero
    } else {
      return undefined
    }
  }
  return dots === 3 ? (address << 8) | part : undefined
}

// IP datagrams put together again: large exports leave a router in fragments.

/**
 * One fragment of a datagram's body (what follows the IP header, or the fragment header of IPv6).
 */
export interface Fragment {
  /** The same for all fragments of a datagram. */
  readonly key: string
  /** Where it belongs in the body, in bytes. */
  readonly offset: number
  /** Whether others follow it. */
  readonly more: boolean
  /** Copied when it is kept. */
  readonly body: Uint8Array
}

export interface Reassembler {
  /**
   * Returns the datagram's body when this fragment completes it. `timeMs` is the time of capture.
   */
  add(fragment: Fragment, timeMs: number): Uint8Array | 'fragment' | 'bad-length'
  /** Datagrams of which something is missing: those given up, and those still waiting. */
  incomplete(): number
}

/** An IP packet has no more. */
const maxBodyBytes = 65_535
/** Twice what a whole body has at the smallest usual MTU, 576. */
const maxParts = 256
/** Of bodies this size: 16 MiB. The one that has waited longest is given up. */
const maxWaiting = 256
/** An id comes round again; Linux waits as long. */
const maxWaitMs = 30_000

interface Waiting {
  readonly sinceMs: number
  /** They do not overlap and none ends behind totalBytes: as many bytes as that are all bytes. */
  readonly parts: Fragment[]
  receivedBytes: number
  /** Known with the last fragment. */
  totalBytes: number | undefined
}

export function createReassembler(): Reassembler {
  const waiting = new Map<string, Waiting>()
  let givenUp = 0

  function giveUp(key: string | undefined): void {
    if (key !== undefined && waiting.delete(key)) givenUp++
  }

  function begin(key: string, sinceMs: number): Waiting {
    if (waiting.size === maxWaiting) giveUp(waiting.keys().next().value)
    const begun: Waiting = { sinceMs, parts: [], receivedBytes: 0, totalBytes: undefined }
    waiting.set(key, begun)
    return begun
  }

  return {
    add(fragment, timeMs) {
      const { key, offset, more, body } = fragment
      const end = offset + body.length
      // All but the last are cut at multiples of 8 bytes. RFC 791 3.2, RFC 8200 4.5.
      if (body.length === 0 || end > maxBodyBytes || (more && body.length % 8 !== 0)) {
        return 'bad-length'
      }
      let datagram = waiting.get(key)
      // Captured twice, as on all interfaces at once.
      if (datagram?.parts.some((part) => isSame(part, fragment))) return 'fragment'
      const isStale = datagram !== undefined && Math.abs(timeMs - datagram.sinceMs) > maxWaitMs
      if (datagram === undefined || isStale || !fits(fragment, datagram)) {
        giveUp(key)
        datagram = begin(key, timeMs)
      }
      datagram.parts.push({ ...fragment, body: body.slice() })
      datagram.receivedBytes += body.length
      if (!more) datagram.totalBytes = end
      if (datagram.receivedBytes !== datagram.totalBytes) return 'fragment'
      waiting.delete(key)
      return joined(datagram.parts, datagram.totalBytes)
    },
    incomplete: () => givenUp + waiting.size,
  }
}

/**
 * Whether the fragment goes into a gap. What overlaps is of another datagram with the same id, or
 * forged (RFC 5722).
 */
function fits({ offset, more, body }: Fragment, { parts, totalBytes }: Waiting): boolean {
  const end = offset + body.length
  if (parts.length === maxParts) return false
  if (totalBytes !== undefined && (!more || end > totalBytes)) return false
  return parts.every((part) => {
    const partEnd = part.offset + part.body.length
    return more ? end <= part.offset || offset >= partEnd : offset >= partEnd
  })
}

function isSame(part: Fragment, { offset, more, body }: Fragment): boolean {
  return part.offset === offset && part.more === more && Buffer.compare(part.body, body) === 0
}

function joined(parts: readonly Fragment[], length: number): Uint8Array {
  const whole = new Uint8Array(length)
  for (const part of parts) whole.set(part.body, part.offset)
  return whole
}

// What a collector might be sent: captures of real exporters over and over, damaged, repeated, out of order, from
// forged addresses. The same seed gives the same datagrams.

import type { Source } from '../../collector/exporters/source.ts'
import { createSources } from '../../collector/receive/sources.ts'
import { bytes, u16, u32 } from '../build/bytes.ts'
import type { CapturedDatagram } from '../build/pcap.ts'
import { mutate } from './mutate.ts'
import { createRandom, type Random } from './random.ts'

export interface FuzzDatagram {
  readonly payload: Uint8Array
  readonly source: Source
  readonly receivedMs: number
}

/** 2026-01-02T03:04:05Z: later than all captures, so that no time in them is ahead. */
const startMs = Date.UTC(2026, 0, 2, 3, 4, 5)
const forgedAddresses = 2_000

/** `captures`: the datagrams of each capture, in order. Every call of the returned function gives the next datagram. */
export function createStream(
  captures: readonly (readonly CapturedDatagram[])[],
  seed: number,
): () => FuzzDatagram {
  const random = createRandom(seed)
  const sources = createSources()
  const positions = captures.map(() => 0)
  let receivedMs = startMs
  let previous: FuzzDatagram | undefined
  let held: FuzzDatagram | undefined

  /** Each capture is sent from its first datagram to its last: templates before their data. */
  const nextCaptured = (): CapturedDatagram => {
    const which = random.below(captures.length)
    const capture = captures[which]!
    const position = positions[which]!
    positions[which] = (position + 1) % capture.length
    return capture[position]!
  }

  const sourceOf = (captured: CapturedDatagram): Source => {
    const { address, port } = captured.source
    if (random.onceIn(20)) return sources({ address: forgedAddress(random), port })
    if (random.onceIn(20)) return sources({ address, port: 1024 + random.below(8) })
    return sources({ address, port })
  }

  const payloadOf = (captured: CapturedDatagram): Uint8Array => {
    if (random.onceIn(200)) return templateFlood(random)
    let { payload } = captured
    if (random.onceIn(8)) return payload
    for (let damages = 1 + random.below(3); damages > 0; damages--) {
      payload = mutate(payload, random.of(random.of(captures)).payload, random)
    }
    return payload
  }

  return () => {
    // Sometimes long enough for what waits to expire, and sometimes the clock is set back.
    receivedMs += random.onceIn(2_000) ? random.below(600_000) - 60_000 : random.below(100)
    if (previous !== undefined && random.onceIn(50)) return { ...previous, receivedMs }
    if (held !== undefined && random.onceIn(4)) {
      const late = { ...held, receivedMs }
      held = undefined
      return late
    }
    const captured = nextCaptured()
    const datagram = { payload: payloadOf(captured), source: sourceOf(captured), receivedMs }
    previous = datagram
    if (held === undefined && random.onceIn(50)) held = datagram
    return datagram
  }
}

function forgedAddress(random: Random): string {
  const host = random.below(forgedAddresses)
  const low = `${host >> 8}.${host & 255}`
  return random.onceIn(2) ? `198.18.${low}` : `2001:db8::${host.toString(16)}`
}

/** Many small templates, under ids that captures use and others, of a few observation domains. */
function templateFlood(random: Random): Uint8Array {
  const isIpfix = random.onceIn(2)
  const domain = random.below(4)
  const templates = Array.from({ length: 1 + random.below(120) }, () =>
    bytes(
      u16(256 + random.below(random.onceIn(2) ? 64 : 65_280)),
      u16(2),
      u16(random.below(512)),
      u16(random.below(9)),
      u16(random.below(512)),
      u16(1 + random.below(8)),
    ),
  )
  const body = bytes(...templates)
  const set = bytes(u16(isIpfix ? 2 : 0), u16(4 + body.length), body)
  if (isIpfix) return bytes(u16(10), u16(16 + set.length), u32(0), u32(0), u32(domain), set)
  return bytes(u16(9), u16(templates.length), u32(1), u32(2), u32(3), u32(domain), set)
}

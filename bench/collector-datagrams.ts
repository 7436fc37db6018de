// Export datagrams made before a run, to be sent over and over: making them costs a generator more than receiving them costs a collector.

import { createDatagramWriter } from '../netmon/generate/datagrams.ts'
import type { Protocol } from '../netmon/generate/options.ts'
import { createPlan } from '../netmon/generate/plan.ts'
import type { Router } from '../netmon/generate/routers.ts'

export interface Traffic {
  readonly protocol: Protocol
  readonly routers: number
  readonly flowsPerDatagram: number
  readonly ipv6Share: number
}

export interface PreparedDatagram {
  readonly payload: Buffer
  readonly flows: number
  /** How far the sequence number of the one behind it is from its own. */
  readonly step: number
}

/** What one router sends, again from the start when it has come to the end. */
export interface PreparedRouter {
  readonly router: Router
  readonly sequenceOffset: number
  readonly datagrams: readonly PreparedDatagram[]
}

const uptimeMs = 3_600_000

/** The same for the same traffic, but for the time. */
export function prepare(
  traffic: Traffic,
  datagramsOfEach: number,
  nowMs: number,
): PreparedRouter[] {
  const { protocol } = traffic
  const plan = createPlan({ ...traffic, protocols: [protocol] })
  const write = createDatagramWriter(plan, nowMs - uptimeMs)
  const target = Buffer.alloc(65_536)
  const sequenceOffset = sequenceOffsets[protocol]
  const made = plan.routers.map((): { payload: Buffer; flows: number }[] => [])
  // One more than is sent: its sequence number tells what comes after the last.
  for (let number = 0; made.some((datagrams) => datagrams.length <= datagramsOfEach); ) {
    const batch = plan.batchOf(number)
    number += batch.count
    const { lengthBytes } = write(batch, nowMs, target)
    const payload = Buffer.from(target.subarray(0, lengthBytes))
    made[batch.router.index]?.push({ payload, flows: batch.count })
  }
  return plan.routers.map((router) => {
    const all = made[router.index] ?? []
    const sequences = all.map(({ payload }) => payload.readUInt32BE(sequenceOffset))
    const datagrams = all.slice(0, datagramsOfEach).map((datagram, i) => ({
      ...datagram,
      step: ((sequences[i + 1] ?? 0) - (sequences[i] ?? 0)) >>> 0,
    }))
    return { router, sequenceOffset, datagrams }
  })
}

/** Where the header has it; in sFlow behind an IPv4 agent's address. */
const sequenceOffsets: Record<Protocol, number> = { v5: 16, v9: 12, ipfix: 8, sflow: 16 }

/** Where the sets begin of protocols that have them. */
export const setsAt: Partial<Record<Protocol, number>> = { v9: 20, ipfix: 16 }

/** In its first set: RFC 3954 5.2, RFC 7011 3.3.2. */
export function hasTemplates(protocol: Protocol, payload: Buffer): boolean {
  const start = setsAt[protocol]
  return start !== undefined && payload.readUInt16BE(start) < 256
}

// What a scenario decides: how many flows there are, when each may leave, and what is in it.

import type { ExportedFlow } from '../../exporter/flow.ts'
import type { Router } from './routers.ts'

export interface Scenario {
  /** Infinity when it has no end of its own. */
  readonly flows: number
  /** Flows of one group never share a datagram with those of another. Infinity: there is one group. */
  readonly groupFlows: number
  /** The most flows per second while it goes on; Infinity: no limit. */
  readonly peakRate: number
  /** When to begin, for a run that is ready at `nowMs`. Both are milliseconds since 1970. */
  startMs(nowMs: number): number
  /** Milliseconds after the start from which on a flow may leave. Never falls with the number. */
  dueMs(number: number): number
  /** Milliseconds after the start by which a flow must have left, or what the scenario promises is broken. */
  latestMs(number: number): number
  /** Makes `slot` the flow of this number, exported by `router` at `nowMs`, and answers it. */
  fill(slot: FlowSlot, number: number, router: Router, nowMs: number): ExportedFlow
}

/** A flow that is filled again and again, with room for addresses of both families. */
export interface FlowSlot {
  readonly flow: ExportedFlow
  readonly ipv4: Addresses
  readonly ipv6: Addresses
}

interface Addresses {
  readonly src: Uint8Array
  readonly dst: Uint8Array
  readonly nextHop: Uint8Array
}

export function createFlowSlot(): FlowSlot {
  const ipv4 = { src: new Uint8Array(4), dst: new Uint8Array(4), nextHop: new Uint8Array(4) }
  const ipv6 = { src: new Uint8Array(16), dst: new Uint8Array(16), nextHop: new Uint8Array(16) }
  const flow: ExportedFlow = {
    srcAddr: ipv4.src,
    dstAddr: ipv4.dst,
    nextHop: ipv4.nextHop,
    srcMask: 0,
    dstMask: 0,
    srcAs: 0,
    dstAs: 0,
    inIf: 0,
    outIf: 0,
    proto: 0,
    srcPort: 0,
    dstPort: 0,
    tcpFlags: 0,
    tos: 0,
    bytes: 0,
    packets: 0,
    startMs: 0,
    endMs: 0,
    ttl: 0,
    srcMac: 0,
    dstMac: 0,
    vlanId: 0,
  }
  return { flow, ipv4, ipv6 }
}

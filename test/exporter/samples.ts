// Flows with values that are easy to find in a hex dump, and reading such dumps.

import type { ExportedFlow } from '../../exporter/flow.ts'
import { parseAddress } from '../../runtime/ip.ts'

/** 2023-11-14 22:13:20 UTC, 0x6553f100 seconds. */
export const bootMs = 1_700_000_000_000
/** 60.25 s later: sysUptime 60250, 0xeb5a; 0x6553f13c seconds. */
export const nowMs = bootMs + 60_250

export function ipv4Flow(changes: Partial<ExportedFlow> = {}): ExportedFlow {
  return {
    srcAddr: parseAddress('192.0.2.1')!, // c0000201
    dstAddr: parseAddress('198.51.100.2')!, // c6336402
    nextHop: parseAddress('203.0.113.3')!, // cb007103
    srcMask: 24, // 18
    dstMask: 16, // 10
    srcAs: 64_500, // fbf4
    dstAs: 64_501, // fbf5
    inIf: 3,
    outIf: 7,
    proto: 6,
    srcPort: 49_152, // c000
    dstPort: 443, // 01bb
    tcpFlags: 0x1b,
    tos: 0xb8,
    bytes: 123_456, // 0001e240
    packets: 100, // 64
    startMs: bootMs + 1000, // 03e8
    endMs: bootMs + 2500, // 09c4
    ttl: 57, // 39
    srcMac: 0x02_00_00_00_00_01,
    dstMac: 0x02_00_00_00_00_02,
    vlanId: 0,
    ...changes,
  }
}

/** 2001:db8::1 to 2001:db8:0:1::2, next hop 2001:db8::ff; the rest as `ipv4Flow`. */
export function ipv6Flow(changes: Partial<ExportedFlow> = {}): ExportedFlow {
  return ipv4Flow({
    srcAddr: parseAddress('2001:db8::1')!,
    dstAddr: parseAddress('2001:db8:0:1::2')!,
    nextHop: parseAddress('2001:db8::ff')!,
    ...changes,
  })
}

/** The bytes of hexadecimal text, however it is spaced. */
export function hex(text: string): Buffer {
  return Buffer.from(text.replace(/\s+/g, ''), 'hex')
}

/** What an exporter writes, in a buffer that held something else before. */
export function write(
  exporter: { writeDatagram(flows: ExportedFlow[], nowMs: number, target: Buffer): number },
  flows: ExportedFlow[],
  atMs = nowMs,
): Buffer {
  const target = Buffer.alloc(9000, 0xee)
  return target.subarray(0, exporter.writeDatagram(flows, atMs, target))
}

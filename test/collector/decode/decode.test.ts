// The entry to decoding.

import { expect, test } from 'vitest'
import { createDecoder } from '../../../collector/decode/decode.ts'
import { createSource } from '../../../collector/exporters/source.ts'
import type { FlowRecord } from '../../../collector/flow.ts'
import { u16, u32 } from '../../build/bytes.ts'
import { decoded, receivedMs, source } from '../../build/decoded.ts'
import { ipfix, set, templateSet } from '../../build/ipfix.ts'
import { netflow5 } from '../../build/netflow5.ts'
import { flowSet, netflow9, templateFlowSet } from '../../build/netflow9.ts'
import { flowSample, sflow } from '../../build/sflow.ts'

const seconds = 1_700_000_000

test('any source may send any of the four protocols, told apart by the version', () => {
  const { flows, decode, decoder } = decoded()
  decode(netflow5({ seconds }, {}, {}))
  decode(netflow9({ seconds }, templateFlowSet(256, [1, 4]), flowSet(256, u32(1), u32(2), u32(3))))
  decode(ipfix({ exportTime: seconds }, templateSet(256, [1, 4]), set(256, u32(1))))
  decode(sflow({}, flowSample({})))
  // FlowMessage.FlowType: 2 NetFlow v5, 3 NetFlow v9, 4 IPFIX, 1 sFlow
  expect(flows.map((flow) => flow['type'])).toEqual([2, 2, 3, 3, 3, 4, 1])
  expect(decoder.counters.flows).toEqual({ netflow5: 2, netflow9: 3, ipfix: 1, sflow5: 1 })
})

test('one flow object is used again, and nothing of a flow shows in the next', () => {
  const emitted = new Set<FlowRecord>()
  const decoder = createDecoder({ emit: (flow) => void emitted.add(flow) })
  decoder.decode(netflow5({ seconds, sampling: 100 }, {}, {}), source(), receivedMs)
  expect(emitted.size).toBe(1)
  const { flows, decode } = decoded()
  decode(netflow5({ seconds, sampling: 100 }, { nextHop: '192.0.2.1', sourcePort: 5, tos: 7 }))
  decode(netflow9({ seconds }, templateFlowSet(256, [58, 2]), flowSet(256, u16(9))))
  expect(flows[1]).toEqual({
    type: 3,
    samplerAddress: '192.0.2.1',
    vlanId: 9,
    srcVlan: 9,
    bytes: 0n,
    packets: 0n,
    received: '2026-01-02T03:04:05.678000000Z',
    start: '2023-11-14T22:13:20.000000000Z',
    end: '2023-11-14T22:13:20.000000000Z',
  })
})

test('an exception is our own fault: it is answered, counted and kept for the log', () => {
  const fault = new Error('no room')
  let flows = 0
  const decoder = createDecoder({
    emit() {
      flows++
      if (flows === 2) throw fault
    },
  })
  const datagram = netflow5({ seconds }, {}, {}, {})
  expect(decoder.decode(datagram, source(), receivedMs)).toBe('internal')
  expect(decoder.internalError).toBe(fault)
  expect(decoder.counters.internalErrors).toBe(1)
  expect(decoder.decode(datagram, source(), receivedMs)).toBeUndefined()
  expect(flows).toBe(5)
})

test('an exception in the middle of a message leaves nothing of it for the next', () => {
  let flows = 0
  const decoder = createDecoder({
    emit() {
      flows++
      if (flows === 1) throw new Error('no room')
    },
  })
  const data = flowSet(256, u32(1), u32(2))
  const datagram = netflow9({ seconds }, templateFlowSet(256, [1, 4]), data, data)
  expect(decoder.decode(datagram, source(), receivedMs)).toBe('internal')
  expect(decoder.decode(netflow9({ seconds }, data), source(), receivedMs)).toBeUndefined()
  expect(flows).toBe(3)
})

test('the first of several reasons is the answer', () => {
  const { decode } = decoded()
  const broken = flowSet(0, u16(255), u16(1), u16(7), u16(2))
  const tooLong = new Uint8Array([1, 0, 255, 255])
  expect(decode(netflow9({ seconds }, broken, tooLong))).toBe('bad-template')
  expect(decode(netflow9({ seconds }))).toBeUndefined()
})

test('the time of receipt is kept to the millisecond', () => {
  const { flows, decode } = decoded()
  decode(netflow5({ seconds }, {}))
  expect(flows).toMatchObject([{ received: '2026-01-02T03:04:05.678000000Z' }])
})

test('an exporter on IPv6 is known by its 16 bytes', () => {
  const address = Uint8Array.from({ length: 16 }, (_, i) => (i === 0 ? 0x20 : i))
  const { flows, decode } = decoded()
  decode(netflow5({ seconds }, {}), createSource(address, 1))
  expect(flows).toMatchObject([{ samplerAddress: '2001:203:405:607:809:a0b:c0d:e0f' }])
})

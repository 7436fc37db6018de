// Start and end of flows: NetFlow v5 and v9 count from the uptime, IPFIX in many ways (RFC 7012, elements 150-162 and 21, 22, 160).

import { expect, test } from 'vitest'
import { createDecoder } from '../../../collector/decode/decode.ts'
import { bytes, u32, u64 } from '../../build/bytes.ts'
import { decoded, flowsOf, type PlainFlow, receivedSeconds, source } from '../../build/decoded.ts'
import { type Field, ipfix, optionsTemplateSet, set, templateSet } from '../../build/ipfix.ts'
import { netflow5 } from '../../build/netflow5.ts'
import { flowSet, netflow9, templateFlowSet } from '../../build/netflow9.ts'

// 2023-11-14T22:13:20Z
const seconds = 1_700_000_000
const exported = '2023-11-14T22:13:20.000000000Z'
const received = '2026-01-02T03:04:05.678000000Z'
const day = 86_400

/** Seconds since 1900 and a fraction of 2^32, RFC 7011 6.1.9. */
function ntp(unixSeconds: number, fraction: number): Uint8Array {
  return bytes(u32(unixSeconds + 2_208_988_800), u32(fraction * 2 ** 32))
}

/** The one flow of an IPFIX message with these fields. */
function ipfixFlow(...values: [id: number, value: Uint8Array][]): PlainFlow | undefined {
  const fields = values.map(([id, value]): Field => [id, value.length])
  const data = set(256, ...values.map(([, value]) => value))
  return flowsOf(ipfix({ exportTime: seconds }, templateSet(256, ...fields), data))[0]
}

/** The one flow of a NetFlow v9 datagram with flowStartSysUpTime (22) and flowEndSysUpTime (21). */
function netflow9Flow(uptimeMs: number, first: number, last: number): PlainFlow | undefined {
  return flowsOf(
    netflow9(
      { uptimeMs, seconds },
      templateFlowSet(256, [22, 4], [21, 4]),
      flowSet(256, u32(first), u32(last)),
    ),
  )[0]
}

test('NetFlow v9 counts back from the export', () => {
  expect(netflow9Flow(3_600_000, 3_590_250, 3_599_999)).toMatchObject({
    start: '2023-11-14T22:13:10.250000000Z',
    end: '2023-11-14T22:13:19.999000000Z',
  })
})

test('a flow that began before the uptime wrapped began seconds ago, not 49.7 days ahead', () => {
  // First 5 s before the wrap at 2^32 ms, header 10 s after it.
  expect(netflow9Flow(10_000, 2 ** 32 - 5_000, 4_000)).toMatchObject({
    start: '2023-11-14T22:13:05.000000000Z',
    end: '2023-11-14T22:13:14.000000000Z',
  })
  const header = { uptimeMs: 10_000, seconds }
  expect(flowsOf(netflow5(header, { first: 2 ** 32 - 5_000, last: 4_000 }))).toMatchObject([
    { start: '2023-11-14T22:13:05.000000000Z', end: '2023-11-14T22:13:14.000000000Z' },
  ])
})

test('a flow that ended after its header was written, when the uptime had wrapped, ended ms later', () => {
  // Header 10 ms before the wrap, Last 5 ms after it.
  expect(netflow9Flow(2 ** 32 - 10, 2 ** 32 - 1_010, 5)).toMatchObject({
    start: '2023-11-14T22:13:19.000000000Z',
    end: '2023-11-14T22:13:20.015000000Z',
  })
})

test('a flow that ended a few ms after its header was written did so, not 49.7 days before', () => {
  expect(netflow9Flow(10_000, 9_000, 10_007)).toMatchObject({
    start: '2023-11-14T22:13:19.000000000Z',
    end: '2023-11-14T22:13:20.007000000Z',
  })
  expect(
    flowsOf(netflow5({ uptimeMs: 10_000, seconds }, { first: 9_000, last: 10_007 })),
  ).toMatchObject([
    { start: '2023-11-14T22:13:19.000000000Z', end: '2023-11-14T22:13:20.007000000Z' },
  ])
})

test('a NetFlow header without uptime leaves the time of export', () => {
  expect(netflow9Flow(0, 5_000, 6_000)).toMatchObject({ start: exported, end: exported })
  const header = { seconds, nanoseconds: 5_000_000 }
  expect(flowsOf(netflow5(header, { first: 5_000, last: 6_000 }))).toMatchObject([
    { start: '2023-11-14T22:13:20.005000000Z', end: '2023-11-14T22:13:20.005000000Z' },
  ])
})

test('a record that says nothing about time has the time of export', () => {
  expect(ipfixFlow([4, Uint8Array.of(17)])).toMatchObject({ start: exported, end: exported })
})

test.each([
  [
    'seconds (150, 151)',
    [150, u32(seconds - 9)],
    [151, u32(seconds - 1)],
    '11.000000000',
    '19.000000000',
  ],
  [
    'milliseconds (152, 153)',
    [152, u64(seconds * 1000 - 8_999)],
    [153, u64(seconds * 1000 - 1)],
    '11.001000000',
    '19.999000000',
  ],
  [
    'microseconds as NTP (154, 155)',
    [154, ntp(seconds - 9, 0.5)],
    [155, ntp(seconds - 1, 0.25)],
    '11.500000000',
    '19.250000000',
  ],
  [
    'nanoseconds as NTP (156, 157)',
    [156, ntp(seconds - 9, 0.125)],
    [157, ntp(seconds - 1, 2 ** -32)],
    '11.125000000',
    '19.000000000', // 2^-32 s is a quarter of a nanosecond
  ],
  [
    'microseconds before export (158, 159)',
    [158, u32(8_999_999)],
    [159, u32(1)],
    '11.000001000',
    '19.999999000',
  ],
] as [string, [number, Uint8Array], [number, Uint8Array], string, string][])(
  'IPFIX times in %s are read',
  (_, start, end, startSeconds, endSeconds) => {
    expect(ipfixFlow(start, end)).toMatchObject({
      start: `2023-11-14T22:13:${startSeconds}Z`,
      end: `2023-11-14T22:13:${endSeconds}Z`,
    })
  },
)

test('NetFlow v9 with absolute times is read as IPFIX is', () => {
  const datagram = netflow9(
    { uptimeMs: 1000, seconds },
    templateFlowSet(256, [152, 8], [153, 8]),
    flowSet(256, u64(seconds * 1000 - 2_500), u64(seconds * 1000 - 500)),
  )
  expect(flowsOf(datagram)).toMatchObject([
    { start: '2023-11-14T22:13:17.500000000Z', end: '2023-11-14T22:13:19.500000000Z' },
  ])
})

test('IPFIX uptimes count from systemInitTimeMilliseconds, wherever that stands in the record', () => {
  const init = u64(seconds * 1000 - 100_000)
  const expected = {
    start: '2023-11-14T22:13:10.500000000Z',
    end: '2023-11-14T22:13:19.000000000Z',
  }
  expect(ipfixFlow([160, init], [22, u32(90_500)], [21, u32(99_000)])).toMatchObject(expected)
  expect(ipfixFlow([22, u32(90_500)], [21, u32(99_000)], [160, init])).toMatchObject(expected)
})

test('systemInitTimeMilliseconds of options data holds for records that have none, also for those before it', () => {
  const datagram = ipfix(
    { exportTime: seconds },
    optionsTemplateSet(257, [[143, 4]], [[160, 8]]),
    templateSet(256, [22, 4], [21, 4]),
    set(256, u32(90_500), u32(99_000)),
    set(257, u32(1), u64(seconds * 1000 - 100_000)),
  )
  expect(flowsOf(datagram)).toMatchObject([
    { start: '2023-11-14T22:13:10.500000000Z', end: '2023-11-14T22:13:19.000000000Z' },
  ])
})

test('systemInitTimeMilliseconds is worth saving when it moves, not when it trembles', () => {
  const { decode, decoder } = decoded()
  const options = optionsTemplateSet(257, [[143, 4]], [[160, 8]])
  const revisions = [0, 1000, 1001, 900, -500].map((offsetMs) => {
    const init = u64(seconds * 1000 + offsetMs)
    decode(ipfix({ exportTime: seconds }, options, set(257, u32(1), init)))
    return decoder.revision
  })
  // 1 for the template, 1 for the first time that it is known.
  expect(revisions).toEqual([2, 2, 2, 2, 3])
})

test('the record beats the options data about systemInitTimeMilliseconds', () => {
  const datagram = ipfix(
    { exportTime: seconds },
    optionsTemplateSet(257, [[143, 4]], [[160, 8]]),
    set(257, u32(1), u64(1)),
    templateSet(256, [22, 4], [160, 8]),
    set(256, u32(90_500), u64(seconds * 1000 - 100_000)),
  )
  expect(flowsOf(datagram)).toMatchObject([{ start: '2023-11-14T22:13:10.500000000Z' }])
})

test('IPFIX uptimes of an exporter up for more than 49.7 days have wrapped', () => {
  const upMs = 2 ** 32 + 90_500
  const init = u64(seconds * 1000 - upMs - 9_500)
  expect(ipfixFlow([160, init], [22, u32(90_500)])).toMatchObject({
    start: '2023-11-14T22:13:10.500000000Z',
  })
})

test('systemInitTimeMilliseconds under observation domain 0 holds for domains that have none of their own', () => {
  const { flows, decode } = decoded()
  const init = (domainId: number, beforeMs: number) =>
    ipfix(
      { exportTime: seconds, domainId },
      optionsTemplateSet(257, [[143, 4]], [[160, 8]]),
      set(257, u32(1), u64(seconds * 1000 - beforeMs)),
    )
  const data = (domainId: number) =>
    ipfix(
      { exportTime: seconds, domainId },
      templateSet(256, [22, 4], [21, 4]),
      set(256, u32(90_500), u32(99_000)),
    )
  for (const datagram of [init(0, 100_000), init(5, 200_000), data(5), data(6)]) decode(datagram)
  expect(flows).toMatchObject([
    { start: '2023-11-14T22:11:30.500000000Z', end: '2023-11-14T22:11:39.000000000Z' },
    { start: '2023-11-14T22:13:10.500000000Z', end: '2023-11-14T22:13:19.000000000Z' },
  ])
})

test('IPFIX uptimes without systemInitTimeMilliseconds tell how long the flow was, up to the time of export', () => {
  const expected = { start: '2023-11-14T22:13:11.500000000Z', end: exported }
  expect(ipfixFlow([22, u32(90_500)], [21, u32(99_000)])).toMatchObject(expected)
  // Across the wrap at 2^32 ms.
  expect(ipfixFlow([22, u32(2 ** 32 - 4_000)], [21, u32(4_500)])).toMatchObject(expected)
  // As Barracuda has it: the duration beside them.
  expect(ipfixFlow([161, u32(8_500)], [22, u32(90_500)], [21, u32(99_000)])).toMatchObject(expected)
})

test('IPFIX uptimes that tell no duration leave the time of export', () => {
  const expected = { start: exported, end: exported }
  expect(ipfixFlow([22, u32(90_500)])).toMatchObject(expected)
  expect(ipfixFlow([22, u32(99_000)], [21, u32(90_500)])).toMatchObject(expected)
})

test('a duration gives the end of a flow from its start, and the start from its end', () => {
  const start = u64(seconds * 1000 - 9_000)
  expect(ipfixFlow([161, u32(2_500)], [152, start])).toMatchObject({
    start: '2023-11-14T22:13:11.000000000Z',
    end: '2023-11-14T22:13:13.500000000Z',
  })
  expect(ipfixFlow([162, u32(2_500_001)], [153, start])).toMatchObject({
    start: '2023-11-14T22:13:08.499999000Z',
    end: '2023-11-14T22:13:11.000000000Z',
  })
})

test('a duration alone ends with the export, or with the event that is observed', () => {
  expect(ipfixFlow([161, u32(2_500)])).toMatchObject({
    start: '2023-11-14T22:13:17.500000000Z',
    end: exported,
  })
  expect(ipfixFlow([161, u32(2_500)], [323, u64(seconds * 1000 - 1_000)])).toMatchObject({
    start: '2023-11-14T22:13:16.500000000Z',
    end: '2023-11-14T22:13:19.000000000Z',
  })
})

test('an end that is there is not overruled by a duration', () => {
  const flow = ipfixFlow([161, u32(2_500)], [150, u32(seconds - 9)], [151, u32(seconds - 1)])
  expect(flow).toMatchObject({ end: '2023-11-14T22:13:19.000000000Z' })
})

test('of a start alone, or an end alone, the other is the same', () => {
  const expected = {
    start: '2023-11-14T22:13:11.000000000Z',
    end: '2023-11-14T22:13:11.000000000Z',
  }
  expect(ipfixFlow([150, u32(seconds - 9)])).toMatchObject(expected)
  expect(ipfixFlow([151, u32(seconds - 9)])).toMatchObject(expected)
})

test('an event has the time of its observation, as its end when it has a start', () => {
  const observed = u64(seconds * 1000 - 1_500)
  expect(ipfixFlow([323, observed])).toMatchObject({
    start: '2023-11-14T22:13:18.500000000Z',
    end: '2023-11-14T22:13:18.500000000Z',
  })
  expect(ipfixFlow([323, observed], [152, u64(seconds * 1000 - 9_000)])).toMatchObject({
    start: '2023-11-14T22:13:11.000000000Z',
    end: '2023-11-14T22:13:18.500000000Z',
  })
})

test('a time of 0 says nothing', () => {
  const { flows, decode, decoder } = decoded()
  const template = templateSet(256, [152, 8], [154, 8], [150, 4], [151, 4])
  const data = set(256, u64(0), u64(0), u32(0), u32(seconds - 1))
  decode(ipfix({ exportTime: seconds }, template, data))
  expect(flows).toMatchObject([
    { start: '2023-11-14T22:13:19.000000000Z', end: '2023-11-14T22:13:19.000000000Z' },
  ])
  expect(decoder.counters.timesReplaced).toBe(0)
})

test.each([
  ['more than a day ahead', u64((receivedSeconds + day + 1) * 1000)],
  ['in 1970', u64(100_000)],
  ['beyond any calendar', u64(2n ** 64n - 1n)],
])('a time that is %s is replaced by the time of receipt, and counted', (_, time) => {
  const { flows, decode, decoder } = decoded()
  decode(ipfix({ exportTime: seconds }, templateSet(256, [152, 8], [153, 8]), set(256, time, time)))
  expect(flows).toMatchObject([{ start: received, end: received }])
  expect(decoder.counters.timesReplaced).toBe(1)
})

test('an NTP time before 1970 cannot be', () => {
  const { flows, decode, decoder } = decoded()
  const time = bytes(u32(1_000), u32(0))
  decode(ipfix({ exportTime: seconds }, templateSet(256, [154, 8], [155, 8]), set(256, time, time)))
  expect(flows).toMatchObject([{ start: received, end: received }])
  expect(decoder.counters.timesReplaced).toBe(1)
})

test('NTP seconds start again in 2036 (RFC 5905 6)', () => {
  // 2036-02-07T06:28:16Z, and 10 s later.
  const era1Ms = 2_085_978_496_000
  const starts: number[] = []
  const { decode, counters } = createDecoder({
    emit: (flow) => void starts.push(flow.timeFlowStartSeconds),
  })
  const message = ipfix(
    { exportTime: era1Ms / 1000 + 10 },
    templateSet(256, [156, 8]),
    set(256, u32(10), u32(0)),
  )
  decode(message, source(), era1Ms + 10_000)
  expect(starts).toEqual([era1Ms / 1000 + 10])
  expect(counters.timesReplaced).toBe(0)
})

test('a clock that runs up to a day ahead is believed', () => {
  const ahead = receivedSeconds + day
  const { flows, decode, decoder } = decoded()
  decode(ipfix({ exportTime: ahead }, templateSet(256, [150, 4]), set(256, u32(ahead))))
  expect(flows).toMatchObject([{ start: '2026-01-03T03:04:05.000000000Z' }])
  expect(decoder.counters.timesReplaced).toBe(0)
})

test('an old flow is believed: it may be a replay', () => {
  expect(ipfixFlow([150, u32(Date.UTC(1999, 0) / 1000)])).toMatchObject({
    start: '1999-01-01T00:00:00.000000000Z',
  })
})

test('of a good start and an end that cannot be, the start serves for both', () => {
  const { flows, decode, decoder } = decoded()
  const [start, end] = [u64(seconds * 1000), u64(2n ** 63n)]
  decode(ipfix({ exportTime: seconds }, templateSet(256, [152, 8], [153, 8]), set(256, start, end)))
  expect(flows).toMatchObject([{ start: exported, end: exported }])
  expect(decoder.counters.timesReplaced).toBe(1)
})

test('the clock of a router that was never set is not believed', () => {
  const { flows, decode, decoder } = decoded()
  decode(netflow5({ uptimeMs: 60_000, seconds: 61 }, { first: 50_000, last: 55_000 }))
  expect(flows).toMatchObject([{ start: received, end: received }])
  expect(decoder.counters.timesReplaced).toBe(1)
})

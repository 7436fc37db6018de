// NetFlow v9 and IPFIX, set by set as they stand on the wire.

import { describe, expect, test } from 'vitest'
import { hex, type Part, zeros } from '../build/bytes.ts'
import { decoded, flowsOf, source } from '../build/decoded.ts'
import { ipfix } from '../build/ipfix.ts'
import { netflow9 } from '../build/netflow9.ts'

/** 2023-11-14T22:13:20Z */
const seconds = 1_700_000_000

const message = (...sets: Part[]) => ipfix({ exportTime: seconds, domainId: 1 }, ...sets)
const packet = (...sets: Part[]) => netflow9({ seconds, uptimeMs: 60_000, sourceId: 1 }, ...sets)

// Template 256: sourceTransportPort (7) and destinationTransportPort (11). RFC 7011 3.4.1.
const template = hex('0002 0010  0100 0002  0007 0002  000b 0002')
const data = hex('0100 0008  01bb c000')
const ports = { srcPort: 443, dstPort: 49_152 }
/** Options template 257: scope exportingProcessId (144), samplingInterval (34). RFC 7011 3.4.2.2. */
const optionsTemplate = hex('0003 0012  0101 0002 0001  0090 0004  0022 0004')
const optionsData = hex('0101 000c  00000001 000003e8')

describe('withdrawal', () => {
  // RFC 7011 8.1: a template record with a field count of 0.
  test('of one template: its id', () => {
    const run = decoded()
    expect(run.decode(message(template, data, hex('0002 0008  0100 0000'), data))).toBe(undefined)
    expect(run.flows).toMatchObject([ports])
    expect(run.flows).toHaveLength(1)
    expect(run.decoder.templateCount('192.0.2.1')).toBe(0)
  })

  // RFC 7011 8.1: the id of the set in place of a template id.
  test('of all templates: the set id 2, which leaves options templates', () => {
    const run = decoded()
    const other = hex('0002 000c  0102 0001  0007 0002')
    run.decode(message(template, other, optionsTemplate))
    expect(run.decoder.templateCount('192.0.2.1')).toBe(3)
    expect(run.decode(message(hex('0002 0008  0002 0000'), data))).toBe(undefined)
    expect(run.flows).toEqual([])
    expect(run.decoder.describe()[0]?.templates).toMatchObject([{ id: 257, kind: 'options' }])
  })

  test('of all options templates: the set id 3, which leaves the others', () => {
    const run = decoded()
    run.decode(message(template, optionsTemplate))
    // Four bytes, without the scope field count that an options template has: RFC 7011 8.1.
    expect(run.decode(message(hex('0003 0008  0003 0000'), optionsData, data))).toBe(undefined)
    expect(run.flows).toMatchObject([ports])
    expect(run.flows[0]).not.toHaveProperty('samplingRate')
  })
})

describe('lengths', () => {
  // RFC 7011 6.2: octetDeltaCount (1) in all 8 bytes, packetDeltaCount (2) in 3.
  const counters = hex('0100 0002  0001 0008  0002 0003')
  const record = hex('0100 0010  0123456789abcdef fedcba  00')
  const counts = { bytes: 0x0123_4567_89ab_cdefn, packets: 0xfe_dcban }

  test('counters of 8 and of 3 bytes in IPFIX', () => {
    expect(flowsOf(message(hex('0002 0010'), counters, record))).toMatchObject([counts])
  })

  test('counters of 8 and of 3 bytes in NetFlow v9: RFC 3954 8, their length is N', () => {
    expect(flowsOf(packet(hex('0000 0010'), counters, record))).toMatchObject([counts])
  })

  test('a value of variable length with more than 255 bytes: RFC 7011 7', () => {
    // interfaceName (82) of variable length (65535), then a port.
    const named = hex('0002 0010  0100 0002  0052 ffff  0007 0002')
    const long = [...hex('ff 012c'), ...zeros(300), ...hex('01bb')]
    const short = hex('03 657468  0050')
    const set = [...hex('0100 013b'), ...long, ...short]
    expect(set).toHaveLength(0x13b)
    expect(flowsOf(message(named, set))).toMatchObject([{ srcPort: 443 }, { srcPort: 80 }])
  })
})

test('a template redefined between two sets of a datagram: RFC 7011 8, it holds from there on', () => {
  const swapped = hex('0002 0010  0100 0002  000b 0002  0007 0002')
  expect(flowsOf(message(template, data, swapped, data))).toMatchObject([
    ports,
    { srcPort: 49_152, dstPort: 443 },
  ])
})

describe('sampling told by options data', () => {
  // RFC 3954 6.1. Options template 257: scope System (1); FLOW_SAMPLER_ID (48), FLOW_SAMPLER_RANDOM_INTERVAL (50).
  const samplers = hex('0001 0018  0101 0004 0008  0001 0004  0030 0001  0032 0004  0000')
  // Sampler 1 takes 1 in 100, sampler 2 takes 1 in 2000.
  const rates = hex('0101 0018  00000000 01 00000064  00000000 02 000007d0  0000')
  // Data template 256: L4_SRC_PORT (7), FLOW_SAMPLER_ID (48).
  const sampled = hex('0000 0010  0100 0002  0007 0002  0030 0001')
  const flows = hex('0100 000c  01bb 01  0050 02  0000')

  test('behind the data that it is about: RFC 3954 6, in the same datagram', () => {
    expect(flowsOf(packet(sampled, flows, samplers, rates))).toMatchObject([
      { srcPort: 443, samplingRate: 100, samplingSource: 1 },
      { srcPort: 80, samplingRate: 2000, samplingSource: 1 },
    ])
  })

  test('of two samplers of one exporter, in an earlier datagram', () => {
    expect(flowsOf(packet(samplers, rates), packet(sampled, flows))).toMatchObject([
      { srcPort: 443, samplingRate: 100 },
      { srcPort: 80, samplingRate: 2000 },
    ])
  })

  test('under another source id than the flows, as Cisco ASR 9000 does', () => {
    const run = decoded()
    run.decode(netflow9({ seconds, uptimeMs: 60_000, sourceId: 5 }, samplers, rates))
    run.decode(packet(sampled, flows))
    expect(run.flows).toMatchObject([{ samplingRate: 100 }, { samplingRate: 2000 }])
    run.flows.length = 0
    run.decode(packet(sampled, flows), source('192.0.2.99'))
    expect(run.flows[0]).not.toHaveProperty('samplingRate')
  })
})

describe('uptimes', () => {
  test('systemInitTimeMilliseconds (160) behind the fields that count from it: RFC 5102 5.9', () => {
    // flowStartSysUpTime (22), flowEndSysUpTime (21), then 160.
    const uptimes = hex('0002 0014  0100 0003  0016 0004  0015 0004  00a0 0008')
    // 1 s and 2.5 s after 2023-11-14T22:13:20Z
    const record = hex('0100 0014  000003e8 000009c4  0000018bcfe56800')
    expect(flowsOf(message(uptimes, record))).toMatchObject([
      { start: '2023-11-14T22:13:21.000000000Z', end: '2023-11-14T22:13:22.500000000Z' },
    ])
  })

  // RFC 3954 8: FIRST_SWITCHED (22) and LAST_SWITCHED (21) are sysUptime, of 32 bits.
  const switched = hex('0000 0010  0100 0002  0016 0004  0015 0004')

  test('that wrapped after the flow began: it did so 2 s before the export', () => {
    // -1000 ms and 500 ms, when 1000 ms had passed since the wrap.
    const record = hex('0100 000c  fffffc18 000001f4')
    expect(flowsOf(netflow9({ seconds, uptimeMs: 1000 }, switched, record))).toMatchObject([
      { start: '2023-11-14T22:13:18.000000000Z', end: '2023-11-14T22:13:19.500000000Z' },
    ])
  })

  test('that wrapped after the header was written: the flow ended 32 ms later', () => {
    const record = hex('0100 000c  fffffc00 00000010')
    expect(flowsOf(netflow9({ seconds, uptimeMs: 0xffff_fff0 }, switched, record))).toMatchObject([
      { start: '2023-11-14T22:13:18.992000000Z', end: '2023-11-14T22:13:20.032000000Z' },
    ])
  })
})

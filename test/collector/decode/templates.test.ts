// Templates: whose they are, how they change and go. RFC 7011 8, RFC 3954 5.1 and 9.

import { describe, expect, test } from 'vitest'
import { bytes, type Part, u8, u16, u32, zeros } from '../../build/bytes.ts'
import { decoded, flowsOf, source } from '../../build/decoded.ts'
import {
  ipfix,
  optionsTemplateSet,
  set,
  template,
  templateSet,
  variable,
  variableLength,
  withdrawal,
} from '../../build/ipfix.ts'
import {
  flowSet,
  netflow9,
  optionsTemplateFlowSet,
  template9,
  templateFlowSet,
} from '../../build/netflow9.ts'

const seconds = 1_700_000_000
const message = (...sets: Part[]) => ipfix({ exportTime: seconds }, ...sets)

/** Templates of two fields of the same length that say different things. */
const ports = templateSet(256, [7, 2], [11, 2])
const vlans = templateSet(256, [58, 2], [59, 2])
const record = set(256, u16(80), u16(443))
const asPorts = { srcPort: 80, dstPort: 443 }
const asVlans = { srcVlan: 80, dstVlan: 443 }

describe('whose a template is', () => {
  test('of the address that sent it', () => {
    const { flows, decode, decoder } = decoded()
    decode(message(ports), source('192.0.2.1'))
    expect(decode(message(record), source('192.0.2.2'))).toBeUndefined()
    expect(flows).toEqual([])
    expect(decoder.parked).toEqual({ sets: 1, bytes: 8 })
  })

  test('of the observation domain', () => {
    const { flows, decode } = decoded()
    decode(ipfix({ exportTime: seconds, domainId: 1 }, ports))
    decode(ipfix({ exportTime: seconds, domainId: 2 }, vlans))
    decode(ipfix({ exportTime: seconds, domainId: 1 }, record))
    decode(ipfix({ exportTime: seconds, domainId: 2 }, record))
    decode(ipfix({ exportTime: seconds, domainId: 3 }, record))
    expect(flows).toMatchObject([asPorts, asVlans])
  })

  test('of the protocol', () => {
    const { flows, decode } = decoded()
    decode(message(ports))
    decode(netflow9({ seconds }, templateFlowSet(256, [58, 2], [59, 2])))
    decode(message(record))
    decode(netflow9({ seconds }, record))
    expect(flows).toMatchObject([asPorts, asVlans])
  })

  test('of the port, when ports mean different things by one id', () => {
    const { flows, decode } = decoded()
    decode(message(ports), source('192.0.2.1', 1001))
    decode(message(vlans), source('192.0.2.1', 1002))
    decode(message(record), source('192.0.2.1', 1001))
    decode(message(record), source('192.0.2.1', 1002))
    expect(flows).toMatchObject([asPorts, asVlans])
  })

  test('of any port of the address, when all ports agree: exporters start again with another', () => {
    const { flows, decode } = decoded()
    decode(message(ports), source('192.0.2.1', 1001))
    decode(message(ports), source('192.0.2.1', 1002))
    decode(message(record), source('192.0.2.1', 1003))
    expect(flows).toMatchObject([asPorts])
  })

  test('of no other port, when ports disagree', () => {
    const { flows, decode, decoder } = decoded()
    decode(message(ports), source('192.0.2.1', 1001))
    decode(message(vlans), source('192.0.2.1', 1002))
    decode(message(record), source('192.0.2.1', 1003))
    expect(flows).toEqual([])
    expect(decoder.parked.sets).toBe(1)
  })
})

describe('a template sent again', () => {
  test('with another layout holds from where it stands, also within a datagram', () => {
    expect(flowsOf(message(ports, record, vlans, record))).toMatchObject([asPorts, asVlans])
  })

  test('changes the revision only when it is another', () => {
    const { decode, decoder } = decoded()
    const revisions = [ports, ports, vlans, vlans, ports].map((template) => {
      decode(message(template))
      return decoder.revision
    })
    expect(revisions).toEqual([1, 1, 2, 2, 3])
    expect(decoder.counters).toMatchObject({
      templatesReceived: 5,
      templatesAdded: 1,
      templatesChanged: 2,
    })
  })

  test('as an options template gives no flows any more: both kinds share their ids', () => {
    const { flows, decode } = decoded()
    decode(message(ports, record))
    decode(message(optionsTemplateSet(256, [[7, 2]], [[11, 2]]), record))
    expect(flows).toHaveLength(1)
  })

  test('that cannot be used leaves none: the old one would misread what follows', () => {
    const { flows, decode } = decoded()
    decode(message(ports))
    expect(decode(message(set(2, u16(256), u16(1), u16(7), u16(0)), record))).toBe('bad-template')
    expect(flows).toEqual([])
  })
})

describe('withdrawal (RFC 7011 8.1)', () => {
  const other = templateSet(257, [7, 2], [11, 2])
  const options = optionsTemplateSet(258, [[143, 4]], [[34, 4]])
  const idsAfter = (...sets: Part[]) => {
    const { decode, decoder } = decoded()
    decode(message(ports, other, options))
    const outcome = decode(message(...sets))
    const ids = decoder.describe().flatMap(({ templates }) => templates.map(({ id }) => id))
    return [outcome, ids, decoder.counters.templatesWithdrawn]
  }

  test('of one template', () => {
    expect(idsAfter(set(2, withdrawal(256)))).toEqual([undefined, [257, 258], 1])
    expect(idsAfter(set(2, withdrawal(256), withdrawal(257)))).toEqual([undefined, [258], 2])
  })

  test('of one options template, in four bytes', () => {
    expect(idsAfter(set(3, withdrawal(258)))).toEqual([undefined, [256, 257], 1])
  })

  test('of all data templates, and of all options templates', () => {
    expect(idsAfter(set(2, withdrawal(2)))).toEqual([undefined, [258], 2])
    expect(idsAfter(set(3, withdrawal(3)))).toEqual([undefined, [256, 257], 1])
  })

  test('of a template that is not there means nothing', () => {
    expect(idsAfter(set(2, withdrawal(999)))).toEqual([undefined, [256, 257, 258], 0])
  })

  test('of an id that no template can have is an error', () => {
    expect(idsAfter(set(2, withdrawal(3)))).toEqual(['bad-template', [256, 257, 258], 0])
    expect(idsAfter(set(3, withdrawal(2)))).toEqual(['bad-template', [256, 257, 258], 0])
  })

  test('makes room for the next template of that id within the datagram', () => {
    expect(flowsOf(message(ports, record, set(2, withdrawal(256)), vlans, record))).toMatchObject([
      asPorts,
      asVlans,
    ])
  })

  test('reaches only the own port and domain', () => {
    const { decode, decoder } = decoded()
    decode(message(ports), source('192.0.2.1', 1001))
    decode(ipfix({ exportTime: seconds, domainId: 9 }, ports), source('192.0.2.1', 1002))
    decode(message(set(2, withdrawal(2))), source('192.0.2.1', 1002))
    expect(decoder.describe()[0]?.templates).toHaveLength(2)
    expect(decoder.counters.templatesWithdrawn).toBe(0)
  })

  test('does not exist in NetFlow v9: a template without fields is an error', () => {
    const { decode, decoder } = decoded()
    decode(netflow9({ seconds }, templateFlowSet(256, [7, 2])))
    expect(decode(netflow9({ seconds }, templateFlowSet(256)))).toBe('bad-template')
    expect(decoder.counters).toMatchObject({ templatesWithdrawn: 0, templatesRejected: 1 })
  })
})

describe('variable length (RFC 7011 7)', () => {
  const withText = templateSet(256, [7, 2], [82, variable], [11, 2])

  test.each([0, 1, 254, 255, 300])('a value of %i bytes', (length) => {
    const data = set(256, u16(80), variableLength(zeros(length)), u16(443))
    expect(flowsOf(message(withText, data))).toMatchObject([asPorts])
  })

  test('a short value with a long length', () => {
    const data = set(256, u16(80), variableLength(zeros(3), true), u16(443))
    expect(flowsOf(message(withText, data))).toMatchObject([asPorts])
  })

  test('each record has its own lengths', () => {
    const lengths = [3, 0, 70, 1]
    const records = lengths.map((length, i) =>
      bytes(u16(i), variableLength(zeros(length)), u16(1000 + i)),
    )
    expect(flowsOf(message(withText, set(256, ...records))).map((flow) => flow['dstPort'])).toEqual(
      [1000, 1001, 1002, 1003],
    )
  })

  test('an element that fills a field may have one, and a length it cannot use', () => {
    const fields = templateSet(256, [8, variable], [7, variable], [56, variable], [11, 2])
    const values = (address: number, port: number) =>
      bytes(
        variableLength(new Uint8Array(address).fill(1)),
        variableLength(new Uint8Array(port).fill(1)),
        variableLength(zeros(0)),
        u16(443),
      )
    const flows = flowsOf(message(fields, set(256, values(4, 1), values(5, 9))))
    expect(flows).toMatchObject([
      { srcAddr: '1.1.1.1', srcPort: 1, dstPort: 443 },
      { dstPort: 443 },
    ])
    expect(flows[1]).not.toHaveProperty('srcAddr')
    expect(flows[1]).not.toHaveProperty('srcPort')
  })

  test('in NetFlow v9, as H3C sends it', () => {
    const template = templateFlowSet(256, [7, 2], [82, variable], [11, 2])
    const data = flowSet(256, u16(80), variableLength(zeros(5)), u16(443))
    expect(flowsOf(netflow9({ seconds }, template, data))).toMatchObject([asPorts])
  })

  test('padding after the last record is none', () => {
    const onlyText = templateSet(256, [82, variable])
    const data = set(256, variableLength(zeros(4)), zeros(3))
    expect(flowsOf(message(onlyText, data))).toHaveLength(1)
  })
})

describe('padding', () => {
  const short = templateSet(256, [7, 2], [11, 2], [4, 1])

  test.each([0, 1, 2, 3, 4])('%i bytes after the last record are none', (length) => {
    const data = set(256, u16(80), u16(443), u8(6), zeros(length))
    expect(flowsOf(message(short, data))).toMatchObject([{ ...asPorts, proto: 6 }])
  })

  test('zeros that are long enough are records, not padding, where every record has one length', () => {
    expect(flowsOf(message(templateSet(256, [4, 1]), set(256, zeros(3))))).toHaveLength(3)
  })

  test('after the last template is none', () => {
    const { decode, decoder } = decoded()
    const sets = [
      set(2, template(256, [7, 2]), zeros(2)),
      set(2, template(257, [7, 2]), zeros(4)),
      set(3, u16(258), u16(2), u16(1), u16(143), u16(4), u16(34), u16(4), zeros(6)),
    ]
    expect(decode(message(...sets))).toBeUndefined()
    expect(
      decode(netflow9({ seconds }, flowSet(0, template9(259, [7, 2]), zeros(3)))),
    ).toBeUndefined()
    expect(decoder.counters).toMatchObject({ templatesAdded: 4, templatesRejected: 0 })
  })
})

test('a field of no bytes is kept and takes none', () => {
  const template = templateFlowSet(256, [7, 2], [0, 0], [0, 0], [11, 2])
  const data = flowSet(256, u16(80), u16(443), u16(80), u16(443))
  expect(flowsOf(netflow9({ seconds }, template, data))).toMatchObject([asPorts, asPorts])
})

test('several templates in one set, several sets of each kind, data between them', () => {
  const datagram = netflow9(
    { seconds },
    flowSet(0, template9(256, [7, 2]), template9(257, [11, 2])),
    flowSet(257, u16(443)),
    flowSet(256, u16(80), u16(81)),
    flowSet(0, template9(258, [58, 2])),
    flowSet(258, u16(5)),
  )
  expect(flowsOf(datagram)).toMatchObject([
    { dstPort: 443 },
    { srcPort: 80 },
    { srcPort: 81 },
    { vlanId: 5 },
  ])
})

describe('bounds', () => {
  const idsOf = (decoder: ReturnType<typeof decoded>['decoder']) =>
    decoder.describe().map(({ address, templates }) => [address, templates.map(({ id }) => id)])

  test('a template of too many fields is refused', () => {
    const { decode, decoder } = decoded({ templateFields: 4 })
    const fields = (count: number) =>
      Array.from({ length: count }, (): [number, number] => [210, 1])
    expect(decode(message(templateSet(256, ...fields(4))))).toBeUndefined()
    expect(decode(message(templateSet(257, ...fields(5)), templateSet(258, ...fields(1))))).toBe(
      'limit',
    )
    expect(idsOf(decoder)).toEqual([['192.0.2.1', [256, 258]]])
    expect(decoder.counters).toMatchObject({ templatesRejected: 1 })
    expect(decoder.counters.undecodable.limit).toEqual({ sets: 1, bytes: 20 })
  })

  test('beyond the templates of a domain, its least recently used goes', () => {
    const { decode, decoder, flows } = decoded({ templatesPerDomain: 2 })
    decode(message(ports))
    decode(message(templateSet(257, [7, 2])))
    decode(message(record))
    decode(message(templateSet(258, [7, 2])))
    expect(idsOf(decoder)).toEqual([['192.0.2.1', [256, 258]]])
    // Sent again is used, too.
    decode(message(ports))
    decode(message(templateSet(259, [7, 2])))
    expect(idsOf(decoder)).toEqual([['192.0.2.1', [256, 259]]])
    expect(flows).toHaveLength(1)
    expect(decoder.counters.templatesEvicted).toBe(2)
  })

  test('beyond the templates of an exporter, that of its domain used longest ago goes', () => {
    const { decode, decoder } = decoded({ templatesPerExporter: 2 })
    for (const domainId of [1, 2]) decode(ipfix({ exportTime: seconds, domainId }, ports))
    decode(ipfix({ exportTime: seconds, domainId: 1 }, record))
    decode(ipfix({ exportTime: seconds, domainId: 3 }, ports))
    const domains = decoder.describe()[0]?.templates.map((known) => known.observationDomainId)
    expect(domains).toEqual([1, 3])
  })

  test('beyond the templates for all, the exporter silent longest is forgotten', () => {
    const { decode, decoder } = decoded({ templates: 3 })
    const [a, b, c] = ['192.0.2.1', '192.0.2.2', '192.0.2.3'].map((address) => source(address))
    decode(message(ports, templateSet(257, [7, 2])), a)
    decode(message(ports), b)
    decode(message(record), a)
    decode(message(ports), c)
    expect(idsOf(decoder)).toEqual([
      ['192.0.2.1', [256, 257]],
      ['192.0.2.3', [256]],
    ])
    expect(decoder.counters).toMatchObject({ exportersEvicted: 1, templatesEvicted: 1 })
  })

  test('beyond the templates for all, exporters without any go first, and then one with some', () => {
    const { decode, decoder } = decoded({ templates: 2 })
    const [a, b, c] = ['192.0.2.1', '192.0.2.2', '192.0.2.3'].map((address) => source(address))
    const rate = [optionsTemplateSet(300, [[144, 4]], [[34, 4]]), set(300, u32(0), u32(10))]
    decode(message(...rate, set(3, withdrawal(300))), a)
    decode(message(ports), b)
    decode(message(ports, templateSet(257, [7, 2])), c)
    expect(idsOf(decoder)).toEqual([['192.0.2.3', [256, 257]]])
    expect(decoder.templates).toBe(2)
  })

  test('beyond the sampling rates for all, exporters without any go first, and then one with some', () => {
    const { decode, decoder } = decoded({ samplingRates: 2 })
    const [a, b, c] = ['192.0.2.1', '192.0.2.2', '192.0.2.3'].map((address) => source(address))
    const options = optionsTemplateSet(300, [[10, 4]], [[34, 4]])
    decode(message(ports), a)
    decode(message(options, set(300, u32(1), u32(10))), b)
    decode(message(options, set(300, u32(1), u32(10), u32(2), u32(10))), c)
    const rates = decoder
      .describe()
      .map(({ address, samplingRates }) => [address, samplingRates.length])
    expect(rates).toEqual([['192.0.2.3', 2]])
  })

  test('a lone exporter gives up its own', () => {
    const { decode, decoder } = decoded({ templates: 2 })
    for (const id of [256, 257, 258]) decode(message(templateSet(id, [7, 2])))
    expect(idsOf(decoder)).toEqual([['192.0.2.1', [257, 258]]])
    expect(decoder.counters).toMatchObject({ exportersEvicted: 0, templatesEvicted: 1 })
  })

  test('beyond the exporters, the one silent longest is forgotten', () => {
    const { decode, decoder, flows } = decoded({ exporters: 2 })
    const [a, b, c] = ['192.0.2.1', '192.0.2.2', '192.0.2.3'].map((address) => source(address))
    decode(message(ports), a)
    decode(message(ports), b)
    decode(message(record), a)
    decode(message(ports), c)
    decode(message(record), b)
    decode(message(record), a)
    expect(flows).toHaveLength(2)
    expect(decoder.counters).toMatchObject({ exportersEvicted: 1 })
  })

  test('a flood of template ids and domains from one exporter does not hurt another', () => {
    const { decode, decoder, flows } = decoded()
    const good = source('192.0.2.1')
    const bad = source('192.0.2.66')
    decode(message(ports), good)
    // 200 domains x 5 datagrams x 170 templates of 8 bytes: 170,000 of them.
    for (let domainId = 0; domainId < 200; domainId++) {
      for (let i = 0; i < 5; i++) {
        const ids = Array.from({ length: 170 }, (_, k) => 256 + ((i * 170 + k) & 0xffff))
        const flood = set(2, ...ids.map((id) => template(id, [7, 2])))
        decode(ipfix({ exportTime: seconds, domainId }, flood), bad)
      }
    }
    decode(message(record), good)
    expect(flows).toMatchObject([asPorts])
    const held = decoder.describe().find(({ address }) => address === bad.address)
    expect(held?.templates).toHaveLength(16_384)
    expect(decoder.counters).toMatchObject({
      templatesAdded: 170_001,
      templatesEvicted: 170_000 - 16_384,
      exportersEvicted: 0,
    })
  })
})

describe('the description', () => {
  test('names the exporter, its templates with their fields, and its sampling rates', () => {
    const { decode, decoder } = decoded()
    decode(
      netflow9(
        { seconds, sourceId: 7 },
        templateFlowSet(256, [1, 4], [40_005, 1], [9999, 3]),
        optionsTemplateFlowSet(
          257,
          [[1, 4]],
          [
            [48, 2],
            [50, 4],
          ],
        ),
        flowSet(257, u32(1), u16(3), u32(100)),
      ),
    )
    decode(message(templateSet(300, [82, variable], [7, 2, 2636])))
    expect(decoder.describe()).toEqual([
      {
        address: '192.0.2.1',
        lastSeenMs: 1_767_323_045_678,
        templates: [
          {
            protocol: 'netflow9',
            observationDomainId: 7,
            id: 256,
            port: 2055,
            kind: 'data',
            scopeCount: 0,
            fields: [
              { id: 1, name: 'octetDeltaCount', length: 4 },
              { id: 40_005, name: 'firewallEvent', length: 1 },
              { id: 9999, length: 3 },
            ],
          },
          {
            protocol: 'netflow9',
            observationDomainId: 7,
            id: 257,
            port: 2055,
            kind: 'options',
            scopeCount: 1,
            fields: [
              { id: 1, name: 'System', length: 4 },
              { id: 48, name: 'samplerId', length: 2 },
              { id: 50, name: 'samplerRandomInterval', length: 4 },
            ],
          },
          {
            protocol: 'ipfix',
            observationDomainId: 0,
            id: 300,
            port: 2055,
            kind: 'data',
            scopeCount: 0,
            fields: [
              { id: 82, length: 'variable' },
              { id: 7, enterprise: 2636, length: 2 },
            ],
          },
        ],
        samplingRates: [
          { protocol: 'netflow9', observationDomainId: 7, scope: 'sampler', id: 3, rate: 100 },
        ],
        parked: [],
      },
    ])
  })
})

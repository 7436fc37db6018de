// What a decoder has learned outlives it: saved, and restored by another.

import { expect, test } from 'vitest'
import { bytes, u16, u32, u64 } from '../../build/bytes.ts'
import { decoded, source } from '../../build/decoded.ts'
import { ipfix, optionsTemplateSet, set, templateSet, variable } from '../../build/ipfix.ts'
import { flowSet, netflow9, optionsTemplateFlowSet, templateFlowSet } from '../../build/netflow9.ts'

const seconds = 1_700_000_000

const learn = [
  netflow9(
    { seconds, sourceId: 7 },
    templateFlowSet(256, [7, 2], [48, 1]),
    optionsTemplateFlowSet(257, [[2, 4]], [[34, 4]]),
    flowSet(257, u32(12), u32(64)),
    optionsTemplateFlowSet(
      258,
      [[1, 4]],
      [
        [48, 2],
        [50, 4],
      ],
    ),
    flowSet(258, u32(0), u16(3), u32(100)),
  ),
  ipfix(
    { exportTime: seconds, domainId: 2 ** 32 - 1 },
    templateSet(300, [22, 4], [82, variable], [7, 2, 2636]),
    optionsTemplateSet(
      301,
      [[143, 4]],
      [
        [160, 8],
        [34, 4],
      ],
    ),
    set(301, u32(1), u64(seconds * 1000 - 100_000), u32(10)),
  ),
]
const use = [
  netflow9({ seconds, sourceId: 7 }, flowSet(256, u16(80), Uint8Array.of(3))),
  ipfix(
    { exportTime: seconds, domainId: 2 ** 32 - 1 },
    set(300, u32(90_000), Uint8Array.of(0), u16(0)),
  ),
]
const flows = [
  { srcPort: 80, samplingRate: 100 },
  { start: '2023-11-14T22:13:10.000000000Z', samplingRate: 10 },
]

/** As it is read back from a file. */
function saved(): Record<string, unknown> {
  const { decode, decoder } = decoded()
  for (const datagram of learn) decode(datagram)
  return JSON.parse(JSON.stringify(decoder.snapshot()))
}

test('a decoder that was given a snapshot decodes data from the first datagram on', () => {
  const restored = decoded()
  expect(restored.decoder.restore(saved())).toEqual({ templates: 5, samplingRates: 3, rejected: 0 })
  for (const datagram of use) expect(restored.decode(datagram)).toBeUndefined()
  expect(restored.flows).toMatchObject(flows)
})

test('templates that agree serve for another port, as after a restart of the exporter', () => {
  const restored = decoded()
  restored.decoder.restore(saved())
  for (const datagram of use) restored.decode(datagram, source('192.0.2.1', 60_000))
  expect(restored.flows).toMatchObject(flows)
})

test('a snapshot of what was restored is the same snapshot', () => {
  const restored = decoded()
  restored.decoder.restore(saved())
  expect(restored.decoder.snapshot()).toEqual(saved())
})

test('restoring is not counted as having received', () => {
  const { decoder } = decoded()
  decoder.restore(saved())
  expect(decoder.counters).toMatchObject({
    templatesReceived: 0,
    templatesAdded: 0,
    samplingRatesLearned: 0,
  })
})

test('the order of use is kept: the bounds take from the same end', () => {
  const from = (host: number) => source(`192.0.2.${host}`)
  const before = decoded()
  const template = ipfix({}, templateSet(256, [7, 2]))
  for (const host of [1, 2, 3, 1]) before.decode(template, from(host))
  const after = decoded({ exporters: 3 })
  after.decoder.restore(before.decoder.snapshot())
  after.decode(template, from(4))
  const addresses = after.decoder.describe().map(({ address }) => address)
  expect(addresses).toEqual(['192.0.2.3', '192.0.2.1', '192.0.2.4'])
})

test.each([
  ['nothing', undefined],
  ['null', null],
  ['a text', 'templates'],
  ['another version', { version: 2, exporters: [] }],
  ['no exporters', { version: 1 }],
])('%s restores nothing and is counted', (_, snapshot) => {
  const { decoder } = decoded()
  expect(decoder.restore(snapshot)).toEqual({ templates: 0, samplingRates: 0, rejected: 1 })
  expect(decoder.describe()).toEqual([])
})

const template = { id: 256, port: 2055, kind: 'data', scopeCount: 0, fields: '00070002' }
const rate = { scope: 'all', id: 0, rate: 10 }
const domain = {
  protocol: 'ipfix',
  id: 1,
  systemInitMs: 0,
  templates: [template],
  samplingRates: [rate],
}
const exporter = { address: '192.0.2.1', lastSeenMs: 5, domains: [domain] }

test.each<[name: string, exporters: unknown[], templates: number, rates: number, rejected: number]>(
  [
    ['a whole exporter', [exporter], 1, 1, 0],
    [
      'an exporter without a valid address',
      [{ ...exporter, address: '192.0.2.256' }, exporter],
      1,
      1,
      1,
    ],
    ['an exporter that is not an object', [7, exporter], 1, 1, 1],
    [
      'a domain of another protocol',
      [{ ...exporter, domains: [{ ...domain, protocol: 'netflow5' }, domain] }],
      1,
      1,
      1,
    ],
    [
      'a domain id beyond 32 bits',
      [{ ...exporter, domains: [{ ...domain, id: 2 ** 32 }] }],
      0,
      0,
      1,
    ],
  ],
)('of several parts %s', (_, exporters, templates, samplingRates, rejected) => {
  const { decoder } = decoded()
  expect(decoder.restore({ version: 1, exporters })).toEqual({ templates, samplingRates, rejected })
})

test.each<[name: string, change: object]>([
  ['an id below 256', { id: 255 }],
  ['an id that is a text', { id: '256' }],
  ['fields that are not hex', { fields: '0007000g' }],
  ['half a field', { fields: '000700' }],
  ['no fields', { fields: '' }],
  ['records of no bytes', { fields: '00070000' }],
  ['an enterprise number that is missing', { fields: '80070002' }],
  ['more scope than fields', { kind: 'options', scopeCount: 2 }],
  ['too many fields', { fields: '00070002'.repeat(513) }],
  ['a port beyond 16 bits', { port: 65_536 }],
])('a saved template with %s is left out', (_, change) => {
  const { decoder } = decoded()
  const templates = [
    { ...template, ...change },
    { ...template, id: 300 },
  ]
  const exporters = [{ ...exporter, domains: [{ ...domain, templates, samplingRates: [] }] }]
  expect(decoder.restore({ version: 1, exporters })).toMatchObject({ templates: 1, rejected: 1 })
})

test.each<[name: string, change: object]>([
  ['0', { rate: 0 }],
  ['beyond belief', { rate: 1_000_001 }],
  ['not whole', { rate: 1.5 }],
  ['for a scope that does not exist', { scope: 'universe' }],
])('a saved sampling rate that is %s is left out', (_, change) => {
  const { decoder } = decoded()
  const samplingRates = [
    { ...rate, ...change },
    { scope: 'sampler', id: 1, rate: 2 },
  ]
  const exporters = [{ ...exporter, domains: [{ ...domain, samplingRates }] }]
  expect(decoder.restore({ version: 1, exporters })).toMatchObject({
    samplingRates: 1,
    rejected: 1,
  })
})

test('the bounds hold for a snapshot', () => {
  const { decoder } = decoded({ templatesPerDomain: 2 })
  const templates = [256, 257, 258].map((id) => ({ ...template, id }))
  decoder.restore({ version: 1, exporters: [{ ...exporter, domains: [{ ...domain, templates }] }] })
  expect(decoder.describe()[0]?.templates.map(({ id }) => id)).toEqual([257, 258])
})

test('restoring on top of what is known replaces it as a received template does', () => {
  const { decode, decoder, flows: emitted } = decoded()
  decode(ipfix({ domainId: 1 }, templateSet(256, [11, 2])))
  decoder.restore({ version: 1, exporters: [exporter] })
  decode(bytes(ipfix({ domainId: 1 }, set(256, u16(80)))))
  expect(emitted).toMatchObject([{ srcPort: 80 }])
})

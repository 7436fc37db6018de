// What was neither used nor sent again for a day is forgotten, so that what is remembered does not only grow.

import { expect, test } from 'vitest'
import { u16, u32 } from '../../build/bytes.ts'
import { decoded, receivedMs, source } from '../../build/decoded.ts'
import { ipfix, optionsTemplateSet, set, templateSet, withdrawal } from '../../build/ipfix.ts'

const seconds = 1_700_000_000
const hourMs = 3_600_000
const dayMs = 24 * hourMs

/** A decoder with a clock: hours since the start. */
function hourly() {
  const { decoder, flows } = decoded()
  const templates = () =>
    decoder
      .describe()
      .flatMap(({ address, templates }) => templates.map(({ id }) => `${address} ${id}`))
  return {
    decoder,
    flows,
    templates,
    at(hour: number, datagram: Uint8Array, from = source()) {
      decoder.decode(datagram, from, receivedMs + hour * hourMs)
    },
    expireAt: (hour: number) => decoder.expire(receivedMs + hour * hourMs),
  }
}

const template = (id: number) => ipfix({ exportTime: seconds }, templateSet(id, [7, 2]))
const data = (id: number) => ipfix({ exportTime: seconds }, set(id, u16(80)))
const rates = (domainId: number, rate: number) =>
  ipfix(
    { exportTime: seconds, domainId },
    optionsTemplateSet(300, [[144, 4]], [[34, 4]]),
    set(300, u32(0), u32(rate)),
  )

test('a template goes a day after it was sent last', () => {
  const { at, expireAt, templates, decoder } = hourly()
  at(0, template(256))
  at(0, template(257))
  at(5, template(256))
  expireAt(24)
  expect(templates()).toEqual(['192.0.2.1 256'])
  decoder.expire(receivedMs + 5 * hourMs + dayMs - 1)
  expect(templates()).toEqual(['192.0.2.1 256'])
  expireAt(29)
  expect(templates()).toEqual([])
  expect(decoder.counters).toMatchObject({ templatesExpired: 2, templatesEvicted: 0 })
  expect(decoder.templates).toBe(0)
})

test('a template goes a day after data last used it', () => {
  const { at, expireAt, templates, flows } = hourly()
  at(0, template(256))
  at(0, template(257))
  at(20, data(256))
  expireAt(43.9)
  expect(templates()).toEqual(['192.0.2.1 256'])
  at(43.9, data(256))
  expireAt(67.8)
  expect(templates()).toEqual(['192.0.2.1 256'])
  expireAt(67.9)
  expect(templates()).toEqual([])
  expect(flows).toHaveLength(2)
})

test('data that waited uses the template that it is read with', () => {
  const { at, expireAt, templates } = hourly()
  at(0, data(256))
  at(0.01, template(256))
  expireAt(24.005)
  expect(templates()).toEqual(['192.0.2.1 256'])
})

test('the exporter goes with its last template, and others stay', () => {
  const { at, expireAt, decoder } = hourly()
  at(0, template(256), source('192.0.2.1'))
  at(1, template(256), source('192.0.2.2'))
  expireAt(24)
  expect(decoder.describe().map(({ address }) => address)).toEqual(['192.0.2.2'])
  expect(decoder.counters.exportersEvicted).toBe(0)
})

test('sampling rates go with their domain, when they were not announced again either', () => {
  const { at, expireAt, decoder, flows } = hourly()
  at(0, template(256))
  at(0, rates(1, 100))
  at(10, rates(2, 200))
  at(20, data(256))
  // Of any domain, the one announced last.
  expect(flows.at(-1)).toMatchObject({ samplingRate: 200 })
  const announced = () =>
    decoder
      .describe()[0]
      ?.samplingRates.map(({ observationDomainId, rate }) => [observationDomainId, rate])
  expireAt(24)
  expect(announced()).toEqual([[2, 200]])
  at(25, data(256))
  expect(flows.at(-1)).toMatchObject({ samplingRate: 200 })
  expireAt(34)
  expect(announced()).toEqual([])
  at(35, data(256))
  expect(flows.at(-1)).not.toHaveProperty('samplingRate')
})

test('sampling rates outlive a withdrawn template, as long as their domain was used', () => {
  const { at, expireAt, decoder } = hourly()
  const of1 = (...sets: Uint8Array[]) => ipfix({ exportTime: seconds, domainId: 1 }, ...sets)
  at(0, rates(1, 100))
  at(0, of1(set(3, withdrawal(300)), templateSet(256, [7, 2])))
  at(20, of1(set(256, u16(80)), set(2, withdrawal(256))))
  const announced = () => decoder.describe().flatMap(({ samplingRates }) => samplingRates).length
  expireAt(24)
  expect(announced()).toBe(1)
  // What is restored has no template either.
  const restored = hourly()
  restored.decoder.restore(decoder.snapshot())
  restored.expireAt(43)
  expect(restored.decoder.describe()).toHaveLength(1)
  expireAt(44)
  expect(announced()).toBe(0)
})

test('the rate of another domain holds again when the later one went', () => {
  const { at, expireAt, flows } = hourly()
  at(0, template(256))
  at(0, rates(1, 100))
  at(0, rates(2, 200))
  at(10, data(256))
  at(10, rates(1, 100))
  at(10, data(256))
  expireAt(24)
  at(24, data(256))
  expect(flows.map((flow) => flow['samplingRate'])).toEqual([200, 100, 100])
})

test('what goes shows in the revision, so that it is not saved any more', () => {
  const { at, expireAt, decoder } = hourly()
  at(0, template(256))
  at(0, rates(1, 100))
  const before = decoder.revision
  expireAt(1)
  expect(decoder.revision).toBe(before)
  expireAt(24)
  expect(decoder.revision).toBeGreaterThan(before)
  expect(decoder.snapshot().exporters).toEqual([])
})

test('what was restored counts as used when its exporter was seen last', () => {
  const before = hourly()
  before.at(5, template(256))
  const { decoder, expireAt, templates } = hourly()
  decoder.restore(before.decoder.snapshot())
  expireAt(28)
  expect(templates()).toEqual(['192.0.2.1 256'])
  expireAt(29)
  expect(templates()).toEqual([])
})

test('what a domain announced for the whole exporter goes with it, and what another announced stays', () => {
  const { at, expireAt, flows } = hourly()
  const ofInterface = ipfix(
    { exportTime: seconds, domainId: 2 },
    optionsTemplateSet(300, [[10, 4]], [[34, 4]]),
    set(300, u32(5), u32(50)),
  )
  at(0, rates(1, 100))
  at(10, ofInterface)
  at(10, ipfix({ exportTime: seconds }, templateSet(256, [10, 4]), set(256, u32(5), u32(6))))
  expireAt(24)
  at(24, ipfix({ exportTime: seconds }, set(256, u32(5), u32(6))))
  expect(flows.map((flow) => flow['samplingRate'])).toEqual([50, 100, 50, undefined])
})

test('room that expired is there for others', () => {
  const { decoder } = decoded({ samplingRatesPerExporter: 1 })
  decoder.decode(rates(1, 100), source(), receivedMs)
  decoder.decode(rates(2, 100), source(), receivedMs + hourMs)
  expect(decoder.counters.samplingRatesRefused).toBe(1)
  decoder.expire(receivedMs + dayMs)
  expect(decoder.templates).toBe(1)
  decoder.decode(rates(2, 100), source(), receivedMs + dayMs)
  expect(decoder.counters.samplingRatesRefused).toBe(1)
  expect(decoder.describe()[0]?.samplingRates).toMatchObject([{ observationDomainId: 2 }])
})

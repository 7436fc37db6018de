import { expect, test } from 'vitest'
import { type Flow, mismatches } from './compare.ts'
import { type Difference, differences } from './differences.ts'
import { captures, tsharkReading } from './expectations.ts'

const read: Flow[] = [
  { src_addr: '192.0.2.1', bytes: 100, mpls_label: [16_065, 16_033] },
  { src_addr: '192.0.2.2', bytes: 200 },
]
const complaints = (printed: Flow[], deliberate: Difference[] = []) =>
  mismatches('some-capture', read, printed, deliberate).complaints

test('equal flows are no matter for complaint', () => {
  expect(complaints(structuredClone(read))).toEqual([])
})

test('a value that differs is found, in a list too', () => {
  const changed = [
    { ...read[0], mpls_label: [16_065, 16_034] },
    { ...read[1], bytes: 201 },
  ]
  expect(complaints(changed)).toEqual([
    'some-capture, flow 0: mpls_label is [16065,16034], read as [16065,16033]',
    'some-capture, flow 1: bytes is 201, read as 200',
  ])
})

test('a field that only one side has is found', () => {
  const [first = {}, second = {}] = read
  const { mpls_label: _, ...without } = first
  expect(complaints([without, { ...second, vlan_id: 7 }])).toEqual([
    'some-capture, flow 0: mpls_label is undefined, read as [16065,16033]',
    'some-capture, flow 1: vlan_id is 7, read as undefined',
  ])
})

test('a missing and an invented flow are found', () => {
  expect(complaints(read.slice(0, 1))).toEqual([
    'some-capture, flow 1 is missing: {"src_addr":"192.0.2.2","bytes":200}',
  ])
  expect(complaints([...read, { bytes: 1 }])).toEqual([
    'some-capture, flow 2 is invented: {"bytes":1}',
  ])
})

test('a deliberate difference excuses one field of the flows that it names, and nothing else', () => {
  const difference: Difference = {
    capture: 'some-capture',
    field: 'bytes',
    flows: [1],
    reason: 'is counted otherwise',
    reference: 'RFC 7011 section 6.2',
  }
  const changed = read.map((flow) => ({ ...flow, bytes: 1 }))
  expect(complaints(changed, [difference])).toEqual([
    'some-capture, flow 0: bytes is 1, read as 100',
  ])
  expect(complaints(changed, [{ ...difference, capture: 'another' }])).toHaveLength(2)
  expect(mismatches('some-capture', read, changed, [difference]).used).toEqual(
    new Set([difference]),
  )
})

test('there are at most 30 deliberate differences, each of one field, one file and one document', () => {
  expect(differences.length).toBeLessThanOrEqual(30)
  const fields = new Set(
    captures.flatMap((capture) => tsharkReading(capture).flows).flatMap(Object.keys),
  )
  for (const { capture, field, reason, reference } of differences) {
    expect(captures).toContain(capture)
    expect(fields).toContain(field)
    expect(reason).not.toBe('')
    expect(reference).toMatch(/^(RFC \d+ section [\d.]+|[A-Z][^,;]+)$/)
  }
})

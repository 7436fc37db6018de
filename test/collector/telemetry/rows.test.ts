import { expect, test } from 'vitest'
import type { Segment } from '../../../collector/delivery/segment.ts'
import { createRows } from '../../../collector/telemetry/rows.ts'

function createTestRows() {
  const sealed: Segment[] = []
  let number = 0
  const rows = createRows(
    'counters',
    () => `c/b/${++number}`,
    (segment) => sealed.push(segment),
  )
  return { rows, sealed }
}

const textOf = ({ payload }: Segment) => Buffer.concat(payload).toString()

test('rows of one interval are sealed as one segment of JSON lines, named when it is sealed', () => {
  const { rows, sealed } = createTestRows()
  rows.seal()
  expect(sealed).toEqual([])
  expect(rows.add({ a: 1 }, 1_000)).toBe(true)
  expect(rows.add({ b: 'line\nbreak "é"' }, 2_000)).toBe(true)
  rows.seal()
  rows.seal()
  const [segment] = sealed
  expect(sealed).toHaveLength(1)
  expect(textOf(segment!)).toBe('{"a":1}\n{"b":"line\\nbreak \\"é\\""}\n')
  // 8 and 27, where é is two bytes in UTF-8.
  expect(segment).toMatchObject({
    name: 'c/b/1',
    stream: 'counters',
    flows: 0,
    firstReceivedMs: 1_000,
    payloadBytes: 35,
  })
  rows.add({ c: 1 }, 3_000)
  rows.seal()
  expect(sealed[1]).toMatchObject({ name: 'c/b/2', firstReceivedMs: 3_000 })
})

test('no more rows, and no more bytes, are taken than a segment may hold', () => {
  const { rows, sealed } = createTestRows()
  let taken = 0
  for (let i = 0; i < 20_000; i++) if (rows.add({}, 0)) taken++
  expect(taken).toBe(10_000)
  rows.seal()
  expect(rows.add({}, 0)).toBe(true)
  rows.seal()

  const long = { name: 'x'.repeat(1024 * 1024) }
  for (let i = 0; i < 100; i++) rows.add(long, 0)
  rows.seal()
  expect(textOf(sealed[2]!).split('\n')).toHaveLength(8 + 1)
})

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createRing, createRingReader, createRingWriter } from '../../../collector/workers/ring.ts'
import { sourceAt as source } from '../../build/routers.ts'

/** Where ring.ts has the ring's two positions, in 32-bit words: what was written, and what was read. */
const positions = [0, 16]

test('what goes in comes out in order and whole, or is refused, wherever the positions stand', () => {
  const operation = fc.oneof(
    fc.record({
      lengthBytes: fc.integer({ min: 0, max: 300 }),
      port: fc.integer({ min: 0, max: 65_535 }),
      isIpv6: fc.boolean(),
    }),
    fc.constant('take' as const),
  )
  const start = fc.constantFrom(0, 2 ** 32 - 1_024, 2 ** 31 - 1_024)
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 200 }), start, (operations, start) => {
      const memory = createRing(1_024)
      const control = new Int32Array(memory)
      for (const at of positions) control[at] = start
      const writer = createRingWriter(memory)
      const reader = createRingReader(memory)
      const expected: object[] = []
      const took = () => {
        const handed = reader.take()
        if (handed === undefined) return undefined
        const { datagram, address, port } = handed
        return { datagram: [...datagram], address: [...address], port }
      }
      let number = 0
      for (const operation of operations) {
        if (operation === 'take') {
          expect(took()).toEqual(expected.shift())
          continue
        }
        const from = source(operation.isIpv6 ? '2001:db8::1' : '192.0.2.1', operation.port)
        const datagram = new Uint8Array(operation.lengthBytes).fill(++number)
        const isTaken = writer.write(datagram, from)
        // 24 bytes of header, and as much again left out at the end at most: it fits an empty ring.
        if (expected.length === 0) expect(isTaken).toBe(true)
        if (!isTaken) continue
        expected.push({ datagram: [...datagram], address: [...from.bytes], port: from.port })
      }
      while (expected.length > 0) expect(took()).toEqual(expected.shift())
      expect(took()).toBeUndefined()
    }),
  )
})

test('a full ring refuses, and takes again what fits when something was read', () => {
  const memory = createRing(1_024)
  const writer = createRingWriter(memory)
  // 24 + 200 bytes each.
  const datagram = new Uint8Array(200)
  for (let i = 0; i < 4; i++) expect(writer.write(datagram, source('192.0.2.1'))).toBe(true)
  expect(writer.write(datagram, source('192.0.2.1'))).toBe(false)
  expect(createRingReader(memory).take()).toBeDefined()
  expect(writer.write(datagram, source('192.0.2.1'))).toBe(true)
})

test('a reader at rest is to be woken once, and does not go to rest over something unread', () => {
  const memory = createRing(1_024)
  const writer = createRingWriter(memory)
  const reader = createRingReader(memory)
  expect(writer.wasIdle()).toBe(true)
  expect(writer.wasIdle()).toBe(false)
  writer.write(new Uint8Array(1), source('192.0.2.1'))
  expect(reader.rest()).toBe(false)
  reader.take()
  expect(reader.rest()).toBe(true)
  expect(writer.wasIdle()).toBe(true)
})

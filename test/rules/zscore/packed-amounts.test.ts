import { Readable } from 'node:stream'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { StoreError } from '../../../rules/store-error.ts'
import { addPacked, readPacked } from '../../../rules/zscore/packed-amounts.ts'

type Minute = [direction: 'in' | 'out', offset: number, amount: bigint]
type Row = [prefix: string, minutes: Minute[]]

const length = (value: number): number[] =>
  value < 128 ? [value] : [(value % 128) + 128, ...length(Math.floor(value / 128))]
const text = (value: string) => [...length(value.length), ...Buffer.from(value)]
function numbers(bytesEach: 4 | 8, values: readonly bigint[]): number[] {
  const view = new DataView(new ArrayBuffer(bytesEach * values.length))
  for (const [index, value] of values.entries()) {
    if (bytesEach === 4) view.setUint32(4 * index, Number(value), true)
    else view.setBigUint64(8 * index, value, true)
  }
  return [...new Uint8Array(view.buffer)]
}

const wordOf = ([direction, offset, amount]: Minute) =>
  BigInt(offset) * 2n ** 54n + (direction === 'out' ? 2n ** 53n : 0n) + amount

/** One block of the format Native as its documentation has it: columns one after the other; of arrays first where each ends, then all elements. */
function encode(rows: readonly Row[]): Buffer {
  const words = rows.map(([, minutes]) => minutes.map(wordOf))
  const ends = words.map((_, row) => BigInt(words.slice(0, row + 1).flat().length))
  return Buffer.from([
    ...[3, ...length(rows.length)],
    ...[...text('name'), ...text('String'), ...rows.flatMap(([prefix]) => text(prefix))],
    ...[...text('amounts_bytes'), ...text('Array(UInt64)'), ...numbers(8, ends)],
    ...numbers(8, words.flat()),
    ...[...text('mark'), ...text('UInt32'), ...rows.flatMap(() => [...Buffer.from('kpmn')])],
  ])
}

async function decode(chunks: readonly Buffer[]): Promise<Row[]> {
  const rows = new Map<string, Minute[]>()
  await readPacked(Readable.from(chunks), ['bytes'], (prefix, _, { count, words }) => {
    const minutes = rows.get(prefix) ?? []
    rows.set(prefix, minutes)
    for (const word of words.subarray(0, count)) {
      const direction = (word >> 53n) % 2n === 0n ? 'in' : 'out'
      minutes.push([direction, Number(word >> 54n), word % 2n ** 53n])
    }
  })
  return [...rows]
}

const minute = fc.tuple(
  fc.constantFrom('in' as const, 'out' as const),
  fc.integer({ min: 0, max: 1_023 }),
  fc.bigInt({ min: 0n, max: 2n ** 53n - 1n }),
)
const block = fc.uniqueArray(
  fc.tuple(
    fc.constantFrom('10.0.0.0/24', '2001:db8::/32', '::/0'),
    fc.array(minute, { minLength: 1, maxLength: 200 }),
  ),
  { maxLength: 3, selector: ([prefix]) => prefix },
)

test('blocks are read as they were written, wherever they are cut into chunks', async () => {
  await fc.assert(
    fc.asyncProperty(
      block,
      fc.array(minute, { minLength: 1, maxLength: 9 }),
      fc.array(fc.nat(4_000)),
      async (rows, more, cuts) => {
        const bytes = Buffer.concat([encode(rows), encode([]), encode([['192.0.2.0/24', more]])])
        const at = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)), bytes.length]
        at.sort((a, b) => a - b)
        const chunks = at.slice(1).map((end, index) => bytes.subarray(at[index], end))
        expect(await decode(chunks)).toEqual([...rows, ['192.0.2.0/24', more]])
      },
    ),
    { numRuns: 100 },
  )
})

test('one list can hold more than a minute has, while nothing is merged', async () => {
  const minutes = Array.from({ length: 5_000 }, (_, n): Minute => ['in', n % 1_024, BigInt(n)])
  expect(await decode([encode([['10.0.0.0/24', minutes]])])).toEqual([['10.0.0.0/24', minutes]])
})

test('amounts are added up by direction and minute, from any slot on', () => {
  fc.assert(
    fc.property(fc.array(minute), fc.integer({ min: 0, max: 1_023 }), (minutes, firstSlot) => {
      const sums = { in: new Float64Array(1_024), out: new Float64Array(1_024) }
      const words = BigUint64Array.from([...minutes.map(wordOf), 2n ** 64n - 1n])
      addPacked({ count: minutes.length, words }, firstSlot, sums)
      const expected = { in: new Float64Array(1_024), out: new Float64Array(1_024) }
      for (const [direction, offset, amount] of minutes) {
        expected[direction][(firstSlot + offset) % 1_024]! += Number(amount)
      }
      expect(sums).toEqual(expected)
    }),
    { numRuns: 20 },
  )
})

describe('is no answer:', () => {
  const whole = encode([
    ['10.0.0.0/24', [['in', 1, 2n]]],
    ['10.0.1.0/24', [['in', 1, 2n]]],
  ])
  const error = Buffer.from('Code: 241. DB::Exception: (total) memory limit exceeded')
  const data = whole.length - 'mark'.length - 'UInt32'.length - 2 - 2 * 4 - 2 * 8

  test.each([
    ['a block that ends too early', whole.subarray(0, -1)],
    ['an error among blocks', Buffer.concat([whole, error])],
    ['an error in place of amounts', Buffer.concat([whole.subarray(0, data), error])],
    [
      'an error as long as what it stands for',
      Buffer.concat([
        whole.subarray(0, data),
        Buffer.alloc(whole.length - data, 'Code: 241. DB::Exception: '),
      ]),
    ],
    ['amounts that end before they begin', swapped(whole, data - 16)],
  ])('%s', async (_, bytes) => {
    await expect(decode([bytes])).rejects.toThrow(StoreError)
  })
})

/** With where two lists end the other way round. */
function swapped(bytes: Buffer, at: number): Buffer {
  const parts = [bytes.subarray(0, at), bytes.subarray(at + 8, at + 16), bytes.subarray(at, at + 8)]
  return Buffer.concat([...parts, bytes.subarray(at + 16)])
}

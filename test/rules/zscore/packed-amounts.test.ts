import { Readable } from 'node:stream'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { StoreError } from '../../../rules/store-error.ts'
import { readPacked } from '../../../rules/zscore/packed-amounts.ts'

type Row = [prefix: string, minutes: [offset: number, amount: bigint][]]

/** RowBinary as its documentation has it: numbers little-endian; texts and arrays behind their lengths, LEB128. */
function encode(rows: readonly Row[]): Buffer {
  const length = (value: number): number[] =>
    value < 128 ? [value] : [(value % 128) + 128, ...length(Math.floor(value / 128))]
  const pieces = rows.flatMap(([prefix, minutes]) => {
    const numbers = new DataView(new ArrayBuffer(8 * minutes.length))
    for (const [index, [offset, amount]] of minutes.entries()) {
      numbers.setBigUint64(8 * index, BigInt(offset) * 2n ** 54n + amount, true)
    }
    return [
      Buffer.from('kpmn'),
      Buffer.from([...length(prefix.length), ...Buffer.from(prefix), ...length(minutes.length)]),
      Buffer.from(numbers.buffer),
    ]
  })
  return Buffer.concat(pieces)
}

async function decode(chunks: readonly Buffer[]): Promise<[string, [number, number][]][]> {
  const rows: [string, [number, number][]][] = []
  await readPacked(Readable.from(chunks), (prefix, count, offsets, amounts) => {
    const minutes = Array.from({ length: count }, (_, index): [number, number] => [
      offsets[index]!,
      amounts[index]!,
    ])
    rows.push([prefix, minutes])
  })
  return rows
}

const minute = fc.tuple(fc.integer({ min: 0, max: 1_023 }), fc.bigInt({ min: 0n, max: 2n ** 53n }))
const rows = fc.array(
  fc.tuple(
    fc.constantFrom('10.0.0.0/24', '2001:db8::/32', ''),
    fc.array(minute, { maxLength: 200 }),
  ),
  { maxLength: 8 },
)

test('rows are read as they were written, wherever they are cut into chunks', async () => {
  await fc.assert(
    fc.asyncProperty(rows, fc.array(fc.nat(4_000)), async (some, cuts) => {
      const bytes = encode(some)
      const at = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)), bytes.length]
      at.sort((a, b) => a - b)
      const chunks = at.slice(1).map((end, index) => bytes.subarray(at[index], end))
      const expected = some.map(([prefix, minutes]) => [
        prefix,
        minutes.map(([offset, amount]) => [offset, Number(amount)]),
      ])
      expect(await decode(chunks)).toEqual(expected)
    }),
    { numRuns: 100 },
  )
})

test('one row can hold more than a minute has, while nothing is merged', async () => {
  const minutes = Array.from({ length: 5_000 }, (_, n): [number, bigint] => [n % 1_024, BigInt(n)])
  const [row] = await decode([encode([['10.0.0.0/24', minutes]])])
  expect(row![1].at(-1)).toEqual([4_999 % 1_024, 4_999])
})

test.each([
  ['a row that ends too early', encode([['10.0.0.0/24', [[1, 2n]]]]).subarray(0, -1)],
  ['an error among rows', Buffer.concat([encode([['10.0.0.0/24', []]]), Buffer.from('Code: 241')])],
])('%s is no answer', async (_, bytes) => {
  await expect(decode([bytes])).rejects.toThrow(StoreError)
})

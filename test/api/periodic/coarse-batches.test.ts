import { expect, test } from 'vitest'
import { batchesOf } from '../../../api/periodic/coarse-rollups.ts'

const seconds = 300
const row = (count: number, flows: number, from = 0) =>
  Array.from({ length: count }, (_, index) => ({ bucket: from + index * seconds, flows }))
const sizes = (batches: number[][]) => batches.map(({ length }) => length)

test('many flows are read three hours at a time', () => {
  expect(sizes(batchesOf(row(80, 1_000_000), seconds))).toEqual([36, 36, 8])
})

test('a day that has few is read at once', () => {
  expect(sizes(batchesOf(row(288, 100), seconds))).toEqual([288])
})

test('a statement names 400 buckets at most', () => {
  expect(sizes(batchesOf(row(1000, 1), seconds))).toEqual([400, 400, 200])
})

test('what lies between two buckets that are far apart is not read', () => {
  const buckets = [...row(1, 1), ...row(1, 1, 6 * 3600)]
  expect(sizes(batchesOf(buckets, seconds))).toEqual([1, 1])
})

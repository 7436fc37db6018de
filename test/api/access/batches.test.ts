import { expect, test } from 'vitest'
import { createBatches } from '../../../api/access/batches.ts'

/** Inserts that end when they are told to. */
function held() {
  const inserts: { rows: readonly number[]; end: (error?: Error) => void }[] = []
  const insert = (rows: readonly number[]) =>
    new Promise<void>((resolve, reject) => {
      const end = (error?: Error) => (error === undefined ? resolve() : reject(error))
      inserts.push({ rows: [...rows], end })
    })
  const turn = () => new Promise((resolve) => setImmediate(resolve))
  return { insert, inserts, turn }
}

test('what comes while an insert is under way goes into the next one', async () => {
  const { insert, inserts, turn } = held()
  const add = createBatches(insert, 3)
  const stored: number[] = []
  const send = (row: number) => void add(row).then(() => stored.push(row))
  send(1)
  await turn()
  for (const row of [2, 3, 4, 5]) send(row)
  await turn()
  expect(inserts.map(({ rows }) => rows)).toEqual([[1]])
  inserts[0]?.end()
  await turn()
  // Three at most.
  expect([stored, inserts[1]?.rows]).toEqual([[1], [2, 3, 4]])
  inserts[1]?.end()
  await turn()
  expect([stored, inserts[2]?.rows]).toEqual([[1, 2, 3, 4], [5]])
})

test('an insert that fails is told to each of its rows, and to no other', async () => {
  const { insert, inserts, turn } = held()
  const add = createBatches(insert, 3)
  const first = add(1)
  await turn()
  const others = [add(2), add(3)]
  inserts[0]?.end()
  await first
  await turn()
  const later = add(4)
  inserts[1]?.end(new Error('disk full'))
  await expect(Promise.allSettled(others)).resolves.toMatchObject([
    { status: 'rejected' },
    { status: 'rejected' },
  ])
  await turn()
  expect(inserts[2]?.rows).toEqual([4])
  inserts[2]?.end()
  await later
})

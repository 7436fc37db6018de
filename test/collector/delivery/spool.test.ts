import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import type { Segment } from '../../../collector/delivery/segment.ts'
import { openSpool } from '../../../collector/delivery/spool.ts'
import { blockBytes, createBlockPool } from '../../../collector/encode/block-pool.ts'
import { temporaryDirectory } from '../../build/temporary.ts'

const newDirectory = () => temporaryDirectory()

function segment(payload: readonly Uint8Array[], number = 7): Segment {
  const payloadBytes = payload.reduce((sum, block) => sum + block.length, 0)
  const name = `c/20261122T000000.000Z-0000/${number}`
  return { name, stream: 'flows', flows: 3, firstReceivedMs: 1, payloadBytes, payload }
}

test('a segment is read back the same, also by the next run, whatever its size', async () => {
  const directory = newDirectory()
  const { spool } = await openSpool(directory, createBlockPool())
  const sizes = [0, 1, blockBytes, blockBytes + 1, 3 * blockBytes - 1]
  for (const [number, size] of sizes.entries()) {
    await spool.write(segment([Buffer.alloc(size, number + 1)], number))
  }
  const again = await openSpool(directory, createBlockPool())
  expect(again.entries.map(({ payloadBytes }) => payloadBytes)).toEqual(sizes)
  for (const [number, entry] of again.entries.entries()) {
    const read = await again.spool.read(entry)
    // As a comparison of bytes: a list of half a million numbers takes its time.
    const wanted = Buffer.alloc(sizes[number]!, number + 1)
    expect(Buffer.concat(read!.payload).equals(wanted), `${wanted.length} bytes`).toBe(true)
    await again.spool.remove(entry)
  }
  expect(readdirSync(directory)).toEqual([])
})

test('blocks end where they ended, and have their numbers of flows', async () => {
  const directory = newDirectory()
  const { spool } = await openSpool(directory, createBlockPool())
  const payload = [Buffer.from('abc'), Buffer.from('de')]
  const blocks = [
    [3, 2],
    [2, 1],
  ] as const
  await spool.write({ ...segment(payload), blocks })
  const again = await openSpool(directory, createBlockPool())
  const [entry] = again.entries
  const read = await again.spool.read(entry!)
  expect(read?.blocks).toEqual(blocks)
  expect(read?.payload.map((chunk) => Buffer.from(chunk).toString())).toEqual(['abc', 'de'])
})

test('blocks that are not what the payload is made of are damage', async () => {
  const directory = newDirectory()
  const { spool } = await openSpool(directory, createBlockPool())
  for (const [number, blocks] of [[[2, 3] as const], [[3, 2] as const]].entries()) {
    await spool.write({ ...segment([Buffer.from('abc')], number), blocks })
  }
  expect((await openSpool(directory, createBlockPool())).damaged).toHaveLength(2)
})

test('one bit wrong anywhere, a byte more or less, and it is not read', async () => {
  const directory = newDirectory()
  const { spool } = await openSpool(directory, createBlockPool())
  const entry = await spool.write(segment([Buffer.from([1, 2, 3]), Buffer.from([4, 5, 6])]))
  const whole = readFileSync(entry.file)
  expect(Buffer.concat((await spool.read(entry))!.payload)).toEqual(Buffer.from([1, 2, 3, 4, 5, 6]))
  for (let bit = 0; bit < whole.length * 8; bit++) {
    const damaged = Buffer.from(whole)
    damaged[bit >> 3]! ^= 1 << (bit & 7)
    writeFileSync(entry.file, damaged)
    expect(await spool.read(entry), `bit ${bit}`).toBeUndefined()
  }
  for (let length = 0; length < whole.length; length++) {
    writeFileSync(entry.file, whole.subarray(0, length))
    expect(await spool.read(entry), `${length} bytes`).toBeUndefined()
  }
  writeFileSync(entry.file, Buffer.concat([whole, Buffer.from([0])]))
  expect(await spool.read(entry)).toBeUndefined()
})

test('files that are no segments are set aside, unfinished ones removed, others left alone', async () => {
  const directory = newDirectory()
  writeFileSync(path.join(directory, 'a.seg'), 'nothing of the kind')
  writeFileSync(path.join(directory, 'b.seg.123.tmp'), 'half')
  writeFileSync(path.join(directory, 'notes.txt'), 'mine')
  const { entries, damaged } = await openSpool(directory, createBlockPool())
  expect(entries).toEqual([])
  expect(damaged).toEqual(['a.seg'])
  expect(readdirSync(directory).sort()).toEqual(['a.seg.damaged', 'notes.txt'])
})

test('of what was set aside the newest 16 are kept', async () => {
  const directory = newDirectory()
  for (let number = 10; number < 30; number++)
    writeFileSync(path.join(directory, `${number}.seg`), '')
  await openSpool(directory, createBlockPool())
  expect(readdirSync(directory).sort()).toEqual(
    Array.from({ length: 16 }, (_, index) => `${14 + index}.seg.damaged`),
  )
})

// The spool: a directory with one file for each segment that is not acknowledged yet.

import { type FileHandle, open, readdir, rename, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { crc32 } from 'node:zlib'
import { writeFileAtomic } from '../../runtime/files.ts'
import { type BlockPool, blockBytes } from '../encode/block-pool.ts'
import type { Segment, SegmentHeader } from './segment.ts'
import {
  prefixPeekBytes,
  readSegmentPrefix,
  type SegmentPrefix,
  writeSegment,
} from './segment-file.ts'

/** What is set aside for people to look at is bounded too: the oldest of more than this many is deleted. */
const maxSetAside = 16

/** The file is gone; the disk cannot read it back. */
const lostFile: ReadonlySet<string> = new Set(['ENOENT', 'EIO'])

export interface SpoolEntry extends SegmentHeader {
  readonly file: string
  readonly fileBytes: number
}

export interface Spool {
  /** Writes the segment through to the disk. @throws the system error (disk full, ...). */
  write(segment: Segment): Promise<SpoolEntry>
  /**
   * The segment again, in blocks from the pool, which then belong to it; undefined when its file is damaged or gone.
   * @throws the system error of another kind (too many open files, ...), which says nothing of the file
   */
  read(entry: SpoolEntry): Promise<Segment | undefined>
  remove(entry: SpoolEntry): Promise<void>
  /** Takes a file out of the spool's way but keeps it, as NAME.seg.damaged or NAME.seg.rejected. */
  setAside(file: string, why: 'damaged' | 'rejected'): Promise<void>
}

/**
 * Opens the spool and finds what an earlier run left, oldest first, and the files that are not readable as segments (`damaged`, already set aside).
 */
export async function openSpool(
  directory: string,
  pool: BlockPool,
): Promise<{ spool: Spool; entries: SpoolEntry[]; damaged: string[] }> {
  const spool = createSpool(directory, pool)
  const entries: SpoolEntry[] = []
  const damaged: string[] = []
  for (const name of (await readdir(directory)).sort()) {
    const file = path.join(directory, name)
    if (name.endsWith('.tmp')) await rm(file, { force: true })
    if (!name.endsWith('.seg')) continue
    const prefix = await withFile(file, readPrefix)
    if (prefix === undefined) {
      await spool.setAside(file, 'damaged')
      damaged.push(name)
    } else {
      entries.push({ ...prefix.header, file, fileBytes: (await stat(file)).size })
    }
  }
  return { spool, entries, damaged }
}

function createSpool(directory: string, pool: BlockPool): Spool {
  return {
    async write(segment) {
      const file = path.join(directory, fileNameOf(segment.name))
      const chunks = writeSegment(segment)
      await writeFileAtomic(file, chunks)
      const { payload: _, ...header } = segment
      return { ...header, file, fileBytes: chunks.reduce((sum, chunk) => sum + chunk.length, 0) }
    },
    async read(entry) {
      try {
        return await withFile(entry.file, (handle) => readSegment(handle, entry, pool))
      } catch (error) {
        if (lostFile.has((error as NodeJS.ErrnoException).code ?? '')) return undefined
        throw error
      }
    },
    async remove(entry) {
      await rm(entry.file, { force: true })
    },
    async setAside(file, why) {
      await rename(file, `${file}.${why}`)
      const aside = (await readdir(directory)).filter((name) => name.endsWith(`.seg.${why}`)).sort()
      for (const name of aside.slice(0, -maxSetAside))
        await rm(path.join(directory, name), { force: true })
    },
  }
}

/**
 * collector/boot/number as BOOT-NUMBER.seg: a boot begins with its time and the number has a fixed width, so that names sort by age. The spool belongs to
 * one collector.
 */
function fileNameOf(segmentName: string): string {
  const [, boot, number] = segmentName.split('/')
  return `${boot}-${number?.padStart(12, '0')}.seg`
}

async function withFile<T>(file: string, use: (handle: FileHandle) => Promise<T>): Promise<T> {
  const handle = await open(file, 'r')
  try {
    return await use(handle)
  } finally {
    await handle.close()
  }
}

async function readPrefix(handle: FileHandle): Promise<SegmentPrefix | undefined> {
  const buffer = Buffer.alloc(prefixPeekBytes)
  const { bytesRead } = await handle.read(buffer, 0, buffer.length, 0)
  return readSegmentPrefix(buffer.subarray(0, bytesRead))
}

async function readSegment(
  handle: FileHandle,
  { name }: SpoolEntry,
  pool: BlockPool,
): Promise<Segment | undefined> {
  const prefix = await readPrefix(handle)
  if (prefix?.header.name !== name) return undefined
  const { header, payloadOffset, payloadCrc } = prefix
  if ((await handle.stat()).size !== payloadOffset + header.payloadBytes) return undefined
  const payload: Uint8Array[] = []
  let crc = 0
  let position = payloadOffset
  for (const lengthBytes of chunkLengths(header)) {
    const chunk = pool.take().subarray(0, lengthBytes)
    for (let done = 0; done < lengthBytes; ) {
      const { bytesRead } = await handle.read(chunk, done, lengthBytes - done, position)
      if (bytesRead === 0) return undefined
      done += bytesRead
      position += bytesRead
    }
    crc = crc32(chunk, crc)
    payload.push(chunk)
  }
  return crc === payloadCrc ? { ...header, payload } : undefined
}

/** As the payload was written, or, where that is not known, as large as may be. */
function chunkLengths({ payloadBytes, blocks }: SegmentHeader): number[] {
  if (blocks !== undefined) return blocks.map(([lengthBytes]) => lengthBytes)
  const lengths: number[] = []
  for (let rest = payloadBytes; rest > 0; rest -= blockBytes)
    lengths.push(Math.min(rest, blockBytes))
  return lengths
}

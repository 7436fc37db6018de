import { mkdir, open, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { codeOf, messageOf, UserError } from './errors.ts'

/**
 * Writes a file so that a reader sees the old content or the new, never a part, also after a power cut: written beside it, flushed, renamed.
 * @throws the system error; nothing is left behind then.
 */
export async function writeFileAtomic(
  file: string,
  content: string | readonly Uint8Array[],
  mode = 0o600,
): Promise<void> {
  const beside = `${file}.${process.pid}.tmp`
  try {
    const handle = await open(beside, 'w', mode)
    try {
      if (typeof content === 'string') await handle.writeFile(content)
      else await writeAll(handle, content)
      await handle.datasync()
    } finally {
      await handle.close()
    }
    await rename(beside, file)
  } catch (error) {
    await rm(beside, { force: true })
    throw error
  }
}

/** writev may write less than it was given; this goes on until all is written. */
async function writeAll(
  handle: Awaited<ReturnType<typeof open>>,
  chunks: readonly Uint8Array[],
): Promise<void> {
  let rest = chunks.filter((chunk) => chunk.length > 0)
  while (rest.length > 0) {
    let { bytesWritten } = await handle.writev(rest)
    while (rest[0] !== undefined && bytesWritten >= rest[0].length) {
      bytesWritten -= rest[0].length
      rest = rest.slice(1)
    }
    if (rest[0] !== undefined) rest = [rest[0].subarray(bytesWritten), ...rest.slice(1)]
  }
}

/** Makes a directory of ours (0700) and everything above it. @throws UserError when that cannot be written. */
export async function makeDirectory(directory: string): Promise<void> {
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 })
    const probe = path.join(directory, `.write-${process.pid}`)
    await (await open(probe, 'w')).close()
    await rm(probe)
  } catch (error) {
    throw new UserError(
      `cannot write to ${directory} (${codeOf(error) ?? messageOf(error)}): give another directory with --data or NETMON_DATA_DIR`,
    )
  }
}

// Whoever is told of changes by the alert command: how far that got, in the data directory. One run at a time tells a channel.

import { mkdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import type { EventCursor } from '../rules/alerts/history.ts'
import { codeOf, messageOf, UserError } from '../runtime/errors.ts'
import { writeFileAtomic } from '../runtime/files.ts'
import { DirectoryInUse, lockDirectory } from '../runtime/lock.ts'

export interface Channel {
  /** Behind the last event that was told; undefined when none ever was. */
  cursor: EventCursor | undefined
  moveTo(cursor: EventCursor): Promise<void>
  release(): void
}

const names = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/

/** Undefined while another run tells this channel. @throws UserError */
export async function openChannel(dataDir: string, name: string): Promise<Channel | undefined> {
  if (!names.test(name)) {
    const message = `--channel expects 1 to 64 letters, digits, _, . or -, not ${JSON.stringify(name)}`
    throw new UserError(message, 2)
  }
  const directory = path.join(dataDir, 'channels', name)
  const file = path.join(directory, 'cursor.json')
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 })
  } catch (error) {
    throw new UserError(
      `cannot write to ${directory} (${codeOf(error) ?? messageOf(error)}): give another data directory with --data or NETMON_DATA_DIR`,
    )
  }
  let release: () => void
  try {
    release = lockDirectory(directory)
  } catch (error) {
    if (error instanceof DirectoryInUse) return undefined
    throw error
  }
  try {
    return {
      cursor: await readCursor(file),
      moveTo: (cursor) => writeFileAtomic(file, `${JSON.stringify(cursor)}\n`),
      release,
    }
  } catch (error) {
    release()
    throw error
  }
}

async function readCursor(file: string): Promise<EventCursor | undefined> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw new UserError(`cannot read ${file}: ${messageOf(error)}`)
  }
  try {
    const { number, minute, id } = JSON.parse(text)
    if (Number.isSafeInteger(number) && Number.isSafeInteger(minute) && typeof id === 'string') {
      return { number, minute, id }
    }
  } catch {
    // Not JSON.
  }
  throw new UserError(`${file} is not what was written: remove it, and what is open is told again`)
}

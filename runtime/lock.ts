// One process per directory. The lock is a file with the holder's identity, so that one left behind by a crash is recognised.

import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { codeOf, messageOf, UserError } from './errors.ts'

/** Another live process has the directory. */
export class DirectoryInUse extends UserError {}

/**
 * Takes `directory` for this process.
 * @returns what gives it back.
 * @throws DirectoryInUse; UserError when it cannot be written.
 */
export function lockDirectory(directory: string): () => void {
  const file = path.join(directory, 'lock')
  const own = JSON.stringify(identify(process.pid))
  // The second try comes after a dead holder's file was removed; a third party in between wins fairly.
  for (let tries = 0; tries < 2; tries++) {
    try {
      writeFileSync(file, own, { flag: 'wx', mode: 0o600 })
      return () => {
        if (read(file) === own) rmSync(file, { force: true })
      }
    } catch (error) {
      if (codeOf(error) !== 'EEXIST')
        throw new UserError(`cannot write ${file}: ${messageOf(error)}`)
      const holder = parse(read(file))
      if (holder !== undefined && isAlive(holder)) break
      rmSync(file, { force: true })
    }
  }
  throw new DirectoryInUse(
    `${directory} is in use by process ${parse(read(file))?.pid ?? 'unknown'}: stop that one, or give another directory with --data or NETMON_DATA_DIR`,
  )
}

/** A pid alone may belong to somebody else after a restart: its start time, in clock ticks since boot, and the boot tell them apart. */
interface Identity {
  pid: number
  startedTicks: string
  bootId: string
}

function identify(pid: number): Identity {
  // The command name, second field, may hold spaces and parentheses; the fields after its last ')' are fixed, starttime is the 20th of them (proc(5)).
  const stat = read(`/proc/${pid}/stat`)
  const startedTicks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
  return { pid, startedTicks, bootId: read('/proc/sys/kernel/random/boot_id').trim() }
}

function isAlive(holder: Identity): boolean {
  try {
    process.kill(holder.pid, 0)
  } catch (error) {
    if (codeOf(error) === 'ESRCH') return false
  }
  const now = identify(holder.pid)
  return now.startedTicks === holder.startedTicks && now.bootId === holder.bootId
}

function parse(content: string): Identity | undefined {
  try {
    const value: unknown = JSON.parse(content)
    if (
      typeof value === 'object' &&
      value !== null &&
      'pid' in value &&
      typeof value.pid === 'number'
    ) {
      return value as Identity
    }
  } catch {}
  return undefined
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

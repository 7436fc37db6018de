import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import path from 'node:path'
import { writeFileAtomic } from '../runtime/files.ts'
import type { Identity } from './telemetry/status.ts'

/**
 * Who this collector is, for as long as its directory lives, and which run of it this is. A boot begins with its time, so that boots sort by age.
 */
export async function readIdentity(directory: string, nowMs: number): Promise<Identity> {
  const file = path.join(directory, 'id')
  const saved = await readFile(file, 'utf8').catch(() => '')
  let collector = saved.trim()
  if (!/^[\w.-]{1,80}$/.test(collector)) {
    collector = `${hostname()
      .replaceAll(/[^\w.-]/g, '-')
      .slice(0, 64)}-${randomBytes(4).toString('hex')}`
    await writeFileAtomic(file, `${collector}\n`)
  }
  const time = new Date(nowMs).toISOString().replaceAll(/[-:]/g, '')
  return { collector, boot: `${time}-${randomBytes(2).toString('hex')}`, startedMs: nowMs }
}

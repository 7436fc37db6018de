// The engine opens its database `default` as an overlay that takes any path for a table: SELECT * FROM '/etc/passwd' reads it. A store whose callers
// must not read files cannot have that, so the overlay is detached and the database underneath attached in its place.

import { existsSync } from 'node:fs'
import { mkdir, readFile, symlink } from 'node:fs/promises'
import path from 'node:path'
import type { Session } from 'chdb'

const nameOf = (directory: string) => path.join(directory, 'metadata', 'default.sql')

/**
 * The overlay finds the database underneath by a link that is made with its first table. Without it the overlay makes up an identity of its own,
 * and nothing can be attached. To be called before the engine is opened.
 */
export async function linkDefaultDatabase(directory: string): Promise<void> {
  const definition = await readFile(nameOf(directory), 'utf8').catch(() => '')
  const uuid = /UUID '([0-9a-f-]{36})'/.exec(definition)?.[1]
  const link = path.join(directory, 'metadata', 'default')
  if (uuid === undefined || existsSync(link)) return
  const tables = path.join('store', uuid.slice(0, 3), uuid)
  await mkdir(path.join(directory, tables), { recursive: true, mode: 0o750 })
  await symlink(path.join('..', tables), link)
}

/** To be called when the engine is open and before anybody else uses it. Attaching reads the tables from disk, as a start does. */
export async function replaceFileOverlay(session: Session, directory: string): Promise<void> {
  const exists = existsSync(nameOf(directory))
  await session.queryAsync('DETACH DATABASE default')
  await session.queryAsync(
    exists ? 'ATTACH DATABASE default' : 'CREATE DATABASE default ENGINE = Atomic',
  )
  const engines = await session.queryAsync(
    "SELECT groupArray(name || ' (' || engine || ')') FROM system.databases WHERE engine NOT IN ('Atomic', 'Memory')",
    { format: 'JSONCompactEachRow' },
  )
  const [open] = engines.json<[string[]]>()
  if (open.length > 0) {
    throw new Error(`databases that may reach outside of the store: ${open.join(', ')}`)
  }
}

// The directory of a store that has the tables of this version and nothing in them. Making them takes longer than all else that a test's store does at its start, so
// they are made once on a machine, and copied.

import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { cp, mkdir, mkdtemp, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { packageRoot } from '../../runtime/package-root.ts'
import { type Migration, migrate } from '../../schema/migrate.ts'
import { startTestStore } from './store.ts'

/** A copy; undefined while another process makes what there is to copy, or when one died of it. */
export async function copyOfTables(migrations: readonly Migration[]): Promise<string | undefined> {
  const template = path.join(tmpdir(), `netmon-test-tables-${keyOf(migrations)}`)
  if (!existsSync(template) && !(await make(template, migrations))) return undefined
  const copy = await mkdtemp(path.join(tmpdir(), 'netmon-store-'))
  // Named pipes of answers lie about beside the data, and cannot be copied.
  const pipes = path.join(template, 'pipes')
  const filter = (source: string) => source !== pipes
  await cp(template, copy, { recursive: true, verbatimSymlinks: true, filter })
  return copy
}

/** Whoever can make the directory beside it makes it, and it appears whole. */
async function make(template: string, migrations: readonly Migration[]): Promise<boolean> {
  const making = `${template}.making`
  try {
    await mkdir(making, { mode: 0o700 })
  } catch {
    return existsSync(template)
  }
  const store = await startTestStore({ directory: path.join(making, 'store') })
  try {
    const { url, user, password } = store
    await migrate({ url, user, password, database: 'flows' }, migrations)
  } finally {
    await store.stop()
  }
  await rename(store.directory, template)
  await rm(making, { recursive: true })
  return true
}

/** Of what the directory depends on. */
function keyOf(migrations: readonly Migration[]): string {
  const engine = readFileSync(path.join(packageRoot, 'node_modules/chdb/package.json'))
  const hash = createHash('sha256').update(engine).update(String(process.getuid?.()))
  for (const { checksum } of migrations) hash.update(checksum)
  return hash.digest('hex').slice(0, 16)
}

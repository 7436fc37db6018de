import type { Writable } from 'node:stream'
import type { Settings } from '../runtime/settings.ts'
import { findStore } from '../schema/client.ts'
import { migrate, readMigrations } from '../schema/migrate.ts'

/** Applies what is missing and prints what that was. */
export async function migrateCommand(settings: Settings, stdout: Writable): Promise<number> {
  const applied = await migrate(await findStore(settings), await readMigrations())
  stdout.write(
    applied.length === 0
      ? `database ${settings.clickhouseDatabase} is up to date\n`
      : `database ${settings.clickhouseDatabase}: applied ${applied.join(', ')}\n`,
  )
  return 0
}

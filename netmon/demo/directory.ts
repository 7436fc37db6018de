// The demo's data directory: its own, and new at each start.

import { readdir, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { demoMark, isDemo } from '../../runtime/demo.ts'
import { UserError } from '../../runtime/errors.ts'
import { makeDirectory } from '../../runtime/files.ts'

const defaultDirectory = 'data-demo'

export function demoDirectory(given: string | undefined): string {
  return path.resolve(given ?? defaultDirectory)
}

/** Marks a new directory. @throws UserError rather than touch one that holds anything else. */
export async function claimDemo(dataDir: string): Promise<void> {
  await makeDirectory(dataDir)
  if ((await readdir(dataDir)).length > 0 && !isDemo(dataDir)) {
    throw new UserError(
      `${dataDir} holds data that are no demo's: name an empty or new directory with --data`,
      2,
    )
  }
  await writeFile(path.join(dataDir, demoMark), 'made by netmon up --demo; emptied at each start\n')
}

/** Removes what an earlier demo left; only whoever holds the directory's lock may. */
export async function emptyDemo(dataDir: string): Promise<void> {
  for (const name of await readdir(dataDir)) {
    if (name === demoMark || name === 'lock') continue
    await rm(path.join(dataDir, name), { recursive: true, force: true })
  }
}

/** @throws UserError: real data and a demo's never mix. */
export function refuseDemo(dataDir: string): void {
  if (!isDemo(dataDir)) return
  throw new UserError(`${dataDir} holds a demo: start it with --demo, or name another directory`, 2)
}

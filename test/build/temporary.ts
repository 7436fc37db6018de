import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll } from 'vitest'

const made: string[] = []

// Registered when a test file imports this, before its own hooks: of those that come after, the first runs last.
afterAll(() => {
  for (const directory of made.splice(0))
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 })
})

/** A new directory, gone after the test file. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(path.join(tmpdir(), 'netmon-'))
  made.push(directory)
  return directory
}

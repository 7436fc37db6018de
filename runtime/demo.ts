import { existsSync } from 'node:fs'
import path from 'node:path'

/** A file in a demo's data directory that says what it is. */
export const demoMark = 'demo'

/** Holds this data directory a demo, and nothing of anybody's network? */
export function isDemo(dataDir: string): boolean {
  return existsSync(path.join(dataDir, demoMark))
}

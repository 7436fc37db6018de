import { existsSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * The directory of package.json, above this file, whether it runs from its source or from dist/. The migrations, flow.proto and the console
 * lie there and are not compiled.
 */
export const packageRoot = find(path.dirname(fileURLToPath(import.meta.url)))

function find(directory: string): string {
  if (existsSync(path.join(directory, 'package.json'))) return directory
  const parent = path.dirname(directory)
  if (parent === directory) throw new Error('no package.json above this file')
  return find(parent)
}

import { readFileSync } from 'node:fs'
import path from 'node:path'
import { packageRoot } from '../runtime/package-root.ts'

/** schema/flow.proto without comments and line breaks: it travels in request lines and in settings of tables. */
export const flowSchema = readFileSync(path.join(packageRoot, 'schema', 'flow.proto'), 'utf8')
  .replaceAll(/\s*\/\/.*$/gm, '')
  .replaceAll(/\s+/g, ' ')

// For `node --import`: runs the project's TypeScript in a child process of a test, without a build.

import { readFile } from 'node:fs/promises'
import { register } from 'node:module'
import { isMainThread } from 'node:worker_threads'

if (isMainThread) register(import.meta.url)

/** Module hook (https://nodejs.org/docs/latest-v20.x/api/module.html#loadurl-context-nextload). */
export async function load(url, context, nextLoad) {
  if (!url.startsWith('file:') || !url.endsWith('.ts')) return nextLoad(url, context)
  const { transformSync } = await import('rolldown/utils')
  const { code } = transformSync(url, await readFile(new URL(url), 'utf8'))
  return { format: 'module', source: code, shortCircuit: true }
}

// What every figure stands on: machine, Node, commit. Results are kept as JSON; the README repeats only figures that such a file holds.

import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus } from 'node:os'
import path from 'node:path'
import { packageRoot } from '../runtime/package-root.ts'

export type Result = object

export function describeMachine(): string {
  return `${cpus()[0]?.model.trim()}, ${availableParallelism()} cores, Node ${process.version}, commit ${commit()}`
}

/** Those that are kept; none where nothing is. */
export function readResult(name: string): Result[] {
  try {
    const text = readFileSync(path.join(packageRoot, 'bench', 'results', `${name}.json`), 'utf8')
    return (JSON.parse(text) as { results: Result[] }).results
  } catch {
    return []
  }
}

export function writeResult(name: string, results: readonly Result[]): void {
  const directory = path.join(packageRoot, 'bench', 'results')
  mkdirSync(directory, { recursive: true })
  const content = {
    machine: describeMachine(),
    date: new Date().toISOString().slice(0, 10),
    results,
  }
  writeFileSync(path.join(directory, `${name}.json`), `${JSON.stringify(content, null, 2)}\n`)
}

function commit(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], {
      cwd: packageRoot,
      encoding: 'utf8',
    }).trim()
  } catch {
    return 'unknown'
  }
}

// What record.mjs wrote down of each capture: JSON lines, of which the first tells who read it.

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Flow } from './compare.ts'

const folder = join(import.meta.dirname, 'expected')

/** Their names without .pcap. */
export const captures = readdirSync(folder)
  .filter((file) => file.endsWith('.tshark.jsonl'))
  .map((file) => file.replace('.tshark.jsonl', ''))

type Name = Readonly<Record<string, unknown>>

/** Those of them in which nfdump reads something. */
export const nfdumpCaptures = captures.filter((capture) => existsSync(nfdumpPath(capture)))

interface Line {
  /** Fields that the reader is known to read wrong, with what it does. */
  readonly differs?: Record<string, string>
  readonly name?: Name
  readonly flow?: Flow
}

/** The flows in the order of the wire, and the names that options data tells, without the time. */
export function tsharkReading(capture: string): { flows: Flow[]; names: Name[] } {
  const lines = linesOf(join(folder, `${capture}.tshark.jsonl`))
  return {
    flows: lines.flatMap(({ flow }) => (flow === undefined ? [] : [flow])),
    names: lines.flatMap(({ name }) => (name === undefined ? [] : [name])),
  }
}

/** The same flows, of which nfdump has fewer fields. */
export function nfdumpReading(capture: string): Flow[] {
  const lines = linesOf(nfdumpPath(capture))
  const differs = lines[0]?.differs ?? {}
  return lines
    .flatMap(({ flow }) => (flow === undefined ? [] : [flow]))
    .map((flow) =>
      Object.fromEntries(Object.entries(flow).filter(([field]) => !(field in differs))),
    )
}

function nfdumpPath(capture: string): string {
  return join(folder, `${capture}.nfdump.jsonl`)
}

function linesOf(path: string): Line[] {
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n')
  return lines.map((line) => JSON.parse(line) as Line)
}

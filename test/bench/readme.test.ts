// The tables of growth in bench/README.md tell what is kept, to the digit.

import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { packageRoot } from '../../runtime/package-root.ts'

const read = (...names: string[]) => readFileSync(path.join(packageRoot, 'bench', ...names), 'utf8')
const readme = read('README.md')

type Row = Readonly<Record<string, string | number>>
const kept = (name: string): Row[] => JSON.parse(read('results', `${name}.json`)).results

const line = (cells: readonly (string | number)[]) => `| ${cells.join(' | ')} |`

/** In the order in which they first come. */
const different = <T>(values: readonly T[]): T[] => [...new Set(values)]

test('a datagram by exporters, templates, flows and the size of blocks', () => {
  const rows = kept('collector-growth')
  expect(different(rows.map(({ by }) => by)).sort()).toEqual([
    'blocks',
    'exporters',
    'flows',
    'templates',
  ])
  for (const by of different(rows.map(({ by }) => by))) {
    const ofPart = rows.filter((row) => row['by'] === by)
    for (const protocol of different(ofPart.map(({ protocol }) => protocol))) {
      const cells = ofPart
        .filter((row) => row['protocol'] === protocol)
        .map((row) => `${fixed(row['microseconds'])} (${fixed(row['toFewest'])})`)
      expect(readme).toContain(line([protocol ?? '', ...cells]))
    }
  }
})

test('a datagram received, by exporters', () => {
  const rows = kept('collector-exporters')
  const subjects = different(rows.map(({ protocol, subject }) => `${protocol} | ${subject}`))
  expect(subjects.filter((name) => name.endsWith('netmon'))).toHaveLength(4)
  for (const name of subjects) {
    const cells = rows
      .filter(({ protocol, subject }) => `${protocol} | ${subject}` === name)
      .map((row) => `${fixed(row['microseconds'])} (${fixed(row['toFewest'])})`)
    expect(readme).toContain(line([name, ...cells]))
  }
})

test('storing a flow by flows in a segment', () => {
  for (const row of kept('segments').slice(1)) {
    const { flowsPerSegment, microseconds, mergeMicroseconds, insertMs } = row
    const size = Number(flowsPerSegment).toLocaleString('en')
    expect(readme).toContain(
      line([size, fixed(microseconds), fixed(mergeMicroseconds), Math.round(Number(insertMs))]),
    )
  }
})

test('inserting a flow by prefixes of rules, beside the seed', () => {
  const rows = kept('schema-inserts').filter(({ insert }) => insert === 'all views')
  const seeds = kept('schema-inserts').filter(({ insert }) => insert === 'seed')
  expect(rows.map(({ prefixes }) => prefixes)).toEqual([100, 1_000, 10_000])
  for (const { prefixes, cpuSeconds } of rows) {
    const seed = seeds.find((row) => row['prefixes'] === prefixes)
    expect(readme).toContain(
      line([Number(prefixes).toLocaleString('en'), fixed(cpuSeconds), fixed(seed?.['cpuSeconds'])]),
    )
  }
})

test('an evaluation by rules', () => {
  for (const row of kept('rules')) {
    const { prefixes, rules, type, evaluation, seconds, cpuSeconds, ownCpuSeconds } = row
    const counts = [prefixes, rules].map((count) => Number(count).toLocaleString('en')).join(', ')
    expect(readme).toContain(
      line(
        [counts, type, evaluation, seconds, cpuSeconds, ownCpuSeconds].map((cell) => cell ?? ''),
      ),
    )
  }
})

function fixed(value: string | number | undefined): string {
  return Number(value).toFixed(2)
}

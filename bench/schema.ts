// What the schema costs: bytes a flow, inserts, and reading 24 hours. Beside it the seed's (seed.sql), on the same engine and data.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { describeMachine, type Result, writeResult } from './report.ts'
import { measureInserts } from './schema-inserts.ts'
import { measureProfile } from './schema-profile.ts'
import { measureQueries } from './schema-queries.ts'
import { measureSizes } from './schema-sizes.ts'

const { values } = parseArgs({
  options: {
    /** Of the inserts; the sizes are measured with `size-flows`. */
    flows: { type: 'string', default: '1000000' },
    rounds: { type: 'string', default: '3' },
    'size-flows': { type: 'string', default: '10000000' },
    /** Numbers of flows in 24 hours, each asked of both schemas. */
    queries: { type: 'string', default: '10000000,50000000' },
    only: { type: 'string', default: 'sizes,inserts,profile,queries' },
    quiet: { type: 'boolean', default: false },
  },
})

const parts = new Set(values.only.split(','))
const machineWas = values.quiet
  ? 'used by nothing else'
  : 'shared with other work: seconds of processor tell more than times'

/** Each part has a file of its own in results/, and its own data directory. */
async function measure(name: string, runs: ((dataDir: string) => Promise<Result[]>)[]) {
  if (!parts.has(name)) return
  const results: Result[] = [{ machineWas }]
  for (const run of runs) {
    const dataDir = mkdtempSync(path.join(tmpdir(), 'netmon-bench-'))
    try {
      for (const result of await run(dataDir)) {
        results.push(result)
        console.log(JSON.stringify(result))
      }
    } finally {
      rmSync(dataDir, { recursive: true, force: true })
    }
  }
  writeResult(`schema-${name}`, results)
}

const { flows, rounds, 'size-flows': sizeFlows } = values
await measure('sizes', [(dataDir) => measureSizes(dataDir, Number(sizeFlows))])
await measure('inserts', [(dataDir) => measureInserts(dataDir, Number(flows), Number(rounds))])
await measure('profile', [(dataDir) => measureProfile(dataDir, Number(flows), Number(rounds))])
await measure(
  'queries',
  values.queries
    .split(',')
    .map((flows) => (dataDir) => measureQueries(dataDir, Number(flows), Number(rounds))),
)
console.log(describeMachine())

// docs/scaling.md says what follows from the kept results, not from what somebody remembers.

import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { readUnitCosts, scalingTable } from '../../bench/scaling.ts'
import { packageRoot } from '../../runtime/package-root.ts'

test('machines are what costs and rates multiply to', () => {
  const costs = { collector: 5, broker: 1, clickhouse: 8, topicBytes: 50, diskBytes: 20 }
  const row = scalingTable(costs)
    .split('\n')
    .find((line) => line.startsWith('| 1,000,000 |'))
  // 5 cores, of which each is half busy; 50 bytes × 10^6 × 86,400 s × 3; 8 cores half busy are 16, half a server; 20 × 10^6 × 86,400 × 30.
  expect(row).toBe('| 1,000,000 | 5 | 10 | 1 | 13 TB | 8 | 16 | 1 | 52 TB |')
})

test('the table in docs/scaling.md is that of the kept results', () => {
  const page = readFileSync(path.join(packageRoot, 'docs', 'scaling.md'), 'utf8')
  expect(page).toContain(scalingTable(readUnitCosts()))
})

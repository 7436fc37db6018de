// What the documents list is what there is.

import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { createDecoder } from '../collector/decode/decode.ts'
import {
  createLedger,
  dropReasons,
  refusalReasons,
  rowDropReasons,
} from '../collector/delivery/ledger.ts'
import { createExporters } from '../collector/exporters/exporters.ts'
import { noRouters } from '../collector/exporters/routers.ts'
import { createMetrics } from '../collector/telemetry/metrics.ts'
import { commands } from '../netmon/commands.ts'
import { packageRoot } from '../runtime/package-root.ts'
import { describeSettings, settingFlags } from '../runtime/settings.ts'

const read = (file: string) => readFileSync(path.join(packageRoot, file), 'utf8')
/** First columns of all tables, without back-quotes. */
const firstColumns = (text: string) =>
  [...text.matchAll(/^\| ([^|]+) \|/gm)].flatMap(([, cell]) =>
    [...cell!.matchAll(/`([^`]+)`/g)].map(([, word]) => word!),
  )

test('docs/configuration.md has every variable and flag', () => {
  const text = read('docs/configuration.md')
  const documented = [...text.matchAll(/^\| `(NETMON_\w+)` \|/gm)].map(([, name]) => name).sort()
  const flags = [...settingFlags].map(([flag, name]) => [flag, name] as const)
  const variables = describeSettings([
    ...flags.map(([, name]) => name),
    'clickhousePassword',
    'kafkaSaslPassword',
    'apiToken',
  ]).match(/NETMON_\w+/g)
  expect(documented).toEqual([...new Set(variables)].sort())
  for (const [flag] of flags) expect(text).toContain(`\`--${flag}\``)
})

test('docs/metrics.md has every metric and every reason', async () => {
  const gauges = {
    kernelDrops: () => 0,
    flowsInMemory: () => 0,
    flowsSpooled: () => 0,
    spoolBytes: () => 0,
    oldestUnacknowledgedMs: () => undefined,
  }
  const decoder = createDecoder({ emit() {} })
  const registry = createMetrics(createLedger(), createExporters(noRouters), decoder, gauges, {
    workers: 1,
    restarts: () => 0,
  })
  const names = (await registry.getMetricsAsJSON()).map(({ name }) =>
    name.replace('netmon_collector_', ''),
  )
  const documented = firstColumns(read('docs/metrics.md'))
  const metrics = documented
    .filter((word) => /^(netmon_collector|goflow2|\.\.\.)_/.test(word))
    .map((word) => word.replace(/^(netmon_collector|\.\.\.)_/, '').replace(/\{.*/, ''))
  expect(metrics.sort()).toEqual(names.sort())
  for (const reason of [...refusalReasons, ...dropReasons, ...rowDropReasons])
    expect(documented).toContain(reason)
})

test('the README lists every command', () => {
  const text = read('README.md')
  for (const name of commands.keys()) expect(text).toContain(`\`netmon ${name}`)
})

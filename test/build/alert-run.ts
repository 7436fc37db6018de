// `netmon alert` in this process, at a moment that the test chooses.

import { PassThrough } from 'node:stream'
import { alertCommand } from '../../alert/command.ts'
import { readSettings } from '../../runtime/settings.ts'
import type { TestDatabase } from './database.ts'

/** `dataDir` is where it remembers what its channels were told. */
export async function runAlert(
  { address: { url, user, password } }: TestDatabase,
  dataDir: string,
  nowMs: number,
  options: { channel?: string; exec?: string } = {},
): Promise<{ printed: string; exitCode: number }> {
  const settings = readSettings({
    NETMON_DATA_DIR: dataDir,
    NETMON_CLICKHOUSE_URL: url,
    NETMON_CLICKHOUSE_USER: user,
    NETMON_CLICKHOUSE_PASSWORD: password,
  })
  const stdout = new PassThrough()
  const stderr = new PassThrough()
  const signal = new AbortController().signal
  const shown = { format: 'json', nowMs, stdout, stderr, signal } as const
  const exitCode = await alertCommand({ settings, ...options, ...shown })
  return { printed: String(stdout.read() ?? ''), exitCode }
}

/** A collector that ran from one moment to another and has stored everything. */
export function collectorRow(startedMs: number, nowMs: number): object {
  const time = (ms: number) => new Date(ms).toISOString().slice(0, -1).replace('T', ' ')
  return {
    time: time(nowMs),
    collector: 'test',
    boot: 'test',
    started: time(startedMs),
    kind: 'collector',
    watermark: time(nowMs),
  }
}

// The embedded store as a process of its own, whose processor time can be told.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { packageRoot } from '../runtime/package-root.ts'
import { createStoreClient, type StoreAddress, type StoreClient } from '../schema/client.ts'

export interface BenchStore {
  address: StoreAddress
  client: StoreClient
  /** Seconds of processor that it has taken, on all its threads, merges included. */
  cpuSeconds(): number
  stop(): Promise<void>
}

/** Clock ticks of /proc, per second. */
const ticks = 100

/** Opens `dataDir`, which may hold an earlier store's data. */
export async function startStore(dataDir: string): Promise<BenchStore> {
  const bin = path.join(packageRoot, 'netmon', 'bin.js')
  const child = spawn(process.execPath, [bin, 'store', '--data', dataDir], {
    env: { ...process.env, NETMON_STORE_PORT: '0', UV_THREADPOOL_SIZE: '32' },
    stdio: ['ignore', 'inherit', 'pipe'],
  })
  await ready(child)
  const address = {
    ...JSON.parse(readFileSync(path.join(dataDir, 'credentials'), 'utf8')),
    database: 'flows',
  } as StoreAddress
  const client = createStoreClient({ ...address, database: 'default' }, 3_600_000)
  return {
    address,
    client,
    cpuSeconds() {
      const stat = readFileSync(`/proc/${child.pid}/stat`, 'utf8')
      // After the name, which may hold spaces: state is field 3, utime 14, stime 15.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      return (Number(fields[11]) + Number(fields[12])) / ticks
    },
    async stop() {
      await client.close()
      const exited = once(child, 'exit')
      child.kill('SIGTERM')
      await exited
    },
  }
}

async function ready(child: ChildProcess): Promise<void> {
  let text = ''
  for await (const chunk of child.stderr!) {
    text += String(chunk)
    if (text.includes('"msg":"ready"')) break
  }
  if (!text.includes('"msg":"ready"')) throw new Error(`the store ended: ${text}`)
}

export async function rowsOf<Row>(
  client: StoreClient,
  query: string,
  parameters: Record<string, unknown> = {},
): Promise<Row[]> {
  const result = await client.query({ query, query_params: parameters, format: 'JSONEachRow' })
  return result.json<Row>()
}

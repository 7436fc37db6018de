// The embedded store as a process of its own, whose processor time can be told.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { packageRoot } from '../runtime/package-root.ts'
import { createStoreClient, type StoreAddress, type StoreClient } from '../schema/client.ts'
import { processorSeconds } from './processor.ts'

export interface BenchStore {
  address: StoreAddress
  client: StoreClient
  pid: number | undefined
  /** Seconds of processor that it has taken, on all its threads, merges included. */
  cpuSeconds(): number
  stop(): Promise<void>
}

/** Opens `dataDir`, which may hold an earlier store's data. `environment` holds settings beside the port. */
export async function startStore(
  dataDir: string,
  environment: NodeJS.ProcessEnv = {},
): Promise<BenchStore> {
  const bin = path.join(packageRoot, 'netmon', 'bin.js')
  const child = spawn(process.execPath, [bin, 'store', '--data', dataDir], {
    env: { ...process.env, NETMON_STORE_PORT: '0', UV_THREADPOOL_SIZE: '32', ...environment },
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
    pid: child.pid,
    cpuSeconds: () => processorSeconds(child.pid),
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

// `netmon up` on a directory and ports of its own.

import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { packageRoot } from '../runtime/package-root.ts'
import { createStoreClient, type StoreClient } from '../schema/client.ts'

export interface Everything {
  readonly pid: number
  readonly udpPort: number
  readonly apiUrl: string
  store(): StoreClient
  /** Resolves when it has ended and its directory is gone. */
  stop(): Promise<void>
}

/** Resolves when it says that it is ready. */
export async function startEverything(): Promise<Everything> {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'netmon-bench-'))
  const bin = path.join(packageRoot, 'netmon', 'bin.js')
  const program = spawn(process.execPath, [bin, 'up', '--data', dataDir], {
    env: {
      ...process.env,
      NETMON_LISTEN: 'udp://127.0.0.1:0',
      NETMON_COLLECTOR_HTTP: '127.0.0.1:0',
      NETMON_STORE_PORT: '0',
      NETMON_API_PORT: '0',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = new Promise((resolve) => program.once('exit', resolve))
  const stop = async () => {
    program.kill('SIGTERM')
    await ended
    rmSync(dataDir, { recursive: true, force: true })
  }
  let text = ''
  for await (const chunk of program.stdout) {
    text += String(chunk)
    const udp = /UDP (\d+)/.exec(text)
    const api = /Console and API +(\S+)/.exec(text)
    if (udp === null || api === null || !text.includes('Ctrl-C')) continue
    return {
      pid: program.pid ?? 0,
      udpPort: Number(udp[1]),
      apiUrl: api[1] ?? '',
      store() {
        const file = path.join(dataDir, 'credentials')
        return createStoreClient({ ...JSON.parse(readFileSync(file, 'utf8')), database: 'flows' })
      },
      stop,
    }
  }
  await stop()
  throw new Error(`netmon up ended: ${text}`)
}

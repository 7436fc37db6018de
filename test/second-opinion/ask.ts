// Asks node-netflowv9 what it reads. It is asked in a process of its own, since it loops for ever on some datagrams, with
// ever more memory on others.

import { fork } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import type { CapturedDatagram } from '../build/pcap.ts'
import type { Answer, Request } from './child.ts'

const here = import.meta.dirname
const typescript = pathToFileURL(path.join(here, '..', 'build', 'typescript.js')).href

/**
 * What it reads of these datagrams, one after the other; undefined when it has not come to an end after `patienceMs`, or not
 * without running out of memory.
 */
export async function askNodeNetflowV9(
  datagrams: readonly CapturedDatagram[],
  patienceMs = 30_000,
): Promise<Answer | undefined> {
  const child = fork(path.join(here, 'child.ts'), {
    execArgv: ['--max-old-space-size=128', '--import', typescript],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
  const stop = new AbortController()
  try {
    await once(child, 'message', stop)
    child.send({
      datagrams: datagrams.map(({ source, payload }) => ({
        address: source.address,
        port: source.port,
        hex: Buffer.from(payload).toString('hex'),
      })),
    } satisfies Request)
    return await Promise.race([
      once(child, 'message', stop).then(([answer]) => answer as Answer),
      once(child, 'exit', stop).then(() => undefined),
      pause(patienceMs, undefined, stop),
    ])
  } finally {
    stop.abort()
    child.kill('SIGKILL')
  }
}

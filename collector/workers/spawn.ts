import { Worker } from 'node:worker_threads'
import type { Spawn } from './member.ts'

/** A worker in a thread of its own. */
export const spawnThread: Spawn = (start) => {
  // .js where the sources were built.
  const file = new URL(`./thread${import.meta.url.slice(-3)}`, import.meta.url)
  const thread = new Worker(file, {
    workerData: start,
    transferList: [...start.lanes.values()].map(({ bell }) => bell),
  })
  let error: Error | undefined
  thread.on('error', (thrown: unknown) => {
    error = thrown instanceof Error ? thrown : new Error(String(thrown))
  })
  return {
    port: thread,
    ended: new Promise((resolve) => {
      thread.once('exit', () => resolve(error))
    }),
    terminate: () => void thread.terminate(),
  }
}

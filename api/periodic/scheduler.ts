// Work that is due again and again, one piece at a time.

import { messageOf } from '../../runtime/errors.ts'
import type { Logger } from '../../runtime/log.ts'

export interface Task {
  name: string
  everyMs: number
  /** What it throws is logged, once in a row; it is tried again when it is due the next time. */
  run(nowMs: number): Promise<void>
}

export interface Scheduler {
  /** Runs what is due at `nowMs`, one after the other; a call meanwhile does nothing. */
  tick(nowMs: number): Promise<void>
  /** Starts nothing any more, and waits for what runs. */
  stop(): Promise<void>
}

/** All tasks are due at once, and then each again when its time has passed since it began. */
export function createScheduler(tasks: readonly Task[], log: Logger): Scheduler {
  const dueMs = new Map(tasks.map((task) => [task, -Infinity]))
  const failing = new Set<Task>()
  let stopped = false
  let running: Promise<void> | undefined

  const runDue = async (nowMs: number) => {
    for (const task of tasks) {
      if (stopped || nowMs < (dueMs.get(task) ?? 0)) continue
      dueMs.set(task, nowMs + task.everyMs)
      try {
        await task.run(nowMs)
        if (failing.delete(task)) log.info({ task: task.name }, 'periodic work goes on')
      } catch (error) {
        if (stopped || failing.has(task)) continue
        failing.add(task)
        log.warn({ task: task.name, error: messageOf(error) }, 'periodic work failed')
      }
    }
  }

  return {
    async tick(nowMs) {
      if (running !== undefined || stopped) return
      running = runDue(nowMs)
      await running
      running = undefined
    },
    async stop() {
      stopped = true
      await running
    },
  }
}

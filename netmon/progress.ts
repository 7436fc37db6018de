// How far long work has come. On a terminal one line that is drawn anew; elsewhere, in logs and pipes, a plain line now and then. What ends soon says nothing.

import type { Writable } from 'node:stream'

export interface Progress {
  /** `done` of the total, in its unit; cheap enough to be called for each piece of work. */
  at(done: number): void
  /** Leaves the terminal as it was. */
  end(): void
}

const silentMs = 1_000
const redrawMs = 200
const plainLineMs = 10_000

/** `out` is stderr: stdout belongs to what the command is for. Without a finite total it tells what is done, and not what is left. */
export function createProgress(
  out: Writable & { isTTY?: boolean; columns?: number },
  { title, unit, total }: { title: string; unit: string; total: number },
  now: () => number = Date.now,
): Progress {
  const isTerminal = out.isTTY === true
  const startMs = now()
  let nextMs = startMs + (isTerminal ? silentMs : plainLineMs)
  let isDrawn = false
  return {
    at(done) {
      const nowMs = now()
      if (nowMs < nextMs) return
      nextMs = nowMs + (isTerminal ? redrawMs : plainLineMs)
      const text = lineOf(title, unit, done, total, nowMs - startMs)
      // A line that wraps could not be drawn over.
      out.write(isTerminal ? `\r${text.slice(0, (out.columns ?? 80) - 1)}\x1b[K` : `${text}\n`)
      isDrawn = isTerminal
    },
    end() {
      if (isDrawn) out.write('\r\x1b[K')
      isDrawn = false
    },
  }
}

function lineOf(title: string, unit: string, done: number, total: number, elapsedMs: number) {
  if (!Number.isFinite(total) || total <= 0) return `${title}: ${whole(done)} ${unit}`
  const share = Math.min(1, done / total)
  const left = share === 0 ? '' : `, ${timeText((elapsedMs * (1 - share)) / share)} left`
  return `${title}: ${Math.floor(share * 100)} %, ${whole(done)} of ${whole(total)} ${unit}${left}`
}

function whole(value: number): string {
  return Math.floor(value).toLocaleString('en-GB')
}

/** `45 s`, `3 min`, `2 h 5 min` */
function timeText(ms: number): string {
  const seconds = Math.ceil(ms / 1000)
  if (seconds < 100) return `${seconds} s`
  const minutes = Math.ceil(seconds / 60)
  return minutes < 100 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

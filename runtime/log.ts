import { type Logger, pino } from 'pino'

export type { Logger } from 'pino'

/** JSON lines on stderr, so that stdout stays free for what a command prints. Nothing secret is ever given to it. */
export function createLog(name: string, level: string): Logger {
  return pino({ name, level, base: { name } }, pino.destination({ dest: 2, sync: true }))
}

import { alertCommand } from '../alert/command.ts'
import { UserError } from '../runtime/errors.ts'
import type { Settings } from '../runtime/settings.ts'

export async function runAlert(
  settings: Settings,
  values: Record<string, unknown>,
): Promise<number> {
  const format = values['format'] ?? 'json'
  if (format !== 'json' && format !== 'text') {
    throw new UserError(`--format expects json or text, not ${JSON.stringify(format)}`, 2)
  }
  if (values['channel'] !== undefined && values['new'] !== true) {
    throw new UserError('--channel is for --new: without it all open alerts are told', 2)
  }
  const stop = new AbortController()
  process.once('SIGINT', () => stop.abort())
  process.once('SIGTERM', () => stop.abort())
  return alertCommand({
    settings,
    ...(typeof values['exec'] === 'string' && { exec: values['exec'] }),
    ...(values['new'] === true && { channel: String(values['channel'] ?? 'default') }),
    format,
    nowMs: Date.now(),
    stdout: process.stdout,
    stderr: process.stderr,
    signal: stop.signal,
  })
}

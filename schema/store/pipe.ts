// Named pipes, through which the engine's answers come: it writes into them as into a file, in any format, and waits when nobody reads. Its own streams
// know no format with a header, and begin on the event loop, where a query that computes before its first row would stop everybody.

import { execFile } from 'node:child_process'
import { closeSync, constants, openSync } from 'node:fs'
import { Socket } from 'node:net'
import { promisify } from 'node:util'
import { messageOf, UserError } from '../../runtime/errors.ts'

/** @throws UserError */
export async function makePipe(path: string): Promise<void> {
  try {
    // Node has no call for it; the command is part of POSIX.
    await promisify(execFile)('mkfifo', ['-m', '600', path])
  } catch (error) {
    throw new UserError(`the store cannot make the named pipe ${path}: ${messageOf(error)}`)
  }
}

export interface OpenPipe {
  /** Ends when `letEnd` was called and no writer is left. */
  readonly reader: Socket
  letEnd(): void
}

export function openPipe(path: string): OpenPipe {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  const reader = new Socket({ fd, readable: true, writable: false })
  // As long as we could write ourselves, the pipe does not end before the engine has begun.
  const writer = openSync(path, constants.O_WRONLY)
  return { reader, letEnd: () => closeSync(writer) }
}

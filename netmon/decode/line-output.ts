import type { Writable } from 'node:stream'

/** Lines are handed on in pieces of about this size: one write a line is slow. */
const pieceLength = 65_536

/** Lines to a stream whose reader may be slow, or gone. */
export interface LineOutput {
  add(line: string): void
  /**
   * Waits until the reader has taken what was added, when that is much; `rest` says that nothing
   * more will come.
   */
  flush(rest?: 'rest'): Promise<void>
  /** Why nothing can be written any more. */
  failure(): NodeJS.ErrnoException | undefined
}

export function createLineOutput(stream: Writable): LineOutput {
  let lines = ''
  let failure: NodeJS.ErrnoException | undefined
  // Without a listener a reader that has gone would end the process; the error comes to the write's
  // callback as well.
  stream.on('error', (error) => {
    failure ??= error
  })
  return {
    add(line) {
      lines += `${line}\n`
    },
    async flush(rest) {
      if (failure !== undefined || lines === '') return
      if (rest === undefined && lines.length < pieceLength) return
      const piece = lines
      lines = ''
      await new Promise<void>((resolve) => {
        stream.write(piece, (error) => {
          if (error) failure ??= error
          resolve()
        })
      })
    },
    failure: () => failure,
  }
}

// What collectors tell beside flows: JSON lines, one for each row of the table that a stream is named after.

import type { Segment, Stream } from '../delivery/segment.ts'

export type RowStream = Exclude<Stream, 'flows'>

/** Between two seals, a second apart. Names and interface counters come a few times a minute: more than this is somebody's mischief. */
const mostRows = 10_000
const mostBytes = 8 * 1024 * 1024

export interface Rows {
  /** Adds a row, whose values are what JSON has. False when there is no room until the next seal. */
  add(row: object, receivedMs: number): boolean
  /** Hands over what is open, if anything is. */
  seal(): void
}

/** Collects rows of one stream and gives them to `sealed` as a segment, under the next name. */
export function createRows(
  stream: RowStream,
  nextName: () => string,
  sealed: (segment: Segment) => void,
): Rows {
  let lines: string[] = []
  let characters = 0
  let firstReceivedMs = 0
  return {
    add(row, receivedMs) {
      if (lines.length >= mostRows || characters >= mostBytes) return false
      if (lines.length === 0) firstReceivedMs = receivedMs
      const line = `${JSON.stringify(row)}\n`
      lines.push(line)
      characters += line.length
      return true
    },
    seal() {
      if (lines.length === 0) return
      sealed(rowSegment(nextName(), stream, lines, firstReceivedMs))
      lines = []
      characters = 0
    },
  }
}

/** `lines` are JSON objects, each with its line break. */
export function rowSegment(
  name: string,
  stream: RowStream,
  lines: readonly string[],
  firstReceivedMs: number,
): Segment {
  const payload = Buffer.from(lines.join(''))
  return {
    name,
    stream,
    flows: 0,
    firstReceivedMs,
    payloadBytes: payload.length,
    payload: [payload],
  }
}

/** DateTime64(3) as ClickHouse reads it. */
export function timeText(ms: number): string {
  return new Date(ms).toISOString().slice(0, -1).replace('T', ' ')
}

// The source text of a writer: a function that reads the records of one template and writes them as length-delimited FlowMessages, without
// anything in between. What goes into the text are integers, each checked to be in its range, and names out of our own tables; no byte that
// was received is ever a part of it.
//
// A record that is not as nearly all are is left to the interpreter, which knows every case: the writer stops in front of it. So a writer has
// no rules of its own, only those of `decode/` that always hold.

import type { UintField } from './actions.ts'
import {
  checks,
  familyOf,
  oddAddresses,
  rateChange,
  readCounts,
  readTimes,
  readUints,
} from './generate-reading.ts'
import { loadConstants, writeFields } from './generate-writing.ts'
import { type CompilableRecord, type RecordLayout, recordOf } from './record-layout.ts'

export interface GeneratedWriter {
  /** The body of a function of `varint`, `varint64` and `nanoseconds` that returns the writer. */
  readonly source: string
  readonly record: CompilableRecord
}

/** Undefined when records of this template have to be interpreted. */
export function generateWriter(layout: RecordLayout): GeneratedWriter | undefined {
  const record = recordOf(layout)
  if (record === undefined) return undefined
  const declared = new Set<UintField>()
  const loop = [
    'if (at > limit) { stop = 3; break }',
    ...rateChange(record),
    ...familyOf(record),
    ...checks(record),
    ...oddAddresses(record),
    ...readTimes(record),
    ...readCounts(record),
    ...readUints(record, declared),
    // The length stands in front and is known behind: it has one byte or two, mostly as many as that of the flow before.
    'const first = at',
    'at += guess',
    ...writeFields(record, declared),
    'const length = at - first - guess',
    'const needed = length < 128 ? 1 : 2',
    'if (needed !== guess) {',
    '  target.copyWithin(first + needed, first + guess, at)',
    '  at += needed - guess',
    '  guess = needed',
    '}',
    'target[first] = needed === 1 ? length : length | 128',
    'if (needed === 2) target[first + 1] = length >> 7',
    'flows++',
  ]
  const { recordBytes } = record
  const source = [
    "'use strict'",
    'return (env, wire, offset, end, target, out, at, limit) => {',
    '  const { constants, samplerId, earliest, latest, exportMs, exportNanos, uptime, initMs } = env',
    ...loadConstants().map((line) => `  ${line}`),
    '  let guess = env.guess',
    '  let flows = 0',
    '  let stop = 0',
    `  for (; end - offset >= ${recordBytes}; offset += ${recordBytes}) {`,
    ...loop.map((line) => `    ${line}`),
    '  }',
    '  env.offset = offset',
    '  env.flows = flows',
    '  env.guess = guess',
    '  env.stop = stop',
    '  return at',
    '}',
    '',
  ].join('\n')
  return { source, record }
}

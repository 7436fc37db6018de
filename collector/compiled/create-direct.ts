// Everything that writing records without interpreting them takes.

import type { Compat } from '../decode/compat.ts'
import type { DecoderLimits } from '../decode/limits.ts'
import type { DirectOutput } from './direct.ts'
import { SflowWriter } from './sflow.ts'
import { WriterState } from './state.ts'
import { createWriters, type Writers } from './writers.ts'

/** What a decoder needs to write records without interpreting them. */
export interface Direct {
  readonly output: DirectOutput
  readonly writers: Writers
  readonly state: WriterState
  /** Undefined where sFlow's samples are all interpreted. */
  readonly sflow: SflowWriter | undefined
}

export function createDirect(output: DirectOutput, limits: DecoderLimits, compat: Compat): Direct {
  const { writers: most, recordsForWriter: afterRecords } = limits
  return {
    output,
    writers: createWriters({ most, afterRecords }),
    state: new WriterState(),
    sflow: most > 0 && compat === 'none' ? new SflowWriter(output) : undefined,
  }
}

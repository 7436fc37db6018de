// What is worked out of a template before its records are read.

import type { Layout } from '../compiled/layout.ts'
import type { SetBytes, SetUint } from './element-setter.ts'

/** One field that matters. Fields that fill nothing have no step. */
export interface Step {
  readonly setUint: SetUint | undefined
  readonly setBytes: SetBytes | undefined
  /** Which field of the template. */
  readonly field: number
}

export interface Plan {
  /** Records are options data. */
  readonly isOptions: boolean
  readonly steps: readonly Step[]
  /** Of those, the ones that name a sampler or say its interval. */
  readonly samplerSteps: readonly Step[]
  /** The same for the flow of the other direction; undefined for records that only tell of one. */
  readonly reverseSteps: readonly Step[] | undefined
  /** Whether records state a sampling interval themselves, in the byte order of their exporter. */
  readonly hasSamplingInterval: boolean
  /** Bytes of a record, or of the shortest one when fields have variable length. */
  readonly minBytes: number
  /** Where each field of a record is and how long. Written once when all lengths are fixed, else for each record. */
  readonly offsets: Uint16Array
  readonly lengths: Uint16Array
  /** The lengths in the template, when some are variable. */
  readonly variable: Uint16Array | undefined
  /** Shared with all templates of the same fields. Undefined before the first data, and where all records are interpreted. */
  layout: Layout | undefined
}

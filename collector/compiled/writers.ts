// Writers of templates, made when a template has proved itself, shared by all templates of one layout, and bounded in number.

import type { Plan } from '../decode/plan.ts'
import type { Template } from '../decode/template.ts'
import { writeNanoseconds, writeVarint, writeVarint64 } from '../protobuf.ts'
import { type GeneratedWriter, generateWriter } from './generate.ts'
import type { WriterState } from './state.ts'

/**
 * Writes the records from `offset` on, as many as end before `end` of the datagram `wire`, as length-delimited FlowMessages into `target` at
 * `at`, as long as `at` is at most `limit`; `out` is a view of `target`. Answers where it stopped in `target`, and the rest in `state`.
 */
export type WriteRecords = (
  state: WriterState,
  wire: DataView,
  offset: number,
  end: number,
  target: Uint8Array,
  out: DataView,
  at: number,
  limit: number,
) => number

export interface Writer {
  /** Undefined once it made room for others. */
  write: WriteRecords | undefined
  readonly recordBytes: number
  /** Start and end are told by the exporter's uptime: the message has to tell it, too. */
  readonly usesUptime: boolean
  readonly usesSampler: boolean
  usedMs: number
}

export interface Writers {
  /**
   * Called for each set, with the number of records that were read of it by interpretation: the template's writer, when it has earned one by
   * enough of them and its records can be compiled.
   */
  of(template: Template, plan: Plan, receivedMs: number): Writer | undefined
}

export function createWriters(options: {
  /** Records that earn a template its writer: making one costs as much as interpreting some hundred. */
  afterRecords: number
  /** Some 10 kB each. */
  most: number
}): Writers {
  const writers = new Map<string, Writer>()
  let isAllowed = true

  const makeRoom = () => {
    let oldestKey: string | undefined
    let oldest: Writer | undefined
    for (const [key, writer] of writers) {
      if (oldest === undefined || writer.usedMs < oldest.usedMs) {
        oldestKey = key
        oldest = writer
      }
    }
    if (oldestKey === undefined || oldest === undefined) return
    writers.delete(oldestKey)
    oldest.write = undefined
  }

  const make = (template: Template, plan: Plan): Writer | undefined => {
    const key = `${template.protocol} ${template.layout}`
    const known = writers.get(key)
    if (known !== undefined) return known
    const generated = generateWriter({
      fields: template.fields(),
      offsets: plan.offsets,
      order: plan.steps.map(({ field }) => field),
      recordBytes: plan.minBytes,
    })
    if (generated === undefined) return undefined
    const write = compileWriter(generated)
    if (write === undefined) {
      isAllowed = false
      return undefined
    }
    if (writers.size >= options.most) makeRoom()
    const writer: Writer = {
      write,
      recordBytes: generated.record.recordBytes,
      usesUptime: generated.record.start.action.unit === 'uptime',
      usesSampler: generated.record.sampler !== undefined,
      usedMs: 0,
    }
    writers.set(key, writer)
    return writer
  }

  return {
    of(template, plan, receivedMs) {
      if (plan.writer === undefined) {
        const isEarned = options.most > 0 && plan.recordsRead >= options.afterRecords
        if (!isAllowed || !isEarned) return undefined
        const isSimple = plan.variable === undefined && plan.reverseSteps === undefined
        plan.writer = (isSimple && make(template, plan)) || null
      }
      const { writer } = plan
      if (writer === null) return undefined
      if (writer.write === undefined) {
        // It has to earn it anew.
        plan.writer = undefined
        plan.recordsRead = 0
        return undefined
      }
      writer.usedMs = receivedMs
      return writer
    },
  }
}

/** Undefined where Node runs with --disallow-code-generation-from-strings. */
export function compileWriter({
  source,
}: Pick<GeneratedWriter, 'source'>): WriteRecords | undefined {
  try {
    const make = new Function('varint', 'varint64', 'nanoseconds', source)
    return make(writeVarint, writeVarint64, writeNanoseconds)
  } catch (error) {
    if (error instanceof EvalError) return undefined
    throw error
  }
}

// Writers of templates, made when a layout has proved itself, shared by all templates that have it, and bounded in number.

import type { Plan } from '../decode/record-plan.ts'
import type { Template } from '../decode/template.ts'
import { writeNanoseconds, writeVarint, writeVarint64 } from '../encode/protobuf.ts'
import { type GeneratedWriter, generateWriter } from './generate.ts'
import type { Layout, WriteRecords, Writer } from './layout.ts'

export interface Writers {
  /**
   * Called for each set: the writer of the template's layout, when it has earned one by enough records that were interpreted, and they can be compiled.
   */
  of(template: Template, plan: Plan, receivedMs: number): Writer | undefined
}

export function createWriters(options: {
  /** Records that earn a layout its writer: making one costs as much as interpreting some hundred. */
  afterRecords: number
  /** Some 10 kB each. */
  most: number
}): Writers {
  const writers = new Map<string, Writer>()
  const layouts = new Map<string, Layout>()
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
    const known = writers.get(keyOf(template))
    if (known !== undefined) return known
    const generated = generateWriter({
      protocol: template.protocol,
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
      sampler: generated.record.sampler,
      usedMs: 0,
    }
    writers.set(keyOf(template), writer)
    return writer
  }

  const layoutOf = (template: Template): Layout => {
    const key = keyOf(template)
    const known = layouts.get(key)
    if (known !== undefined) return known
    // Layouts are free to invent. One that is forgotten stays with the templates that have it; a new one of theirs begins anew.
    if (layouts.size >= options.most) {
      const [oldest] = layouts.keys()
      if (oldest !== undefined) layouts.delete(oldest)
    }
    const layout: Layout = { recordsRead: 0, writer: undefined }
    layouts.set(key, layout)
    return layout
  }

  return {
    of(template, plan, receivedMs) {
      if (!isAllowed || options.most === 0) return undefined
      plan.layout ??= layoutOf(template)
      const { layout } = plan
      if (layout.writer === undefined) {
        if (layout.recordsRead < options.afterRecords) return undefined
        const isSimple = plan.variable === undefined && plan.reverseSteps === undefined
        layout.writer = (isSimple && make(template, plan)) || null
      }
      const { writer } = layout
      if (writer === null) return undefined
      if (writer.write === undefined) {
        // It has to earn it anew.
        layout.writer = undefined
        layout.recordsRead = 0
        return undefined
      }
      writer.usedMs = receivedMs
      return writer
    },
  }
}

function keyOf({ protocol, layout }: Template): string {
  return `${protocol} ${layout}`
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

// The data sets of a datagram, until its templates and its options data have been read. Their objects are used again for the next datagram.

import type { ParkedSet } from './parked-set.ts'
import type { Plan } from './record-plan.ts'
import type { Template } from './template.ts'

/** A data set, and the template that was in force when it came, or that came for it: then it is a parked one. */
export interface DataSet {
  template: Template
  plan: Plan
  bytes: Uint8Array
  /** Behind the set's header. */
  offset: number
  end: number
  parked: ParkedSet | undefined
}

const nothing = new Uint8Array()
/** A datagram may have thousands of sets; no exporter's has as many as these. */
const keptSets = 64

export class DataSets {
  count = 0
  private readonly sets: DataSet[] = []

  at(index: number): DataSet | undefined {
    return index < this.count ? this.sets[index] : undefined
  }

  add(
    template: Template,
    plan: Plan,
    bytes: Uint8Array,
    offset: number,
    end: number,
    parked?: ParkedSet | undefined,
  ): void {
    const set = this.sets[this.count++]
    if (set === undefined) {
      this.sets.push({ template, plan, bytes, offset, end, parked })
      return
    }
    set.template = template
    set.plan = plan
    set.bytes = bytes
    set.offset = offset
    set.end = end
    set.parked = parked
  }

  /** Nothing of a datagram is kept. */
  clear(): void {
    const { sets, count } = this
    this.count = 0
    if (sets.length > keptSets) sets.length = keptSets
    for (let i = 0; i < count && i < keptSets; i++) {
      sets[i]!.bytes = nothing
      sets[i]!.parked = undefined
    }
  }
}

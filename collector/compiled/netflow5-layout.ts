// The records of NetFlow v5 as if a template had told them: one layout, which is a template that never comes.

import { compile } from '../decode/plan.ts'
import type { Plan } from '../decode/record-plan.ts'
import { Template } from '../decode/template.ts'

/** Element and length of each field, in the order of `decode/netflow5.ts`. paddingOctets (210) stands for what is nothing. */
const fields = [
  [8, 4], // source address
  [12, 4], // destination address
  [15, 4], // next hop
  [10, 2], // input
  [14, 2], // output
  [2, 4], // packets
  [1, 4], // octets
  [22, 4], // first
  [21, 4], // last
  [7, 2], // source port
  [11, 2], // destination port
  [210, 1],
  [6, 1], // TCP flags
  [4, 1], // protocol
  [5, 1], // ToS
  [16, 2], // source AS
  [17, 2], // destination AS
  [9, 1], // source mask
  [13, 1], // destination mask
  [210, 2],
] as const

export interface Netflow5Layout {
  readonly template: Template
  readonly plan: Plan
}

export function createNetflow5Layout(): Netflow5Layout {
  const layout = Buffer.alloc(4 * fields.length)
  for (const [i, [id, length]] of fields.entries()) {
    layout.writeUInt16BE(id, 4 * i)
    layout.writeUInt16BE(length, 4 * i + 2)
  }
  const template = new Template({
    protocol: 'netflow9',
    id: 0,
    port: 0,
    isOptions: false,
    scopeCount: 0,
    layout: layout.toString('hex'),
    minRecordBytes: fields.reduce((sum, [, length]) => sum + length, 0),
  })
  return { template, plan: compile(template) }
}

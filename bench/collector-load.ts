// Datagrams of many exporters for a collector in this process, over and over, each with its sequence number.

import { createSources } from '../collector/receive/sources.ts'
import type { Protocol } from '../netmon/generate/options.ts'
import { hasTemplates, prepare, setsAt } from './collector-datagrams.ts'
import { createBenchPipeline } from './collector-pipeline.ts'

export interface LoadOptions {
  readonly protocol: Protocol
  readonly exporters: number
  /** Ids that each exporter has sent the same template under, and sends data under in turn. */
  readonly templates: number
  readonly flowsPerDatagram: number
  /** Absent: as the collector's. */
  readonly blockBytes?: number
}

export interface Load {
  /** Handles the next thousand datagrams, of all exporters in turn, and answers how many they were. */
  handle(): number
  /** Reads the bytes of as many, and does nothing with them. */
  touch(): number
}

const datagramsInAll = 20_000
const turns = 1_000
const port = 40_000
/** As many would come in a millisecond. */
const datagramsPerMs = 100

export function createLoad({
  protocol,
  exporters,
  templates,
  flowsPerDatagram,
  blockBytes,
}: LoadOptions): Load {
  const startMs = Date.now()
  const traffic = { protocol, routers: exporters, flowsPerDatagram, ipv6Share: 0 }
  const routers = prepare(traffic, datagramsInAll / exporters + 1, startMs)
  const sourceOf = createSources()
  const { pipeline } = createBenchPipeline({ blockBytes })
  const sequences = new Float64Array(exporters)
  const senders: { address: string; port: number }[] = []
  const data = routers.map(({ router, sequenceOffset, datagrams }, index) => {
    const sender = { address: router.address, port }
    senders.push(sender)
    const source = sourceOf(sender)
    const [first, ...rest] = datagrams
    if (first === undefined) throw new RangeError('no datagram was made')
    for (let i = 0; i < templates; i++) {
      pipeline.handle(renumbered(protocol, first.payload, i), source, startMs)
    }
    sequences[index] = first.payload.readUInt32BE(sequenceOffset) + first.step
    // Templates come seldom, and have come now: else those who send fewer datagrams would send more of them.
    return rest.filter(({ payload }) => !hasTemplates(protocol, payload))
  })
  const sequenceOffset = routers[0]?.sequenceOffset ?? 0
  const schedule = Array.from({ length: datagramsInAll }, (_, turn) => {
    const own = data[turn % exporters]!
    const round = Math.floor(turn / exporters)
    const { payload, step } = own[round % own.length]!
    const isFirst = round < own.length
    const id = round % templates
    return { payload: isFirst && id === 0 ? payload : renumbered(protocol, payload, id), step }
  })
  let turn = 0
  let sum = 0
  return {
    handle() {
      for (let i = 0; i < turns; i++, turn++) {
        const { payload, step } = schedule[turn % datagramsInAll]!
        const exporter = turn % exporters
        payload.writeUInt32BE(sequences[exporter]! >>> 0, sequenceOffset)
        sequences[exporter]! += step
        const nowMs = startMs + Math.floor(turn / datagramsPerMs)
        pipeline.handle(payload, sourceOf(senders[exporter]!), nowMs)
      }
      return turns
    },
    touch() {
      for (let i = 0; i < turns; i++, turn++) {
        const { payload } = schedule[turn % datagramsInAll]!
        for (let at = 0; at + 4 <= payload.length; at += 4) sum ^= payload.readInt32LE(at)
      }
      return sum === 0.5 ? 0 : turns
    },
  }
}

/** A copy whose template, or data, has the id that is `by` times 8 greater. */
function renumbered(protocol: Protocol, payload: Buffer, by: number): Buffer {
  const copy = Buffer.from(payload)
  const start = setsAt[protocol]
  if (start === undefined || by === 0) return copy
  const add = (at: number) => copy.writeUInt16BE(copy.readUInt16BE(at) + 8 * by, at)
  for (let set = start; set + 4 <= copy.length; set += Math.max(copy.readUInt16BE(set + 2), 4)) {
    const id = copy.readUInt16BE(set)
    if (id >= 256) add(set)
    // Of options: one record.
    else if (id === (protocol === 'v9' ? 1 : 3)) add(set + 4)
    else {
      const end = set + copy.readUInt16BE(set + 2)
      // Template records: id, field count, fields of 4 bytes, none of them an enterprise's.
      for (let at = set + 4; at + 4 <= end; at += 4 + 4 * copy.readUInt16BE(at + 2)) {
        if (copy.readUInt16BE(at) >= 256) add(at)
      }
    }
  }
  return copy
}

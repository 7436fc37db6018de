// What was lost on the way, told from sequence numbers: whatever is dropped, delayed or sent twice, and wherever the number wraps,
// what is missing in the end is what was dropped.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createDecoder } from '../../collector/decode/decode.ts'
import { bytes, u16 } from '../build/bytes.ts'
import { receivedMs, source } from '../build/decoded.ts'
import { ipfix, set, templateSet } from '../build/ipfix.ts'
import { netflow5 } from '../build/netflow5.ts'
import { flowSet, netflow9, templateFlowSet } from '../build/netflow9.ts'
import { sflow } from '../build/sflow.ts'

const seconds = Math.floor(receivedMs / 1000)

interface Protocol {
  readonly name: string
  /** Whether the number counts records, or datagrams. */
  readonly countsRecords: boolean
  datagram(sequence: number, records: number): Uint8Array
}

const ports = (records: number) => bytes(...Array.from({ length: records }, () => u16(443)))

const protocols: readonly Protocol[] = [
  {
    name: 'NetFlow v5',
    countsRecords: true,
    datagram: (sequence, records) =>
      netflow5({ seconds, sequence }, ...Array.from({ length: records }, () => ({}))),
  },
  {
    name: 'NetFlow v9',
    countsRecords: false,
    datagram: (sequence, records) =>
      netflow9({ seconds, sequence }, templateFlowSet(256, [7, 2]), flowSet(256, ports(records))),
  },
  {
    name: 'IPFIX',
    countsRecords: true,
    datagram: (sequence, records) =>
      ipfix({ exportTime: seconds, sequence }, templateSet(256, [7, 2]), set(256, ports(records))),
  },
  { name: 'sFlow', countsRecords: false, datagram: (sequence) => sflow({ sequence }) },
]

/**
 * What happens to a datagram on its way. At most two in a row are dropped, and all hold many records: so few and so short steps
 * cannot be taken for those of an exporter that counts something else.
 */
const fates = ['arrives', 'arrives', 'arrives', 'is lost', 'is late', 'arrives twice'] as const
const journey = fc.array(
  fc.record({ fate: fc.constantFrom(...fates), records: fc.integer({ min: 10, max: 28 }) }),
  { minLength: 10, maxLength: 60 },
)
/** Around the wrap, or anywhere. */
const firstNumber = fc.oneof(
  fc.nat(600).map((before) => 2 ** 32 - before),
  fc.nat(0xffff_ffff),
)

test.each(protocols)(
  '$name: what is missing is what was dropped',
  ({ countsRecords, datagram }) => {
    let lostInAll = 0
    const property = fc.property(firstNumber, journey, (first, steps) => {
      const { decode, lost } = counter()
      let sequence = first
      let dropped = 0
      let delayed: Uint8Array | undefined
      let missingInARow = 0
      const send = (payload: Uint8Array) => decode(payload)
      const next = (records: number) => {
        const payload = datagram(sequence >>> 0, records)
        sequence += countsRecords ? records : 1
        return payload
      }
      // It is known where the sequence begins and ends.
      send(next(20))
      send(next(20))
      for (const { fate, records } of steps) {
        const payload = next(records)
        const isMissing = (fate === 'is lost' || fate === 'is late') && missingInARow < 2
        missingInARow = isMissing ? missingInARow + 1 : 0
        if (isMissing && fate === 'is late' && delayed === undefined) {
          delayed = payload
        } else if (isMissing) {
          dropped += countsRecords ? records : 1
        } else {
          send(payload)
          if (fate === 'arrives twice') send(payload)
          if (delayed !== undefined) send(delayed)
          delayed = undefined
        }
      }
      if (delayed !== undefined) send(delayed)
      send(next(20))
      expect(lost()).toBe(dropped)
      lostInAll += dropped
    })
    fc.assert(property, { numRuns: 120 })
    expect(lostInAll).toBeGreaterThan(0)
  },
)

function counter() {
  const decoder = createDecoder({ emit: () => {} })
  const from = source()
  let lost = 0
  return {
    decode(payload: Uint8Array) {
      decoder.decode(payload, from, receivedMs)
      expect(decoder.facts.isReset).toBe(false)
      lost += decoder.facts.lost
      expect(lost).toBeGreaterThanOrEqual(0)
    },
    lost: () => lost,
  }
}

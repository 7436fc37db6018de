// Writes datagrams and hands them to the kernel, keeping count of what it took.

import type { Socket } from 'node:dgram'
import { setImmediate } from 'node:timers/promises'
import { codeOf, messageOf } from '../../runtime/errors.ts'
import { createDatagramWriter } from './datagrams.ts'
import type { Batch, Plan } from './plan.ts'
import { addDatagram, createTally, type Tally } from './tally.ts'

/** Datagrams that the kernel has not answered for yet: it usually takes one at once. */
const maxInFlight = 64
const maxDatagramBytes = 65_507

/** What the kernel refused, with the error codes it gave. */
export interface Failures {
  datagrams: number
  flows: number
  reasons: Record<string, number>
}

export interface Sender {
  /** Sends the datagram of a batch; false when too many are in flight. */
  send(batch: Batch): boolean
  /** Answers when none is in flight. */
  drain(): Promise<void>
  /** What the kernel took over, in the order of the routers. */
  readonly tallies: Tally[]
  readonly failed: Failures
}

/** `sockets` are in the order of the plan's routers, which booted at `bootMs`. */
export function createSender(plan: Plan, sockets: readonly Socket[], bootMs: number): Sender {
  const { host, port } = plan.options.target
  const write = createDatagramWriter(plan, bootMs)
  const free: Buffer[] = Array.from({ length: maxInFlight }, () => Buffer.alloc(maxDatagramBytes))
  const tallies = plan.routers.map(createTally)
  const failed: Failures = { datagrams: 0, flows: 0, reasons: {} }

  function send(batch: Batch): boolean {
    const buffer = free.pop()
    if (buffer === undefined) return false
    const { index } = batch.router
    const { lengthBytes, bytes, packets } = write(batch, Date.now(), buffer)
    sockets[index]!.send(buffer, 0, lengthBytes, port, host, (error) => {
      free.push(buffer)
      if (error === null) addDatagram(tallies[index]!, batch.count, bytes, packets)
      else countFailure(batch, error)
    })
    return true
  }

  function countFailure(batch: Batch, error: Error): void {
    const reason = codeOf(error) ?? messageOf(error)
    failed.datagrams++
    failed.flows += batch.count
    failed.reasons[reason] = (failed.reasons[reason] ?? 0) + 1
  }

  async function drain(): Promise<void> {
    while (free.length < maxInFlight) await setImmediate()
  }

  return { send, drain, tallies, failed }
}

// One run: a sender on one core, a subject on the other, for some seconds, and what came of it.

import { once } from 'node:events'
import path from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { packageRoot } from '../runtime/package-root.ts'
import type { Traffic } from './collector-datagrams.ts'
import type { Subject } from './collector-peers.ts'
import { end, queueOf, senderCore, spawnPinned, usageOf } from './collector-processes.ts'
import type { SenderOptions, SendOrder, Sent } from './collector-sender.ts'
import { round } from './processor.ts'

export interface RunFigures {
  offeredFlowsPerSecond: number
  sentFlows: number
  /** Sent, but for what the kernel dropped because the subject did not fetch it. */
  receivedFlows: number
  lossPercent: number
  flowsPerCpuSecond: number
  /** The largest that was seen, once a second. */
  residentMib: number
  /** How much it grew from the middle of the run to its end. */
  residentGrowthMib: number
}

/** Code that has run is faster, templates have to come first, and buffers have to grow. */
const warmUpSeconds = 2
const settleMs = 300

export async function run(
  subject: Subject,
  traffic: Traffic,
  order: SendOrder,
): Promise<RunFigures> {
  const options: SenderOptions = { traffic, port: subject.port }
  const file = path.join(packageRoot, 'dist', 'bench', 'collector-sender.js')
  const sender = spawnPinned(senderCore, [process.execPath, file, JSON.stringify(options)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const send = async (order: SendOrder): Promise<Sent> => {
    sender.send(order)
    const [sent] = (await once(sender, 'message')) as [Sent]
    await received(subject)
    return sent
  }
  try {
    await once(sender, 'message')
    await send({ ...order, seconds: warmUpSeconds })
    const before = usageOf(subject.pid)
    const dropsBefore = queueOf(subject.port)?.drops ?? 0
    const memory = watchMemory(subject.pid)
    const sent = await send(order)
    const resident = memory.stop()
    const { cpuSeconds } = usageOf(subject.pid)
    const drops = (queueOf(subject.port)?.drops ?? 0) - dropsBefore
    const lost = drops / sent.datagrams
    const receivedFlows = Math.round(sent.flows * (1 - lost))
    return {
      offeredFlowsPerSecond: Math.round(sent.flows / sent.seconds),
      sentFlows: sent.flows,
      receivedFlows,
      lossPercent: round(100 * lost),
      flowsPerCpuSecond: Math.round(receivedFlows / (cpuSeconds - before.cpuSeconds)),
      residentMib: Math.round(Math.max(...resident)),
      residentGrowthMib: Math.round(growth(resident)),
    }
  } finally {
    await end(sender)
  }
}

/** What was sent has been fetched from the kernel, and is done with. */
async function received(subject: Subject): Promise<void> {
  while ((queueOf(subject.port)?.waitingBytes ?? 0) > 0) await setTimeout(20)
  await setTimeout(settleMs)
  await subject.settled()
}

function watchMemory(pid: number): { stop(): number[] } {
  const seen = [usageOf(pid).residentMib]
  const timer = setInterval(() => seen.push(usageOf(pid).residentMib), 1_000)
  return {
    stop() {
      clearInterval(timer)
      return seen
    },
  }
}

/** Of the second half: the median of its last third less that of its first third, since blocks come and go. */
function growth(seen: readonly number[]): number {
  const half = seen.slice(seen.length >> 1)
  const third = Math.ceil(half.length / 3)
  return median(half.slice(-third)) - median(half.slice(0, third))
}

export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0
}

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
const datagramsOfEach = 200

export async function run(
  subject: Subject,
  traffic: Traffic,
  order: SendOrder,
): Promise<RunFigures> {
  const { port } = subject
  const sender = await startSender({ traffic, port, datagramsOfEach, templatesFirst: false })
  try {
    await sendTo(subject, sender, { ...order, seconds: warmUpSeconds })
    const memory = watchMemory(subject.pid)
    const { sent, lost, cpuSeconds } = await sendTo(subject, sender, order)
    const resident = memory.stop()
    const receivedFlows = Math.round(sent.flows * (1 - lost))
    return {
      offeredFlowsPerSecond: Math.round(sent.flows / sent.seconds),
      sentFlows: sent.flows,
      receivedFlows,
      lossPercent: round(100 * lost),
      flowsPerCpuSecond: Math.round(receivedFlows / cpuSeconds),
      residentMib: Math.round(Math.max(...resident)),
      residentGrowthMib: Math.round(growth(resident)),
    }
  } finally {
    await sender.end()
  }
}

export interface Sender {
  send(order: SendOrder): Promise<Sent>
  end(): Promise<void>
}

/** Resolves when what it will send is made. */
export async function startSender(options: SenderOptions): Promise<Sender> {
  const file = path.join(packageRoot, 'dist', 'bench', 'collector-sender.js')
  const sender = spawnPinned(senderCore, [process.execPath, file, JSON.stringify(options)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  await once(sender, 'message')
  return {
    async send(order) {
      sender.send(order)
      const [sent] = (await once(sender, 'message')) as [Sent]
      return sent
    },
    end: () => end(sender),
  }
}

export interface Sending {
  readonly sent: Sent
  /** The share of the datagrams that the kernel dropped because the subject did not fetch them. */
  readonly lost: number
  /** Of the subject. */
  readonly cpuSeconds: number
}

/** Resolves when the subject is done with what was sent. */
export async function sendTo(subject: Subject, sender: Sender, order: SendOrder): Promise<Sending> {
  const before = usageOf(subject.pid)
  const dropsBefore = queueOf(subject.port)?.drops ?? 0
  const sent = await sender.send(order)
  await received(subject)
  const drops = (queueOf(subject.port)?.drops ?? 0) - dropsBefore
  const cpuSeconds = usageOf(subject.pid).cpuSeconds - before.cpuSeconds
  return { sent, lost: drops / sent.datagrams, cpuSeconds }
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

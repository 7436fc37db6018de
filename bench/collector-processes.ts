// Other processes and their UDP sockets, as /proc tells of them (Linux): pinned to a core, with their children.

import { type ChildProcess, execFileSync, type SpawnOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { processorSeconds } from './processor.ts'

/** Of a machine with two cores: who sends, and brokers, on the one, the subject alone on the other. */
export const senderCore = 0
export const subjectCore = 1

export function spawnPinned(
  core: number,
  command: readonly string[],
  options: SpawnOptions,
): ChildProcess {
  return spawn('taskset', ['-c', String(core), ...command], options)
}

export function spawnUnpinned(command: readonly string[], options: SpawnOptions): ChildProcess {
  const [program = '', ...args] = command
  return spawn(program, args, options)
}

/** A process that runs already, with all of its threads. */
export function pin(core: number, pid: number | undefined): void {
  execFileSync('taskset', ['-a', '-c', '-p', String(core), String(pid)], { stdio: 'ignore' })
}

export async function end(child: ChildProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill(signal)
  await once(child, 'exit')
}

/** Seconds of processor, and resident MiB, of a process with its children. */
export function usageOf(pid: number): { cpuSeconds: number; residentMib: number } {
  const pids = [pid, ...childrenOf(pid)]
  return {
    cpuSeconds: pids.reduce((sum, pid) => sum + processorSeconds(pid), 0),
    residentMib: pids.reduce((sum, pid) => sum + residentMib(pid), 0),
  }
}

function childrenOf(parent: number): number[] {
  const ofParent = new RegExp(`^PPid:\\s+${parent}$`, 'm')
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && ofParent.test(readStatus(name)))
    .map(Number)
}

function residentMib(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readStatus(pid))?.[1] ?? 0) / 1024
}

function readStatus(pid: string | number): string {
  try {
    return readFileSync(`/proc/${pid}/status`, 'utf8')
  } catch {
    return '' // it ended meanwhile
  }
}

export interface PortQueue {
  readonly drops: number
  readonly waitingBytes: number
}

/** What the kernel tells of the sockets on this port of loopback together, proc_net_udp(5); undefined while nobody listens. */
export function queueOf(port: number): PortQueue | undefined {
  let found: PortQueue | undefined
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  for (const file of ['/proc/net/udp', '/proc/net/udp6']) {
    for (const line of readFileSync(file, 'latin1').split('\n').slice(1)) {
      const columns = line.trim().split(/\s+/)
      if (columns[1]?.endsWith(suffix) !== true) continue
      const waiting = columns[4]?.split(':')[1] ?? '0'
      found = {
        drops: (found?.drops ?? 0) + Number(columns[12]),
        waitingBytes: (found?.waitingBytes ?? 0) + Number.parseInt(waiting, 16),
      }
    }
  }
  return found
}

// What the kernel did with a UDP socket's queue. /proc/net/udp and udp6, proc_net_udp(5); the last column counts datagrams that found
// the queue full. Linux only: elsewhere nothing is known, and said so by undefined.

import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

export interface SocketQueue {
  /** Datagrams dropped since the socket was opened. */
  drops: number
  /** Bytes waiting to be read, with the kernel's overhead. */
  waitingBytes: number
}

/**
 * The inodes of this process's UDP sockets on these ports. The inode is what names a socket in /proc/net: a port is not enough, since several
 * sockets may share one.
 */
export function ownSockets(ports: ReadonlySet<number>): Set<string> {
  const own = new Set<string>()
  for (const descriptor of readNames('/proc/self/fd')) {
    const inode = /^socket:\[(\d+)\]$/.exec(readLink(`/proc/self/fd/${descriptor}`))?.[1]
    if (inode !== undefined) own.add(inode)
  }
  const found = new Set<string>()
  for (const columns of readTables()) {
    const port = Number.parseInt(columns[1]?.split(':')[1] ?? '', 16)
    const inode = columns[9] ?? ''
    if (ports.has(port) && own.has(inode)) found.add(inode)
  }
  return found
}

/** Reads the queues of these sockets, by inode. A socket that is gone is absent. */
export function readSocketQueues(inodes: ReadonlySet<string>): Map<string, SocketQueue> {
  const queues = new Map<string, SocketQueue>()
  for (const columns of readTables()) {
    const inode = columns[9]
    if (inode === undefined || !inodes.has(inode)) continue
    const waiting = columns[4]?.split(':')[1]
    queues.set(inode, {
      drops: Number(columns[12] ?? 0),
      waitingBytes: waiting === undefined ? 0 : Number.parseInt(waiting, 16),
    })
  }
  return queues
}

/** Answers a function that counts what was dropped, since this was called, by all sockets that this process has had on these ports. */
export function watchDrops(ports: ReadonlySet<number>): () => number {
  /** By inode: those of a socket that is gone stay as they were seen last. */
  const drops = new Map<string, number>()
  return () => {
    for (const [inode, queue] of readSocketQueues(ownSockets(ports))) drops.set(inode, queue.drops)
    return [...drops.values()].reduce((sum, count) => sum + count, 0)
  }
}

/** sl local rem state tx:rx tr:when retransmits uid timeout inode references pointer drops */
function readTables(): string[][] {
  return ['/proc/self/net/udp', '/proc/self/net/udp6'].flatMap((file) => {
    try {
      const lines = readFileSync(file, 'latin1').split('\n').slice(1)
      return lines.map((line) => line.trim().split(/\s+/))
    } catch {
      return []
    }
  })
}

function readNames(directory: string): string[] {
  try {
    return readdirSync(directory)
  } catch {
    return []
  }
}

function readLink(file: string): string {
  try {
    return readlinkSync(file)
  } catch {
    return '' // a descriptor that was closed meanwhile
  }
}

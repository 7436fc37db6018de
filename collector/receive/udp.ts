// UDP sockets: bound, with a receive buffer that was asked for and read back, each datagram handed on in one call.

import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { codeOf, messageOf, UserError } from '../../runtime/errors.ts'
import type { Logger } from '../../runtime/log.ts'
import { type Endpoint, formatEndpoint } from '../../runtime/setting.ts'
import { ownSockets, readSocketQueues } from './kernel-drops.ts'
import { createRest } from './rest.ts'

/**
 * The kernel's default buffer holds 92 full datagrams, 9 ms at 10,000 a second: less than a garbage collection may take. This one, doubled by the
 * kernel for its own overhead, holds 3,640.
 */
const receiveBufferBytes = 4 * 1024 * 1024

export interface Listener {
  readonly host: string
  readonly port: number
  /** What the kernel really gave, its own overhead included. */
  readonly receiveBufferBytes: number
}

export interface Receiver {
  readonly listeners: readonly Listener[]
  /** Datagrams that the kernel dropped because a queue was full; the last known number after `close`. */
  kernelDrops(): number
  /** Reads what the kernel still holds, for at most `drainMs`, then closes. */
  close(drainMs: number): Promise<void>
}

/** Whether other sockets of this program are bound to the same addresses: the kernel gives each sender's datagrams to one of them. */
export type Sharing = 'alone' | 'shared'

type Handler = (datagram: Buffer, info: RemoteInfo) => void

/**
 * Binds all endpoints, or none.
 * @throws UserError that names the address which could not be bound.
 */
export async function openReceiver(
  endpoints: readonly Endpoint[],
  handle: Handler,
  log: Logger,
  sharing: Sharing = 'alone',
): Promise<Receiver> {
  const sockets: Socket[] = []
  const noteDatagram = createRest()
  const read: Handler = (datagram, info) => {
    noteDatagram()
    handle(datagram, info)
  }
  try {
    for (const endpoint of endpoints) sockets.push(await bind(endpoint, read, log, sharing))
  } catch (error) {
    for (const socket of sockets) socket.close()
    throw error
  }
  return createReceiver(sockets, log)
}

function createReceiver(sockets: Socket[], log: Logger): Receiver {
  const inodes = ownSockets(new Set(sockets.map((socket) => socket.address().port)))
  let drops = 0
  let waiting = 0
  const look = () => {
    if (inodes.size === 0) return
    const queues = [...readSocketQueues(inodes).values()]
    drops = queues.reduce((sum, queue) => sum + queue.drops, 0)
    waiting = queues.reduce((sum, queue) => sum + queue.waitingBytes, 0)
  }
  let open = true
  return {
    listeners: sockets.map((socket) => describe(socket, log)),
    kernelDrops() {
      if (open) look()
      return drops
    },
    async close(drainMs) {
      const deadline = Date.now() + drainMs
      look()
      while (waiting > 0 && Date.now() < deadline) {
        await new Promise((resolve) => setTimeout(resolve, 5))
        look()
      }
      open = false
      await Promise.all(
        sockets.map((socket) => new Promise<void>((resolve) => socket.close(resolve))),
      )
    },
  }
}

/** `udp://:2055` means every address: one IPv6 socket takes IPv4 too; a machine without IPv6 gets an IPv4 socket. */
async function bind(
  endpoint: Endpoint,
  handle: Handler,
  log: Logger,
  sharing: Sharing,
): Promise<Socket> {
  if (endpoint.host !== '') {
    return bindOne(endpoint.host.includes(':') ? 'udp6' : 'udp4', endpoint, handle, log, sharing)
  }
  try {
    return await bindOne('udp6', { ...endpoint, host: '::' }, handle, log, sharing)
  } catch (error) {
    if (!(error instanceof UserError && codeOf(error.cause) === 'EAFNOSUPPORT')) throw error
    return bindOne('udp4', { ...endpoint, host: '0.0.0.0' }, handle, log, sharing)
  }
}

function bindOne(
  type: 'udp4' | 'udp6',
  { host, port }: Endpoint,
  handle: Handler,
  log: Logger,
  sharing: Sharing,
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createSocket({
      type,
      recvBufferSize: receiveBufferBytes,
      // Node 22.12 and later; the types are of 20.
      ...(sharing === 'shared' && { reusePort: true }),
    })
    socket.once('error', (error) => {
      socket.close()
      reject(bindError(error, host, port))
    })
    socket.bind({ address: host, port, exclusive: true }, () => {
      socket.removeAllListeners('error')
      // ICMP answers to nothing we sent, or a full descriptor table: not a reason to stop receiving.
      socket.on('error', (error) => log.error({ error: messageOf(error) }, 'receive error'))
      socket.on('message', handle)
      resolve(socket)
    })
  })
}

function bindError(error: unknown, host: string, port: number): UserError {
  const where = `udp://${formatEndpoint({ host, port })}`
  const what =
    codeOf(error) === 'EADDRINUSE'
      ? `${where} is in use by another program`
      : `cannot listen on ${where} (${codeOf(error) ?? messageOf(error)})`
  const failure = new UserError(`${what}: give other addresses with --listen or NETMON_LISTEN`)
  failure.cause = error
  return failure
}

function describe(socket: Socket, log: Logger): Listener {
  const { address: host, port } = socket.address()
  const got = socket.getRecvBufferSize()
  // Linux gives, and reports, twice what it was asked for, to account for its own overhead (socket(7), SO_RCVBUF).
  const wanted = process.platform === 'linux' ? 2 * receiveBufferBytes : receiveBufferBytes
  if (got < wanted) {
    log.warn(
      { host, port, wanted, got },
      `the kernel caps the receive buffer, bursts will be lost: sysctl -w net.core.rmem_max=${receiveBufferBytes}`,
    )
  }
  return { host, port, receiveBufferBytes: got }
}

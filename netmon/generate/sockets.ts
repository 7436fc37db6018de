// One UDP socket for each router, bound to the router's own address.

import { createSocket, type Socket } from 'node:dgram'
import { isIPv6 } from 'node:net'
import { codeOf, messageOf, UserError } from '../../runtime/errors.ts'
import { parseAddress } from '../../runtime/ip.ts'
import type { Router } from './routers.ts'

/**
 * Sockets in the order of the routers. They are not connected: a connected one is told, in place of sending the next datagram,
 * that nobody listened to the last, and real routers do not know either.
 * @throws UserError when a router's address cannot send to the target from this machine.
 */
export async function openSockets(
  routers: readonly Router[],
  target: { host: string },
): Promise<Socket[]> {
  refuseUnreachable(routers[0]!.address, target.host)
  const sockets: Socket[] = []
  try {
    for (const router of routers) sockets.push(await openSocket(router))
  } catch (error) {
    for (const socket of sockets) socket.close()
    throw error
  }
  return sockets
}

function openSocket(router: Router): Promise<Socket> {
  const { address } = router
  const family = isIPv6(address) ? 6 : 4
  const socket = createSocket({
    type: `udp${family}`,
    // The target is an address already. Without this, each datagram waits for a tick to be told so.
    lookup: (host, _options, callback) => callback(null, host, family),
  })
  return new Promise((resolve, reject) => {
    socket.once('error', (error) => {
      socket.close()
      reject(cannotBind(router, error))
    })
    socket.bind({ address, port: 0, exclusive: true }, () => {
      socket.removeAllListeners('error')
      resolve(socket)
    })
  })
}

function cannotBind(router: Router, error: Error): UserError {
  const { index, address } = router
  const advice =
    codeOf(error) === 'EMFILE'
      ? 'each router takes a file descriptor: raise `ulimit -n` or lower --routers'
      : 'each router sends from its own address of this machine, and only Linux has all of 127.0.0.0/8: give the machine these addresses, or name another --source, with --routers 1 if it is the only one'
  return new UserError(
    `router ${index + 1} cannot bind ${address} (${messageOf(error)}); ${advice}`,
  )
}

/** Loopback addresses reach nothing but loopback, and families do not mix. */
function refuseUnreachable(source: string, target: string): void {
  if (isIPv6(source) === isIPv6(target) && isLoopback(source) === isLoopback(target)) return
  throw new UserError(
    `--target ${target} cannot be reached from router address ${source}: name an address of this machine that can with --source, with --routers 1 if it is the only one`,
    2,
  )
}

function isLoopback(address: string): boolean {
  const bytes = parseAddress(address)
  if (bytes?.length === 4) return bytes[0] === 127
  return address === '::1'
}

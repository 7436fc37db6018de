import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { pino } from 'pino'
import { expect, test, vi } from 'vitest'
import { createSources } from '../../collector/receive/sources.ts'
import { openReceiver } from '../../collector/receive/udp.ts'

const log = pino({ level: 'silent' })
const any = { host: '', port: 0 }

async function send(port: number, host: string, datagrams: readonly Buffer[]): Promise<void> {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4')
  for (const datagram of datagrams) {
    await new Promise((resolve) => socket.send(datagram, port, host, resolve))
  }
  socket.close()
}

test('one socket on every address receives IPv4 and IPv6, and names senders canonically', async () => {
  const received: string[] = []
  const sourceOf = createSources()
  const handle = (datagram: Buffer, info: Parameters<typeof sourceOf>[0]) => {
    const { address, bytes } = sourceOf(info)
    received.push(`${address} ${bytes.length} ${datagram.toString()}`)
  }
  const receiver = await openReceiver([any], handle, log)
  const { port } = receiver.listeners[0]!
  await send(port, '127.0.0.1', [Buffer.from('four')])
  await send(port, '::1', [Buffer.from('six')])
  await vi.waitFor(() => expect(received.sort()).toEqual(['127.0.0.1 4 four', '::1 16 six']))
  await receiver.close(100)
})

test('a port in use is named, with the setting that changes it, and nothing stays bound', async () => {
  const taken = createSocket('udp6')
  taken.bind(0, '::')
  await once(taken, 'listening')
  const { port } = taken.address()
  const free = createSocket('udp4')
  free.bind(0, '127.0.0.1')
  await once(free, 'listening')
  const freePort = free.address().port
  free.close()
  await once(free, 'close')
  const opening = openReceiver(
    [
      { host: '127.0.0.1', port: freePort },
      { host: '', port },
    ],
    () => {},
    log,
  )
  await expect(opening).rejects.toThrow(
    `udp://[::]:${port} is in use by another program: give other addresses with --listen or NETMON_LISTEN`,
  )
  const again = await openReceiver([{ host: '127.0.0.1', port: freePort }], () => {}, log)
  await again.close(0)
  taken.close()
})

test('received and dropped by the kernel are all that was sent, to the datagram', async () => {
  let received = 0
  const receiver = await openReceiver([any], () => received++, log)
  const { port, receiveBufferBytes } = receiver.listeners[0]!
  expect(receiveBufferBytes).toBeGreaterThan(0)
  // More than the buffer holds, while this process does nothing but send: sends are synchronous in the kernel on loopback.
  const sender = createSocket('udp4')
  sender.connect(port, '127.0.0.1')
  await once(sender, 'connect')
  const datagram = Buffer.alloc(1_400)
  const sent = 20_000
  let done = 0
  for (let i = 0; i < sent; i++) sender.send(datagram, () => done++)
  await vi.waitFor(() => expect(done).toBe(sent), { timeout: 30_000 })
  sender.close()
  await receiver.close(5_000)
  expect(receiver.kernelDrops()).toBeGreaterThan(0)
  expect(received + receiver.kernelDrops()).toBe(sent)
})

// A resolver of our own answers: DNS messages by hand, as RFC 1035 4 has them.

import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createHostNames, reverseName } from '../../../api/names/host-names.ts'
import { nameRoutes } from '../../../api/routes/names.ts'

const ptr = 12
let socket: Socket
let server: string
let questions: { name: string; type: number }[]
/** By the name that is asked for: the answer, or a code of failure. */
let answers: Map<string, string | number>

beforeAll(async () => {
  socket = createSocket('udp4')
  socket.on('message', (message, { port, address }) => {
    const { name, type, end } = readQuestion(message)
    questions.push({ name, type })
    const answer = answers.get(name) ?? 3
    if (answer === -1) return
    const header = Buffer.from(message.subarray(0, 12))
    header.writeUInt16BE(0x8180 | (typeof answer === 'number' ? answer : 0), 2)
    header.writeUInt16BE(typeof answer === 'string' ? 1 : 0, 6)
    header.writeUInt32BE(0, 8)
    const parts: Buffer[] = [header, message.subarray(12, end)]
    if (typeof answer === 'string') {
      const data = encodeName(answer)
      const record = Buffer.alloc(12)
      // A pointer to the name of the question, PTR, IN, a minute.
      record.writeUInt16BE(0xc00c, 0)
      record.writeUInt16BE(ptr, 2)
      record.writeUInt16BE(1, 4)
      record.writeUInt32BE(60, 6)
      record.writeUInt16BE(data.length, 10)
      parts.push(record, data)
    }
    socket.send(Buffer.concat(parts), port, address)
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  server = `127.0.0.1:${socket.address().port}`
})
afterAll(() => socket.close())
beforeEach(() => {
  questions = []
  answers = new Map<string, string | number>([
    ['1.2.0.192.in-addr.arpa', 'www.example.net'],
    ['2.2.0.192.in-addr.arpa', '<img src=x onerror=alert(1)>.example'],
    ['4.2.0.192.in-addr.arpa', 2],
  ])
})

function readQuestion(message: Buffer) {
  const labels: string[] = []
  let at = 12
  while (message[at] !== 0) {
    const length = message[at]!
    labels.push(message.toString('latin1', at + 1, at + 1 + length))
    at += 1 + length
  }
  return { name: labels.join('.'), type: message.readUInt16BE(at + 1), end: at + 5 }
}

function encodeName(name: string): Buffer {
  const labels = name.split('.').map((label) => {
    const bytes = Buffer.from(label, 'latin1')
    return Buffer.concat([Buffer.from([bytes.length]), bytes])
  })
  return Buffer.concat([...labels, Buffer.from([0])])
}

test('the name that is asked for is that of RFC 1035 3.5 and RFC 3596 2.5', () => {
  expect(reverseName('10.2.0.52')).toBe('52.0.2.10.in-addr.arpa')
  expect(reverseName('4321:0:1:2:3:4:567:89ab')).toBe(
    'b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.0.0.0.0.1.2.3.4.ip6.arpa',
  )
  expect(reverseName('example.com')).toBeUndefined()
})

test('only PTR queries are sent, once for each address within the hour, and again after it', async () => {
  let nowMs = 0
  const { find } = createHostNames([server], () => nowMs)
  expect(await find(['192.0.2.1', '192.0.2.9'])).toEqual(['www.example.net', null])
  expect(await find(['192.0.2.1', '192.0.2.9'])).toEqual(['www.example.net', null])
  expect(questions).toEqual([
    { name: '1.2.0.192.in-addr.arpa', type: ptr },
    { name: '9.2.0.192.in-addr.arpa', type: ptr },
  ])
  nowMs = 3_600_001
  await find(['192.0.2.1'])
  expect(questions.length).toBe(3)
})

test('a resolver that fails is asked again, and what it did not tell is not "none"', async () => {
  const { find } = createHostNames([server], () => 0)
  expect(await find(['192.0.2.4'])).toEqual([undefined])
  answers.set('4.2.0.192.in-addr.arpa', 'back.example.net')
  expect(await find(['192.0.2.4'])).toEqual(['back.example.net'])
})

test('no more than 600 questions are asked in a minute', async () => {
  let nowMs = 0
  const { find } = createHostNames([server], () => nowMs)
  const addresses = Array.from({ length: 610 }, (_, index) => `10.0.${index >> 8}.${index & 255}`)
  const names = await find(addresses)
  expect(names.filter((name) => name === undefined).length).toBe(10)
  expect(questions.length).toBe(600)
  nowMs = 60_000
  expect(await find(addresses.slice(-1))).toEqual([null])
})

test('the API takes up to 50 addresses, each once, and nothing else', async () => {
  const app = nameRoutes(createHostNames([server], () => 0))
  const ask = async (addresses: string) => {
    const response = await app.request(`/names/hosts?addresses=${encodeURIComponent(addresses)}`)
    const { result, errors } = (await response.json()) as { result: unknown; errors: unknown[] }
    return [response.status, response.ok ? result : errors.length]
  }
  expect(await ask('192.0.2.1,::ffff:192.0.2.1, 192.0.2.2,192.0.2.4')).toEqual([
    200,
    [
      { address: '192.0.2.1', name: 'www.example.net', state: 'found' },
      { address: '192.0.2.2', name: expect.stringContaining('img'), state: 'found' },
      { address: '192.0.2.4', name: null, state: 'failed' },
    ],
  ])
  expect(await ask('')).toEqual([400, 1])
  expect(await ask('example.com')).toEqual([400, 1])
  expect(await ask(Array(51).fill('192.0.2.1').join(','))).toEqual([400, 1])
})

import { Duplex } from 'node:stream'
import type { Connection } from '@platformatic/kafka'
import { expect, test } from 'vitest'
import { createKafkaWire } from '../../../collector/sink/kafka-wire.ts'

/** A connection whose broker the test is: what was asked, and a way to answer. */
function connect() {
  const asked: Buffer[] = []
  const socket = new Duplex({
    read() {},
    write(chunk: Buffer, _encoding, done) {
      asked.push(chunk)
      done()
    },
  })
  const wire = createKafkaWire({ socket } as unknown as Connection)
  const ask = (api: number) => wire.ask(api, 1, [Buffer.from([api])])
  return { asked, ask, answer: (bytes: Buffer) => socket.push(bytes), socket }
}

/** length (4) | number of the question (4) | body */
function frame(number: number, body: string): Buffer {
  const head = Buffer.alloc(8)
  head.writeInt32BE(4 + body.length, 0)
  head.writeInt32BE(number, 4)
  return Buffer.concat([head, Buffer.from(body)])
}

const numberOf = (request: Buffer) => request.readInt32BE(8)

test('answers find their questions, in whatever order and pieces they come', async () => {
  const { asked, ask, answer } = connect()
  const answers = Promise.all([ask(3), ask(5)])
  const [first, second] = [asked[0]!, asked[2]!].map(numberOf)
  const bytes = Buffer.concat([frame(second!, 'second'), frame(first!, 'first')])
  for (const byte of bytes) answer(Buffer.of(byte))
  const bodies = (await answers).map((reader) => reader.buffer.toString())
  expect(bodies).toEqual(['first', 'second'])
})

for (const lengthBytes of [-1, 0, 3, 2 ** 31 - 1]) {
  test(`an answer of ${lengthBytes} bytes ends the connection, and whoever waits is told`, async () => {
    const { ask, answer, socket } = connect()
    const answered = ask(3)
    const head = Buffer.alloc(8)
    head.writeInt32BE(lengthBytes, 0)
    answer(head)
    await expect(answered).rejects.toThrow('Connection closed')
    expect(socket.destroyed).toBe(true)
  })
}

// A proxy between collectors and the store that lets inserts land and then cuts the answer: the sender cannot know, and must send again.
// It keeps what every insert brought, by its deduplication token.

import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

export interface SealedSegment {
  /** SHA-256 of the body: a repeated segment must be the same to the byte. */
  digest: string
  body: Buffer
  isFlows: boolean
  /** How often the whole of it went through to the store. */
  sent: number
}

export interface CuttingProxy {
  readonly url: string
  /** By token: everything that was ever sealed and sent. */
  readonly sealed: ReadonlyMap<string, SealedSegment>
  /** Tokens that came again with other bytes. */
  readonly changed: readonly string[]
  /** Answers cut so far. */
  cuts(): number
  /** The share of inserts whose answer is cut, from now on. */
  cut(share: number): void
  /** While paused, new connections are held and nothing goes through: for the moments when the store is started again elsewhere. */
  retarget(storeUrl: string): void
  close(): Promise<void>
}

/** `random` decides which answers are cut and when; seeded, so that a failure can be repeated. */
export async function startCuttingProxy(
  storeUrl: string,
  random: () => number,
): Promise<CuttingProxy> {
  let target = new URL(storeUrl)
  let share = 0
  let cuts = 0
  const sealed = new Map<string, SealedSegment>()
  const changed: string[] = []

  const note = (token: string, isFlows: boolean, body: Buffer) => {
    const digest = createHash('sha256').update(body).digest('hex')
    const known = sealed.get(token)
    if (known === undefined) sealed.set(token, { digest, body, isFlows, sent: 1 })
    else if (known.digest === digest) known.sent++
    else changed.push(token)
  }

  const server = createServer((incoming, outgoing) => {
    handle(incoming, outgoing).catch(() => outgoing.destroy())
  })

  const handle = async (incoming: IncomingMessage, outgoing: ServerResponse) => {
    const body = await readAll(incoming)
    const parameters = new URL(incoming.url ?? '/', target).searchParams
    const token = parameters.get('insert_deduplication_token')
    const isFlows = (parameters.get('query') ?? '').includes('FORMAT Protobuf')
    if (token !== null) note(token, isFlows, body)
    const answer = await forward(target, incoming, body)
    if (token !== null && random() < share) {
      cuts++
      await sleep(random() * 30)
      // At any moment of the answer: before its first byte, or within its head.
      if (random() < 0.5) outgoing.socket?.write('HTTP/1.1 200 OK\r\ncontent-le')
      outgoing.destroy()
      return
    }
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
    answer.pipe(outgoing)
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    sealed,
    changed,
    cuts: () => cuts,
    cut(newShare) {
      share = newShare
    },
    retarget(url) {
      target = new URL(url)
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function readAll(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  // A collector that dies in the middle of a body has not sealed what this is.
  if (!incoming.complete) throw new Error('the request broke off')
  return Buffer.concat(chunks)
}

function forward(target: URL, incoming: IncomingMessage, body: Buffer): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const { host: _, 'transfer-encoding': __, ...headers } = incoming.headers
    const outgoing = request(
      {
        host: target.hostname,
        port: target.port,
        path: incoming.url,
        method: incoming.method,
        headers: { ...headers, 'content-length': String(body.length), connection: 'close' },
      },
      resolve,
    )
    outgoing.once('error', reject)
    outgoing.end(body)
  })
}

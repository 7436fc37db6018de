import { writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { pino } from 'pino'
import { afterEach, expect, test, vi } from 'vitest'
import { type FollowedRouters, followRouters } from '../../../collector/exporters/routers.ts'
import { parseAddress } from '../../../runtime/ip.ts'
import { temporaryDirectory } from '../../build/temporary.ts'

const log = pino({ level: 'silent' })
const newFile = () => path.join(temporaryDirectory(), 'routers.json')

const open: { stop(): unknown }[] = []
afterEach(async () => {
  for (const part of open.splice(0)) await part.stop()
})

/** An API that lists one router with this rate, under an entity tag, and counts how it was asked. */
async function startApi(rate: number, said: object = {}) {
  const api = { rate, asked: 0, unchanged: 0, tokens: new Set<string | undefined>() }
  const server: Server = createServer((request, response) => {
    api.asked++
    api.tokens.add(request.headers.authorization)
    const etag = `"${api.rate}"`
    if (request.headers['if-none-match'] === etag) {
      api.unchanged++
      response.writeHead(304, { etag }).end()
      return
    }
    const router = {
      id: 'r',
      name: 'r',
      router_ip: '192.0.2.1',
      default_sampling: api.rate,
      ...said,
    }
    response.writeHead(200, { etag, 'content-type': 'application/json' })
    response.end(JSON.stringify({ success: true, result: [router], errors: [], messages: [] }))
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const stop = () => {
    server.closeAllConnections()
    return new Promise((resolve) => server.close(resolve))
  }
  open.push({ stop })
  return { api, stop, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

async function follow(url: string, file: string, token?: string): Promise<FollowedRouters> {
  const routers = await followRouters(url, token, file, log)
  open.push(routers)
  return routers
}

const rateOf = (routers: FollowedRouters, address = '192.0.2.1') => {
  const bytes = parseAddress(address)!
  return routers.find(bytes, bytes.length)?.default_sampling
}

test('the list is fetched, asked for again only by its tag, and followed when it changes', async () => {
  const { api, url } = await startApi(100)
  const routers = await follow(url, newFile(), 'a-token-of-16-chars')
  expect(await routers.whenKnown(10_000)).toBe(true)
  expect(rateOf(routers)).toBe(100)
  expect(rateOf(routers, '192.0.2.2')).toBeUndefined()
  await vi.waitFor(() => expect(api.unchanged).toBeGreaterThan(0), { timeout: 10_000 })
  expect(routers.version()).toBe('"100"')
  api.rate = 200
  await vi.waitFor(() => expect(rateOf(routers)).toBe(200), { timeout: 10_000 })
  expect([...api.tokens]).toEqual(['Bearer a-token-of-16-chars'])
}, 30_000)

test('what people said of a router’s sampling and role comes with it', async () => {
  const said = { sampling_override: 512, sampling_byte_order: 'little', role: 'core' }
  const { url } = await startApi(100, said)
  const routers = await follow(url, newFile())
  await routers.whenKnown(10_000)
  const bytes = parseAddress('192.0.2.1')!
  expect(routers.find(bytes, 4)).toMatchObject({ default_sampling: 100, ...said })
})

test('when the API is away the last list is kept, also over a restart', async () => {
  const { url, stop } = await startApi(100)
  const file = newFile()
  const first = await follow(url, file)
  await first.whenKnown(10_000)
  await stop()
  expect(rateOf(first)).toBe(100)
  const second = await follow(url, file)
  expect(await second.whenKnown(0)).toBe(true)
  expect(rateOf(second)).toBe(100)
  expect(second.version()).toBe('"100"')
}, 30_000)

test('without a list nobody waits for ever, and a damaged file is no list', async () => {
  const file = newFile()
  writeFileSync(file, '{"version": 1')
  const routers = await follow('http://127.0.0.1:1', file)
  expect(await routers.whenKnown(50)).toBe(false)
  expect(rateOf(routers)).toBeUndefined()
})

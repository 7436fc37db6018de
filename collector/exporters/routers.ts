// The routers that people registered, as the API lists them: fetched every 2 s, the last list kept in memory and on disk.

import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { messageOf } from '../../runtime/errors.ts'
import { writeFileAtomic } from '../../runtime/files.ts'
import { parseAddress } from '../../runtime/ip.ts'
import type { Logger } from '../../runtime/log.ts'
import { RouterRole } from '../flow.ts'
import type { Source } from './source.ts'

const pollMs = 2_000
const requestTimeoutMs = 5_000
const maxAnswerBytes = 64 * 1024 * 1024

const samplingRate = z
  .int()
  .min(0)
  .max(2 ** 32 - 1)

const routerSchema = z.object({
  id: z.string(),
  name: z.string(),
  router_ip: z.string(),
  /** 1 in N for flows whose exporter announces no rate; 0: none. */
  default_sampling: samplingRate,
  /** 1 in N for all its flows, whatever it announces; 0 or absent: none. */
  sampling_override: samplingRate.nullish(),
  /** In which order its data records hold the bytes of a sampling rate; big when absent. */
  sampling_byte_order: z.enum(['big', 'little']).optional(),
  /** Edge when absent. */
  role: z.enum(['edge', 'core']).optional(),
})
const listSchema = z.object({ version: z.string(), routers: z.array(routerSchema) })
const answerSchema = z.object({ result: z.array(routerSchema) })

export type Router = z.infer<typeof routerSchema>
/** As the API gave it, and its entity tag. */
export type RouterList = z.infer<typeof listSchema>

export interface Routers {
  /** The router with this address (4 or 16 network-order bytes), or undefined. */
  find(address: Uint8Array, length: number): Router | undefined
  /** Changes whenever the list does; the API's entity tag, or 'none'. */
  version(): string
}

/** A list that follows the API's. */
export interface FollowedRouters extends Routers {
  /** Resolves when there is a list, or after `waitMs` without one. */
  whenKnown(waitMs: number): Promise<boolean>
  stop(): void
}

/** The router of an exporter: registered by the address its flows are shown under, or by the one its datagrams come from. */
export function routerOf(
  routers: Routers,
  address: Uint8Array,
  source: Source,
): Router | undefined {
  return routers.find(address, address.length) ?? routers.find(source.bytes, source.bytes.length)
}

/** What its flows are marked with; who is no router is taken for the edge. */
export function roleOf(router: Router | undefined): RouterRole {
  return router?.role === 'core' ? RouterRole.core : RouterRole.edge
}

/** Without an API: no router is registered, and that is known at once. */
export const noRouters: FollowedRouters = {
  find: () => undefined,
  version: () => 'none',
  whenKnown: async () => true,
  stop() {},
}

/** A list that is given by somebody who follows the API's. */
export function givenRouters(
  first: RouterList | undefined,
): Routers & { take(list: RouterList): void } {
  let list = first
  let byAddress = index(list)
  return {
    find: (address, length) => byAddress.get(keyOf(address, length)),
    version: () => list?.version ?? 'none',
    take(next) {
      list = next
      byAddress = index(list)
    },
  }
}

/**
 * Starts to follow the API's list. `file` holds the last one for the next start. An API that is away is logged once, and the list stays as it was. `changed` is
 * given the last one at once, and then each new one.
 */
export async function followRouters(
  apiUrl: string,
  token: string | undefined,
  file: string,
  log: Logger,
  changed: (list: RouterList) => void = () => {},
): Promise<FollowedRouters> {
  const stopping = new AbortController()
  let list = await readList(file, log)
  const routers = givenRouters(list)
  if (list !== undefined) changed(list)
  let known = list !== undefined
  const knownNow = createLatch(known)
  let away = false

  const poll = async () => {
    try {
      const fetched = await fetchList(apiUrl, token, list?.version, stopping.signal)
      if (away) log.info({ apiUrl }, 'the API answers again')
      away = false
      if (fetched !== undefined) {
        list = fetched
        routers.take(list)
        changed(list)
        await writeFileAtomic(file, JSON.stringify(list))
      }
      known = true
      knownNow.open()
    } catch (error) {
      if (stopping.signal.aborted) return
      if (!away)
        log.warn(
          { apiUrl, error: messageOf(error) },
          'cannot fetch the routers: keeping the last list',
        )
      away = true
    }
  }

  const following = async () => {
    while (!stopping.signal.aborted) {
      await poll()
      await sleep(pollMs, undefined, { signal: stopping.signal }).catch(() => {})
    }
  }
  void following()

  return {
    ...routers,
    async whenKnown(waitMs) {
      const timer = new AbortController()
      await Promise.race([
        knownNow.opened,
        sleep(waitMs, undefined, { signal: timer.signal }).catch(() => {}),
      ])
      timer.abort()
      return known
    },
    stop: () => stopping.abort(),
  }
}

/** The list, or undefined when it is still the one of `version`. */
async function fetchList(
  apiUrl: string,
  token: string | undefined,
  version: string | undefined,
  stopping: AbortSignal,
): Promise<RouterList | undefined> {
  const headers: Record<string, string> = {}
  if (version !== undefined) headers['if-none-match'] = version
  if (token !== undefined) headers['authorization'] = `Bearer ${token}`
  const signal = AbortSignal.any([stopping, AbortSignal.timeout(requestTimeoutMs)])
  const response = await fetch(`${apiUrl}/routers`, { headers, signal, redirect: 'error' })
  if (response.status === 304) {
    await response.body?.cancel()
    return undefined
  }
  if (!response.ok) {
    await response.body?.cancel()
    throw new Error(`HTTP ${response.status} from ${apiUrl}/routers`)
  }
  const { result } = answerSchema.parse(JSON.parse(await readBounded(response)))
  return { version: response.headers.get('etag') ?? 'none', routers: result }
}

async function readBounded(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length
    if (bytes > maxAnswerBytes)
      throw new Error(`the list of routers is longer than ${maxAnswerBytes} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

async function readList(file: string, log: Logger): Promise<RouterList | undefined> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch {
    return undefined
  }
  try {
    return listSchema.parse(JSON.parse(text))
  } catch {
    log.warn({ file }, 'the saved list of routers is damaged: fetching a new one')
    return undefined
  }
}

function index(list: RouterList | undefined): Map<string, Router> {
  const byAddress = new Map<string, Router>()
  for (const router of list?.routers ?? []) {
    const bytes = parseAddress(router.router_ip)
    if (bytes !== undefined) byAddress.set(keyOf(bytes, bytes.length), router)
  }
  return byAddress
}

function keyOf(address: Uint8Array, length: number): string {
  return Buffer.from(address.buffer, address.byteOffset, length).toString('latin1')
}

function createLatch(open: boolean): { opened: Promise<void>; open(): void } {
  let release: () => void = () => {}
  const opened = new Promise<void>((resolve) => {
    release = resolve
  })
  if (open) release()
  return { opened, open: release }
}

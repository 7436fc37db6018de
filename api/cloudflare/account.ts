// Cloudflare's configuration of an account: a name, one sampling rate, and the addresses of the routers, which are our routers.
//
// `router_ips` is the list of all routers. Sent, it is what there will be: addresses without a router get one, named by the address and with the account's
// default_sampling; routers whose address is missing are removed. Not sent, the routers stay. A router whose rate is the account's follows
// it when that changes; one that people gave a rate of its own keeps it.

import { z } from '@hono/zod-openapi'
import type { Change, Collection } from '../../rules/configuration/configuration.ts'
import { readDocuments, writeDocument } from '../../rules/configuration/documents.ts'
import { nameSchema } from '../../rules/configuration/name.ts'
import {
  type Router,
  type RouterInput,
  routerInputSchema,
} from '../../rules/configuration/router.ts'
import { wholeNumber } from '../../rules/configuration/whole-number.ts'
import { createMutex } from '../../rules/mutex.ts'
import { type FieldCodes, Refused } from '../../rules/problem.ts'
import type { StoreClient } from '../../schema/client.ts'

export const accountCodes = {
  name: 1601,
  /** There is a configuration already. */
  duplicate: 1602,
  default_sampling: 1603,
  router_ips: 1604,
  'router_ips[]': 1605,
  warp_devices: 1606,
  'warp_devices[]': 1606,
} as const satisfies FieldCodes

const mostRouters = 10_000
const mostDevices = 1_000

const deviceSchema = z.object({
  id: z.string().max(256),
  name: z.string().max(256),
  router_ip: z.string().max(64),
})

/** What is sent as a whole configuration. */
export const accountInputSchema = z.object(
  {
    name: nameSchema,
    default_sampling: wholeNumber('default_sampling', 1, 0xffffffff, '1 in N'),
    router_ips: z
      .array(routerInputSchema.shape.router_ip, { error: 'router_ips must be a list of addresses' })
      .max(mostRouters, { error: `router_ips must hold at most ${mostRouters} addresses` })
      .optional(),
    /** Kept as they were sent; flows are not received through them. */
    warp_devices: z
      .array(deviceSchema, { error: 'warp_devices must be a list of id, name and router_ip' })
      .max(mostDevices, { error: `warp_devices must hold at most ${mostDevices} devices` })
      .optional(),
  },
  { error: 'the body must be a JSON object' },
)
export type AccountInput = z.infer<typeof accountInputSchema>

export const accountSchema = z.object({
  name: z.string(),
  default_sampling: z.number(),
  router_ips: z.array(z.string()),
  warp_devices: z.array(deviceSchema),
})
export type Account = z.infer<typeof accountSchema>

/** As in the store. One that was deleted is kept as such, so that its versions go on. */
const storedSchema = accountSchema.omit({ router_ips: true }).extend({ exists: z.boolean() })
type Stored = z.infer<typeof storedSchema>

/** The one account's document. */
const id = 'mnm'

/** All functions throw StoreError when the store does not answer, and Refused when there is no configuration, or one already. */
export interface CloudflareAccount {
  get(): Promise<Account>
  create(input: AccountInput): Promise<Account>
  /** Replaces it by what `toInput` makes of it; throws what that throws. */
  change(toInput: (present: Account) => AccountInput): Promise<Account>
  /** And every router with it. Answers what there was. */
  remove(): Promise<Account>
}

export function createCloudflareAccount(
  client: StoreClient,
  routers: Collection<RouterInput, Router>,
): CloudflareAccount {
  const exclusively = createMutex()

  const read = async () => {
    const [stored] = await readDocuments(client, 'account', storedSchema, id)
    return {
      version: stored?.version ?? 0,
      doc: stored?.doc.exists === true ? stored.doc : undefined,
    }
  }
  const get = async () => {
    const { doc } = await read()
    if (doc === undefined) throw noSuchAccount()
    return withRouters(doc, await routers.list())
  }

  /**
   * Makes the routers what the account says, with no other change of them in between. The routers first: cut off before the account, the same request
   * once more completes it.
   */
  const write = async (
    version: number,
    former: Stored | undefined,
    toInput: (present: readonly Router[]) => AccountInput,
  ): Promise<Account> => {
    let account!: Account
    await routers.rewrite((present) => {
      const input = toInput(present.map(({ doc }) => doc))
      const { default_sampling, router_ips } = input
      const wanted = router_ips && new Set(router_ips)
      const changes: Change<RouterInput>[] = []
      const after: RouterInput[] = []
      for (const { id, doc } of present) {
        if (wanted !== undefined && !wanted.delete(doc.router_ip)) {
          changes.push({ id, input: undefined })
          continue
        }
        after.push(doc)
        const follows = doc.default_sampling === former?.default_sampling
        if (follows && doc.default_sampling !== default_sampling) {
          changes.push({ id, input: { ...doc, default_sampling } })
        }
      }
      for (const router_ip of wanted ?? []) {
        const router = { name: router_ip, router_ip, default_sampling }
        changes.push({ input: router })
        after.push(router)
      }
      const { name, warp_devices = [] } = input
      account = withRouters({ name, default_sampling, warp_devices }, after)
      return changes
    })
    const { router_ips: _, ...doc } = account
    const stored = { ...doc, exists: true }
    await writeDocument(client, 'account', { id, version: version + 1, doc: stored })
    return account
  }

  return {
    get,
    create: (input) =>
      exclusively(async () => {
        const { version, doc } = await read()
        if (doc !== undefined) {
          const message = 'there is a configuration: replace it by PUT, or change it by PATCH'
          const source = { pointer: '' }
          throw new Refused('duplicate', { code: accountCodes.duplicate, message, source })
        }
        return write(version, undefined, () => input)
      }),
    change: (toInput) =>
      exclusively(async () => {
        const { version, doc } = await read()
        if (doc === undefined) throw noSuchAccount()
        return write(version, doc, (present) => toInput(withRouters(doc, present)))
      }),
    remove: () =>
      exclusively(async () => {
        const { version, doc } = await read()
        if (doc === undefined) throw noSuchAccount()
        let account!: Account
        await routers.rewrite((present) => {
          account = withRouters(
            doc,
            present.map((router) => router.doc),
          )
          return present.map(({ id }) => ({ id, input: undefined }))
        })
        const gone = { ...doc, exists: false }
        await writeDocument(client, 'account', { id, version: version + 1, doc: gone })
        return account
      }),
  }
}

function withRouters(
  { name, default_sampling, warp_devices }: Omit<Stored, 'exists'>,
  routers: readonly Pick<Router, 'name' | 'router_ip'>[],
): Account {
  const byName = [...routers].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
  return {
    name,
    default_sampling,
    router_ips: byName.map(({ router_ip }) => router_ip),
    warp_devices,
  }
}

function noSuchAccount(): Refused {
  return new Refused('not-found', {
    code: 1404,
    message: 'there is no configuration: create it by POST',
    source: { pointer: '' },
  })
}

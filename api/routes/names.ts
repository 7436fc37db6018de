// /names: what hosts are called in DNS. Asked only when a person asks.

import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import { formatAddress, parseAddress } from '../../runtime/ip.ts'
import { json, success, successSchema } from '../envelope.ts'
import { failures } from '../failures.ts'
import type { HostNames } from '../names/host-names.ts'
import { refuseQuery } from '../query.ts'

const mostAddresses = 50

const addressesParameter = z
  .string()
  .max(2_500)
  .transform((text, context): string[] => {
    const addresses = text.split(',').map((part) => parseAddress(part.trim()))
    const known = addresses.filter((bytes) => bytes !== undefined)
    if (known.length < addresses.length || known.length > mostAddresses) {
      const message = `addresses must be 1 to ${mostAddresses} IPv4 or IPv6 addresses with commas between`
      context.addIssue({ code: 'custom', input: text, message })
      return z.NEVER
    }
    return [...new Set(known.map((bytes) => formatAddress(bytes)))]
  })

const find = createRoute({
  method: 'get',
  path: '/names/hosts',
  summary: 'What addresses are called in DNS: a PTR query for each that was not asked for lately',
  request: { query: z.object({ addresses: addressesParameter }) },
  responses: {
    200: json(
      'One for each address.',
      successSchema(
        z.array(
          z.object({
            address: z.string(),
            /** Whoever has the address chose it: it proves nothing. */
            name: z.string().nullable(),
            /** failed: no answer, or too many questions in this minute. */
            state: z.enum(['found', 'none', 'failed']),
          }),
        ),
      ),
    ),
    ...failures(400),
  },
})

export function nameRoutes(hostNames: HostNames): OpenAPIHono {
  const app = new OpenAPIHono({ defaultHook: refuseQuery })
  app.openapi(find, async (c) => {
    const { addresses } = c.req.valid('query')
    const names = await hostNames.find(addresses)
    const hosts = addresses.map((address, index) => {
      const name = names[index]
      const state = name === undefined ? 'failed' : name === null ? 'none' : 'found'
      return { address, name: name ?? null, state } as const
    })
    return c.json(success(hosts), 200)
  })
  return app
}

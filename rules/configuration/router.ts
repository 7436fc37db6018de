// Routers: the exporters that people registered, and what they say of their sampling.

import { z } from 'zod'
import { formatAddress, parseAddress } from '../../runtime/ip.ts'
import { type FieldCodes, type Notice, unknownFields } from '../problem.ts'
import { nameSchema } from './name.ts'
import { wholeNumber } from './whole-number.ts'

export const routerCodes = {
  name: 1101,
  router_ip: 1102,
  /** Another router has the address. */
  duplicate: 1103,
  default_sampling: 1104,
  sampling_override: 1105,
  sampling_byte_order: 1106,
  role: 1107,
} as const satisfies FieldCodes

export const routerRoles = ['edge', 'core'] as const
export type RouterRole = (typeof routerRoles)[number]

/** What is sent to create or replace a router. */
export const routerInputSchema = z.object(
  {
    name: nameSchema,
    router_ip: z
      .string({ error: 'router_ip must be an IP address as text' })
      .transform((text, context) => {
        const address = text.length <= 64 ? parseAddress(text) : undefined
        if (address !== undefined && isUnicast(address)) return formatAddress(address)
        context.addIssue({
          code: 'custom',
          input: text,
          message:
            address === undefined
              ? 'router_ip must be an IPv4 or IPv6 address without port or prefix length'
              : 'router_ip must be the address of one host, not an unspecified or multicast one',
        })
        return z.NEVER
      }),
    default_sampling: wholeNumber('default_sampling', 0, 0xffffffff, '1 in N'),
    /** Beats what the exporter announces. */
    sampling_override: wholeNumber(
      'sampling_override',
      1,
      0xffffffff,
      '1 in N; null for none',
    ).nullish(),
    /** Of the sampling rates inside data records: RouterOS 6 writes them the wrong way round, and only people can tell. */
    sampling_byte_order: z
      .enum(['big', 'little'], { error: 'sampling_byte_order must be big or little' })
      .optional(),
    /** What a core router exports an edge router exports, too: it counts in no rule. Absent: edge. */
    role: z.enum(routerRoles, { error: 'role must be edge or core' }).optional(),
  },
  { error: 'the body must be a JSON object' },
)

export type RouterInput = z.infer<typeof routerInputSchema>

export const routerSchema = z.object({
  id: z.string(),
  name: z.string(),
  /** Canonical text; an IPv4-mapped address as IPv4. */
  router_ip: z.string(),
  /** 1 in N; 0 as given, and used as 1. */
  default_sampling: z.number(),
  /** As given: absent when it was. */
  sampling_override: z.number().nullish(),
  sampling_byte_order: z.enum(['big', 'little']).optional(),
  role: z.enum(routerRoles).optional(),
})

export type Router = z.infer<typeof routerSchema>

export function roleOf({ role = 'edge' }: Router): RouterRole {
  return role
}

/** What the sender of an accepted router should know. */
export function routerNotices(body: object, router: RouterInput): Notice[] {
  const notices = unknownFields(body, Object.keys(routerInputSchema.shape))
  if (router.default_sampling === 0) {
    notices.push({
      code: 2101,
      message: 'default_sampling 0 is used as 1: flows count as they are',
    })
  }
  return notices
}

function isUnicast(address: Uint8Array): boolean {
  const unspecified = address.every((byte) => byte === 0)
  const multicast = address.length === 4 ? address[0]! >> 4 === 0xe : address[0] === 0xff
  return !unspecified && !multicast
}

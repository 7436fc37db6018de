// A rule as Cloudflare's API writes it: fewer fields than ours, durations as texts, and names without spaces.

import { z } from '@hono/zod-openapi'
import {
  prefixMatches,
  type Rule,
  type RuleInput,
  ruleCodes,
  ruleInputSchema,
  ruleNotices,
  ruleTypes,
  zscoreSensitivities,
  zscoreTargets,
} from '../../rules/configuration/rule.ts'
import { type Notice, parseOrRefuse, unknownFields } from '../../rules/problem.ts'

export const cloudflareRuleSchema = z.object({
  id: z.string(),
  name: z.string(),
  type: z.enum(ruleTypes),
  prefixes: z.array(z.string()),
  /** Kept as it was sent; nothing is advertised. */
  automatic_advertisement: z.boolean().nullable(),
  bandwidth_threshold: z.number().optional(),
  packet_threshold: z.number().optional(),
  /** Such as 5m. */
  duration: z.string(),
  prefix_match: z.enum(prefixMatches).nullable(),
  zscore_sensitivity: z.enum(zscoreSensitivities).nullable(),
  zscore_target: z.enum(zscoreTargets).nullable(),
})
export type CloudflareRule = z.infer<typeof cloudflareRuleSchema>

/** Of a body, for a route's definition: what is wrong with the fields shows when they are held against the rule they change. */
export const cloudflareRuleBody = z
  .record(z.string(), z.unknown(), { error: 'the body must be a JSON object' })
  .openapi({
    description:
      'A rule in Cloudflare’s shape: the fields of an answer, id included where one is replaced.',
  })

const fields = Object.keys(cloudflareRuleSchema.shape)

/** "Supports characters A-Z, a-z, 0-9, underscore, dash, period, and tilde." */
const cloudflareName = /^[A-Za-z0-9_.~-]+$/

export function toCloudflare(rule: Rule): CloudflareRule {
  const { bandwidth_threshold, packet_threshold } = rule
  return {
    id: rule.id,
    name: rule.name,
    type: rule.type,
    prefixes: rule.prefixes,
    automatic_advertisement: rule.automatic_advertisement ?? null,
    ...(bandwidth_threshold === null ? {} : { bandwidth_threshold }),
    ...(packet_threshold === null ? {} : { packet_threshold }),
    duration: `${rule.duration}m`,
    prefix_match: rule.prefix_match,
    zscore_sensitivity: rule.zscore_sensitivity,
    zscore_target: rule.zscore_target,
  }
}

type Body = Readonly<Record<string, unknown>>

/** A new rule, or what replaces `present` but for the fields that only we have. @throws Unacceptable */
export function fromCloudflare(body: Body, present?: Rule) {
  return read(body, present === undefined ? {} : ownFields(present, body['type']), present)
}

/** What some fields make of a rule. @throws Unacceptable */
export function changedByCloudflare(body: Body, present: Rule) {
  return read(body, present, present)
}

function read(
  body: Body,
  base: object,
  present: Rule | undefined,
): { rule: RuleInput; notices: Notice[] } {
  const known = Object.fromEntries(Object.entries(body).filter(([name]) => fields.includes(name)))
  const merged = { ...base, ...known }
  // A rule that was named elsewhere keeps its name as long as nobody changes it here.
  const schema = ruleInputSchema.refine(
    ({ name }) => name === present?.name || cloudflareName.test(name),
    {
      path: ['name'],
      params: { code: ruleCodes.name },
      error: 'name must be of letters, digits and _ . ~ - here, as Cloudflare has it',
    },
  )
  const rule = parseOrRefuse(schema, merged, ruleCodes)
  const notices = ruleNotices({ prefixes: [], ...known }, rule)
  return { rule, notices: [...unknownFields(body, fields), ...notices] }
}

/** What a body in Cloudflare's shape cannot say. A rule of another type starts anew, but for where it looks. */
function ownFields(present: Rule, type: unknown): object {
  const { scope, direction } = present
  if (type !== present.type) return { scope, direction }
  return Object.fromEntries(Object.entries(present).filter(([name]) => !fields.includes(name)))
}

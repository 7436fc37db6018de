// Rules: which traffic is watched, and what makes it worth an alert.

import { z } from 'zod'
import { sensitivities, vectorsInputSchema, vectorsSchema } from '../ddos/fields.ts'
import { type FieldCodes, listSome, type Notice, unknownFields } from '../problem.ts'
import { cloudflareDurations, parseDuration } from './duration.ts'
import { nameSchema } from './name.ts'
import { parsePrefix, withoutNested } from './prefix.ts'
import { tellingFields, tellingInputFields } from './telling-fields.ts'
import { wholeNumber } from './whole-number.ts'

export const ruleTypes = ['threshold', 'zscore', 'advanced_ddos'] as const
export const zscoreSensitivities = ['low', 'medium', 'high'] as const
export const zscoreTargets = ['bits', 'packets'] as const
export const prefixMatches = ['exact', 'subnet', 'supernet'] as const
/** What is held against a limit: the sum over all prefixes of the rule, each prefix by itself, or each host inside them. */
export const ruleScopes = ['rule', 'per_prefix', 'per_host'] as const
/** Towards the prefixes, from them, or each of the two; never their sum. */
export const ruleDirections = ['in', 'out', 'both'] as const

export const ruleCodes = {
  name: 1201,
  /** Another rule has the name. */
  duplicate: 1202,
  prefixes: 1203,
  'prefixes:too_big': 1204,
  'prefixes[]': 1205,
  'prefixes[]:invalid_type': 1206,
  type: 1207,
  bandwidth_threshold: 1208,
  packet_threshold: 1208,
  flow_threshold: 1208,
  /** A threshold rule without any threshold. */
  thresholdMissing: 1209,
  duration: 1210,
  zscore_sensitivity: 1211,
  zscore_target: 1211,
  /** zscore_* or min_traffic given to a rule of another type. */
  notForThisType: 1212,
  prefix_match: 1213,
  scope: 1214,
  direction: 1215,
  min_traffic: 1216,
  /** Asked what a rule would do whose type is not judged yet. */
  notJudged: 1217,
  /** Asked for more minutes at once than are judged for one request. */
  tooMuch: 1218,
  min_samples: 1219,
  sensitivity: 1220,
  vectors: 1221,
  automatic_advertisement: 1222,
  severity: 1223,
  'severity[]': 1223,
  repeat_interval: 1224,
  escalation_factor: 1225,
  'vectors[]': 1221,
} as const satisfies FieldCodes

/** A rule that does not say asks for as many sampled packets. They leave an error of 62 %. */
const defaultMinSamples = 10
const mostPrefixes = 5_000
/** An error of 0.2 %. */
const mostSamples = 1_000_000

const prefixSchema = z
  .string({ error: 'a prefix must be a text such as "203.0.113.0/24"' })
  .transform((text, context) => {
    const prefix = parsePrefix(text)
    if (prefix !== undefined) return prefix.text
    context.addIssue({
      code: 'custom',
      input: text,
      message: `${listSome([text])} is not an IPv4 or IPv6 prefix or address`,
    })
    return z.NEVER
  })

function thresholdSchema(field: string, unit: string) {
  return wholeNumber(field, 1, Number.MAX_SAFE_INTEGER, unit)
    .nullish()
    .transform((limit) => limit ?? null)
}

function choiceSchema<const T extends readonly [string, ...string[]]>(field: string, choices: T) {
  return z
    .enum(choices, { error: `${field} must be one of ${choices.join(', ')}` })
    .nullish()
    .transform((choice) => choice ?? null)
}

const durationExpectation = 'duration must be 1 to 60 whole minutes, as a number or such as "5m"'

const ruleFields = z.object(
  {
    name: nameSchema,
    type: z.enum(ruleTypes, { error: `type must be one of ${ruleTypes.join(', ')}` }),
    prefixes: z
      .array(prefixSchema, { error: 'prefixes must be a list of prefixes' })
      .min(1, { error: 'prefixes must hold at least one prefix' })
      .max(mostPrefixes, { error: `prefixes must hold at most ${mostPrefixes} prefixes` }),
    bandwidth_threshold: thresholdSchema('bandwidth_threshold', 'bit/s'),
    packet_threshold: thresholdSchema('packet_threshold', 'packets/s'),
    flow_threshold: thresholdSchema('flow_threshold', 'flows/s'),
    scope: choiceSchema('scope', ruleScopes).transform((scope) => scope ?? 'rule'),
    direction: choiceSchema('direction', ruleDirections).transform(
      (direction) => direction ?? 'in',
    ),
    duration: z
      .union([z.number(), z.string()], { error: durationExpectation })
      .nullish()
      .transform((given, context) => {
        const minutes = parseDuration(given ?? 1)
        if (minutes !== undefined) return minutes
        context.addIssue({ code: 'custom', input: given, message: durationExpectation })
        return z.NEVER
      }),
    zscore_sensitivity: choiceSchema('zscore_sensitivity', zscoreSensitivities),
    zscore_target: choiceSchema('zscore_target', zscoreTargets),
    min_traffic: thresholdSchema('min_traffic', 'bit/s or packets/s, as zscore_target says'),
    min_samples: wholeNumber('min_samples', 1, mostSamples, 'sampled packets')
      .nullish()
      .transform((samples) => samples ?? defaultMinSamples),
    prefix_match: choiceSchema('prefix_match', prefixMatches),
    /** Of Cloudflare's rules: kept as given, and nothing is advertised. */
    automatic_advertisement: z
      .boolean({ error: 'automatic_advertisement must be true, false or null' })
      .nullish(),
    sensitivity: choiceSchema('sensitivity', sensitivities),
    vectors: vectorsInputSchema,
    ...tellingInputFields,
  },
  { error: 'the body must be a JSON object' },
)

/** What is sent to create or replace a rule. */
export const ruleInputSchema = ruleFields.superRefine(checkType, {
  // Also when a field is wrong by itself, so that one answer names everything.
  when: ({ value }) => typeof value === 'object' && value !== null,
})

export type RuleInput = z.infer<typeof ruleInputSchema>

export const ruleSchema = z.object({
  id: z.string(),
  name: z.string(),
  type: z.enum(ruleTypes),
  /** Canonical texts, in the order given. */
  prefixes: z.array(z.string()),
  /** Bits per second. */
  bandwidth_threshold: z.number().nullable(),
  /** Packets per second. */
  packet_threshold: z.number().nullable(),
  /** Exported flow records per second, whatever their sampling. */
  flow_threshold: z.number().nullable().default(null),
  scope: z.enum(ruleScopes).default('rule'),
  direction: z.enum(ruleDirections).default('in'),
  /** Minutes. */
  duration: z.number(),
  zscore_sensitivity: z.enum(zscoreSensitivities).nullable(),
  zscore_target: z.enum(zscoreTargets).nullable(),
  /** What exceeds the mean of a zscore rule by no more than this, in its target per second, is no anomaly; null: 1 Mbit/s or 1,000 packets/s. */
  min_traffic: z.number().nullable().default(null),
  /** Sampled packets that a verdict must rest on to be crossed, where not all packets are seen. */
  min_samples: z.number().default(defaultMinSamples),
  prefix_match: z.enum(prefixMatches).nullable(),
  /** As given: absent when it was. */
  automatic_advertisement: z.boolean().nullish(),
  /** Of an advanced_ddos rule; null: medium. */
  sensitivity: z.enum(sensitivities).nullable().default(null),
  /** Of an advanced_ddos rule: what it has instead of the usual floors, by vector. */
  vectors: vectorsSchema.nullable().default(null),
  ...tellingFields,
})

export type Rule = z.infer<typeof ruleSchema>

/** The prefixes whose traffic a rule asks for. In a sum a flow counts once, so that a prefix inside another one adds nothing. */
export function countedPrefixes({ prefixes, scope }: Pick<Rule, 'prefixes' | 'scope'>): string[] {
  return scope === 'per_prefix' ? [...new Set(prefixes)] : withoutNested(prefixes)
}

/** What the sender of an accepted rule should know. */
export function ruleNotices(body: { prefixes: readonly string[] }, rule: RuleInput): Notice[] {
  const notices = unknownFields(body, Object.keys(ruleFields.shape))
  const corrected = body.prefixes.filter((text) => parsePrefix(text)?.hadHostBits === true)
  if (corrected.length > 0) {
    const message = `host bits were cleared, the network is what counts: ${listSome(corrected)}`
    notices.push({ code: 2201, message })
  }
  const uncounted = rule.prefixes.length - countedPrefixes(rule).length
  if (uncounted > 0) {
    const message =
      rule.scope !== 'per_prefix'
        ? `${uncounted} of the prefixes lie inside others of this rule: their traffic counts once`
        : `${uncounted} of the prefixes are named more than once`
    notices.push({ code: 2203, message })
  }
  if (!cloudflareDurations.includes(rule.duration)) {
    const message = `Cloudflare's API has no duration of ${rule.duration} minutes, only ${cloudflareDurations.join(', ')}`
    notices.push({ code: 2202, message })
  }
  return notices
}

/** What a rule of its type must and must not have. Fields that are wrong by themselves are still as they were sent. */
function checkType(rule: Readonly<Record<string, unknown>>, context: z.core.$RefinementCtx): void {
  const refuse = (field: string, code: number, message: string) =>
    context.addIssue({
      code: 'custom',
      input: rule[field],
      path: [field],
      message,
      params: { code },
    })
  const isSet = (field: string) => rule[field] !== undefined && rule[field] !== null

  if (!ruleTypes.some((type) => type === rule['type'])) return
  const thresholds = ['bandwidth_threshold', 'packet_threshold', 'flow_threshold']
  if (rule['type'] === 'threshold' && !thresholds.some(isSet)) {
    const message =
      'a threshold rule needs bandwidth_threshold (bit/s), packet_threshold (packets/s) or flow_threshold (flows/s)'
    refuse('bandwidth_threshold', ruleCodes.thresholdMissing, message)
  }
  for (const field of ['zscore_sensitivity', 'zscore_target'] as const) {
    if (rule['type'] === 'zscore' && !isSet(field)) {
      refuse(field, ruleCodes[field], `a zscore rule needs ${field}`)
    } else if (rule['type'] !== 'zscore' && isSet(field)) {
      refuse(field, ruleCodes.notForThisType, `${field} is for zscore rules only`)
    }
  }
  if (rule['type'] !== 'threshold' && rule['scope'] === 'per_host') {
    refuse('scope', ruleCodes.scope, 'scope per_host is for threshold rules only')
  }
  if (rule['type'] !== 'zscore' && isSet('min_traffic')) {
    refuse('min_traffic', ruleCodes.notForThisType, 'min_traffic is for zscore rules only')
  }
  for (const field of ['prefix_match', 'sensitivity', 'vectors'] as const) {
    if (rule['type'] !== 'advanced_ddos' && isSet(field)) {
      refuse(field, ruleCodes[field], `${field} is for advanced_ddos rules only`)
    }
  }
  if (rule['type'] === 'advanced_ddos' && isSet('direction') && rule['direction'] !== 'in') {
    const message =
      'an advanced_ddos rule watches what comes towards its prefixes: direction must be in'
    refuse('direction', ruleCodes.direction, message)
  }
}

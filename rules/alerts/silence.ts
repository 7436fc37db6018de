// Silences: alerts that nobody is told of for some time. What they are about goes through its life all the same.

import { z } from 'zod'
import { encloses, parsePrefix } from '../configuration/prefix.ts'
import { type Severity, severities } from '../configuration/severity.ts'
import type { FieldCodes } from '../problem.ts'
import type { Subject } from './identity.ts'

export const silenceCodes = {
  rule_id: 1301,
  prefix: 1302,
  vector: 1303,
  severity: 1304,
  starts_at: 1305,
  ends_at: 1306,
  reason: 1307,
  author: 1308,
  /** It would match every alert; there are too many. */
  tooMuch: 1309,
} as const satisfies FieldCodes

const mostDays = 365

function textSchema(field: string, most: number) {
  const error = `${field} must be a text of 1 to ${most} characters without control characters`
  return z
    .string({ error })
    .trim()
    .min(1, { error })
    .max(most, { error })
    .regex(/^\P{Cc}*$/u, { error })
}

function matcherSchema(field: string) {
  return textSchema(field, 256)
    .nullish()
    .transform((text) => text ?? null)
}

function timeSchema(field: string) {
  const error = `${field} must be a time such as 2026-11-22T12:00:00Z`
  return z.iso
    .datetime({ offset: true, error })
    .transform((text) => new Date(text).toISOString().replace('.000Z', 'Z'))
}

const fields = z.object(
  {
    /** Of one rule; null: of any. So with every matcher: an alert is silenced when all of them fit. */
    rule_id: matcherSchema('rule_id'),
    /** What the alert watches lies inside of this prefix. */
    prefix: matcherSchema('prefix').transform((text, context) => {
      if (text === null) return null
      const prefix = parsePrefix(text)
      if (prefix !== undefined) return prefix.text
      context.addIssue({
        code: 'custom',
        input: text,
        message: 'prefix must be an IPv4 or IPv6 prefix or address',
      })
      return z.NEVER
    }),
    vector: matcherSchema('vector'),
    severity: z
      .enum(severities, { error: `severity must be one of ${severities.join(', ')}` })
      .nullish()
      .transform((severity) => severity ?? null),
    starts_at: timeSchema('starts_at').optional(),
    ends_at: timeSchema('ends_at'),
    reason: textSchema('reason', 1024),
    /** Without it: whose token was used. */
    author: textSchema('author', 256).optional(),
  },
  { error: 'the body must be a JSON object' },
)

/** What is sent to create one; without `starts_at` it begins at once. */
export const silenceInputSchema = fields.superRefine((silence, context) => {
  const refuse = (field: string, code: number, message: string) =>
    context.addIssue({ code: 'custom', path: [field], message, params: { code } })
  const { rule_id, prefix, vector, severity, starts_at, ends_at } = silence
  if (rule_id === null && prefix === null && vector === null && severity === null) {
    refuse(
      'rule_id',
      silenceCodes.tooMuch,
      'name at least one of rule_id, prefix, vector, severity',
    )
  }
  const startMs = Date.parse(starts_at ?? new Date(0).toISOString())
  if (Date.parse(ends_at) <= startMs) {
    refuse('ends_at', silenceCodes.ends_at, 'ends_at must be later than starts_at')
  }
})

export type SilenceInput = z.infer<typeof silenceInputSchema>

export const silenceSchema = z.object({
  id: z.string(),
  rule_id: z.string().nullable(),
  prefix: z.string().nullable(),
  vector: z.string().nullable(),
  severity: z.enum(severities).nullable(),
  /** RFC 3339, UTC. */
  starts_at: z.string(),
  ends_at: z.string(),
  reason: z.string(),
  author: z.string(),
  created_at: z.string(),
})

export type Silence = z.infer<typeof silenceSchema>

export const longestSilenceMs = mostDays * 86_400_000

/** Does it keep alerts of this silent at that time? */
export function isSilencing(
  silence: Silence,
  subject: Pick<Subject, 'ruleId' | 'vector' | 'key' | 'prefixes'>,
  severity: Severity,
  timeMs: number,
): boolean {
  return (
    Date.parse(silence.starts_at) <= timeMs &&
    timeMs < Date.parse(silence.ends_at) &&
    (silence.rule_id === null || silence.rule_id === subject.ruleId) &&
    (silence.vector === null || silence.vector === subject.vector) &&
    (silence.severity === null || silence.severity === severity) &&
    (silence.prefix === null || isInside(silence.prefix, subject))
  )
}

function isInside(text: string, { key, prefixes }: Pick<Subject, 'key' | 'prefixes'>): boolean {
  const outer = parsePrefix(text)
  if (outer === undefined) return false
  return (key === 'rule' ? prefixes : [key]).every((inner) => {
    const prefix = parsePrefix(inner)
    return prefix !== undefined && encloses(outer, prefix)
  })
}

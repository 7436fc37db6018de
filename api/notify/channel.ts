// A channel: somebody who is told of alerts. What is secret of it is written, and never read again.

import { z } from 'zod'
import { toldEvents } from '../../rules/alerts/history.ts'
import { nameSchema } from '../../rules/configuration/name.ts'
import { severities } from '../../rules/configuration/severity.ts'
import type { FieldCodes } from '../../rules/problem.ts'

export const channelCodes = {
  name: 1501,
  /** Another channel has the name, or there are too many. */
  duplicate: 1502,
  type: 1503,
  url: 1504,
  secret: 1505,
  host: 1506,
  port: 1507,
  security: 1508,
  user: 1509,
  password: 1510,
  from: 1511,
  to: 1512,
  'to[]': 1512,
  routing_key: 1513,
  enabled: 1514,
  events: 1515,
  'events[]': 1515,
  min_severity: 1516,
} as const satisfies FieldCodes

export type ToldEvent = (typeof toldEvents)[number]

/** Stands in answers for what is secret; sent back, it leaves the secret as it was. */
export const hidden = '********'

/** One line, as headers of mails and requests are. */
function line(field: string, most: number) {
  const error = `${field} must be a text of 1 to ${most} characters on one line`
  return z
    .string({ error })
    .min(1, { error })
    .max(most, { error })
    .regex(/^\P{Cc}*$/u, { error })
}

function urlSchema(field: string) {
  const error = `${field} must be an address such as https://example.com/hook, without user and password`
  return line(field, 2_048).refine((text) => {
    const url = URL.canParse(text) ? new URL(text) : undefined
    const isHttp = url?.protocol === 'https:' || url?.protocol === 'http:'
    return isHttp && url.username === '' && url.password === '' && url.hash === ''
  }, error)
}

/** user@host, or Name <user@host>. One at a time: what a list of them means is for mail servers to guess. */
function mailboxSchema(field: string) {
  const error = `${field} must be a mail address, such as noc@example.com`
  return line(field, 320).regex(
    /^(?:[^<>@,;:"\\]+ <[^\s<>@,;]+@[^\s<>@,;]+>|[^\s<>@,;]+@[^\s<>@,;]+)$/,
    { error },
  )
}

const optionalSecret = (field: string) =>
  line(field, 1_024)
    .nullish()
    .transform((text) => text ?? null)

const common = {
  name: nameSchema,
  enabled: z.boolean({ error: 'enabled must be true or false' }).default(true),
  /** Alerts that are less than this are not told of. */
  min_severity: z
    .enum(severities, { error: `min_severity must be one of ${severities.join(', ')}` })
    .default('warning'),
  events: z
    .array(z.enum(toldEvents, { error: `an event is one of ${toldEvents.join(', ')}` }), {
      error: 'events must be a list',
    })
    .min(1, { error: 'events must name at least one' })
    .max(toldEvents.length, { error: 'events names one twice' })
    .default(() => [...toldEvents]),
}

const webhook = z.object({
  ...common,
  type: z.literal('webhook'),
  url: urlSchema('url'),
  /** Signs what is sent. */
  secret: optionalSecret('secret'),
})

const email = z.object({
  ...common,
  type: z.literal('email'),
  /** Of the mail server. */
  host: line('host', 253).regex(/^[A-Za-z0-9.:_-]+$/, {
    error: 'host must be a host name or an address',
  }),
  port: z
    .int({ error: 'port must be a whole number' })
    .min(1, { error: 'port must be 1 to 65535' })
    .max(65_535, { error: 'port must be 1 to 65535' })
    .default(587),
  /** tls: from the first byte; starttls: asked for, and nothing is sent without it; none: in the clear. */
  security: z
    .enum(['starttls', 'tls', 'none'], { error: 'security must be one of starttls, tls, none' })
    .default('starttls'),
  user: optionalSecret('user'),
  password: optionalSecret('password'),
  from: mailboxSchema('from'),
  to: z
    .array(mailboxSchema('to'), { error: 'to must be a list of mail addresses' })
    .min(1, { error: 'to must name at least one' })
    .max(50, { error: 'to must name 50 at most' }),
})

const slack = z.object({
  ...common,
  type: z.literal('slack'),
  /** Of an incoming webhook. Whoever has it may write, so that it is secret. */
  url: urlSchema('url'),
})

const pagerduty = z.object({
  ...common,
  type: z.literal('pagerduty'),
  routing_key: line('routing_key', 64),
  url: urlSchema('url').default('https://events.pagerduty.com/v2/enqueue'),
})

export const channelTypes = ['webhook', 'email', 'slack', 'pagerduty'] as const

/** What is sent to make a channel, or in place of one. */
export const channelInputSchema = z.discriminatedUnion('type', [webhook, email, slack, pagerduty], {
  error: (issue) =>
    issue.code === 'invalid_union'
      ? `type must be one of ${channelTypes.join(', ')}`
      : 'the body must be a JSON object',
})
export type ChannelInput = z.infer<typeof channelInputSchema>

const identity = { id: z.string() }

/** As in the store; and as it is shown, with what is secret hidden. */
export const channelSchema = z.discriminatedUnion('type', [
  webhook.extend(identity),
  email.extend(identity),
  slack.extend(identity),
  pagerduty.extend(identity),
])
export type Channel = z.infer<typeof channelSchema>

const secretFields = {
  webhook: ['secret'],
  email: ['password'],
  slack: ['url'],
  pagerduty: ['routing_key'],
} as const satisfies Record<Channel['type'], readonly string[]>

export function withoutSecrets(channel: Channel): Channel {
  return mapSecrets(channel, (value) => (value === null ? null : hidden))
}

/** A new form of `before` whose secrets may be hidden ones: those are the ones before. Undefined when there is none before for one. */
export function withSecretsOf(
  input: ChannelInput,
  before: Channel | undefined,
): ChannelInput | undefined {
  let isWhole = true
  const whole = mapSecrets(input, (value, field) => {
    if (value !== hidden) return value
    const known =
      before?.type === input.type ? (before as Record<string, unknown>)[field] : undefined
    if (typeof known !== 'string') isWhole = false
    return known
  })
  return isWhole ? whole : undefined
}

function mapSecrets<T extends ChannelInput>(
  channel: T,
  change: (value: unknown, field: string) => unknown,
): T {
  const fields: readonly string[] = secretFields[channel.type]
  return Object.fromEntries(
    Object.entries(channel).map(([field, value]) => [
      field,
      fields.includes(field) ? change(value, field) : value,
    ]),
  ) as T
}

// A channel as it is typed, and as the API takes it.

import type { Channel, ToldEvent } from '../../api/notify/channel.ts'

/** Every field of every type, as its input holds it. */
export interface ChannelDraft {
  name: string
  type: Channel['type']
  enabled: 'true' | 'false'
  min_severity: Channel['min_severity']
  events: readonly ToldEvent[]
  url: string
  secret: string
  host: string
  port: string
  security: 'starttls' | 'tls' | 'none'
  user: string
  password: string
  from: string
  /** One a line. */
  to: string
  routing_key: string
}

export const eventNames = [
  ['firing', 'it begins'],
  ['reopened', 'it begins again'],
  ['escalated', 'it gets worse'],
  ['still_firing', 'it lasts another hour'],
  ['flapping', 'it comes and goes'],
  ['no_data', 'nothing is known'],
  ['resolved', 'it is over'],
] as const satisfies (readonly [ToldEvent, string])[]

/** Of each type, besides those that all have. */
export const typeFields = {
  webhook: ['url', 'secret'],
  email: ['host', 'port', 'security', 'user', 'password', 'from', 'to'],
  slack: ['url'],
  pagerduty: ['routing_key', 'url'],
} as const satisfies Record<Channel['type'], readonly (keyof ChannelDraft)[]>

export function fieldsOf(type: Channel['type']): string[] {
  return ['name', 'type', 'enabled', 'min_severity', 'events', ...typeFields[type]]
}

export function draftOf(channel: Channel | undefined): ChannelDraft {
  const draft: ChannelDraft = {
    name: '',
    type: 'webhook',
    enabled: 'true',
    min_severity: 'warning',
    events: eventNames.map(([event]) => event),
    url: '',
    secret: '',
    host: '',
    port: '587',
    security: 'starttls',
    user: '',
    password: '',
    from: '',
    to: '',
    routing_key: '',
  }
  if (channel === undefined) return draft
  const { name, type, min_severity, events } = channel
  Object.assign(draft, { name, type, min_severity, events, enabled: String(channel.enabled) })
  switch (channel.type) {
    case 'webhook':
      return { ...draft, url: channel.url, secret: channel.secret ?? '' }
    case 'slack':
      return { ...draft, url: channel.url }
    case 'pagerduty':
      return { ...draft, url: channel.url, routing_key: channel.routing_key }
    case 'email': {
      const { host, security, from, to } = channel
      const texts = { port: String(channel.port), to: to.join('\n') }
      const login = { user: channel.user ?? '', password: channel.password ?? '' }
      return { ...draft, host, security, from, ...texts, ...login }
    }
  }
}

/** Secrets that were not touched go back hidden, and stay as they are. */
export function bodyOf(draft: ChannelDraft) {
  const { name, type, enabled, min_severity, events } = draft
  const common = { name, type, enabled: enabled === 'true', min_severity, events }
  const url = draft.url.trim()
  switch (type) {
    case 'webhook':
      return { ...common, url, secret: orNull(draft.secret) }
    case 'slack':
      return { ...common, url }
    case 'pagerduty':
      return { ...common, routing_key: draft.routing_key.trim(), ...(url === '' ? {} : { url }) }
    case 'email':
      return {
        ...common,
        host: draft.host.trim(),
        port: readPort(draft.port),
        security: draft.security,
        user: orNull(draft.user),
        password: orNull(draft.password),
        from: draft.from.trim(),
        to: draft.to
          .split(/[\n,]/)
          .map((line) => line.trim())
          .filter((line) => line !== ''),
      }
  }
}

function orNull(text: string): string | null {
  return text === '' ? null : text
}

/** What is no number is handed on, so that the API says so. */
function readPort(text: string): number | string {
  const trimmed = text.trim()
  return /^\d+$/.test(trimmed) ? Number(trimmed) : trimmed
}

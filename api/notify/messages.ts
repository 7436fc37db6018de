// Events of alerts in the forms that others read.

import { createHmac } from 'node:crypto'
import { subjectText } from '../../rules/alerts/text.ts'
import type { Channel } from './channel.ts'
import type { Notice } from './notice.ts'
import type { Post } from './post.ts'

type ChannelOf<T extends Channel['type']> = Extract<Channel, { type: T }>

/**
 * The body that Alertmanager sends to webhooks (version 4), so that its receivers can be used, with the event and the alert as we have them beside
 * it. With a secret, `X-Netmon-Signature` is `t=SECONDS,v1=HEX`: HMAC-SHA256 of `SECONDS.BODY`. The time keeps an old request from being sent again.
 */
export function webhookPost(
  { name, url, secret }: ChannelOf<'webhook'>,
  notice: Notice,
  nowMs: number,
): Post {
  const { id, event, text, alert } = notice
  const labels = {
    alertname: alert.rule_name,
    rule_id: alert.rule_id,
    type: alert.type,
    severity: alert.severity,
    key: alert.key,
    direction: alert.direction,
    ...(alert.vector !== null && { vector: alert.vector }),
  }
  const annotations = { summary: text, prefixes: alert.prefixes.join(', ') }
  const status = alert.state === 'resolved' ? 'resolved' : 'firing'
  const body = JSON.stringify({
    version: '4',
    groupKey: alert.id,
    truncatedAlerts: 0,
    status,
    receiver: name,
    groupLabels: { alertname: alert.rule_name },
    commonLabels: labels,
    commonAnnotations: annotations,
    externalURL: '',
    alerts: [
      {
        status,
        labels,
        annotations,
        startsAt: alert.started_at,
        // Alertmanager's "not yet".
        endsAt: alert.resolved_at ?? '0001-01-01T00:00:00Z',
        generatorURL: '',
        fingerprint: alert.id,
      },
    ],
    event: { id, event, at: notice.at, text },
    alert,
  })
  const seconds = Math.floor(nowMs / 1000)
  return {
    url,
    body,
    headers: {
      'Idempotency-Key': id,
      ...(secret !== null && {
        'X-Netmon-Signature': `t=${seconds},v1=${sign(secret, `${seconds}.${body}`)}`,
      }),
    },
  }
}

export function sign(secret: string, text: string): string {
  return createHmac('sha256', secret).update(text).digest('hex')
}

/** api.slack.com/messaging/webhooks; Mattermost and others take the same. */
export function slackPost({ url }: ChannelOf<'slack'>, { id, text, alert }: Notice): Post {
  // The three characters that mean something there: a rule's name must not mention everybody.
  const escaped = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
  const color = alert.state === 'resolved' ? '#2eb67d' : slackColors[alert.severity]
  const body = JSON.stringify({ attachments: [{ color, fallback: escaped, text: escaped }] })
  return { url, body, headers: { 'Idempotency-Key': id } }
}

const slackColors = { warning: '#ecb22e', high: '#e8912d', critical: '#e01e5a' } as const

/** PagerDuty's Events API v2: all events of an alert have one dedup_key, and so are one incident. */
export function pagerdutyPost(
  { url, routing_key }: ChannelOf<'pagerduty'>,
  { id, event, at, text, alert }: Notice,
): Post {
  const isResolved = alert.state === 'resolved'
  const body = JSON.stringify({
    routing_key,
    event_action: isResolved ? 'resolve' : 'trigger',
    dedup_key: alert.id,
    ...(!isResolved && {
      payload: {
        summary: text.slice(0, 1_024),
        source: alert.key === 'rule' ? (alert.prefixes[0] ?? alert.rule_name) : alert.key,
        severity: pagerdutySeverities[alert.severity],
        timestamp: at,
        component: alert.rule_name,
        group: alert.type,
        class: alert.vector ?? alert.metric,
        custom_details: { event, ...alert },
      },
    }),
  })
  return { url, body, headers: { 'Idempotency-Key': id } }
}

const pagerdutySeverities = { warning: 'warning', high: 'error', critical: 'critical' } as const

export interface Mail {
  from: string
  to: readonly string[]
  subject: string
  text: string
  messageId: string
  /** Mails of one alert are one thread. */
  references: string
  headers: Readonly<Record<string, string>>
}

export function mailOf({ from, to }: ChannelOf<'email'>, { id, event, text, alert }: Notice): Mail {
  const lines = [
    text,
    '',
    `Rule       ${alert.rule_name} (${alert.type})`,
    `Watched    ${alert.key === 'rule' ? alert.prefixes.join(', ') : alert.key}, ${alert.direction}`,
    ...(alert.vector === null ? [] : [`Vector     ${alert.vector}`]),
    `Severity   ${alert.severity}`,
    `Since      ${alert.started_at}`,
    ...(alert.resolved_at === null ? [] : [`Until      ${alert.resolved_at}`]),
    `Alert      ${alert.id}`,
  ]
  const word = alert.state === 'resolved' ? 'over' : event.replace('_', ' ')
  return {
    from,
    to,
    subject: `[${word}] ${subjectText(alert)}`.slice(0, 200),
    text: `${lines.join('\n')}\n`,
    messageId: `<${id}@network-monitoring>`,
    references: `<${alert.id}@network-monitoring>`,
    headers: { 'Auto-Submitted': 'auto-generated', 'X-Netmon-Event': id },
  }
}

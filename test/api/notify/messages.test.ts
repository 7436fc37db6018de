import { createHmac } from 'node:crypto'
import { expect, test } from 'vitest'
import type { Channel } from '../../../api/notify/channel.ts'
import { mailOf, pagerdutyPost, slackPost, webhookPost } from '../../../api/notify/messages.ts'
import { type Notice, testNotice } from '../../../api/notify/notice.ts'

const common = {
  id: 'c',
  name: 'NOC',
  enabled: true,
  min_severity: 'warning',
  events: ['firing'],
} as const
type Of<T extends Channel['type']> = Extract<Channel, { type: T }>
const webhook: Of<'webhook'> = {
  ...common,
  events: [...common.events],
  type: 'webhook',
  url: 'https://h.example/x',
  secret: 'shared',
}
const slack: Of<'slack'> = {
  ...common,
  events: [...common.events],
  type: 'slack',
  url: 'https://h.example/s',
}
const pagerduty: Of<'pagerduty'> = {
  ...common,
  events: [...common.events],
  type: 'pagerduty',
  routing_key: 'R',
  url: 'https://h.example/p',
}
const email: Of<'email'> = {
  ...common,
  events: [...common.events],
  type: 'email',
  host: 'mail.example',
  port: 587,
  security: 'starttls',
  user: null,
  password: null,
  from: 'netmon@example.com',
  to: ['noc@example.com'],
}

const nowMs = Date.UTC(2026, 10, 22, 12)
function notice(changes: Partial<Notice['alert']> = {}): Notice {
  const made = testNotice('event-1', nowMs)
  return {
    ...made,
    event: changes.state === 'resolved' ? 'resolved' : 'firing',
    text: 'Web <!channel> & co (192.0.2.0/24): high',
    alert: {
      ...made.alert,
      id: 'alert-1',
      rule_name: 'Web <!channel> & co',
      severity: 'high',
      ...changes,
    },
  }
}

test('a webhook gets the body that Alertmanager sends, and can check who sent it', () => {
  const { body, headers, url } = webhookPost(webhook, notice(), nowMs)
  expect(url).toBe(webhook.url)
  expect(JSON.parse(body)).toMatchObject({
    version: '4',
    status: 'firing',
    receiver: 'NOC',
    groupKey: 'alert-1',
    truncatedAlerts: 0,
    externalURL: '',
    commonLabels: { alertname: 'Web <!channel> & co', severity: 'high' },
    alerts: [
      {
        status: 'firing',
        startsAt: '2026-11-22T12:00:00Z',
        endsAt: '0001-01-01T00:00:00Z',
        fingerprint: 'alert-1',
      },
    ],
    event: { id: 'event-1', event: 'firing' },
    alert: { id: 'alert-1' },
  })
  expect(headers['Idempotency-Key']).toBe('event-1')
  const seconds = nowMs / 1000
  const expected = createHmac('sha256', 'shared').update(`${seconds}.${body}`).digest('hex')
  expect(headers['X-Netmon-Signature']).toBe(`t=${seconds},v1=${expected}`)
  expect(webhookPost({ ...webhook, secret: null }, notice(), nowMs).headers).toEqual({
    'Idempotency-Key': 'event-1',
  })
})

test('an alert that is over says so to each', () => {
  const over = notice({ state: 'resolved', resolved_at: '2026-11-22T12:30:00Z' })
  const { status, alerts } = JSON.parse(webhookPost(webhook, over, nowMs).body)
  expect([status, alerts[0].status, alerts[0].endsAt]).toEqual([
    'resolved',
    'resolved',
    '2026-11-22T12:30:00Z',
  ])
  expect(JSON.parse(pagerdutyPost(pagerduty, over).body)).toEqual({
    routing_key: 'R',
    event_action: 'resolve',
    dedup_key: 'alert-1',
  })
  expect(mailOf(email, over).subject).toBe('[over] Web <!channel> & co (192.0.2.0/24)')
})

test('a rule’s name mentions nobody in Slack', () => {
  const { attachments } = JSON.parse(slackPost(slack, notice()).body)
  expect(attachments[0].text).toBe('Web &lt;!channel&gt; &amp; co (192.0.2.0/24): high')
})

test('PagerDuty has one incident an alert, with a severity that it knows', () => {
  expect(JSON.parse(pagerdutyPost(pagerduty, notice()).body)).toMatchObject({
    event_action: 'trigger',
    dedup_key: 'alert-1',
    payload: { severity: 'error', source: '192.0.2.0/24', class: 'bandwidth' },
  })
})

test('mails of an alert are one thread, and name each event once', () => {
  const mail = mailOf(email, notice())
  expect(mail).toMatchObject({
    from: 'netmon@example.com',
    to: ['noc@example.com'],
    messageId: '<event-1@network-monitoring>',
    references: '<alert-1@network-monitoring>',
    headers: { 'Auto-Submitted': 'auto-generated' },
  })
  expect(mail.text.split('\n')[0]).toBe(notice().text)
})

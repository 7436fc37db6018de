import { expect, test } from 'vitest'
import { type Channel, channelInputSchema } from '../../api/notify/channel.ts'
import { bodyOf, draftOf, eventNames, fieldsOf } from '../../console/channels/draft.ts'
import { toldEvents } from '../../rules/alerts/history.ts'

const common = {
  id: '1',
  name: 'NOC',
  enabled: false,
  min_severity: 'high' as const,
  events: ['firing' as const],
}

test.each<Channel>([
  { ...common, type: 'webhook', url: 'https://example.com/hook', secret: null },
  { ...common, type: 'slack', url: '********' },
  { ...common, type: 'pagerduty', routing_key: '********', url: 'https://events.example.com/' },
  {
    ...common,
    type: 'email',
    host: 'mail.example.com',
    port: 465,
    security: 'tls',
    user: 'netmon',
    password: '********',
    from: 'netmon@example.com',
    to: ['noc@example.com', 'NOC <noc@example.net>'],
  },
])('a $type channel that is saved untouched stays as it is', (channel) => {
  const { id: _, ...fields } = channel
  expect(bodyOf(draftOf(channel))).toEqual(fields)
})

test.each(['webhook', 'slack', 'pagerduty', 'email'] as const)(
  'whatever the API refuses of an empty %s channel is a field of its form',
  (type) => {
    const { error } = channelInputSchema.safeParse(bodyOf({ ...draftOf(undefined), type }))
    const refused = error!.issues.map(({ path: [field] }) => String(field))
    expect(refused).toContain('name')
    expect(fieldsOf(type)).toEqual(expect.arrayContaining(refused))
  },
)

test('every event that a channel can be told of has a name', () => {
  expect(eventNames.map(([event]) => event)).toEqual(toldEvents)
})

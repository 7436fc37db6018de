// Channels: who is told of alerts, and what came of telling them.

import { useState } from 'preact/hooks'
import type { Channel } from '../../api/notify/channel.ts'
import { useAsk } from '../ask.ts'
import { Asking } from '../parts/asking.tsx'
import { Flash } from '../parts/flash.tsx'
import { TableBox } from '../parts/table-box.tsx'
import { Text } from '../parts/text.tsx'
import { Page } from '../shell/page.tsx'
import { NotificationLog } from './notification-log.tsx'
import { TestButton } from './test-button.tsx'

export const channelTypeNames = {
  webhook: 'webhook',
  email: 'mail',
  slack: 'Slack',
  pagerduty: 'PagerDuty',
} as const satisfies Record<Channel['type'], string>

export function ChannelsPage() {
  const channels = useAsk<Channel[]>('/channels')
  const [tests, setTests] = useState(0)
  return (
    <Page
      title="Channels"
      lead="Who is notified of alerts, and how."
      actions={
        <a class="button primary" href="/console/channels/new">
          Add a channel
        </a>
      }
    >
      <Flash />
      <Asking asked={channels}>
        {(list) =>
          list.length === 0 ? (
            <div class="empty">
              <p>Nobody is notified yet.</p>
              <p>
                A channel is a webhook, mail, Slack or PagerDuty. It hears of alerts from the moment
                it is added.
              </p>
            </div>
          ) : (
            <ChannelTable channels={list} onTested={() => setTests((count) => count + 1)} />
          )
        }
      </Asking>
      <NotificationLog key={tests} />
    </Page>
  )
}

function ChannelTable(props: { channels: readonly Channel[]; onTested(): void }) {
  return (
    <TableBox>
      <table>
        <caption class="hidden">Channels</caption>
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">Type</th>
            <th scope="col">State</th>
            <th scope="col">Destination</th>
            <th scope="col">From severity</th>
            <th scope="col">Test</th>
          </tr>
        </thead>
        <tbody>
          {props.channels.map((channel) => (
            <tr key={channel.id}>
              <th scope="row">
                <a href={`/console/channels/${encodeURIComponent(channel.id)}`}>
                  <Text value={channel.name} />
                </a>
              </th>
              <td>{channelTypeNames[channel.type]}</td>
              <td>
                <span class={`state ${channel.enabled ? 'good' : 'faint'}`}>
                  {channel.enabled ? 'on' : 'off'}
                </span>
              </td>
              <td>
                <Text value={targetOf(channel)} />
              </td>
              <td>{channel.min_severity}</td>
              <td>
                <TestButton id={channel.id} onTested={props.onTested} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </TableBox>
  )
}

/** What is secret of it is hidden by the API already. */
function targetOf(channel: Channel): string {
  return channel.type === 'email' ? channel.to.join(', ') : channel.url
}

// Every attempt to tell somebody, newest first, and what came of it.

import { useState } from 'preact/hooks'
import type { Notification } from '../../api/notify/log.ts'
import { useAsk } from '../ask.ts'
import { formatWhole } from '../format.ts'
import { Ago } from '../parts/ago.tsx'
import { Asking } from '../parts/asking.tsx'
import { Pager } from '../parts/pager.tsx'
import { TableBox } from '../parts/table-box.tsx'
import { Text } from '../parts/text.tsx'

const outcomes = {
  sent: ['good', 'sent'],
  failed: ['caution', 'failed, is tried again'],
  given_up: ['bad', 'given up'],
} as const satisfies Record<Notification['outcome'], readonly [string, string]>

export function NotificationLog() {
  const [cursors, setCursors] = useState<readonly string[]>([])
  const question = new URLSearchParams({ limit: '25' })
  const cursor = cursors.at(-1)
  if (cursor !== undefined) question.set('cursor', cursor)
  const everyMs = cursor === undefined ? 10_000 : undefined
  const asked = useAsk<Notification[]>(`/notifications?${question}`, { everyMs })
  return (
    <section>
      <h2>Deliveries</h2>
      <Asking asked={asked}>
        {(list, answer) => (
          <>
            {list.length === 0 ? (
              <p class="muted">None in the last 90 days.</p>
            ) : (
              <NotificationTable notifications={list} />
            )}
            <Pager cursors={cursors} next={answer.cursor} onCursors={setCursors} />
          </>
        )}
      </Asking>
    </section>
  )
}

function NotificationTable({ notifications }: { notifications: readonly Notification[] }) {
  return (
    <TableBox>
      <table>
        <caption class="hidden">Notifications of the last 90 days</caption>
        <thead>
          <tr>
            <th scope="col">When</th>
            <th scope="col">Channel</th>
            <th scope="col">Event</th>
            <th scope="col">Outcome</th>
            <th scope="col">Answer</th>
            <th scope="col" class="number">
              Took
            </th>
          </tr>
        </thead>
        <tbody>
          {notifications.map((entry) => {
            const [look, word] = outcomes[entry.outcome]
            return (
              <tr key={`${entry.time} ${entry.channel_id} ${entry.event_id}`}>
                <td>
                  <Ago time={entry.time} />
                </td>
                <th scope="row">
                  <Text value={entry.channel} />
                </th>
                <td>
                  {entry.event === 'test' ? (
                    'test'
                  ) : (
                    <a href={`/console/alerts/${encodeURIComponent(entry.alert_id)}`}>
                      {entry.event.replace('_', ' ')}
                    </a>
                  )}
                </td>
                <td>
                  <span class={`state ${look}`}>{word}</span>
                </td>
                <td>
                  <Text value={entry.detail} />
                </td>
                <td class="number">{formatWhole(entry.ms)} ms</td>
              </tr>
            )
          })}
        </tbody>
      </table>
    </TableBox>
  )
}

// One channel: entered, changed, tested, deleted.

import type { Channel } from '../../api/notify/channel.ts'
import { useAsk } from '../ask.ts'
import { Asking } from '../parts/asking.tsx'
import { Page } from '../shell/page.tsx'
import { visible } from '../visible.ts'
import { ChannelForm } from './channel-form.tsx'
import { TestButton } from './test-button.tsx'

export function ChannelPage({ id }: { id: string }) {
  const isNew = id === 'new'
  const asked = useAsk<Channel>(isNew ? undefined : `/channels/${encodeURIComponent(id)}`)
  if (isNew) {
    return (
      <Page title="Add a channel">
        <ChannelForm channel={undefined} etag={null} onReload={asked.again} />
      </Page>
    )
  }
  const name = asked.answer?.result.name
  return (
    <Page title={name === undefined ? 'Channel' : visible(name)}>
      <Asking asked={asked}>
        {(channel, { etag }) => (
          <>
            <ChannelForm key={etag} channel={channel} etag={etag} onReload={asked.again} />
            <section class="card">
              <h2>Does it arrive?</h2>
              <p class="hint">A notification that says it is a test goes to what is stored.</p>
              <TestButton id={channel.id} />
            </section>
          </>
        )}
      </Asking>
    </Page>
  )
}

// One channel: entered, changed, tested, deleted.

import type { Channel } from '../../api/notify/channel.ts'
import { DocumentPage } from '../parts/document.tsx'
import { ChannelForm, channelKind } from './channel-form.tsx'
import { TestButton } from './test-button.tsx'

export function ChannelPage({ id }: { id: string }) {
  return (
    <DocumentPage<Channel> kind={channelKind} id={id}>
      {(stored) => (
        <>
          <ChannelForm stored={stored} />
          {stored.document !== undefined && (
            <section class="card form">
              <h2>Test delivery</h2>
              <p class="hint">
                Sends a notification marked as a test to the channel as it is saved.
              </p>
              <TestButton id={stored.document.id} />
            </section>
          )}
        </>
      )}
    </DocumentPage>
  )
}

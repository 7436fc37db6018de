import { useState } from 'preact/hooks'
import type { Channel } from '../../api/notify/channel.ts'
import { DocumentForm, type Stored } from '../parts/document.tsx'
import { ChecksField, ChoiceField, TextField } from '../parts/field.tsx'
import { inputsOf } from '../parts/form.tsx'
import { useSave } from '../parts/save.ts'
import { bodyOf, draftOf, eventNames, fieldsOf } from './draft.ts'

export const channelKind = {
  path: '/channels',
  noun: 'channel',
  consequence: 'Nothing is sent by it any more, nor what is still to be tried again.',
} as const

export function ChannelForm({ stored }: { stored: Stored<Channel> }) {
  const [draft, setDraft] = useState(() => draftOf(stored.document))
  const saving = useSave<Channel>()
  const field = inputsOf(draft, saving.problems, setDraft)
  return (
    <DocumentForm
      {...{ stored, saving }}
      kind={channelKind}
      fields={fieldsOf(draft.type)}
      bodyOf={() => bodyOf(draft)}
    >
      <div class="fields two">
        <TextField label="Name" placeholder="NOC" {...field('name')} />
        <ChoiceField
          label="Type"
          choices={[
            ['webhook', 'webhook: JSON, as Alertmanager sends it'],
            ['email', 'mail'],
            ['slack', 'Slack, Mattermost'],
            ['pagerduty', 'PagerDuty'],
          ]}
          {...field('type')}
        />
        {draft.type === 'webhook' && (
          <>
            <TextField label="Address" mono placeholder="https://…" {...field('url')} />
            <TextField
              label="Secret"
              isSecret
              hint="Signs what is sent. Empty for none."
              {...field('secret')}
            />
          </>
        )}
        {draft.type === 'slack' && (
          <TextField
            label="Address of the incoming webhook"
            isSecret
            hint="Whoever has it may write: it is kept as a secret."
            {...field('url')}
          />
        )}
        {draft.type === 'pagerduty' && (
          <>
            <TextField
              label="Routing key"
              isSecret
              hint="Of an integration with the Events API v2."
              {...field('routing_key')}
            />
            <TextField
              label="Address"
              mono
              placeholder="https://events.pagerduty.com/v2/enqueue"
              hint="For the service region in Europe: https://events.eu.pagerduty.com/v2/enqueue"
              {...field('url')}
            />
          </>
        )}
        {draft.type === 'email' && (
          <>
            <TextField label="Mail server" mono placeholder="mail.example.com" {...field('host')} />
            <TextField label="Port" inputMode="numeric" {...field('port')} />
            <ChoiceField
              label="Encryption"
              choices={[
                ['starttls', 'STARTTLS'],
                ['tls', 'TLS from the first byte'],
                ['none', 'none, only in networks that the API allows'],
              ]}
              {...field('security')}
            />
            <TextField label="User" hint="Empty for none." {...field('user')} />
            <TextField label="Password" isSecret {...field('password')} />
            <TextField label="From" placeholder="netmon@example.com" {...field('from')} />
            <TextField
              label="To"
              rows={3}
              placeholder="noc@example.com"
              hint="One a line."
              {...field('to')}
            />
          </>
        )}
      </div>
      <div class="fields two">
        <ChoiceField
          label="From severity"
          choices={[
            ['warning', 'warning: all alerts'],
            ['high', 'high: over 2 times the limit'],
            ['critical', 'critical: over 5 times the limit'],
          ]}
          {...field('min_severity')}
        />
        <ChoiceField
          label="State"
          choices={[
            ['true', 'on'],
            ['false', 'off: nothing is sent'],
          ]}
          {...field('enabled')}
        />
      </div>
      <ChecksField label="Events" choices={eventNames} {...field('events')} />
    </DocumentForm>
  )
}
